package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/robustloss/gomlx-robustloss/experiments/depth"
	"github.com/robustloss/gomlx-robustloss/experiments/vae"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// timedStep is a trainer whose steps are timed, with its inputs `[batch, height, width, 3]`.
type timedStep struct {
	name    string
	trainer *train.Trainer
	inputs  int
	dims    []int
}

// run makes a step and returns its seconds.
func (s timedStep) run(b *testing.B) float64 {
	var batch train.Batch
	for range s.inputs {
		values := make([]float32, s.dims[0]*s.dims[1]*s.dims[2]*3)
		for i := range values {
			values[i] = float32(i%97) / 97
		}
		batch.Inputs = append(batch.Inputs, tensors.FromFlatDataAndDimensions(values, s.dims[0], s.dims[1], s.dims[2], 3))
	}
	start := time.Now()
	metrics, err := s.trainer.TrainStep(batch)
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range metrics {
		_ = m.Value() // waits for it
		m.MustFinalizeAll()
	}
	return time.Since(start).Seconds()
}

// BenchmarkStepsOfPresets lets steps of the presets medium, and of paper for the VAE, take turns with those of depth's preset quick, whose
// time the kept results have, and reports the medians of the ratios:
//
//	go test -run '^$' -bench StepsOfPresets -benchtime 15x ./experiments
func BenchmarkStepsOfPresets(b *testing.B) {
	backend := testkit.Backend(b, "xla")
	var steps []timedStep
	for _, preset := range []string{"quick", "medium"} {
		c, err := depth.NewConfig(preset, depth.RowAlpha0)
		if err != nil {
			b.Fatal(err)
		}
		dims := []int{c.Batch, c.Data.Height, c.Data.Width}
		steps = append(steps, timedStep{"depth-" + preset, depth.NewTrainer(backend, model.NewStore(), c), 2, dims})
	}
	for _, preset := range []string{"medium", "paper"} {
		c, err := vae.NewConfig(preset, "general", "wavelet")
		if err != nil {
			b.Fatal(err)
		}
		steps = append(steps, timedStep{"vae-" + preset, vae.NewTrainer(backend, model.NewStore(), c), 1, []int{c.Training.Batch, 64, 64}})
	}
	for _, s := range steps {
		s.run(b) // compiles
		s.run(b)
	}
	ratios := make([][]float64, len(steps))
	for b.Loop() {
		first := 0.
		for i, s := range steps {
			seconds := s.run(b)
			if i == 0 {
				first = seconds
			}
			ratios[i] = append(ratios[i], seconds/first)
		}
	}
	for i, s := range steps[1:] {
		slices.Sort(ratios[i+1])
		b.ReportMetric(ratios[i+1][len(ratios[i+1])/2], fmt.Sprintf("%s/depth-quick", s.name))
	}
	b.ReportMetric(0, "ns/op")
}
