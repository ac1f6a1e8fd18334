package gomlxops

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// DCT returns the two-dimensional orthonormal cosine transform of type II of each channel [4]. In one dimension, with n
// samples,
//
//	y_k = s_k · Σ_j x_j · cos(π(2j+1)k / 2n),    s_0 = √(1/n),  s_k = √(2/n)
//
// applied to the height and to the width, of any size. y_00 is the mean of the channel times √(height·width); the map is
// orthogonal, so it keeps the sum of squares and volumes.
//
//   - x: `[batch, height, width, channels]`.
//
// The result has the shape of x, frequency zero at the top left. It panics if x is not an image. The inverse and transpose
// is [InverseDCT].
func DCT(x *Node) *Node {
	checkImage("DCT", x)
	height, width := imageSize(x)
	return onImage(x, cosineMatrix(height), cosineMatrix(width))
}

// InverseDCT returns the two-dimensional orthonormal cosine transform of type III, the inverse and the transpose of [DCT].
//
//   - x: coefficients `[batch, height, width, channels]`, frequency zero at the top left.
//
// The result has the shape of x. It panics if x is not an image.
func InverseDCT(x *Node) *Node {
	checkImage("InverseDCT", x)
	height, width := imageSize(x)
	return onImage(x, cosineMatrix(height).transposed(), cosineMatrix(width).transposed())
}

// cosineMatrix returns the orthonormal matrix of the DCT of type II. The angle is reduced modulo 2π in integers, so that
// large products (2j+1)k lose no digits.
func cosineMatrix(n int) matrix {
	m := newMatrix(n, n)
	for k := range n {
		scale := math.Sqrt(2 / float64(n))
		if k == 0 {
			scale = math.Sqrt(1 / float64(n))
		}
		for j := range n {
			quarter := (2*j + 1) * k % (4 * n) // the angle in units of π/2n
			m[k][j] = scale * math.Cos(math.Pi*float64(quarter)/float64(2*n))
		}
	}
	return m
}
