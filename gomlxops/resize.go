package gomlxops

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// ResizeBilinear resizes an image by linear interpolation between pixel centres: output pixel i of n′ shows the input of
// size n at
//
//	u = (i + ½)·n/n′ − ½,    y_i = (1−f)·x_⌊u⌋ + f·x_⌊u⌋+1,    f = u − ⌊u⌋,    beyond the border the border's pixel
//
// which is what TensorFlow 2 (antialias=False) and PyTorch (align_corners=False) do. Shrinking by more than two skips
// pixels: use [ResizeArea] there.
//
//   - x: `[batch, height, width, channels]`.
//   - height, width: of the result, ≥ 1.
//
// The result is `[batch, height, width, channels]`. It panics if x is not an image or a size is below 1.
func ResizeBilinear(x *Node, height, width int) *Node {
	return resized("ResizeBilinear", x, height, width, halfPixelMatrix)
}

// ResizeBilinearLegacy resizes an image as TensorFlow 1 did by default (resize_images with align_corners=False): by linear
// interpolation, but between corners of pixels, so that the picture moves by up to half a pixel,
//
//	u = i·n/n′,    y_i = (1−f)·x_⌊u⌋ + f·x_⌊u⌋+1,    f = u − ⌊u⌋,    beyond the border the border's pixel
//
// It is here because published results were made with it. Arguments, result and panics are those of [ResizeBilinear].
func ResizeBilinearLegacy(x *Node, height, width int) *Node {
	return resized("ResizeBilinearLegacy", x, height, width, cornerMatrix)
}

// ResizeArea resizes an image by averaging: output pixel i of n′ is the mean of the input of size n over
// [i·n/n′, (i+1)·n/n′), with pixels that are partly covered counted in part. It keeps the mean of the image. By a whole
// factor it is average pooling. Arguments, result and panics are those of [ResizeBilinear].
func ResizeArea(x *Node, height, width int) *Node {
	return resized("ResizeArea", x, height, width, areaMatrix)
}

// UpsampleBilinear enlarges an image factor times by [ResizeBilinear].
//
//   - x: `[batch, height, width, channels]`.
//   - factor: ≥ 1.
//
// The result is `[batch, factor·height, factor·width, channels]`.
func UpsampleBilinear(x *Node, factor int) *Node {
	checkImage("UpsampleBilinear", x)
	checkFactor("UpsampleBilinear", factor)
	height, width := imageSize(x)
	return ResizeBilinear(x, factor*height, factor*width)
}

// UpsampleNearest enlarges an image factor times by repeating each pixel in rows and columns. Its gradient sums over the
// copies.
//
//   - x: `[batch, height, width, channels]`.
//   - factor: ≥ 1.
//
// The result is `[batch, factor·height, factor·width, channels]`.
func UpsampleNearest(x *Node, factor int) *Node {
	checkImage("UpsampleNearest", x)
	checkFactor("UpsampleNearest", factor)
	if factor == 1 {
		return x
	}
	dims := x.Shape().Dimensions
	batch, height, width, channels := dims[0], dims[1], dims[2], dims[3]
	y := Reshape(x, batch, height, 1, width, 1, channels)
	y = BroadcastToDims(y, batch, height, factor, width, factor, channels)
	return Reshape(y, batch, factor*height, factor*width, channels)
}

func checkFactor(op string, factor int) {
	if factor < 1 {
		exceptions.Panicf("gomlxops.%s: the factor must be ≥ 1, got %d", op, factor)
	}
}

// resized applies the map of each axis, which weights makes from the number of outputs and of inputs.
func resized(op string, x *Node, height, width int, weights func(outputs, inputs int) matrix) *Node {
	checkImage(op, x)
	if height < 1 || width < 1 {
		exceptions.Panicf("gomlxops.%s: the new height and width must be ≥ 1, got %d and %d", op, height, width)
	}
	h, w := imageSize(x)
	if h == height && w == width {
		return x
	}
	return onImage(x, weights(height, h), weights(width, w))
}

func halfPixelMatrix(outputs, inputs int) matrix {
	ratio := float64(inputs) / float64(outputs)
	return interpolation(outputs, inputs, func(i int) float64 { return (float64(i)+0.5)*ratio - 0.5 })
}

func cornerMatrix(outputs, inputs int) matrix {
	ratio := float64(inputs) / float64(outputs)
	return interpolation(outputs, inputs, func(i int) float64 { return float64(i) * ratio })
}

// interpolation returns linear interpolation at the given positions, clamped to the border.
func interpolation(outputs, inputs int, position func(i int) float64) matrix {
	m := newMatrix(outputs, inputs)
	for i := range m {
		u := min(max(position(i), 0), float64(inputs-1))
		left := int(math.Floor(u))
		fraction := u - float64(left)
		m[i][left] += 1 - fraction
		m[i][min(left+1, inputs-1)] += fraction
	}
	return m
}

// areaMatrix returns means over intervals. The overlaps are computed in units of 1/outputs of a pixel, exactly.
func areaMatrix(outputs, inputs int) matrix {
	m := newMatrix(outputs, inputs)
	for i := range m {
		from, to := i*inputs, (i+1)*inputs
		for j := from / outputs; j < inputs && j*outputs < to; j++ {
			overlap := min(to, (j+1)*outputs) - max(from, j*outputs)
			m[i][j] = float64(overlap) / float64(inputs)
		}
	}
	return m
}
