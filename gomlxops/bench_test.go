package gomlxops

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

func imageShape(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float64, dims...) }

// BenchmarkWavelet times the value and the gradient of CDF 9/7 with 5 levels by matrices and by slices and adds, for float32
// images of a VAE and of stereo pairs.
func BenchmarkWavelet(b *testing.B) {
	for _, name := range testkit.Backends {
		for _, dims := range [][]int{{8, 64, 64, 3}, {8, 32, 96, 3}, {4, 128, 416, 3}} {
			for method, transform := range map[string]func(*Node, Wavelet, int) *Node{"matrices": WaveletTransform, "slices": slicedTransform} {
				b.Run(fmt.Sprintf("%s/%v/%s", name, dims, method), func(b *testing.B) {
					benchmarkImages(b, testkit.Backend(b, name), func(in []*Node) *Node { return transform(in[0], CDF97, 5) }, dims)
				})
			}
		}
	}
}

// BenchmarkImages times the value and the gradient of the other operations on float32 images.
func BenchmarkImages(b *testing.B) {
	dims := []int{8, 64, 64, 3}
	for _, name := range testkit.Backends {
		for _, c := range []struct {
			name string
			f    func(x *Node) *Node
		}{
			{"YUV", RGBToYUV},
			{"DCT", DCT},
			{"SSIM", func(x *Node) *Node { return SSIM(x, MulScalar(x, 0.5)) }},
			{"UpsampleBilinear", func(x *Node) *Node { return UpsampleBilinear(x, 2) }},
			{"UpsampleNearest", func(x *Node) *Node { return UpsampleNearest(x, 2) }},
			{"ResizeArea", func(x *Node) *Node { return ResizeArea(x, 32, 32) }},
		} {
			b.Run(name+"/"+c.name, func(b *testing.B) {
				benchmarkImages(b, testkit.Backend(b, name), func(in []*Node) *Node { return c.f(in[0]) }, dims)
			})
		}
	}
}

// BenchmarkWarpDisparity times the value and the gradients in image and disparity, for float32 stereo pairs.
func BenchmarkWarpDisparity(b *testing.B) {
	for _, name := range testkit.Backends {
		for _, dims := range [][]int{{8, 32, 96, 3}, {4, 128, 416, 3}} {
			b.Run(fmt.Sprintf("%s/%v", name, dims), func(b *testing.B) {
				benchmarkImages(b, testkit.Backend(b, name), func(in []*Node) *Node {
					warped, _ := WarpDisparity(in[0], MulScalar(in[1], 10.0))
					return warped
				}, dims, []int{dims[0], dims[1], dims[2], 1})
			})
		}
	}
}

// BenchmarkConv2D times the value and the gradients in image and kernel of a 3×3 convolution, and of the 5×5 convolutions
// with stride 2 and without one of a VAE, as Conv2D computes them and as patches with the gradients of these, for float32 images.
func BenchmarkConv2D(b *testing.B) {
	for _, name := range testkit.Backends {
		for _, c := range []struct{ batch, size, in, kernel, out, stride int }{{8, 64, 64, 3, 64, 1}, {16, 64, 3, 5, 32, 2}, {16, 16, 64, 5, 64, 2}, {16, 64, 32, 5, 3, 1}} {
			image, kernel := []int{c.batch, c.size, c.size, c.in}, []int{c.kernel, c.kernel, c.in, c.out}
			for method, f := range map[string]func(x, kernel *Node) *Node{
				"Conv2D":          func(x, kernel *Node) *Node { return Conv2D(x, kernel, c.stride) },
				"patches":         func(x, kernel *Node) *Node { return patchesConv2D(x, kernel, c.stride) },
				"ConvTranspose2D": func(x, kernel *Node) *Node { return ConvTranspose2D(x, TransposeAllAxes(kernel, 0, 1, 3, 2), c.stride) },
			} {
				b.Run(fmt.Sprintf("%s/%v/%v/stride %d/%s", name, image, kernel, c.stride, method), func(b *testing.B) {
					benchmarkImages(b, testkit.Backend(b, name), func(in []*Node) *Node { return f(in[0], in[1]) }, image, kernel)
				})
			}
		}
	}
}

// patchesConv2D is Conv2D by patches on every backend.
func patchesConv2D(x, kernel *Node, stride int) *Node {
	height, width := imageSize(x)
	dims := kernel.Shape().Dimensions
	return sliding{x, kernel, stride, samePadding(height, dims[0], stride), samePadding(width, dims[1], stride)}.byPatches()
}
