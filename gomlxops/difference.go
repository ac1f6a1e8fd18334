package gomlxops

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// GradientX returns the difference of each pixel to its neighbour on the right, x[.., column+1, ..] − x[.., column, ..].
//
//   - x: `[batch, height, width, channels]`, width ≥ 2.
//
// The result is `[batch, height, width−1, channels]`. It panics if x is not an image or has one column.
func GradientX(x *Node) *Node { return difference("GradientX", x, 2) }

// GradientY returns the difference of each pixel to its neighbour below, x[.., row+1, .., ..] − x[.., row, .., ..].
//
//   - x: `[batch, height, width, channels]`, height ≥ 2.
//
// The result is `[batch, height−1, width, channels]`. It panics if x is not an image or has one row.
func GradientY(x *Node) *Node { return difference("GradientY", x, 1) }

func difference(op string, x *Node, axis int) *Node {
	checkImage(op, x)
	size := x.Shape().Dimensions[axis]
	if size < 2 {
		exceptions.Panicf("gomlxops.%s: axis %d must have at least 2 pixels, got %s", op, axis, x.Shape())
	}
	return Sub(SliceAxis(x, axis, AxisRange(1, size)), SliceAxis(x, axis, AxisRange(0, size-1)))
}
