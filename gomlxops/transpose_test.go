package gomlxops_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
)

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
		{"GradientX", image, gomlxops.GradientX},
		{"GradientY", image, gomlxops.GradientY},
		{"Warp of the image", image, func(x *Node) *Node {
			warped, _ := gomlxops.WarpDisparity(x, MulScalar(IotaFull(x.Graph(), shapesMake(x.DType(), 2, 6, 5, 1)), 0.037))
			return warped
		}},
	})
}
