package gomlxops

import . "github.com/gomlx/gomlx/core/graph"

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
	return fromPlanes(onAxisPair(x, 1, rows, columns))
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
