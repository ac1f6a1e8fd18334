package gomlxops_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// bilinear returns the value of one channel of an image at a position, 0 outside: the definition, in plain Go.
func bilinear(image []float64, height, width, channels, channel int, x, y float64) float64 {
	pixel := func(row, column float64) float64 {
		if row < 0 || row > float64(height-1) || column < 0 || column > float64(width-1) {
			return 0
		}
		return image[(int(row)*width+int(column))*channels+channel]
	}
	x0, y0 := math.Floor(x), math.Floor(y)
	fx, fy := x-x0, y-y0
	return (1-fy)*((1-fx)*pixel(y0, x0)+fx*pixel(y0, x0+1)) + fy*((1-fx)*pixel(y0+1, x0)+fx*pixel(y0+1, x0+1))
}

const (
	warpBatch, warpHeight, warpWidth, warpChannels = 2, 3, 5, 2
	warpPixels                                     = warpHeight * warpWidth
)

// warpPositions are positions inside, outside and far outside of a 3×5 image; none is a whole number, where the derivative
// jumps.
func warpPositions(t *testing.T, dtype dtypes.DType) (x, y []float64) {
	t.Helper()
	unit := testkit.Floats(t, randomTensor(t, dtypes.Float64, 5, warpBatch*warpPixels, 2))
	for i := range warpBatch * warpPixels {
		for j, axis := range []*[]float64{&x, &y} {
			v := 2 + 4*unit[2*i+j]
			if math.Abs(v-math.Round(v)) < 0.05 {
				v += 0.1
			}
			*axis = append(*axis, testkit.Floats(t, testkit.Tensor(t, dtype, []float64{v}))[0])
		}
	}
	x[3], y[7] = 1e9+0.5, -1e9-0.5
	return x, y
}

func TestWarp_IsTheDefinition(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			image := randomTensor(t, dtype, 1, warpBatch, warpHeight, warpWidth, warpChannels)
			pixels := testkit.Floats(t, image)
			xs, ys := warpPositions(t, dtype)
			var positions, disparities []float64
			for i := range xs {
				positions = append(positions, xs[i], ys[i])
				disparities = append(disparities, float64(i%warpWidth)-xs[i])
			}
			outputs := testkit.Exec(t, backend, func(image, positions, disparity *Node) []*Node {
				anywhere, valid := gomlxops.Warp(image, positions)
				inRow, validInRow := gomlxops.WarpDisparity(image, disparity)
				return []*Node{anywhere, valid, inRow, validInRow}
			}, image, testkit.Tensor(t, dtype, positions, warpBatch, warpHeight, warpWidth, 2),
				testkit.Tensor(t, dtype, disparities, warpBatch, warpHeight, warpWidth, 1))
			var want [4][]float64
			for i := range xs {
				one := pixels[i/warpPixels*warpPixels*warpChannels:][:warpPixels*warpChannels]
				row := float64(i / warpWidth % warpHeight)
				for channel := range warpChannels {
					want[0] = append(want[0], bilinear(one, warpHeight, warpWidth, warpChannels, channel, xs[i], ys[i]))
					want[2] = append(want[2], bilinear(one, warpHeight, warpWidth, warpChannels, channel, xs[i], row))
				}
				want[1] = append(want[1], indicator(xs[i] >= 0 && xs[i] <= warpWidth-1 && ys[i] >= 0 && ys[i] <= warpHeight-1))
				want[3] = append(want[3], indicator(xs[i] >= 0 && xs[i] <= warpWidth-1))
			}
			tolerance := map[dtypes.DType]float64{dtypes.Float64: 1e-13, dtypes.Float32: 1e-5}[dtype]
			for i, what := range []string{"warped", "valid", "warped in the row", "valid in the row"} {
				testkit.CheckClose(t, what, testkit.Floats(t, outputs[i]), want[i], tolerance, tolerance)
			}
		})
	})
}

func indicator(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}

func TestWarp_GradientsMatchFiniteDifferences(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			image := randomTensor(t, dtype, 1, warpBatch, warpHeight, warpWidth, warpChannels)
			xs, ys := warpPositions(t, dtype)
			xs[3], ys[7] = -1.5, 3.5
			var positions, disparities []float64
			for i := range xs {
				positions = append(positions, xs[i], ys[i])
				disparities = append(disparities, float64(i%warpWidth)-xs[i])
			}
			testkit.CheckGradient(t, backend, func(in []*Node) *Node {
				anywhere, _ := gomlxops.Warp(in[0], in[1])
				inRow, _ := gomlxops.WarpDisparity(Sin(in[0]), in[2])
				return Concatenate([]*Node{anywhere, inRow}, 0)
			}, tensorsOf(image, testkit.Tensor(t, dtype, positions, warpBatch, warpHeight, warpWidth, 2),
				testkit.Tensor(t, dtype, disparities, warpBatch, warpHeight, warpWidth, 1)), testkit.Tolerance{Step: 1e-3})
		})
	})
}

// Disparity zero is the image itself, and a whole disparity moves it.
func TestWarpDisparity_MovesByWholePixels(t *testing.T) {
	image := testkit.Tensor(t, dtypes.Float32, []float64{1, 2, 3, 4}, 1, 1, 4, 1)
	for disparity, want := range map[float64][]float64{0: {1, 2, 3, 4}, 1: {0, 1, 2, 3}, -2: {3, 4, 0, 0}, 9: {0, 0, 0, 0}, math.Inf(1): {0, 0, 0, 0}} {
		d := testkit.Tensor(t, dtypes.Float32, []float64{disparity, disparity, disparity, disparity}, 1, 1, 4, 1)
		outputs := testkit.Exec(t, testkit.Backend(t, "go"), func(image, d *Node) []*Node {
			warped, valid := gomlxops.WarpDisparity(image, d)
			return []*Node{warped, valid}
		}, image, d)
		testkit.CheckClose(t, "warped", testkit.Floats(t, outputs[0]), want, 0, 0)
		for i, v := range testkit.Floats(t, outputs[1]) {
			if v != indicator(want[i] > 0) {
				t.Errorf("disparity %g: valid[%d] = %g", disparity, i, v)
			}
		}
	}
}

// A disparity that is not a number makes its own pixel not a number, and nothing worse.
func TestWarpDisparity_KeepsNaNToItself(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		output := testkit.Exec(t, backend, func(image, d *Node) *Node {
			warped, _ := gomlxops.WarpDisparity(image, d)
			return warped
		}, testkit.Tensor(t, dtypes.Float32, []float64{1, 2, 3}, 1, 1, 3, 1), testkit.Tensor(t, dtypes.Float32, []float64{0, math.NaN(), 1}, 1, 1, 3, 1))
		testkit.CheckClose(t, "warped", testkit.Floats(t, output[0]), []float64{1, math.NaN(), 2}, 0, 0)
	})
}

func TestWarp_Panics(t *testing.T) {
	mustPanic(t, "disparity's size", func(g *Graph) { gomlxops.WarpDisparity(zeros(g, 1, 4, 4, 3), zeros(g, 1, 4, 5, 1)) },
		"WarpDisparity", "disparity must be (Float32)[1, 4, 4, 1]", "[1, 4, 5, 1]")
	mustPanic(t, "disparity's channels", func(g *Graph) { gomlxops.WarpDisparity(zeros(g, 1, 4, 4, 3), zeros(g, 1, 4, 4, 3)) }, "WarpDisparity")
	mustPanic(t, "positions' channels", func(g *Graph) { gomlxops.Warp(zeros(g, 1, 4, 4, 3), zeros(g, 1, 4, 4, 3)) }, "Warp", "[batch, height, width, 2]")
	mustPanic(t, "positions' batch", func(g *Graph) { gomlxops.Warp(zeros(g, 1, 4, 4, 3), zeros(g, 2, 4, 4, 2)) }, "Warp", "batch size")
	mustPanic(t, "rank", func(g *Graph) { gomlxops.Warp(zeros(g, 4, 4, 3), zeros(g, 1, 4, 4, 2)) }, "Warp", "rank 3")
}
