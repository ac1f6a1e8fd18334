package gomlxops

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// checkImage panics unless x is an image `[batch, height, width, channels]` of floats with at least one of each.
func checkImage(op string, x *Node) {
	shape := x.Shape()
	if !shape.DType.IsFloat() {
		exceptions.Panicf("gomlxops.%s: the image must have a float dtype, got %s: convert it first", op, shape)
	}
	if shape.Rank() != 4 {
		exceptions.Panicf("gomlxops.%s: the image must be [batch, height, width, channels], got rank %d: %s",
			op, shape.Rank(), shape)
	}
	for axis, size := range shape.Dimensions {
		if size < 1 {
			exceptions.Panicf("gomlxops.%s: axis %d of the image is empty: %s", op, axis, shape)
		}
	}
}

// inFloat32 returns f(x): computed in float32 and converted back where x is smaller, whose three digits would be lost in sums.
func inFloat32(x *Node, f func(x *Node) *Node) *Node {
	return ConvertDType(f(atLeastFloat32(x)), x.DType())
}

// atLeastFloat32 converts x to float32 where it is smaller.
func atLeastFloat32(x *Node) *Node {
	if x.DType() == dtypes.Float64 {
		return x
	}
	return ConvertDType(x, dtypes.Float32)
}

// checkSameShape panics unless a and b have one shape and dtype.
func checkSameShape(op, nameA string, a *Node, nameB string, b *Node) {
	if !a.Shape().Equal(b.Shape()) {
		exceptions.Panicf("gomlxops.%s: %s and %s must have the same shape and dtype, got %s and %s",
			op, nameA, nameB, a.Shape(), b.Shape())
	}
}

// imageSize returns the height and width of an image `[batch, height, width, channels]`.
func imageSize(x *Node) (height, width int) {
	dims := x.Shape().Dimensions
	return dims[1], dims[2]
}

// ToChannelsLast turns images `[batch, channels, height, width]` (PyTorch's layout) into the layout of this package and
// of GoMLX's layers, `[batch, height, width, channels]`. It panics unless x is a float tensor of rank 4.
func ToChannelsLast(x *Node) *Node {
	checkImage("ToChannelsLast", x)
	return fromPlanes(x)
}

// ToChannelsFirst is the inverse of [ToChannelsLast]: `[batch, height, width, channels]` becomes
// `[batch, channels, height, width]`. It panics unless x is a float tensor of rank 4.
func ToChannelsFirst(x *Node) *Node {
	checkImage("ToChannelsFirst", x)
	return toPlanes(x)
}

// ReflectPad continues one axis of x beyond both ends by reflection that does not repeat the border:
//
//	d c b | a b c d | c b a | b c d …
//
// The border acts as a mirror, and so does the other one: any amount of padding is allowed, however small the axis. An
// axis of size 1 is repeated.
//
//   - x: floats of any shape.
//   - axis: which axis to pad; negative counts from the last.
//   - before, after: how many elements to add at either end, ≥ 0.
//
// The result has the shape of x but for the axis, which has before + size + after elements. It panics on a bad axis, an
// empty x or a negative amount. Its transpose, the gradient, adds what was copied back to where it came from.
func ReflectPad(x *Node, axis, before, after int) *Node {
	if !x.DType().IsFloat() {
		exceptions.Panicf("gomlxops.ReflectPad: x must have a float dtype, got %s: convert it first", x.Shape())
	}
	rank := x.Rank()
	at := axis
	if at < 0 {
		at += rank
	}
	if at < 0 || at >= rank {
		exceptions.Panicf("gomlxops.ReflectPad: axis %d is out of range for x of shape %s", axis, x.Shape())
	}
	size := x.Shape().Dimensions[at]
	for i, size := range x.Shape().Dimensions {
		if size < 1 {
			exceptions.Panicf("gomlxops.ReflectPad: axis %d of x is empty: %s", i, x.Shape())
		}
	}
	if before < 0 || after < 0 {
		exceptions.Panicf("gomlxops.ReflectPad: the amounts must be ≥ 0, got before = %d, after = %d", before, after)
	}
	m := newMatrix(before+size+after, size)
	for i := range m {
		m[i][reflected(i-before, size)] = 1
	}
	return onAxis(x, at, m)
}

// ReflectPadImage pads height and width of an image by [ReflectPad].
//
//   - x: `[batch, height, width, channels]`.
//   - top, bottom, left, right: how many rows and columns to add, ≥ 0.
//
// The result is `[batch, top + height + bottom, left + width + right, channels]`.
func ReflectPadImage(x *Node, top, bottom, left, right int) *Node {
	checkImage("ReflectPadImage", x)
	return ReflectPad(ReflectPad(x, 1, top, bottom), 2, left, right)
}

// reflected returns which of n elements lies at position i, when the elements are reflected at both ends without repeating
// them, as often as it takes: the period is 2(n−1).
func reflected(i, n int) int {
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	i = ((i % period) + period) % period
	return min(i, period-i)
}

// matrix is a linear map of one axis: output i is Σ_j matrix[i][j] · input j. Maps are built in float64 and become
// constants of the image's dtype in the graph.
type matrix [][]float64

// newMatrix returns the zero map from inputs to outputs.
func newMatrix(outputs, inputs int) matrix {
	values := make([]float64, outputs*inputs)
	m := make(matrix, outputs)
	for i := range m {
		m[i] = values[i*inputs : (i+1)*inputs]
	}
	return m
}

// transposed returns mᵀ.
func (m matrix) transposed() matrix {
	t := newMatrix(len(m[0]), len(m))
	for i, row := range m {
		for j, value := range row {
			t[j][i] = value
		}
	}
	return t
}

// onImage applies rows to the height and columns to the width of the image x `[batch, height, width, channels]`.
func onImage(x *Node, rows, columns matrix) *Node {
	return inFloat32(x, func(x *Node) *Node { return fromPlanes(onAxisPair(x, 1, rows, columns)) })
}

// onPlanes applies rows to the height and columns to the width of planes x `[batch, channels, height, width]`.
func onPlanes(x *Node, rows, columns matrix) *Node {
	return onAxisPair(x, 2, rows, columns)
}

// onAxisPair applies rows to the axis of x and columns to the axis after it. The two new axes become the last ones, in
// this order: contracting an axis drops it and appends its result, so the second axis has moved into the first one's
// place, and an image `[batch, height, width, channels]` comes out as planes `[batch, channels, height, width]`, without
// a transposition.
func onAxisPair(x *Node, axis int, rows, columns matrix) *Node {
	return contract(contract(x, axis, rows), axis, columns)
}

// contract applies m to the axis of x and makes the result the last axis.
func contract(x *Node, axis int, m matrix) *Node {
	return DotGeneral(x, []int{axis}, nil, ConstAs(x, [][]float64(m)), []int{1}, nil)
}

// onAxis applies m to the axis of x, and leaves the axes in their order.
func onAxis(x *Node, axis int, m matrix) *Node {
	y := contract(x, axis, m)
	last := x.Rank() - 1
	if axis == last {
		return y
	}
	order := make([]int, 0, x.Rank())
	for i := range x.Rank() {
		switch {
		case i < axis:
			order = append(order, i)
		case i == axis:
			order = append(order, last)
		default:
			order = append(order, i-1)
		}
	}
	return TransposeAllAxes(y, order...)
}

// toPlanes turns an image `[batch, height, width, channels]` into planes `[batch, channels, height, width]`.
func toPlanes(x *Node) *Node { return TransposeAllAxes(x, 0, 3, 1, 2) }

// fromPlanes turns planes `[batch, channels, height, width]` into an image `[batch, height, width, channels]`.
func fromPlanes(x *Node) *Node { return TransposeAllAxes(x, 0, 2, 3, 1) }
