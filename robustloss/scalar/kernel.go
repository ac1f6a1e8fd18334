package scalar

import "math"

// Kernel is the general robust loss with a fixed shape α and scale c [1, Eq. 8 and the special cases beside it]:
//
//	ρ(x, α, c) = (|α−2|/α) · [((x/c)²/|α−2| + 1)^(α/2) − 1]
//
//	α = 2   ½(x/c)²               L2             α = −2   2(x/c)²/((x/c)² + 4)   Geman-McClure
//	α = 1   √((x/c)² + 1) − 1     Charbonnier    α = −∞   1 − exp(−½(x/c)²)      Welsch
//	α = 0   log(½(x/c)² + 1)      Cauchy         α = +∞   exp(½(x/c)²) − 1
//
// At x = 0: ρ = 0, ∂ρ/∂x = 0, ∂²ρ/∂x² = 1/c² for every α. For α < 0, ρ < (α−2)/α; for α ≤ 1, |∂ρ/∂x| ≤ 1/c.
//
// Results keep their relative precision for every α and for residuals of any size: small ones do not cancel, and a
// value comes out as ±Inf or 0 only where it is out of float64's range. A NaN residual or a NaN α gives NaN.
// The methods panic if Scale is not a positive, finite number.
type Kernel struct {
	// Alpha is the shape α, dimensionless, in [−∞, +∞]: the lower, the less a large residual counts.
	Alpha float64

	// Scale is c > 0, in the units of the residual: the size of a residual that still counts as an inlier.
	Scale float64
}

const badScale = "robustloss/scalar: scale is not a positive, finite number"

// Rho returns the loss ρ(r) of the residual r. It is even in r, and +0 at r = 0.
func (k Kernel) Rho(r float64) float64 {
	k.check()
	if p, ok := k.ordinary(math.Abs(r)); ok {
		return p.rho()
	}
	if degenerate(r, k.Alpha) {
		return k.rhoDegenerate(r)
	}
	p := k.at(k.ratio(r))
	return p.rho()
}

// Influence returns ψ(r) = ∂ρ/∂r = (r/c²)·((r/c)²/|α−2| + 1)^(α/2−1): how hard the residual pulls. For α < 1 it
// falls back to 0 for large r, after its peak at |r| = c·√((α−2)/(α−1)).
func (k Kernel) Influence(r float64) float64 {
	k.check()
	if p, ok := k.ordinary(math.Abs(r)); ok {
		return math.Copysign(p.u*math.Exp(p.y)/p.base/k.Scale, r)
	}
	if degenerate(r, k.Alpha) {
		return math.Copysign(k.limit(r, 1, 1), r)
	}
	p := k.at(k.ratio(r))
	return math.Copysign(p.power().times(p.ratio).over(newScaled(k.Scale)).float(), r)
}

// Weight returns w(r) = ψ(r)/r, and its limit 1/c² at r = 0: the weight of the squared residual in iteratively
// reweighted least squares.
func (k Kernel) Weight(r float64) float64 {
	k.check()
	if p, ok := k.ordinary(math.Abs(r)); ok {
		return math.Exp(p.y) / p.base / k.Scale / k.Scale
	}
	if degenerate(r, k.Alpha) {
		return k.limit(r, 2, 2)
	}
	c := newScaled(k.Scale)
	p := k.at(k.ratio(r))
	return p.power().over(c).over(c).float()
}

// Curvature returns ∂²ρ/∂r², which for α < 1 turns negative beyond the peak of the influence:
//
//	∂²ρ/∂r² = w(r)·(1 + (α−1)q)/(1 + q),  q = (r/c)²/|α−2|
func (k Kernel) Curvature(r float64) float64 {
	k.check()
	if degenerate(r, k.Alpha) {
		return k.limit(r, 2, 2)
	}
	c := newScaled(k.Scale)
	p := k.at(k.ratio(r))
	return p.power().times(newScaled(p.bend())).over(c).over(c).float()
}

func (k Kernel) check() {
	if !(k.Scale > 0 && k.Scale <= math.MaxFloat64) {
		panic(badScale)
	}
}

// ratio returns |r|/c for a finite r; it never leaves the range of scaled.
func (k Kernel) ratio(r float64) scaled {
	return newScaled(math.Abs(r)).over(newScaled(k.Scale))
}

// degenerate says whether r or alpha is NaN, or r is infinite: the arguments that limit and rhoDegenerate answer.
func degenerate(r, alpha float64) bool {
	return r-r != 0 || alpha != alpha
}

// rhoDegenerate returns ρ(±∞), or NaN if r or α is NaN.
func (k Kernel) rhoDegenerate(r float64) float64 {
	switch {
	case math.IsNaN(r) || math.IsNaN(k.Alpha):
		return math.NaN()
	case math.IsInf(k.Alpha, -1):
		return 1
	case k.Alpha < 0:
		return (k.Alpha - 2) / k.Alpha
	}
	return math.Inf(1)
}

// limit returns the limit for |r| → ∞ of a derivative that behaves like |r|^(α−turn)/c^order, with factor 1 at α =
// turn: 0 below, +Inf above. NaN if r or α is NaN.
func (k Kernel) limit(r, turn float64, order int) float64 {
	switch {
	case math.IsNaN(r) || math.IsNaN(k.Alpha):
		return math.NaN()
	case k.Alpha < turn:
		return 0
	case k.Alpha == turn:
		return math.Pow(k.Scale, -float64(order))
	}
	return math.Inf(1)
}
