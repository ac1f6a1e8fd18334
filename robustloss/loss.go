package robustloss

import . "github.com/gomlx/gomlx/core/graph"

// Loss returns Barron's general robust loss of the residuals x, elementwise [1, Eq. 8]:
//
//	ρ(x, α, c) = (|α−2|/α) · [((x/c)²/|α−2| + 1)^(α/2) − 1]
//
//	α = 2   ½(x/c)²               L2             α = −2   2(x/c)²/((x/c)² + 4)   Geman-McClure
//	α = 1   √((x/c)² + 1) − 1     Charbonnier    α = −∞   1 − exp(−½(x/c)²)      Welsch
//	α = 0   log(½(x/c)² + 1)      Cauchy         α = +∞   exp(½(x/c)²) − 1
//
// At x = 0: ρ = +0, ∂ρ/∂x = 0, ∂²ρ/∂x² = 1/c² for every α. For α < 0, ρ < (α−2)/α; for α ≤ 1, |∂ρ/∂x| ≤ 1/c.
//
//   - x: residuals, any float shape, in the units of the data.
//   - alpha: shape parameter, dimensionless, in [−∞, +∞]; x's dtype; a scalar, or a shape that broadcasts to x's: axes
//     of size 1 are repeated, missing leading axes are added. Special and ordinary values may be mixed.
//   - scale: c > 0, in the units of x: the size of residual still counted an inlier. Same dtype and broadcasting.
//
// The result has the shape and dtype of x. Where ρ exceeds the dtype it is +Inf. It is NaN where an input is, where c isn't
// positive, and where x and c are both infinite; nowhere else. A c below 2⁻¹²⁶, in float64 below 2⁻¹⁰²², counts as 0: it is
// subnormal, which XLA does not compute with. The quotient |x/c| counts as 2¹²⁴ (2¹⁰²⁰) where it is more, and as infinite where it
// overflows. Loss panics if the dtypes differ or alpha's or scale's shape
// doesn't broadcast to x's.
//
// It is differentiable in all three, once and, but for ∂²ρ/∂α², which panics, twice. The gradient in alpha is 0 at α = ±∞
// (its limit). At α = 2 it diverges like ¼(x/c)²·log((x/c)²/|α−2|), to +∞ from both sides: what is returned there is its
// value at the next α below 2 in float64, or in float32 for it and all smaller types.
func Loss(x, alpha, scale *Node) *Node {
	return elementwise("Loss", x, alpha, scale, func(x, alpha, scale *Node) *Node {
		t := newTerms(x, x, alpha, scale)
		return t.attach(t.rho(), t.influenceWithGradient, t.alphaGradientWithGradient, t.scaleGradientWithGradient)
	})
}

// LossSquared returns the same loss of residuals that are given squared, elementwise: ρ(√s, α, c) with s = xSquared.
// With s = ‖x‖², the sum of squares over some axis, it robustifies a whole residual vector at once (a block norm); it
// has no √ to differentiate at 0:
//
//	∂ρ/∂s = w/2,   w = (∂ρ/∂x)/x = (1/c²)·(s/(c²·|α−2|) + 1)^(α/2−1);   at s = 0 it is 1/(2c²)
//
// The arguments are:
//
//   - xSquared: s ≥ 0, any float shape, in squared units of the data. A negative s, −∞ included, counts as 0, for it is
//     the rounding error of someone's a²−2ab+b²: ρ is 0 there and ∂ρ/∂s = 1/(2c²), as in scalar.Kernel.RhoSquared. NaN
//     stays NaN.
//   - alpha, scale: as in [Loss]; scale in the units of x, not of x².
//
// The result has the shape and dtype of xSquared. Limits, gradients and panics are those of [Loss].
func LossSquared(xSquared, alpha, scale *Node) *Node {
	return elementwise("LossSquared", xSquared, alpha, scale, func(s, alpha, scale *Node) *Node {
		norm := Sqrt(Max(s, ScalarZero(s.Graph(), s.DType())))
		t := newTerms(s, norm, alpha, scale)
		return t.attach(t.rho(),
			func() *Node { return MulScalar(t.weightSquaredWithGradient(), 0.5) },
			func() *Node { return withoutGradient(t.alphaGradient()) },
			func() *Node { return withoutGradient(t.scaleGradient()) })
	})
}
