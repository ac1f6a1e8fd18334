package robustloss

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// limits are the constants of the loss that depend on the dtype. Powers of two keep the scaling exact.
type limits struct {
	nearest  float64 // b is at least this, the gap between 2 and the next number below
	largest  float64 // |α| beyond it is treated as ±largest: there ρ differs from its limit by less than its rounding
	far      float64 // |x/c| beyond it is scaled by shift before it is squared; then z/b ≫ 1 to the last digit
	shift    float64
	farthest float64 // |x/c| beyond it is taken for it, so that its inverse is a normal number
	huge     float64 // beyond it, 1 + u is u
	epsilon  float64 // half of the rounding error of 1
	small    float64 // (eᵗ−1)/t is its Taylor series for |t| < small, where eᵗ−1 has lost a bit or two
	degree   int     // of the series
}

func limitsOf(dtype dtypes.DType) limits {
	if dtype == dtypes.Float64 {
		return limits{nearest: 0x1p-52, largest: 0x1p80, far: 0x1p400, shift: 0x1p-600, farthest: 0x1p1020, huge: 0x1p60, epsilon: 0x1p-53, small: 0.5, degree: 14}
	}
	return limits{nearest: 0x1p-23, largest: 0x1p44, far: 0x1p44, shift: 0x1p-84, farthest: 0x1p124, huge: 0x1p40, epsilon: 0x1p-24, small: 0.3, degree: 5}
}

// terms are the sub-expressions that ρ and all its derivatives share. With
//
//	r = x/c,  z = r²,  b = |α−2|,  s = sgn(α−2),  u = z/b,  v = 1 + u,
//	L = log v,  H = b·L,  t = (α/2)·L,  q = t − L = (s/2)·H,  P(t) = (eᵗ−1)/t,  P′ its derivative
//
// they are
//
//	ρ     = (b/α)·(eᵗ−1) = (H/2)·P(t)
//	∂ρ/∂x = (r/c)·e^q                         (e^q = v^(α/2−1), so eᵗ = v·e^q)
//	∂ρ/∂c = −r·∂ρ/∂x
//	∂ρ/∂α = (H/4)·[L·P′(t) + P(q) − P(t)]
//
// Every term of the last line is of the size of ρ, so nothing is lost near α = 2 (b → 0) or α = 0 (t → 0), where the
// textbook form divides by b and by α². No special case is left but these: α = 2 has b = nearest, α = ±∞ is α = ±largest.
//
// One logarithm and one exponential serve them all: h² is the one of
//
//	eᵗ = v^(α/2) where α < ½,   v^((α−1)/2) where ½ ≤ α < 3/2,   e^q = v^(α/2−1) where 3/2 ≤ α
//
// whose exponent is the smallest, for its rounding error grows with it; the others are h² times a power of √v. And it is
// h, the exponential of half of it, that is computed: h² may underflow where r·h² does not.
type terms struct {
	limits
	x, alpha, scale *Node // the inputs; scale is NaN where it is not positive
	givenScale      *Node

	r       *Node // x/c, clipped to finite numbers
	size    *Node // |x/c|
	u       *Node // σ²u, where σ is 1, or shift where |r| > far
	root    *Node // 1/√(σ²v)
	rootOfV *Node // 1/√v
	l, h    *Node // L and H
	t       *Node
	half    *Node // h
	pull    *Node // r·first·h
	first   *Node // 1/√v where α < 3/2, else 1
	second  *Node // 1/√v where α < ½, else 1: e^q = h²·first·second

	// Functions of alpha alone: scalars, where alpha is.
	low, high *Node // α < ½, α ≥ 3/2
	b, s      *Node
	clipped   *Node // α within ±largest

	cachedRho *Node
}

// newTerms builds the terms for r = residual/c; x is the input of the caller, the residual or its square.
func newTerms(x, residual, alpha, scale *Node) *terms {
	t := &terms{limits: limitsOf(x.DType()), x: x, alpha: alpha, scale: positive(scale), givenScale: scale}
	t.ofAlpha()
	t.ofResidual(quotient(residual, t.scale))
	return t
}

// attach returns value with its derivatives in x, α and c.
func (t *terms) attach(value *Node, inX, inAlpha, inScale func() *Node) *Node {
	return withPartials(value, partial{t.x, inX}, partial{t.alpha, inAlpha}, partial{t.givenScale, inScale})
}

// constant returns a scalar of the working dtype.
func (t *terms) constant(value float64) *Node { return Scalar(t.x.Graph(), t.x.DType(), value) }

func (t *terms) ofAlpha() {
	t.clipped = Min(Max(t.alpha, t.constant(-t.largest)), t.constant(t.largest))
	d := AddScalar(t.clipped, -2.0)
	t.b = Max(Abs(d), t.constant(t.nearest))
	t.s = Sign(d) // 0 at α = 2: there q = 0, though L and H are those of the next α below
	t.low = LessThan(t.clipped, t.constant(0.5))
	t.high = GreaterOrEqual(t.clipped, t.constant(1.5))
}

func (t *terms) ofResidual(r *Node) {
	zero, one := t.constant(0), t.constant(1)
	t.size = Abs(r)
	t.r = Min(Max(r, t.constant(-t.farthest)), t.constant(t.farthest))
	far := GreaterThan(t.size, t.constant(t.far))
	sigma := Where(far, t.constant(t.shift), one)
	z := Square(Mul(t.r, sigma))
	t.u = quotient(z, t.b)
	// The 1 of v = 1 + u, left out where u is huge: so that XLA doesn't know it, and simplify (u+1)−1 to u.
	unit := Where(Or(far, GreaterThan(t.u, t.constant(t.huge))), zero, one)
	v := Add(t.u, unit)
	t.root = Rsqrt(v)
	// The rounding of v, u − (v−1), is given back to its logarithm; and where far, its scale.
	lost := Mul(Sub(t.u, Sub(v, unit)), Square(t.root))
	t.l = Add(Log(v), Where(far, t.constant(-2*math.Log(t.shift)), lost))
	t.h = Where(LessThan(t.l, t.constant(t.epsilon)), z, Mul(t.b, t.l))
	t.t = Mul(MulScalar(t.clipped, 0.5), t.l)
	quarter := MulScalar(t.clipped, 0.25)
	inL := where(t.low, quarter, where(t.high, zero, AddScalar(quarter, -0.25)))
	inH := where(t.high, MulScalar(t.s, 0.25), zero)
	t.half = Exp(Add(Mul(inL, t.l), Mul(inH, t.h)))
	t.rootOfV = Mul(t.root, sigma)
	t.first = where(t.high, one, t.rootOfV)
	t.second = where(t.low, t.rootOfV, one)
	t.pull = Mul(Mul(t.r, t.first), t.half)
}

// highest is the largest finite number of the dtype.
func highest(dtype dtypes.DType) float64 {
	if dtype == dtypes.Float64 {
		return math.MaxFloat64
	}
	return math.MaxFloat32
}

// growth returns eᵗ−1 where α < ½, e^q−1 elsewhere.
func (t *terms) growth() *Node {
	return AddScalar(Mul(t.half, where(t.low, t.half, Mul(t.half, t.first))), -1.0)
}

// rho returns ρ.
func (t *terms) rho() *Node {
	if t.cachedRho != nil {
		return t.cachedRho
	}
	// (b/α)·(eᵗ−1); where eᵗ is not at hand, z·e^q/α + (b/α)·(e^q−1), which overflows only if ρ does.
	rest := Mul(t.pull, Div(Mul(t.r, t.half), t.clipped))
	beyond := Add(where(t.low, t.constant(0), rest), Mul(Div(t.b, t.clipped), t.growth()))
	series := Mul(MulScalar(t.h, 0.5), expm1Ratio(t.t, t.degree))
	rho := where(t.isSmall(t.t), series, beyond)
	// An infinite x/c was clipped: its loss is infinite unless ρ is bounded.
	infinite := t.constant(math.Inf(1))
	bound := where(GreaterOrEqual(t.alpha, t.constant(0)), t.constant(highest(t.x.DType())), infinite)
	t.cachedRho = where(GreaterThan(t.size, bound), infinite, rho)
	return t.cachedRho
}

func (t *terms) isSmall(n *Node) *Node { return LessThan(Abs(n), t.constant(t.small)) }

// halfOverScale returns h/c, kept finite: the factor beside it may be 0.
func (t *terms) halfOverScale() *Node {
	ratio := Div(t.half, t.scale)
	if t.scale.IsScalar() {
		ratio = Mul(t.half, keptNormal(Reciprocal(t.scale)))
	}
	return Min(ratio, t.constant(highest(t.x.DType())))
}

// influence returns ψ = ∂ρ/∂x = (r/c)·e^q. The order in which it and the next two multiply is such that no product under-
// or overflows on the way to a result that doesn't.
func (t *terms) influence() *Node { return Mul(Mul(t.pull, t.second), t.halfOverScale()) }

// scaleGradient returns ∂ρ/∂c = −r·ψ.
func (t *terms) scaleGradient() *Node {
	return Neg(Mul(t.pull, Mul(Mul(t.r, t.second), t.halfOverScale())))
}

// weight returns w = ψ/x = e^q/c².
func (t *terms) weight() *Node {
	return Mul(Mul(t.halfOverScale(), t.first), Mul(t.halfOverScale(), t.second))
}

// alphaGradient returns ∂ρ/∂α.
func (t *terms) alphaGradient() *Node {
	rho := t.rho()
	// (H/4)·L·P′(t), which is (b/α²)·[t·eᵗ − (eᵗ−1)] = [ρ·(t−1) + H/2]/α.
	// (scaled down, since numerators may overflow where quotients don't.)
	const down = 0x1p-10
	lowForm := Mul(Sub(Mul(t.half, Mul(t.t, t.half)), t.growth()), Div(MulScalar(t.b, down), t.clipped))
	form := Add(Mul(rho, MulScalar(AddScalar(t.t, -1.0), down)), MulScalar(t.h, down/2))
	beyond := Div(where(t.low, lowForm, form), MulScalar(t.clipped, down))
	first := where(t.isSmall(t.t), Mul(Mul(MulScalar(t.h, 0.25), t.l), expm1RatioSlope(t.t, t.degree)), beyond)
	// (H/4)·P(q), which is (s/2)·(e^q−1).
	q := Mul(MulScalar(t.s, 0.5), t.h)
	power := Mul(Mul(Mul(t.half, t.first), t.second), t.half)
	second := where(t.isSmall(q),
		Mul(MulScalar(t.h, 0.25), expm1Ratio(q, t.degree)),
		Mul(MulScalar(t.s, 0.5), AddScalar(power, -1.0)))
	gradient := Sub(Add(first, second), MulScalar(rho, 0.5))
	infinite := t.constant(math.Inf(1))
	gradient = where(Equal(rho, infinite), infinite, gradient)
	return where(Equal(Abs(t.alpha), infinite), t.constant(0), gradient)
}
