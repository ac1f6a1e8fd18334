package robustloss

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// limits are the constants of the loss that depend on the dtype. Powers of two keep the scaling exact.
type limits struct {
	nearest float64 // α = 2 is treated as α = 2 ∓ nearest, which is far below α's rounding
	largest float64 // |α| beyond it is treated as ±largest: there ρ differs from its limit by less than its rounding
	far     float64 // |x/c| beyond it is scaled by shift before it is squared; then z/b ≫ 1 to the last digit
	shift   float64
	degree  int // of the Taylor series used for |t| < seriesBound
}

// seriesBound is where (eᵗ−1)/t goes over from its series to the exponential: there the difference eᵗ−1 has lost one bit.
const seriesBound = 0.5

func limitsOf(dtype dtypes.DType) limits {
	if dtype == dtypes.Float64 {
		return limits{nearest: 0x1p-80, largest: 0x1p80, far: 0x1p400, shift: 0x1p-512, degree: 15}
	}
	return limits{nearest: 0x1p-32, largest: 0x1p44, far: 0x1p44, shift: 0x1p-84, degree: 7}
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
// textbook form divides by b and by α². No special case is left but these: α = 2 is b = nearest, α = ±∞ is α = ±largest.
//
// One logarithm and one exponential serve them all: h² is the one of
//
//	eᵗ = v^(α/2) where α < ½,   v^((α−1)/2) where ½ ≤ α < 3/2,   e^q = v^(α/2−1) where 3/2 ≤ α
//
// whose exponent is the smallest, for its rounding error grows with it; the others are h² times a power of √v. And it is
// h, the exponential of half of it, that is computed: h² may underflow where r·h² does not.
type terms struct {
	limits
	x, alpha, scale *Node // as given

	r           *Node // x/c, clipped to finite numbers
	sigma       *Node // 1, or shift where |r| > far
	rootInverse *Node // 1/√(σ²v)
	uv, zv      *Node // u/v and z/v
	l, h        *Node // L and H
	t, q        *Node
	half        *Node // h
	hc          *Node // h/c
	lowPower    *Node // eᵗ, where α < 3/2

	// Functions of alpha alone: scalars, where alpha is.
	low, high *Node // α < ½, α ≥ 3/2
	b, s      *Node
	clipped   *Node // α within ±largest

	cachedRho *Node
}

// newTerms builds the terms for r = x/c; x is the input of the caller, x or x².
func newTerms(x, alpha, scale, r *Node) *terms {
	t := &terms{limits: limitsOf(x.DType()), x: x, alpha: alpha, scale: scale}
	t.ofAlpha()
	t.ofResidual(r)
	return t
}

// constant returns a scalar of the working dtype.
func (t *terms) constant(value float64) *Node { return Scalar(t.x.Graph(), t.x.DType(), value) }

func (t *terms) ofAlpha() {
	t.clipped = Min(Max(t.alpha, t.constant(-t.largest)), t.constant(t.largest))
	d := AddScalar(t.clipped, -2.0)
	t.b = Max(Abs(d), t.constant(t.nearest))
	t.s = Where(GreaterThan(d, t.constant(0)), t.constant(1), t.constant(-1))
	t.low = LessThan(t.clipped, t.constant(0.5))
	t.high = GreaterOrEqual(t.clipped, t.constant(1.5))
}

func (t *terms) ofResidual(r *Node) {
	zero, one, highest := t.constant(0), t.constant(1), t.constant(highest(t.x.DType()))
	t.r = Min(Max(r, Neg(highest)), highest)
	far := GreaterThan(Abs(t.r), t.constant(t.far))
	t.sigma = Where(far, t.constant(t.shift), one)
	z := Square(Mul(t.r, t.sigma))
	u := Div(z, t.b)
	v := Add(u, Where(far, zero, one))
	logV := Log(v)
	// log(1+u)/u from log(v)/(v−1), in which the rounding of v cancels.
	mean := Where(Equal(v, one), one, Div(logV, AddScalar(v, -1.0)))
	logV = Add(logV, Where(far, t.constant(-2*math.Log(t.shift)), zero))
	large := Or(far, GreaterThan(u, t.constant(8)))
	t.l = Where(large, logV, Mul(u, mean))
	t.h = Where(large, Mul(t.b, logV), Mul(z, mean))
	t.t = Mul(MulScalar(t.clipped, 0.5), t.l)
	t.q = Mul(MulScalar(t.s, 0.5), t.h)
	middle := Mul(MulScalar(AddScalar(t.clipped, -1.0), 0.5), t.l)
	t.half = Exp(MulScalar(where(t.low, t.t, where(t.high, t.q, middle)), 0.5))
	t.hc = Div(t.half, t.scale)
	root := Sqrt(v)
	t.rootInverse = Reciprocal(root)
	inverse := Square(t.rootInverse)
	t.uv = Mul(u, inverse)
	t.zv = Mul(z, inverse)
	t.lowPower = Mul(Mul(t.half, where(t.low, one, Div(root, t.sigma))), t.half)
}

// highest is the largest finite number of the dtype.
func highest(dtype dtypes.DType) float64 {
	if dtype == dtypes.Float64 {
		return math.MaxFloat64
	}
	return math.MaxFloat32
}

// rho returns ρ.
func (t *terms) rho() *Node {
	if t.cachedRho != nil {
		return t.cachedRho
	}
	// (b/α)·(eᵗ−1); where eᵗ is not at hand, (r·h)²/α + (b/α)·(h²−1), which can overflow only if ρ does.
	ratio := Div(t.b, t.clipped)
	rh := Mul(t.r, t.half)
	beyond := where(t.high,
		Add(Mul(rh, Div(rh, t.clipped)), Mul(ratio, AddScalar(Square(t.half), -1.0))),
		Mul(ratio, AddScalar(t.lowPower, -1.0)))
	series := Mul(MulScalar(t.h, 0.5), expm1Ratio(t.t, t.degree))
	rho := where(t.isSmall(t.t), series, beyond)
	// x = ±∞ was clipped: its loss is infinite unless ρ is bounded.
	infinite := t.constant(math.Inf(1))
	unbounded := And(Equal(Abs(t.x), infinite), GreaterOrEqual(t.alpha, t.constant(0)))
	t.cachedRho = where(unbounded, infinite, rho)
	return t.cachedRho
}

func (t *terms) isSmall(n *Node) *Node { return LessThan(Abs(n), t.constant(seriesBound)) }

// overPower returns n·e^q/h².
func (t *terms) overPower(n *Node) *Node {
	once := Mul(Mul(n, t.sigma), t.rootInverse)
	twice := Mul(Mul(once, t.rootInverse), t.sigma)
	return where(t.high, n, where(t.low, twice, once))
}

// influence returns ψ = ∂ρ/∂x = (r/c)·e^q.
func (t *terms) influence() *Node { return Mul(Mul(t.overPower(t.r), t.half), t.hc) }

// scaleGradient returns ∂ρ/∂c = −r·ψ, in an order in which nothing underflows before the end.
func (t *terms) scaleGradient() *Node {
	return Neg(Mul(Mul(t.overPower(t.r), t.half), Mul(t.r, t.hc)))
}

// weight returns w = ψ/x = e^q/c².
func (t *terms) weight() *Node { return Mul(t.overPower(t.hc), t.hc) }

// alphaGradient returns ∂ρ/∂α.
func (t *terms) alphaGradient() *Node {
	rho := t.rho()
	// (H/4)·L·P′(t), which is (b/α²)·[t·eᵗ − (eᵗ−1)] = [ρ·(t−1) + H/2]/α.
	ratio := Div(Div(t.b, t.clipped), t.clipped)
	beyond := where(t.high,
		Add(Mul(rho, Div(AddScalar(t.t, -1.0), t.clipped)), Div(MulScalar(t.h, 0.5), t.clipped)),
		Mul(ratio, Sub(Mul(t.t, t.lowPower), AddScalar(t.lowPower, -1.0))))
	first := where(t.isSmall(t.t), Mul(Mul(MulScalar(t.h, 0.25), t.l), expm1RatioSlope(t.t, t.degree)), beyond)
	// (H/4)·P(q), which is (s/2)·(e^q−1).
	power := Mul(t.overPower(t.half), t.half)
	second := where(t.isSmall(t.q),
		Mul(MulScalar(t.h, 0.25), expm1Ratio(t.q, t.degree)),
		Mul(MulScalar(t.s, 0.5), AddScalar(power, -1.0)))
	slope := Sub(Add(first, second), MulScalar(rho, 0.5))
	infinite := t.constant(math.Inf(1))
	slope = where(Equal(rho, infinite), infinite, slope)
	return where(Equal(Abs(t.alpha), infinite), t.constant(0), slope)
}
