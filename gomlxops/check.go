package gomlxops

import (
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
