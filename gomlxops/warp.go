package gomlxops

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// WarpDisparity shows each pixel the pixel that lies disparity to the left of it in the same row of another image, as
// between the two views of a rectified stereo pair:
//
//	warped(row, column) = image(row, column − d(row, column)),    linear between columns, 0 outside the image
//
// With a left view's disparity map and the right view as the image, warped looks like the left view.
//
//   - image: `[batch, height, width, channels]`.
//   - disparity: `[batch, height, width, 1]`, in pixels, of the image's dtype; positive looks to the left.
//
// It returns warped, of the image's shape, and valid, `[batch, height, width, 1]`: 1 where 0 ≤ column − d ≤ width − 1, else
// 0, without a gradient. Up to a pixel outside, warped fades to 0. Differentiable in the image and the disparity; the
// derivative in the disparity is the slope of the image, from the right where a position is a whole number. It panics on
// other shapes.
func WarpDisparity(image, disparity *Node) (warped, valid *Node) {
	checkMap("WarpDisparity", image, "disparity", disparity, 1)
	dtype := image.DType()
	image, disparity = atLeastFloat32(image), atLeastFloat32(disparity)
	column := Iota(image.Graph(), disparity.Shape(), 2)
	x := Sub(column, disparity)
	height, width := imageSize(image)
	table, first := pixelTable(image, height)
	left, weightLeft, weightRight := linearTaps(x, width)
	warped = Add(
		Mul(pixelsAt(table, first, left, width), weightLeft),
		Mul(pixelsAt(table, first, AddScalar(left, 1.0), width), weightRight))
	return ConvertDType(warped, dtype), StopGradient(ConvertDType(inside(x, width), dtype))
}

// Warp shows each pixel the pixel of another image at any position, linear between rows and columns:
//
//		warped(row, column) = image(y, x),    (x, y) = positions(row, column),    0 outside the image
//
//	  - image: `[batch, height, width, channels]`.
//	  - positions: `[batch, height′, width′, 2]` of the image's dtype: x = column and y = row, in pixels; (0, 0) is the centre
//	    of the pixel at the top left.
//
// It returns warped, `[batch, height′, width′, channels]`, and valid, `[batch, height′, width′, 1]`: 1 where
// 0 ≤ x ≤ width − 1 and 0 ≤ y ≤ height − 1, else 0, without a gradient. Up to a pixel outside, warped fades to 0.
// Differentiable in the image and the positions, as [WarpDisparity]. It panics on other shapes.
func Warp(image, positions *Node) (warped, valid *Node) {
	checkImage("Warp", image)
	checkImage("Warp", positions)
	dims := positions.Shape().Dimensions
	if dims[0] != image.Shape().Dimensions[0] || dims[3] != 2 || positions.DType() != image.DType() {
		exceptions.Panicf("gomlxops.Warp: the positions must be [batch, height, width, 2] with the batch size and dtype of the image %s, got %s",
			image.Shape(), positions.Shape())
	}
	height, width := imageSize(image)
	dtype := image.DType()
	image, positions = atLeastFloat32(image), atLeastFloat32(positions)
	x, y := SliceAxis(positions, 3, AxisElem(0)), SliceAxis(positions, 3, AxisElem(1))
	left, weightLeft, weightRight := linearTaps(x, width)
	top, weightTop, weightBottom := linearTaps(y, height)
	table := Reshape(image, -1, image.Shape().Dimensions[3])
	firstOfImage := MulScalar(Iota(image.Graph(), shapes.Make(dtypes.Int32, x.Shape().Dimensions...), 0), int32(height*width))
	for _, row := range []struct{ at, weight *Node }{{top, weightTop}, {AddScalar(top, 1.0), weightBottom}} {
		first := Add(firstOfImage, MulScalar(wholeIn(row.at, height), int32(width)))
		blended := Add(
			Mul(pixelsAt(table, first, left, width), weightLeft),
			Mul(pixelsAt(table, first, AddScalar(left, 1.0), width), weightRight))
		blended = Mul(blended, row.weight)
		if warped == nil {
			warped = blended
		} else {
			warped = Add(warped, blended)
		}
	}
	return ConvertDType(warped, dtype), StopGradient(ConvertDType(Mul(inside(x, width), inside(y, height)), dtype))
}

// checkMap panics unless values is `[batch, height, width, channels]` for the image's batch, height, width and dtype.
func checkMap(op string, image *Node, name string, values *Node, channels int) {
	checkImage(op, image)
	want := image.Shape().Clone()
	want.Dimensions[3] = channels
	if !values.Shape().Equal(want) {
		exceptions.Panicf("gomlxops.%s: for the image %s the %s must be %s, got %s", op, image.Shape(), name, want, values.Shape())
	}
}

// pixelTable returns the image as a table of pixels `[batch·height·width, channels]`, and for each pixel of a map
// `[batch, height, width, 1]` the place in it where its row begins.
func pixelTable(image *Node, height int) (table, first *Node) {
	dims := image.Shape().Dimensions
	batch, width, channels := dims[0], dims[2], dims[3]
	row := Iota(image.Graph(), shapes.Make(dtypes.Int32, batch*height, width), 0)
	return Reshape(image, -1, channels), Reshape(MulScalar(row, int32(width)), batch, height, width, 1)
}

// linearTaps splits positions into the whole number before them and the weights of the pixels there and after it. Pixels
// outside 0 … size−1 weigh nothing. The weights have the gradient, the whole numbers have none.
func linearTaps(position *Node, size int) (before, weightBefore, weightAfter *Node) {
	// A position far outside is as good as one just outside, and fits an integer.
	undefined := IsNaN(position)
	position = ClipScalar(position, -2, float64(size)+1)
	before = StopGradient(Floor(position))
	fraction := Sub(position, before)
	weightBefore = Mul(OneMinus(fraction), inside(before, size))
	weightAfter = Mul(fraction, inside(AddScalar(before, 1.0), size))
	// XLA turns products with 0 or 1 into choices, which drop a NaN: it is put back, so that it is seen.
	weightAfter = Where(undefined, Scalar(position.Graph(), position.DType(), math.NaN()), weightAfter)
	return before, weightBefore, weightAfter
}

// inside is 1 where 0 ≤ position ≤ size − 1, else 0, in the positions' dtype.
func inside(position *Node, size int) *Node {
	low := GreaterOrEqual(position, ScalarZero(position.Graph(), position.DType()))
	high := LessOrEqual(position, Scalar(position.Graph(), position.DType(), size-1))
	return ConvertDType(LogicalAnd(low, high), position.DType())
}

// wholeIn returns whole numbers as integers, limited to 0 … size−1. The limit is set on the integers, so that whatever a
// NaN becomes is inside too.
func wholeIn(position *Node, size int) *Node {
	whole := ConvertDType(position, dtypes.Int32)
	return MinScalar(MaxScalar(whole, int32(0)), int32(size-1))
}

// pixelsAt looks up the pixels of a table `[pixels, channels]` at first + column, with the column limited to the row.
// The index is on the table's leading axis, the one for which GoMLX's gradient of Gather is right on every backend.
func pixelsAt(table, first, column *Node, width int) *Node {
	return Gather(table, Add(first, wholeIn(column, width)))
}
