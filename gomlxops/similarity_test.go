package gomlxops_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// ssim is the definition for one window of one channel, in plain Go.
func ssim(a, b [9]float64) float64 {
	var meanA, meanB, varA, varB, covariance float64
	for i := range a {
		meanA += a[i] / 9
		meanB += b[i] / 9
	}
	for i := range a {
		varA += (a[i] - meanA) * (a[i] - meanA) / 9
		varB += (b[i] - meanB) * (b[i] - meanB) / 9
		covariance += (a[i] - meanA) * (b[i] - meanB) / 9
	}
	const c1, c2 = 0.0001, 0.0009
	return (2*meanA*meanB + c1) * (2*covariance + c2) / ((meanA*meanA + meanB*meanB + c1) * (varA + varB + c2))
}

func TestSSIM_IsTheDefinition(t *testing.T) {
	const height, width, channels = 5, 4, 2
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			a, b := randomTensor(t, dtype, 1, 1, height, width, channels), randomTensor(t, dtype, 2, 1, height, width, channels)
			outputs := testkit.Exec(t, backend, func(a, b *Node) []*Node {
				return []*Node{gomlxops.SSIM(a, b), gomlxops.SSIM(a, a), gomlxops.DSSIM(a, b)}
			}, a, b)
			pixelsA, pixelsB := testkit.Floats(t, a), testkit.Floats(t, b)
			var want, same, dissimilarity []float64
			for row := range height - 2 {
				for column := range width - 2 {
					for channel := range channels {
						var windowA, windowB [9]float64
						for i := range 9 {
							at := ((row+i/3)*width+column+i%3)*channels + channel
							windowA[i], windowB[i] = pixelsA[at], pixelsB[at]
						}
						value := ssim(windowA, windowB)
						want, same = append(want, value), append(same, 1)
						dissimilarity = append(dissimilarity, min(max((1-value)/2, 0), 1))
					}
				}
			}
			tolerance := map[dtypes.DType]float64{dtypes.Float64: 1e-12, dtypes.Float32: 1e-4}[dtype]
			testkit.CheckClose(t, "SSIM", testkit.Floats(t, outputs[0]), want, tolerance, tolerance)
			testkit.CheckClose(t, "SSIM of an image and itself", testkit.Floats(t, outputs[1]), same, tolerance, tolerance)
			testkit.CheckClose(t, "DSSIM", testkit.Floats(t, outputs[2]), dissimilarity, tolerance, tolerance)
		})
	})
}

// A chessboard and its negative are as unlike as can be.
func TestDSSIM_OfOppositesIsOne(t *testing.T) {
	board := testkit.Tensor(t, dtypes.Float64, []float64{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0}, 1, 3, 5, 1)
	output := testkit.Exec(t, testkit.Backend(t, "go"), func(x *Node) *Node { return gomlxops.DSSIM(x, OneMinus(x)) }, board)
	for _, value := range testkit.Floats(t, output[0]) {
		if value < 0.97 || value > 1 {
			t.Errorf("DSSIM of a chessboard and its negative is %g", value)
		}
	}
}

func TestDifferences_OfPixels(t *testing.T) {
	x := testkit.Tensor(t, dtypes.Float32, []float64{1, 2, 4, 8, 16, 32}, 1, 2, 3, 1)
	outputs := testkit.Exec(t, testkit.Backend(t, "go"), func(x *Node) []*Node {
		return []*Node{gomlxops.DifferenceX(x), gomlxops.DifferenceY(x)}
	}, x)
	testkit.CheckClose(t, "x", testkit.Floats(t, outputs[0]), []float64{1, 2, 8, 16}, 0, 0)
	testkit.CheckClose(t, "y", testkit.Floats(t, outputs[1]), []float64{7, 14, 28}, 0, 0)
}

func TestSimilarity_GradientsMatchFiniteDifferences(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			a, b := randomTensor(t, dtype, 1, 1, 4, 3, 2), randomTensor(t, dtype, 2, 1, 4, 3, 2)
			testkit.CheckGradient(t, backend, func(in []*Node) *Node {
				var flat []*Node
				for _, y := range []*Node{
					gomlxops.SSIM(in[0], in[1]), gomlxops.DSSIM(in[0], in[1]), gomlxops.DifferenceX(Sin(in[0])), gomlxops.DifferenceY(Sin(in[0])),
				} {
					flat = append(flat, Reshape(y, -1))
				}
				return Concatenate(flat, 0)
			}, tensorsOf(a, b), testkit.Tolerance{})
		})
	})
}

func TestSimilarity_Panics(t *testing.T) {
	mustPanic(t, "shapes", func(g *Graph) { gomlxops.SSIM(zeros(g, 1, 4, 4, 3), zeros(g, 1, 4, 5, 3)) }, "SSIM", "[1, 4, 4, 3]", "[1, 4, 5, 3]")
	mustPanic(t, "small", func(g *Graph) { gomlxops.SSIM(zeros(g, 1, 2, 4, 3), zeros(g, 1, 2, 4, 3)) }, "SSIM", "at least the window's 3")
	mustPanic(t, "one column", func(g *Graph) { gomlxops.DifferenceX(zeros(g, 1, 2, 1, 3)) }, "DifferenceX", "at least 2")
	mustPanic(t, "one row", func(g *Graph) { gomlxops.DifferenceY(zeros(g, 1, 1, 2, 3)) }, "DifferenceY", "at least 2")
	mustPanic(t, "rank", func(g *Graph) { gomlxops.DifferenceY(zeros(g, 1, 2, 3)) }, "DifferenceY", "rank 3")
}
