package gomlxops_test

import (
	"testing"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// planes is an image as the golden file has it: [channel][row][column].
type planes [][][]float64

// image returns the numbers of p in the order [1, height, width, channels], and that shape.
func (p planes) image() (values []float64, dims []int) {
	dims = []int{1, len(p[0]), len(p[0][0]), len(p)}
	for row := range p[0] {
		for column := range p[0][row] {
			for channel := range p {
				values = append(values, p[channel][row][column])
			}
		}
	}
	return values, dims
}

// goldenImages is golden/images.json: what the author's PyTorch package computes in float64.
type goldenImages struct {
	Inputs map[string]planes
	Cases  []goldenWavelet
	Pads   []struct {
		N, Below, Above int
		Out             []float64
	}
	DCT []struct {
		In  planes
		DCT planes
	}
	YUV struct {
		RGB  planes // [row][column][channel]
		SYUV planes // [row][column][channel]
	}
}

// goldenWavelet is one wavelet transform of an input.
type goldenWavelet struct {
	Name      string
	Wavelet   string
	Levels    int
	MaxLevels int `json:"max_levels"`
	Flat      planes
	VJP       planes    `json:"vjp_ramp"`
	Halved    planes    `json:"flat_rescaled_half"`
	Picture   [][][]int `json:"visualize99"`
}

func (c goldenWavelet) wavelet(t *testing.T) gomlxops.Wavelet {
	t.Helper()
	for _, w := range []gomlxops.Wavelet{gomlxops.CDF97, gomlxops.LeGall53} {
		if w.String() == c.Wavelet {
			return w
		}
	}
	t.Fatalf("unknown wavelet %q", c.Wavelet)
	return 0
}

func readGolden(t *testing.T) goldenImages {
	t.Helper()
	var golden goldenImages
	testkit.Golden(t, "images.json", &golden)
	return golden
}
