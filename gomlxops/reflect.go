package gomlxops

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

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
// empty axis or a negative amount. Its transpose, the gradient, adds what was copied back to where it came from.
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
	if size < 1 {
		exceptions.Panicf("gomlxops.ReflectPad: axis %d of x is empty, there is nothing to reflect: %s", axis, x.Shape())
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
