package robustloss

import . "github.com/gomlx/gomlx/core/graph"

// Influence returns the influence function of [Loss], elementwise: how hard a residual pulls [1, Eq. 9].
//
//	ψ(x, α, c) = ∂ρ/∂x = (x/c²) · ((x/c)²/|α−2| + 1)^(α/2−1)
//
//	α = 2   x/c²                  α = 0    2x/(x² + 2c²)
//	α = 1   x/(c·√(x² + c²))      α = −∞   (x/c²)·exp(−½(x/c)²)
//
// ψ(0) = 0. For α ≤ 2, |ψ| ≤ |x|/c²; for α ≤ 1, |ψ| ≤ 1/c; for α < 1, ψ → 0 as x → ∞: an outlier loses its pull.
//
// Arguments, panics and where the result is NaN are as for [Loss]; the result is in 1/(units of x). It is differentiable in all three;
// at α = ±∞ and 2 its gradient in alpha follows the rules of Loss's.
func Influence(x, alpha, scale *Node) *Node {
	return elementwise("Influence", x, alpha, scale, func(x, alpha, scale *Node) *Node {
		return newTerms(x, x, alpha, scale).influenceWithGradient()
	})
}

// Weight returns the weight that iteratively reweighted least squares gives a residual, elementwise:
//
//	w(x, α, c) = ψ/x = (1/c²) · ((x/c)²/|α−2| + 1)^(α/2−1),   1/c² at x = 0
//
// Minimising Σ ½·w·x² with w held fixed has, at the x that w was computed from, the gradient of Σ ρ. For α ≤ 2 the
// weight falls with |x|; at α = 2 it is 1/c² everywhere.
//
// Arguments, panics and where the result is NaN are as for [Loss]; the result is in 1/(units of x)². It is differentiable in all three,
// but in reweighted least squares it is a constant: wrap it in StopGradient there.
func Weight(x, alpha, scale *Node) *Node {
	return elementwise("Weight", x, alpha, scale, func(x, alpha, scale *Node) *Node {
		t := newTerms(x, x, alpha, scale)
		return t.weightWithGradient(func() *Node {
			// ∂w/∂x = (s·w/c)·r/v.
			return Mul(Mul(t.weight(), t.s), Div(t.overV(t.r), t.c))
		})
	})
}

// influenceWithGradient returns ψ with its derivatives
//
//	∂ψ/∂x = w·(1 + s·z/v),   ∂ψ/∂c = −(ψ/c)·(2 + s·z/v),   ∂ψ/∂α = (ψ/2)·(L − (z/b)/v)
func (t *terms) influenceWithGradient() *Node {
	influence := t.influence()
	return t.attach(influence,
		func() *Node { return withoutGradient(Mul(t.weight(), t.sharpness(1))) },
		func() *Node { return t.powerSlope(influence) },
		func() *Node {
			return withoutGradient(Neg(Mul(Div(influence, t.c), t.sharpness(2))))
		})
}

// weightWithGradient returns w with its derivative in the input x, and
//
//	∂w/∂c = −(w/c)·(2 + s·z/v),   ∂w/∂α = (w/2)·(L − (z/b)/v)
func (t *terms) weightWithGradient(inX func() *Node) *Node {
	weight := t.weight()
	return t.attach(weight,
		func() *Node { return withoutGradient(inX()) },
		func() *Node { return t.powerSlope(weight) },
		func() *Node {
			return withoutGradient(Neg(Mul(Div(weight, t.c), t.sharpness(2))))
		})
}

// weightSquaredWithGradient is weightWithGradient where the input is s = x²: ∂w/∂s = (s_α·w/(2c²))/v, with s_α = sgn(α−2).
func (t *terms) weightSquaredWithGradient() *Node {
	return t.weightWithGradient(func() *Node {
		return Div(Div(t.overV(Mul(t.weight(), MulScalar(t.s, 0.5))), t.c), t.c)
	})
}

// scaleGradientWithGradient returns ∂ρ/∂c = −r·ψ with its derivatives
//
//	∂²ρ/∂c∂x = −(ψ/c)·(2 + s·z/v),   ∂²ρ/∂c² = (r·ψ/c)·(3 + s·z/v),   ∂²ρ/∂c∂α = −r·∂ψ/∂α
func (t *terms) scaleGradientWithGradient() *Node {
	influence, gradient := t.influence(), t.scaleGradient()
	curved := func(n *Node, constant float64) *Node {
		return withoutGradient(Neg(Mul(Div(n, t.c), t.sharpness(constant))))
	}
	return t.attach(gradient,
		func() *Node { return curved(influence, 2) },
		func() *Node { return t.powerSlope(gradient) },
		func() *Node { return curved(gradient, 3) })
}

// alphaGradientWithGradient returns ∂ρ/∂α with its derivatives in x and c, which are those of ψ and −r·ψ in α.
func (t *terms) alphaGradientWithGradient() *Node {
	return t.attach(t.alphaGradient(),
		func() *Node { return t.powerSlope(t.influence()) },
		func() *Node { notImplemented(t.alpha); return nil },
		func() *Node { return t.powerSlope(t.scaleGradient()) })
}

// sharpness returns constant + s·z/v.
func (t *terms) sharpness(constant float64) *Node {
	return AddScalar(Mul(Mul(t.s, t.b), t.uv()), constant)
}

// uv returns u/v.
func (t *terms) uv() *Node { return Div(t.u, t.v) }

// overV returns n/v.
func (t *terms) overV(n *Node) *Node { return Mul(Div(Mul(n, t.sigma), t.v), t.sigma) }

// powerSlope returns ∂/∂α of f, which is ψ or w: f·∂q/∂α = (f/2)·(L − u/v) = (f/2)·L²·K(L), of which nothing is lost for
// small L. Where α is taken as ±∞ it is 0.
func (t *terms) powerSlope(f *Node) *Node {
	minusKappa := where(LessThan(t.l, t.constant(1)), Mul(Square(t.l), horner(t.l, t.kernel)), Sub(t.uv(), t.l))
	return withoutGradient(where(t.isAtLargest(), t.constant(0), Mul(MulScalar(f, -0.5), minusKappa)))
}
