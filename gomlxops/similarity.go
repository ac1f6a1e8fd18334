package gomlxops

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// The constants of SSIM for images in [0, 1] [5].
const (
	ssimC1 = 0.01 * 0.01
	ssimC2 = 0.03 * 0.03
)

// SSIM returns the structural similarity of two images in [0, 1] [5], for each channel and each window of 3×3 pixels, with
// means μ, variances σ² and covariance σ_ab over the window, all pixels counted alike:
//
//	SSIM = (2·μ_a·μ_b + C₁)(2·σ_ab + C₂) / ((μ_a² + μ_b² + C₁)(σ_a² + σ_b² + C₂)),    C₁ = 0.01²,  C₂ = 0.03²
//
// It is 1 where the images agree and within [−1, 1]. A window of equal weights is what unsupervised depth estimation uses;
// the original has 11×11 pixels with Gaussian weights.
//
//   - a, b: `[batch, height, width, channels]`, height and width ≥ 3, the same shape and dtype.
//
// The result is `[batch, height−2, width−2, channels]`: windows that lie inside the image. It panics on other shapes.
func SSIM(a, b *Node) *Node {
	checkImage("SSIM", a)
	checkSameShape("SSIM", "a", a, "b", b)
	if height, width := imageSize(a); height < 3 || width < 3 {
		exceptions.Panicf("gomlxops.SSIM: height and width must be at least the window's 3, got %s", a.Shape())
	}
	return inFloat32(a, func(a *Node) *Node { return similarity(a, ConvertDType(b, a.DType())) })
}

// similarity is SSIM for float32 and float64.
func similarity(a, b *Node) *Node {
	meanA, meanB := windowMean(a), windowMean(b)
	meanOfSquares, meanOfProduct := windowMean(Add(Square(a), Square(b))), windowMean(Mul(a, b))
	product := Mul(meanA, meanB)
	squares := Add(Square(meanA), Square(meanB))
	covariance := Sub(meanOfProduct, product)
	variances := Sub(meanOfSquares, squares)
	numerator := Mul(AddScalar(MulScalar(product, 2.0), ssimC1), AddScalar(MulScalar(covariance, 2.0), ssimC2))
	return Div(numerator, Mul(AddScalar(squares, ssimC1), AddScalar(variances, ssimC2)))
}

// DSSIM returns the structural dissimilarity (1 − [SSIM])/2, clipped to [0, 1]: 0 where the images agree. Arguments,
// result and panics are those of [SSIM]. The gradient is 0 where the clipping acts.
func DSSIM(a, b *Node) *Node {
	return ClipScalar(MulScalar(OneMinus(SSIM(a, b)), 0.5), 0, 1)
}

// windowMean returns means over 3×3 windows inside the image: sums of three shifted slices along each axis, as GoMLX's
// mean pooling has no gradient for overlapping windows.
//
// The barriers keep XLA from fusing both axes and what follows, which computes each sum many times over: without them
// value and gradient of SSIM of 4×128×416×3 took 200 ms on two cores, with them 71 ms.
func windowMean(x *Node) *Node {
	for axis := 1; axis <= 2; axis++ {
		size := x.Shape().Dimensions[axis]
		shifted := func(by int) *Node { return SliceAxis(x, axis, AxisRange(by, size-2+by)) }
		x = barrier(Add(Add(shifted(0), shifted(1)), shifted(2)))
	}
	return DivScalar(x, 9.0)
}

// barrier keeps XLA from fusing what comes before x with what comes after it, forwards and backwards.
func barrier(x *Node) *Node {
	return IdentityWithCustomGradient(OptimizationBarrier(x), func(_, v *Node) *Node { return OptimizationBarrier(v) })
}

// DifferenceX returns the difference of each pixel to its neighbour on the right, x[.., column+1, ..] − x[.., column, ..].
//
//   - x: `[batch, height, width, channels]`, width ≥ 2.
//
// The result is `[batch, height, width−1, channels]`. It panics if x is not an image or has one column.
func DifferenceX(x *Node) *Node { return difference("DifferenceX", x, 2) }

// DifferenceY returns the difference of each pixel to its neighbour below, x[.., row+1, .., ..] − x[.., row, .., ..].
//
//   - x: `[batch, height, width, channels]`, height ≥ 2.
//
// The result is `[batch, height−1, width, channels]`. It panics if x is not an image or has one row.
func DifferenceY(x *Node) *Node { return difference("DifferenceY", x, 1) }

func difference(op string, x *Node, axis int) *Node {
	checkImage(op, x)
	size := x.Shape().Dimensions[axis]
	if size < 2 {
		exceptions.Panicf("gomlxops.%s: axis %d must have at least 2 pixels, got %s", op, axis, x.Shape())
	}
	return Sub(SliceAxis(x, axis, AxisRange(1, size)), SliceAxis(x, axis, AxisRange(0, size-1)))
}
