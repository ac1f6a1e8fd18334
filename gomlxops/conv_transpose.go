package gomlxops

import . "github.com/gomlx/gomlx/core/graph"

// ConvTranspose2D is the transpose of [Conv2D] as a map of images, and so enlarges an image stride times: with the same
// kernel and stride,
//
//	⟨Conv2D(a, kernel), b⟩ = ⟨a, ConvTranspose2D(b, kernel)⟩    for a of height·stride × width·stride
//
// It is what TensorFlow's conv2d_transpose and Keras's Conv2DTranspose compute with padding "SAME".
//
//   - x: `[batch, height, width, channels]`.
//   - kernel: `[kernel height, kernel width, outputs, channels]`, of any size, of x's dtype: a kernel of Conv2D that makes
//     channels out of outputs.
//   - stride: ≥ 1, for rows and columns.
//
// The result is `[batch, height·stride, width·stride, outputs]`. It panics on other shapes.
//
// Output pixels with the same remainder modulo stride see the same taps of the kernel. All stride² remainders are computed
// as the channels of one convolution of x without a stride, and then put in their places: no zeros are inserted into x.
func ConvTranspose2D(x, kernel *Node, stride int) *Node {
	checkKernel("ConvTranspose2D", x, kernel, 3, stride)
	batch := x.Shape().Dimensions[0]
	height, width := imageSize(x)
	dims := kernel.Shape().Dimensions
	outputs, channels := dims[2], dims[3]
	rows, columns := phasesOf(dims[0], stride), phasesOf(dims[1], stride)

	k := onAxisPair(kernel, 0, rows.taps, columns.taps) // [outputs, channels, offsets · stride, offsets · stride]
	k = Reshape(k, outputs, channels, rows.offsets, stride, columns.offsets, stride)
	k = TransposeAllAxes(k, 2, 4, 1, 3, 5, 0)
	k = Reshape(k, rows.offsets, columns.offsets, channels, stride*stride*outputs)

	y := correlated(x, k, 1, rows.padding, columns.padding) // [batch, height, width, stride · stride · outputs]
	y = Reshape(y, batch, height, width, stride, stride, outputs)
	y = TransposeAllAxes(y, 0, 1, 3, 2, 4, 5)
	return Reshape(y, batch, height*stride, width*stride, outputs)
}

// phases says how one axis of a transposed convolution is computed without a stride.
type phases struct {
	offsets int    // how many neighbours of x an output pixel sees, at most
	taps    matrix // for each neighbour, the first first, and each remainder: which tap of the kernel it has, or none
	padding [2]int // how many neighbours lie before and after the pixel itself
}

// phasesOf works out the phases. Conv2D reads its input j = stride·i + tap − before for output i, so the transpose adds
// tap · x_i to output j: with j = stride·q + remainder, tap − before = stride·(q−i) + remainder. Neighbour m = q − i lies m
// pixels before q.
func phasesOf(kernel, stride int) phases {
	before := max(kernel-stride, 0) / 2
	neighbour := func(tap int) int { return floorDiv(tap-before, stride) }
	last, first := neighbour(0), neighbour(kernel-1)
	p := phases{offsets: first - last + 1, padding: [2]int{first, -last}}
	p.taps = newMatrix(p.offsets*stride, kernel)
	for tap := range kernel {
		m := neighbour(tap)
		remainder := tap - before - stride*m
		p.taps[(first-m)*stride+remainder][tap] = 1
	}
	return p
}

// floorDiv returns ⌊a/b⌋ for b > 0.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
