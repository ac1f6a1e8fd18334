package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/depth"
	runs "github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/experiments/vae"
)

// GROWTH.md predicts what the presets paper take on GPUs. This file does the page's arithmetic again: its tables are those that the
// test makes, from the configurations and the kept results.

// network is what a training step costs, counted from a network's layers, for one image.
type network struct {
	macs        float64 // multiplications with an addition, forward
	weights     float64
	activations float64 // numbers that the layers put out
}

// convolution adds a layer of size×size taps that makes height×width pixels.
func (n *network) convolution(size, from, to, height, width int) {
	n.macs += float64(size * size * from * to * height * width)
	n.weights += float64((size*size*from + 1) * to)
	n.activations += float64(to * height * width)
}

// transposed adds a transposed convolution from height×width pixels: each is multiplied with every tap.
func (n *network) transposed(size, from, to, height, width int) {
	n.macs += float64(size * size * from * to * height * width)
	n.weights += float64((size*size*from + 1) * to)
	n.activations += float64(to * 4 * height * width)
}

// countVAE counts the author's network for images of 64 pixels a side.
func countVAE(c vae.Config) (n network) {
	width, latent, from, side := c.Network.Width, c.Network.Latent, 3, 64
	for _, to := range []int{width, width, 2 * width, 2 * width, 4 * width, 4 * latent} {
		side /= 2
		n.convolution(5, from, to, side, side)
		from = to
	}
	n.convolution(1, from, 2*latent, 1, 1)
	from = latent
	for _, to := range []int{4 * width, 4 * width, 2 * width, 2 * width, width, width} {
		n.transposed(5, from, to, side, side)
		from, side = to, 2*side
	}
	n.convolution(5, from, 3, side, side)
	n.weights += float64(2*c.Network.PriorComponents*latent + c.Network.PriorComponents + 2*side*side*3)
	return n
}

// countDepth counts the encoder, the decoder and the head of the depth network, for the finest scale.
func countDepth(c depth.Config) (n network) {
	type size struct{ height, width, channels int }
	at := size{c.Data.Height, c.Data.Width, 3}
	if c.Network.Coordinates {
		at.channels = 5
	}
	var skips []size
	for _, stage := range c.Network.Stages {
		for k := range stage.Convolutions {
			if k == 0 {
				at.height, at.width = (at.height+stage.Stride-1)/stage.Stride, (at.width+stage.Stride-1)/stage.Stride
			}
			n.convolution(stage.Kernel, at.channels, stage.Width, at.height, at.width)
			at.channels = stage.Width
		}
		skips = append(skips, at)
	}
	up := func(to size, skip int) {
		n.convolution(3, at.channels, to.channels, to.height, to.width)
		n.convolution(3, to.channels+skip, to.channels, to.height, to.width)
		at = to
	}
	for i := len(skips) - 2; i >= 0 && at.width*c.Network.Output < c.Data.Width; i-- {
		if c.Network.Stages[i+1].Stride == 2 {
			up(skips[i], skips[i].channels)
		}
	}
	if at.width*c.Network.Output < c.Data.Width && c.Network.Stages[0].Stride == 2 {
		up(size{c.Data.Height, c.Data.Width, c.Network.Stages[0].Width / 2}, 0)
	}
	n.convolution(3, at.channels, 1, at.height, at.width)
	n.weights += float64(c.Data.Height * c.Data.Width * 3)
	return n
}

// The page's assumptions.
const (
	gpuFlops     = 67e12   // H100 SXM, float32, from NVIDIA's data sheet
	gpuShare     = .2      // of it that convolutions reach: assumed
	gpuBandwidth = 3.35e12 // bytes a second, from the data sheet
	link         = 450e9   // NVLink, bytes a second in one direction, from the data sheet
	launch       = 5e-6    // seconds to start a kernel: assumed
	kernels      = 400     // of a step: XLA's graph of the VAE's step for the CPU has 312 fusions, 49 products and 38 convolutions
	passes       = 6       // times that a step reads or writes each activation: forward, backward, and the gradient's own
)

// prediction is one preset on some GPUs.
type prediction struct {
	gflop, memory                         float64 // of a step: 1e9 operations on one GPU, bytes of memory there
	compute, traffic, reduce, start, step float64 // seconds
}

// predict does the arithmetic for a batch that is split over gpus.
func predict(n network, batch, gpus int) (p prediction) {
	images := float64(batch) / float64(gpus)
	p.gflop = 3 * 2 * n.macs * images / 1e9
	p.compute = p.gflop * 1e9 / (gpuFlops * gpuShare)
	p.traffic = 4 * (passes*n.activations*images + 7*n.weights) / gpuBandwidth
	p.start = kernels * launch
	if gpus > 1 {
		p.reduce = 2 * float64(gpus-1) / float64(gpus) * 4 * n.weights / link
	}
	p.step = max(p.compute+p.traffic, p.start) + p.reduce
	p.memory = 4 * (4*n.weights + 2*n.activations*images)
	return p
}

// secondsPerStep is the smallest time of a step among the kept runs of depth's preset quick with α = 0, evaluations included.
func secondsPerStep(t *testing.T) float64 {
	results, err := runs.ReadResults(filepath.Join("depth", "results", "quick"))
	if err != nil {
		t.Fatal(err)
	}
	least := math.Inf(1)
	for _, r := range results {
		if row, err := depth.RowOf(r); err == nil && row == depth.RowAlpha0 {
			least = min(least, r.Timing.SecondsPerStep)
		}
	}
	return least
}

func TestGrowthOnPaperIsItsArithmetic(t *testing.T) {
	vaeConfig, err := vae.NewConfig("paper", "general", "wavelet")
	if err != nil {
		t.Fatal(err)
	}
	quick, err := depth.NewConfig("quick", depth.RowAdaptive)
	if err != nil {
		t.Fatal(err)
	}
	paper, err := depth.NewConfig("paper", depth.RowAdaptive)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name         string
		n            network
		batch, steps int
	}{
		{"vae, paper", countVAE(vaeConfig), vaeConfig.Training.Batch, vaeConfig.Training.Steps},
		{"depth, paper", countDepth(paper), paper.Batch, paper.Steps},
		{"depth, quick", countDepth(quick), quick.Batch, quick.Steps},
	}
	var b strings.Builder
	b.WriteString("| | M multiply-adds an image | M weights | M activations an image | batch | GFLOP a step |\n|---|---:|---:|---:|---:|---:|\n")
	for _, c := range cases {
		fmt.Fprintf(&b, "| %s | %.1f | %.2f | %.2f | %d | %.1f |\n", c.name, c.n.macs/1e6, c.n.weights/1e6, c.n.activations/1e6, c.batch, predict(c.n, c.batch, 1).gflop)
	}
	tables := []string{b.String()}

	b.Reset()
	step := secondsPerStep(t)
	rate := predict(cases[2].n, quick.Batch, 1).gflop / step
	fmt.Fprintf(&b, "| | s a step | GFLOP/s | hours for all steps |\n|---|---:|---:|---:|\n| depth, quick, measured | %.3f | %.0f | %.2f |\n", step, rate, step*float64(quick.Steps)/3600)
	for _, c := range cases[:2] {
		predicted := predict(c.n, c.batch, 1).gflop / rate
		fmt.Fprintf(&b, "| %s, at that rate | %.1f | %.0f | %.0f |\n", c.name, predicted, rate, predicted*float64(c.steps)/3600)
	}
	tables = append(tables, b.String())

	b.Reset()
	b.WriteString("| | GPUs | computing, ms | memory, ms | starting kernels, ms | exchanging gradients, ms | step, ms | all steps, min | memory of a GPU, GB |\n")
	b.WriteString("|---|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, c := range cases[:2] {
		for _, gpus := range []int{1, 4, 8} {
			if c.batch%gpus != 0 {
				continue
			}
			p := predict(c.n, c.batch, gpus)
			fmt.Fprintf(&b, "| %s | %d | %.2f | %.2f | %.1f | %.2f | %.1f | %.0f | %.2f |\n", c.name, gpus, 1e3*p.compute, 1e3*p.traffic, 1e3*p.start, 1e3*p.reduce, 1e3*p.step, p.step*float64(c.steps)/60, p.memory/1e9)
		}
	}
	tables = append(tables, b.String())
	text, err := os.ReadFile("GROWTH.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, table := range tables {
		if !strings.Contains(string(text), table) {
			t.Errorf("GROWTH.md has not table %d as the arithmetic gives it:\n%s", i+1, table)
		}
	}
	if !slices.ContainsFunc(strings.Split(string(text), "\n"), func(line string) bool { return strings.Contains(line, "max(computing + memory, starting)") }) {
		t.Error("GROWTH.md does not say how a step is put together")
	}
}
