package gomlxops

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
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

// yuvScale makes the determinant of the colour matrix one [1, the author's code].
const yuvScale = 1.580227820074

// yuvFromRGB is the matrix of BT.601 analogue YUV with the digits of TensorFlow's rgb_to_yuv, which are float32 numbers: row i
// is what the i-th of (R, G, B) adds to (Y, U, V). It is multiplied with yuvScale.
var yuvFromRGB = [3][3]float32{
	{0.299, -0.14714119, 0.61497538},
	{0.587, -0.28886916, -0.51496512},
	{0.114, 0.43601035, -0.10001026},
}

// RGBToYUV turns the colours of an image from RGB to luma and two colour differences, keeping volumes:
//
//	(Y, U, V) = 1.580227820074 · (R, G, B) · K,    K: TensorFlow's rgb_to_yuv (BT.601)
//
// The factor is what makes the determinant one, so that likelihoods of RGB and of YUV residuals are comparable [1]. It does so
// to 1e-12 for the decimal digits of K; K is rounded to float32, as in the author's code and so in published numbers, and
// leaves log |det| = 4.7e-8, see [YUVLogVolume]. Grey (1, 1, 1) becomes (1.58, 0, 0) up to the 8 digits of K.
//
//   - x: `[batch, height, width, 3]`, colours or residuals of colours, any range.
//
// The result has the shape of x. It panics if x is not such an image. The inverse is [YUVToRGB].
func RGBToYUV(x *Node) *Node { return recolour("RGBToYUV", x, scaledYUV()) }

// YUVToRGB is the exact inverse of [RGBToYUV]: the inverse of its matrix, not the rounded matrix that TensorFlow's
// yuv_to_rgb has. Round trips are exact to rounding.
//
//   - x: `[batch, height, width, 3]`.
//
// The result has the shape of x. It panics if x is not such an image.
func YUVToRGB(x *Node) *Node { return recolour("YUVToRGB", x, inverse3(scaledYUV())) }

// YUVLogVolume returns log |det| of [RGBToYUV] for one pixel, 4.7e-8: what the log-likelihood of RGB colours has more than
// that of YUV colours.
func YUVLogVolume() float64 { return math.Log(math.Abs(determinant3(scaledYUV()))) }

func scaledYUV() (k [3][3]float64) {
	for i := range k {
		for j := range k[i] {
			k[i][j] = float64(yuvFromRGB[i][j]) * yuvScale
		}
	}
	return k
}

// recolour multiplies each colour, a row vector, with k from the right.
func recolour(op string, x *Node, k [3][3]float64) *Node {
	checkImage(op, x)
	if channels := x.Shape().Dimensions[3]; channels != 3 {
		exceptions.Panicf("gomlxops.%s: the image must have 3 channels, got %d: %s", op, channels, x.Shape())
	}
	m := newMatrix(3, 3)
	for i := range k {
		for j := range k[i] {
			m[j][i] = k[i][j]
		}
	}
	return inFloat32(x, func(x *Node) *Node { return contract(x, 3, m) })
}

// determinant3 returns det k.
func determinant3(k [3][3]float64) float64 {
	return k[0][0]*(k[1][1]*k[2][2]-k[1][2]*k[2][1]) -
		k[0][1]*(k[1][0]*k[2][2]-k[1][2]*k[2][0]) +
		k[0][2]*(k[1][0]*k[2][1]-k[1][1]*k[2][0])
}

// inverse3 returns k⁻¹ by cofactors.
func inverse3(k [3][3]float64) (inverse [3][3]float64) {
	det := determinant3(k)
	for i := range 3 {
		for j := range 3 {
			a, b, c, d := (j+1)%3, (j+2)%3, (i+1)%3, (i+2)%3
			inverse[i][j] = (k[a][c]*k[b][d] - k[a][d]*k[b][c]) / det
		}
	}
	return inverse
}
