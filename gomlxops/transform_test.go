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

func TestDCT_Golden(t *testing.T) {
	golden := readGolden(t)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			tolerance := exactTolerance(dtype)
			for _, c := range golden.DCT {
				values, dims := c.In.image()
				want, _ := c.DCT.image()
				outputs := testkit.Exec(t, backend, func(x *Node) []*Node {
					y := gomlxops.DCT(x)
					return []*Node{y, gomlxops.InverseDCT(y)}
				}, testkit.Tensor(t, dtype, values, dims...))
				testkit.CheckClose(t, "DCT", testkit.Floats(t, outputs[0]), want, tolerance, tolerance)
				testkit.CheckClose(t, "round trip", testkit.Floats(t, outputs[1]), values, tolerance, tolerance)
			}
		})
	})
}

func TestYUV_Golden(t *testing.T) {
	golden := readGolden(t).YUV
	var rgb, yuv []float64
	for row := range golden.RGB {
		for column := range golden.RGB[row] {
			rgb = append(rgb, golden.RGB[row][column]...)
			yuv = append(yuv, golden.SYUV[row][column]...)
		}
	}
	dims := []int{1, len(golden.RGB), len(golden.RGB[0]), 3}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			outputs := testkit.Exec(t, backend, func(x *Node) []*Node {
				y := gomlxops.RGBToYUV(x)
				return []*Node{y, gomlxops.YUVToRGB(y)}
			}, testkit.Tensor(t, dtype, rgb, dims...))
			testkit.CheckClose(t, "YUV", testkit.Floats(t, outputs[0]), yuv, exactTolerance(dtype), exactTolerance(dtype))
			testkit.CheckClose(t, "round trip", testkit.Floats(t, outputs[1]), rgb, exactTolerance(dtype), exactTolerance(dtype))
		})
	})
}

func TestRGBToYUV_MakesGreyColourless(t *testing.T) {
	output := testkit.Exec(t, testkit.Backend(t, "go"), gomlxops.RGBToYUV, testkit.Tensor(t, dtypes.Float64, []float64{1, 1, 1}, 1, 1, 1, 3))
	testkit.CheckClose(t, "(1, 1, 1)", testkit.Floats(t, output[0]), []float64{1.580227820074, 0, 0}, 1e-12, 1e-7)
}

func TestReflectPad_Golden(t *testing.T) {
	golden := readGolden(t)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			outputs := testkit.Exec(t, backend, func(g *Graph) []*Node {
				var all []*Node
				for _, c := range golden.Pads {
					x := Iota(g, shapesMake(dtype, c.N), 0)
					all = append(all, gomlxops.ReflectPad(x, -1, c.Below, c.Above))
				}
				return all
			})
			for i, c := range golden.Pads {
				testkit.CheckClose(t, "padded", testkit.Floats(t, outputs[i]), c.Out, 0, 0)
			}
		})
	})
}

func TestReflectPadImage_PadsRowsAndColumns(t *testing.T) {
	x := testkit.Tensor(t, dtypes.Float32, []float64{1, 2, 3, 4, 5, 6}, 1, 2, 3, 1)
	output := testkit.Exec(t, testkit.Backend(t, "go"), func(x *Node) *Node { return gomlxops.ReflectPadImage(x, 1, 0, 0, 2) }, x)
	testkit.CheckClose(t, "padded", testkit.Floats(t, output[0]), []float64{4, 5, 6, 5, 4, 1, 2, 3, 2, 1, 4, 5, 6, 5, 4}, 0, 0)
	if dims := output[0].Shape().Dimensions; dims[1] != 3 || dims[2] != 5 {
		t.Errorf("the padded image is %v", dims)
	}
}

func TestChannels_FirstAndLast(t *testing.T) {
	x := testkit.Tensor(t, dtypes.Float32, []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 1, 3, 2, 2)
	outputs := testkit.Exec(t, testkit.Backend(t, "go"), func(x *Node) []*Node {
		last := gomlxops.ToChannelsLast(x)
		return []*Node{last, gomlxops.ToChannelsFirst(last)}
	}, x)
	testkit.CheckClose(t, "channels last", testkit.Floats(t, outputs[0]), []float64{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}, 0, 0)
	testkit.CheckClose(t, "and back", testkit.Floats(t, outputs[1]), testkit.Floats(t, x), 0, 0)
}

// What the comments say of the cosine transform: y_00 is the mean times √(height·width), and the sum of squares is kept.
func TestDCT_MeanAndSumOfSquares(t *testing.T) {
	const height, width = 5, 6
	outputs := testkit.Exec(t, testkit.Backend(t, "go"), func(x *Node) []*Node {
		y := gomlxops.DCT(x)
		first := Reshape(Slice(y, AxisRange(), AxisRange(0, 1), AxisRange(0, 1), AxisRange()), 2, 3)
		return []*Node{Sub(first, MulScalar(ReduceMean(x, 1, 2), math.Sqrt(height*width))), Sub(L2NormSquare(y), L2NormSquare(x))}
	}, randomTensor(t, dtypes.Float64, 5, 2, height, width, 3))
	testkit.CheckClose(t, "y_00 − mean·√(height·width)", testkit.Floats(t, outputs[0]), make([]float64, 6), 0, 1e-14)
	testkit.CheckClose(t, "sum of squares", testkit.Floats(t, outputs[1]), []float64{0}, 0, 1e-12)
}

func TestTransforms_GradientsMatchFiniteDifferences(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			x := randomTensor(t, dtype, 2, 1, 3, 2, 3)
			testkit.CheckGradient(t, backend, func(in []*Node) *Node {
				s := Sin(in[0])
				var flat []*Node
				for _, y := range []*Node{
					gomlxops.DCT(s), gomlxops.InverseDCT(s), gomlxops.RGBToYUV(s), gomlxops.YUVToRGB(s),
					gomlxops.ReflectPadImage(s, 5, 1, 0, 3), gomlxops.ToChannelsFirst(s), gomlxops.ToChannelsLast(s),
				} {
					flat = append(flat, Reshape(y, -1))
				}
				return Concatenate(flat, 0)
			}, tensorsOf(x), testkit.Tolerance{})
		})
	})
}

func TestTransforms_Panic(t *testing.T) {
	for name, f := range map[string]func(x *Node) *Node{
		"DCT": gomlxops.DCT, "InverseDCT": gomlxops.InverseDCT, "RGBToYUV": gomlxops.RGBToYUV, "YUVToRGB": gomlxops.YUVToRGB,
		"ToChannelsFirst": gomlxops.ToChannelsFirst, "ToChannelsLast": gomlxops.ToChannelsLast,
		"ReflectPadImage": func(x *Node) *Node { return gomlxops.ReflectPadImage(x, 1, 1, 1, 1) },
	} {
		mustPanic(t, name, func(g *Graph) { f(zeros(g, 4, 4, 3)) }, name, "[batch, height, width, channels]", "[4, 4, 3]")
		mustPanic(t, name, func(g *Graph) { f(ConvertDType(zeros(g, 1, 4, 4, 3), dtypes.Int32)) }, name, "float", "Int32")
	}
	mustPanic(t, "channels", func(g *Graph) { gomlxops.RGBToYUV(zeros(g, 1, 4, 4, 4)) }, "RGBToYUV", "3 channels", "got 4")
	mustPanic(t, "axis", func(g *Graph) { gomlxops.ReflectPad(zeros(g, 4, 4), 2, 1, 1) }, "ReflectPad", "axis 2", "[4, 4]")
	mustPanic(t, "negative", func(g *Graph) { gomlxops.ReflectPad(zeros(g, 4, 4), 0, -1, 1) }, "ReflectPad", "before = -1")
	mustPanic(t, "empty", func(g *Graph) { gomlxops.ReflectPad(zeros(g, 4, 0), 1, 1, 1) }, "ReflectPad", "axis 1", "empty")
}

// Of every linear map the gradient is the transpose.
func TestLinearMaps_HaveTheirTransposeAsGradient(t *testing.T) {
	image := []int{2, 6, 5, 3}
	checkTransposes(t, []linearCase{
		{"ToChannelsFirst", image, gomlxops.ToChannelsFirst},
		{"ToChannelsLast", image, gomlxops.ToChannelsLast},
		{"RGBToYUV", image, gomlxops.RGBToYUV},
		{"YUVToRGB", image, gomlxops.YUVToRGB},
		{"DCT", image, gomlxops.DCT},
		{"InverseDCT", image, gomlxops.InverseDCT},
		{"CDF97", image, func(x *Node) *Node { return gomlxops.WaveletTransform(x, gomlxops.CDF97, 3) }},
		{"LeGall53", image, func(x *Node) *Node { return gomlxops.WaveletTransform(x, gomlxops.LeGall53, 2) }},
		{"inverse CDF97", image, func(x *Node) *Node { return gomlxops.InverseWaveletTransform(x, gomlxops.CDF97, 2) }},
		{"inverse LeGall53", image, func(x *Node) *Node { return gomlxops.InverseWaveletTransform(x, gomlxops.LeGall53, 3) }},
		{"pyramid", image, func(x *Node) *Node { return gomlxops.WaveletPyramid(x, gomlxops.CDF97, 2).Rescale(0.7).Flatten() }},
		{"ReflectPad", []int{3, 4}, func(x *Node) *Node { return gomlxops.ReflectPad(x, 0, 7, 4) }},
		{"ReflectPadImage", image, func(x *Node) *Node { return gomlxops.ReflectPadImage(x, 1, 2, 3, 9) }},
		{"ResizeBilinear", image, func(x *Node) *Node { return gomlxops.ResizeBilinear(x, 9, 2) }},
		{"ResizeBilinearLegacy", image, func(x *Node) *Node { return gomlxops.ResizeBilinearLegacy(x, 4, 7) }},
		{"ResizeArea", image, func(x *Node) *Node { return gomlxops.ResizeArea(x, 4, 3) }},
		{"UpsampleBilinear", image, func(x *Node) *Node { return gomlxops.UpsampleBilinear(x, 2) }},
		{"UpsampleNearest", image, func(x *Node) *Node { return gomlxops.UpsampleNearest(x, 2) }},
		{"DifferenceX", image, gomlxops.DifferenceX},
		{"DifferenceY", image, gomlxops.DifferenceY},
		{"Warp of the image", image, func(x *Node) *Node {
			warped, _ := gomlxops.WarpDisparity(x, MulScalar(IotaFull(x.Graph(), shapesMake(x.DType(), 2, 6, 5, 1)), 0.037))
			return warped
		}},
	})
}
