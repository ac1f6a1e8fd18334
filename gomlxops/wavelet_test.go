package gomlxops_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

var wavelets = []gomlxops.Wavelet{gomlxops.CDF97, gomlxops.LeGall53}

// The transform, its gradient and its rescaling are those of the author's package.
func TestWaveletTransform_Golden(t *testing.T) {
	golden := readGolden(t)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			var inputs []any
			for _, c := range golden.Cases {
				values, dims := golden.Inputs[c.Name].image()
				inputs = append(inputs, testkit.Tensor(t, dtype, values, dims...))
			}
			outputs := testkit.Exec(t, backend, func(nodes []*Node) []*Node {
				var all []*Node
				for i, x := range nodes {
					wavelet, levels := golden.Cases[i].wavelet(t), golden.Cases[i].Levels
					flat := gomlxops.WaveletTransform(x, wavelet, levels)
					ramp := DivScalar(AddScalar(IotaFull(x.Graph(), x.Shape()), 1.0), 10.0)
					all = append(all, flat,
						Gradient(ReduceAllSum(Mul(flat, ramp)), x)[0],
						gomlxops.WaveletPyramid(x, wavelet, levels).Rescale(0.5).Flatten(),
						gomlxops.InverseWaveletTransform(flat, wavelet, levels))
				}
				return all
			}, inputs...)
			tolerance := goldenTolerance(dtype)
			for i, c := range golden.Cases {
				input, _ := golden.Inputs[c.Name].image()
				for k, want := range []planes{c.Flat, c.VJP, c.Halved} {
					values, _ := want.image()
					what := fmt.Sprintf("%s %s %d levels: output %d", c.Name, c.Wavelet, c.Levels, k)
					testkit.CheckClose(t, what, testkit.Floats(t, outputs[4*i+k]), values, tolerance, tolerance)
				}
				testkit.CheckClose(t, c.Name+": round trip", testkit.Floats(t, outputs[4*i+3]), input, tolerance, tolerance)
			}
		})
	})
}

func TestMaxWaveletLevels(t *testing.T) {
	for _, c := range readGolden(t).Cases {
		_, dims := c.Flat.image()
		if got := gomlxops.MaxWaveletLevels(dims[1], dims[2]); got != c.MaxLevels {
			t.Errorf("MaxWaveletLevels(%d, %d) = %d, want %d", dims[1], dims[2], got, c.MaxLevels)
		}
	}
	for _, c := range [][3]int{{1, 1, 0}, {2, 2, 1}, {3, 3, 2}, {4, 9, 2}, {5, 5, 3}, {64, 64, 6}, {65, 65, 7}, {512, 1, 0}, {0, 5, 0}, {5, -1, 0}} {
		if got := gomlxops.MaxWaveletLevels(c[0], c[1]); got != c[2] {
			t.Errorf("MaxWaveletLevels(%d, %d) = %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

// Every size can be taken apart and put together again; and whatever the coefficients, an image has them.
func TestWavelet_RoundTrips(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			// CDF 9/7 has filters of 12 digits; in float64 LeGall 5/3 is exact to rounding.
			tolerances := map[dtypes.DType][2]float64{dtypes.Float64: {1e-11, 2e-15}, dtypes.Float32: {2e-5, 2e-6}}[dtype]
			var inputs []any
			for i, size := range roundTripSizes {
				inputs = append(inputs, randomTensor(t, dtype, uint64(i), 2, size[0], size[1], 3))
			}
			outputs := testkit.Exec(t, backend, func(nodes []*Node) []*Node {
				var all []*Node
				for _, x := range nodes {
					dims := x.Shape().Dimensions
					levels := gomlxops.MaxWaveletLevels(dims[1], dims[2])
					for _, wavelet := range wavelets {
						p := gomlxops.WaveletPyramid(x, wavelet, levels)
						flat := p.Flatten()
						again := gomlxops.Unflatten(flat, levels).Flatten()
						back := gomlxops.WaveletTransform(gomlxops.InverseWaveletTransform(x, wavelet, levels), wavelet, levels)
						all = append(all, ReduceAllMax(Abs(Sub(p.Image(wavelet), x))), ReduceAllMax(Abs(Sub(again, flat))), ReduceAllMax(Abs(Sub(back, x))))
					}
				}
				return all
			}, inputs...)
			for i, output := range outputs {
				want := tolerances[i/3%2]
				if i%3 == 1 {
					want = 0 // cutting and pasting is exact
				}
				if off := testkit.Floats(t, output)[0]; off > want {
					t.Errorf("size %v, %s, %s: off by %g", roundTripSizes[i/6], wavelets[i/3%2], []string{"image", "bands", "coefficients"}[i%3], off)
				}
			}
		})
	})
}

// Of a constant image with base ½ the low band has the constant, after any number of levels.
func TestRescale_HalfKeepsBrightness(t *testing.T) {
	const size, brightness = 16, 0.37
	outputs := testkit.Exec(t, testkit.Backend(t, "go"), func(g *Graph) []*Node {
		x := BroadcastToDims(Const(g, brightness), 1, size, size, 2)
		var all []*Node
		for levels := range 5 {
			for _, wavelet := range wavelets {
				all = append(all, gomlxops.WaveletPyramid(x, wavelet, levels).Rescale(0.5).Low)
			}
		}
		return all
	})
	for i, output := range outputs {
		for _, v := range testkit.Floats(t, output) {
			if math.Abs(v-brightness) > 1e-11 {
				t.Errorf("%d levels of %s: %.15g, want %g", i/2, wavelets[i%2], v, brightness)
			}
		}
	}
}

var roundTripSizes = [][2]int{{1, 5}, {2, 7}, {3, 2}, {7, 9}, {12, 31}}

func TestWavelet_GradientsMatchFiniteDifferences(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			x := randomTensor(t, dtype, 1, 1, 5, 3, 2)
			testkit.CheckGradient(t, backend, func(in []*Node) *Node {
				var all []*Node
				for _, wavelet := range wavelets {
					flat := gomlxops.RescaleWavelets(gomlxops.WaveletTransform(Sin(in[0]), wavelet, 2), 2, 1.5)
					p := gomlxops.WaveletPyramid(Cos(in[0]), wavelet, 2).Rescale(0.7)
					cut := gomlxops.Unflatten(Tanh(in[0]), 2)
					cut.Low, cut.Levels[1].HighLow = Square(cut.Low), Square(cut.Levels[1].HighLow)
					all = append(all, flat, gomlxops.InverseWaveletTransform(Exp(in[0]), wavelet, 2), p.Image(wavelet), cut.Flatten())
				}
				return Concatenate(all, 0)
			}, tensorsOf(x), testkit.Tolerance{})
		})
	})
}

func TestWavelet_Panics(t *testing.T) {
	mustPanic(t, "too many levels", func(g *Graph) { gomlxops.WaveletTransform(zeros(g, 1, 8, 5, 3), gomlxops.CDF97, 4) },
		"WaveletTransform", "4 levels", "height 8", "width 5", "0 to 3")
	mustPanic(t, "negative levels", func(g *Graph) { gomlxops.InverseWaveletTransform(zeros(g, 1, 8, 5, 3), gomlxops.CDF97, -1) },
		"InverseWaveletTransform", "-1 levels")
	mustPanic(t, "levels of one pixel", func(g *Graph) { gomlxops.WaveletPyramid(zeros(g, 1, 1, 1, 1), gomlxops.LeGall53, 1) }, "0 to 0")
	mustPanic(t, "unknown wavelet", func(g *Graph) { gomlxops.WaveletTransform(zeros(g, 1, 8, 8, 3), gomlxops.Wavelet(7), 1) },
		"unknown wavelet Wavelet(7)", "CDF97")
	mustPanic(t, "rank", func(g *Graph) { gomlxops.WaveletTransform(zeros(g, 8, 8, 3), gomlxops.CDF97, 1) },
		"[batch, height, width, channels]", "rank 3", "[8, 8, 3]")
	mustPanic(t, "dtype", func(g *Graph) {
		gomlxops.WaveletTransform(ConvertDType(zeros(g, 1, 8, 8, 3), dtypes.Int32), gomlxops.CDF97, 1)
	},
		"float", "Int32")
	mustPanic(t, "empty", func(g *Graph) { gomlxops.WaveletTransform(zeros(g, 0, 8, 8, 3), gomlxops.CDF97, 1) }, "axis 0", "empty")
	mustPanic(t, "unflatten", func(g *Graph) { gomlxops.Unflatten(zeros(g, 1, 2, 2, 1), 2) }, "Unflatten", "2 levels")
	mustPanic(t, "scale base", func(g *Graph) { gomlxops.RescaleWavelets(zeros(g, 1, 2, 2, 1), 1, 0) }, "base must be positive", "got 0")
	mustPanic(t, "bands that do not fit", func(g *Graph) {
		p := gomlxops.WaveletPyramid(zeros(g, 1, 8, 8, 1), gomlxops.CDF97, 1)
		p.Levels[0].LowHigh = zeros(g, 1, 4, 3, 1)
		p.Flatten()
	}, "Flatten", "level 0", "LowHigh (Float32)[1, 4, 3, 1]")
}
