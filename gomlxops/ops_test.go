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

// imageOps are the functions of one image `[batch, height, width, 3]`.
var imageOps = []struct {
	name  string
	apply func(x *Node) *Node
}{
	{"ToChannelsFirst", gomlxops.ToChannelsFirst},
	{"ToChannelsLast", gomlxops.ToChannelsLast},
	{"RGBToYUV", gomlxops.RGBToYUV},
	{"YUVToRGB", gomlxops.YUVToRGB},
	{"DCT", gomlxops.DCT},
	{"InverseDCT", gomlxops.InverseDCT},
	{"WaveletTransform", func(x *Node) *Node { return gomlxops.WaveletTransform(x, gomlxops.CDF97, 2) }},
	{"InverseWaveletTransform", func(x *Node) *Node { return gomlxops.InverseWaveletTransform(x, gomlxops.LeGall53, 2) }},
	{"RescaleWavelets", func(x *Node) *Node { return gomlxops.RescaleWavelets(x, 2, 0.5) }},
	{"Unflatten", func(x *Node) *Node { return gomlxops.Unflatten(x, 1).Flatten() }},
	{"WaveletTransform", func(x *Node) *Node { return gomlxops.WaveletPyramid(x, gomlxops.CDF97, 1).Image(gomlxops.CDF97) }},
	{"ReflectPad", func(x *Node) *Node { return gomlxops.ReflectPad(x, 1, 2, 3) }},
	{"ReflectPadImage", func(x *Node) *Node { return gomlxops.ReflectPadImage(x, 1, 2, 3, 4) }},
	{"ResizeBilinear", func(x *Node) *Node { return gomlxops.ResizeBilinear(x, 3, 11) }},
	{"ResizeBilinearLegacy", func(x *Node) *Node { return gomlxops.ResizeBilinearLegacy(x, 3, 11) }},
	{"ResizeArea", func(x *Node) *Node { return gomlxops.ResizeArea(x, 3, 11) }},
	{"UpsampleBilinear", func(x *Node) *Node { return gomlxops.UpsampleBilinear(x, 2) }},
	{"UpsampleNearest", func(x *Node) *Node { return gomlxops.UpsampleNearest(x, 2) }},
	{"SSIM", func(x *Node) *Node { return gomlxops.SSIM(x, StopGradient(Square(x))) }},
	{"SSIM", func(x *Node) *Node { return gomlxops.DSSIM(x, StopGradient(Square(x))) }},
	{"DifferenceX", gomlxops.DifferenceX},
	{"DifferenceY", gomlxops.DifferenceY},
	{"WarpDisparity", func(x *Node) *Node {
		warped, _ := gomlxops.WarpDisparity(x, MulScalar(SliceAxis(x, 3, AxisRange(0, 1)), 4.0))
		return warped
	}},
	{"Warp", func(x *Node) *Node {
		warped, _ := gomlxops.Warp(x, MulScalar(SliceAxis(x, 3, AxisRange(0, 2)), 4.0))
		return warped
	}},
}

// Each says that the image is empty, and which axis, before any backend sees it.
func TestOps_RefuseEmptyImages(t *testing.T) {
	for _, op := range imageOps {
		for axis := range 3 {
			dims := []int{2, 8, 8, 3}
			dims[axis] = 0
			mustPanic(t, op.name, func(g *Graph) { op.apply(zeros(g, dims...)) }, "gomlxops."+op.name, fmt.Sprintf("axis %d", axis), "empty", fmt.Sprint("[", dims[0]))
		}
	}
	mustPanic(t, "Conv2D", func(g *Graph) { gomlxops.Conv2D(zeros(g, 0, 4, 4, 2), zeros(g, 3, 3, 2, 1), 1) }, "Conv2D", "axis 0", "empty")
	mustPanic(t, "kernel", func(g *Graph) { gomlxops.Conv2D(zeros(g, 1, 4, 4, 2), zeros(g, 0, 3, 2, 1), 1) }, "Conv2D", "kernel", "[0, 3, 2, 1]")
	mustPanic(t, "ConvTranspose2D", func(g *Graph) { gomlxops.ConvTranspose2D(zeros(g, 1, 0, 4, 2), zeros(g, 3, 3, 1, 2), 1) }, "ConvTranspose2D", "axis 1", "empty")
	mustPanic(t, "positions", func(g *Graph) { gomlxops.Warp(zeros(g, 1, 4, 4, 2), zeros(g, 1, 0, 4, 2)) }, "Warp", "axis 1", "empty")
}

// float16 and bfloat16 images come out as float32 ones of the same numbers do, rounded once or twice, value and gradient.
func TestOps_InHalfPrecision(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, half := range []dtypes.DType{dtypes.Float16, dtypes.BFloat16} {
			outputs := testkit.Exec(t, backend, func(x *Node) []*Node {
				var all []*Node
				rounded := ConvertDType(Abs(x), half)
				for _, op := range imageOps {
					for _, dtype := range []dtypes.DType{half, dtypes.Float32} {
						in := ConvertDType(rounded, dtype)
						y := op.apply(in)
						if y.DType() != dtype {
							t.Errorf("%s of %s is %s", op.name, dtype, y.Shape())
						}
						all = append(all, y, Gradient(ReduceAllSum(ConvertDType(y, dtypes.Float32)), in)[0])
					}
				}
				return all
			}, randomTensor(t, dtypes.Float32, 1, 2, 8, 8, 3))
			rounding := map[dtypes.DType]float64{dtypes.Float16: 0x1p-11, dtypes.BFloat16: 0x1p-8}[half]
			for i, op := range imageOps {
				for k, what := range []string{"value", "gradient"} {
					got, want := testkit.Floats(t, outputs[4*i+k]), testkit.Floats(t, outputs[4*i+2+k])
					largest := 0.0
					for _, v := range want {
						largest = max(largest, math.Abs(v))
					}
					testkit.CheckClose(t, fmt.Sprintf("%s of %s: %s", op.name, half, what), got, want, 3*rounding, 3*rounding*largest)
				}
			}
		}
	})
}

// Columns beyond 2048 and 256 have no float16 and bfloat16 of their own.
func TestWarpDisparity_OfWideImagesInHalfPrecision(t *testing.T) {
	const width = 3000
	for _, half := range []dtypes.DType{dtypes.Float16, dtypes.BFloat16} {
		output := testkit.Exec(t, testkit.Backend(t, "go"), func(g *Graph) *Node {
			image := ConvertDType(Sin(IotaFull(g, shapesMake(dtypes.Float32, 1, 1, width, 1))), half)
			warped, valid := gomlxops.WarpDisparity(image, ZerosLike(image))
			return Add(Abs(Sub(warped, image)), OneMinus(valid))
		})
		testkit.CheckClose(t, half.String(), testkit.Floats(t, output[0]), make([]float64, width), 0, 0)
	}
}

// At a whole number the slope of the image is the one to the right.
func TestWarp_DerivativeAtWholePositions(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		outputs := testkit.Exec(t, backend, func(g *Graph) []*Node {
			image := Const(g, [][][][]float64{{{{1}, {2}, {4}, {9}}}})
			disparity := ZerosLike(image)
			inRow, _ := gomlxops.WarpDisparity(image, disparity)
			positions := Const(g, [][][][]float64{{{{1, 0}}}})
			anywhere, _ := gomlxops.Warp(image, positions)
			return []*Node{Gradient(ReduceAllSum(inRow), disparity)[0], Gradient(ReduceAllSum(anywhere), positions)[0]}
		})
		testkit.CheckClose(t, "in the disparity", testkit.Floats(t, outputs[0]), []float64{-1, -2, -5, 9}, 0, 0)
		testkit.CheckClose(t, "in the position", testkit.Floats(t, outputs[1]), []float64{2, -2}, 0, 0)
	})
}
