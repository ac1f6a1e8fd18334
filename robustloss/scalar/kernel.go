package scalar

import (
	"math"
)

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

func validScale(c float64) bool { return c > 0 && c <= math.MaxFloat64 }

func (k Kernel) check() {
	if !validScale(k.Scale) {
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

// belowTwo stands in for α = 2 in derivatives in α.
const belowTwo = 2 - 0x1p-52

// ScaleGradient returns ∂ρ/∂c = −(r/c)·ψ(r): never positive.
func (k Kernel) ScaleGradient(r float64) float64 {
	k.check()
	if p, ok := k.ordinary(math.Abs(r)); ok {
		return -p.u * p.u * math.Exp(p.y) / p.base / k.Scale
	}
	if degenerate(r, k.Alpha) {
		if k.Alpha == 0 { // −z/(1+z/2)/c
			return 0 - k.limit(r, 0, 1)*2
		}
		return 0 - k.limit(r, 0, 1)
	}
	p := k.at(k.ratio(r))
	return 0 - p.power().times(p.ratio).times(p.ratio).over(newScaled(k.Scale)).float()
}

// AlphaGradient returns ∂ρ/∂α, which is never negative: a larger α never makes the loss of a residual smaller.
// With t = log(1 + (r/c)²/|α−2|),
//
//	∂ρ/∂α = ½·sgn(2−α)·t²·e^(αt/2)·[K(αt/2) − K(t)],  K(v) = (e^−v − 1 + v)/v²
//
// At α = 0 it is −h/2 + z/(2(2+z)) + h²/4 with z = (r/c)² and h = log(1+z/2), and at α = ±∞ its limit 0. At r = 0 it is
// 0 for every α. Towards α = 2 the true value diverges for r ≠ 0, like (z/4)·(log(z/|α−2|) − 2). At α = 2 the result is
// finite: that of the next float64 below 2, a gap |α−2| of 2⁻⁵², as for [LogPartitionDerivative].
func (k Kernel) AlphaGradient(r float64) float64 {
	k.check()
	switch {
	case math.IsNaN(r) || math.IsNaN(k.Alpha):
		return math.NaN()
	case math.IsInf(k.Alpha, 0) || r == 0:
		return 0
	case k.Alpha == 2:
		k.Alpha = belowTwo
		return k.AlphaGradient(r)
	case math.IsInf(r, 0) && k.Alpha < 0:
		return 2 / k.Alpha / k.Alpha
	case math.IsInf(r, 0):
		return math.Inf(1)
	}
	p := k.at(k.ratio(r))
	return p.alphaGradient()
}

// RhoSquared returns the loss of a squared residual s = r² and its first two derivatives in s, as nonlinear least
// squares solvers want them, also for the squared norm s = ‖r‖² of a residual vector:
//
//	ρ(s) = (b/α)·[(1+q)^(α/2) − 1],  ρ′ = (1+q)^(α/2−1)/(2c²) = w/2,  ρ″ = sgn(α−2)·(1+q)^(α/2−2)/(4c⁴)
//
// with b = |α−2| and q = s/(b·c²). At s = 0: ρ = 0 and ρ′ = 1/(2c²). At α = 2, ρ″ = 0. Solvers that minimise
// ½·Σ ρ(s) with ρ′(0) = 1, as Ceres does, want 2c²·ρ(s) and its derivatives. A negative s, the rounding error of someone's
// a²−2ab+b², counts as 0.
func (k Kernel) RhoSquared(s float64) (rho, rho1, rho2 float64) {
	k.check()
	if s < 0 {
		s = 0
	}
	if p, ok := k.ordinary(math.Sqrt(s)); ok {
		w := math.Exp(p.y) / p.base / k.Scale / k.Scale
		if k.Alpha != 2 {
			rho2 = math.Copysign(w/p.base/k.Scale/k.Scale/4, k.Alpha-2)
		}
		return p.rho(), w / 2, rho2
	}
	if degenerate(s, k.Alpha) {
		return k.rhoDegenerate(s), k.limit(s, 2, 2) / 2, k.rho2Degenerate(s)
	}
	c := newScaled(k.Scale)
	p := k.at(newScaled(math.Sqrt(s)).over(c))
	w := p.power().over(c).over(c)
	rho2 = w.over(p.base).over(c).over(c).times(scaled{p.side / 2, -1}).float()
	return p.rho(), w.times(scaled{0.5, 0}).float(), rho2 + 0
}

// rho2Degenerate returns the limit of ρ″ for s → ∞, or NaN if s or α is NaN.
func (k Kernel) rho2Degenerate(s float64) float64 {
	return k.limit(s, 4, 4) / 4
}

// ordinary is what a point comes down to where everything is so far from the ends of float64's range, and y from those of
// exp's precision, that plain products will do: the fast path of Kernel.
type ordinary struct {
	u    float64 // |r|/c
	y    float64 // αt/2, see point
	base float64 // 1+q
	bt   float64 // |α−2|·t
}

// What is ordinary.
const (
	ordinaryRange    = 1e30 // of |r|/c and c, and of their inverses: products of a few of them stay in float64's range
	ordinaryGap      = 1e3  // of |α−2| and its inverse: beyond, q and α·t are too far from 1 for Log1p and Exp to keep all digits
	ordinaryExponent = 30   // of |y|: its rounding error, which enters e^y, stays below 1e-14
)

// ordinary returns the ordinary point at |r|, if it is one.
func (k Kernel) ordinary(r float64) (p ordinary, ok bool) {
	p.u = r / k.Scale
	const far, near = ordinaryRange, 1 / ordinaryRange
	if !(p.u > near && p.u < far && k.Scale > near && k.Scale < far) {
		return p, false
	}
	z, gap := p.u*p.u, math.Abs(k.Alpha-2)
	switch {
	case gap > 1/ordinaryGap && gap < ordinaryGap:
		q := z / gap
		t := math.Log1p(q)
		p.y, p.base, p.bt = k.Alpha/2*t, 1+q, gap*t
	case gap == 0:
		p.base, p.bt = 1, z
	case math.IsInf(gap, 1):
		p.y, p.base, p.bt = math.Copysign(z/2, k.Alpha), 1, z
	default:
		return p, false
	}
	return p, math.Abs(p.y) < ordinaryExponent
}

// rho returns ρ = (b·t/2)·E(y).
func (p *ordinary) rho() float64 { return p.bt / 2 * expRatio(p.y) }
