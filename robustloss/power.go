package robustloss

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// PowerTransform returns Barron's power transform of s with parameter λ [2], elementwise, of which the loss is a special case:
//
//	f(s, λ) = m/(1−m) · [(1 + s/m)^(1−m) − 1],        λ < 0        with m = |λ|
//	f(s, λ) = m · [(1 + s·(1−m)/m)^(1/(1−m)) − 1],    λ > 0
//
//	λ = −∞   1 − exp(−s)          λ = 0   s                      λ = 1    exp(s) − 1
//	λ = −1   log(1 + s)           λ = ½   s + s²/2               λ = +∞   −log(1 − s)
//
// for s ≥ 0, and f(−s, λ) = −f(s, λ). The inverse is the one with −λ: f(f(s, λ), −λ) = s. It increases in s and, for s > 0, in λ;
// f(0) = 0 and ∂f/∂s = 1 there. For λ < −1 it is bounded, |f| < m/(m−1); for λ > 1 it ends, and is +Inf from s = m/(m−1) on.
// The loss is the transform of half a square, [Loss](x, α, c) = f(½(x/c)², λ) with λ = α/2 − 1 for α ≤ 2, and 1 − 2/α above, which
// scalar.PowerLambda returns; λ > 1 has no α.
//
//   - s: any float shape, dimensionless: divide by what counts as 1.
//   - lambda: λ in [−∞, +∞], of s's dtype; a scalar, or a shape that broadcasts to s's, as alpha of [Loss].
//
// The result has the shape and dtype of s; it is NaN where an input is, and nowhere else. It panics where the dtypes differ or the
// shape of lambda doesn't fit. It is differentiable in both, once and, but for ∂²f/∂λ², which panics, twice:
//
//	∂f/∂s = (1 + s/m)^−m,  λ < 0        ∂f/∂s = (1 + s·(1−m)/m)^(m/(1−m)),  λ > 0
//
// so that a loss may hold log ∂f/∂s, as that of a density under a change of variables does. Where f is +Inf so are its gradients.
// The gradient in λ is 0 at ±∞ (its limit); towards λ = 0 it diverges like s·log(s/m), and what is returned there is its value at
// |λ| = 2⁻⁶⁰. In float32 |λ| ≥ 2⁴⁴ counts as infinite, in float64 |λ| ≥ 2⁸⁰.
func PowerTransform(s, lambda *Node) *Node {
	if !s.DType().IsFloat() {
		exceptions.Panicf("robustloss.PowerTransform: s must be of a float dtype, got s=%s", s.Shape())
	}
	lambda = broadcastable("PowerTransform", "lambda", lambda, s)
	if isEmpty(s) {
		return ZerosLike(s)
	}
	return inWorkingDType(func(n []*Node) *Node {
		p := newPowerTerms(n[0], n[1])
		return withPartials(p.value(), partial{p.s, p.slopeWithGradient}, partial{p.lambda, p.lambdaGradientWithGradient})
	}, s, lambda)
}

// powerTerms are the sub-expressions that f and its derivatives share. With m = |λ|, κ = 1 for λ ≤ 0 and 1−m for λ > 0,
//
//	v = 1 + κ|s|/m,  L = log v,  A = L/κ,  S = mA,  B = (1−m)A,  t = B for λ ≤ 0, A for λ > 0
//
// f = m(eᵗ−1)·g, g = 1/(1−m) for λ ≤ 0 and 1 for λ > 0, and ∂f/∂s = e^(λA) = eᵗ/v. For both signs of λ
//
//	{ m·(e^A − 1),  m/(1−m)·(e^B − 1) }
//
// are |s| and |f|, in this order for λ ≤ 0: the inverse only swaps them. Near λ = 0 A is large, and m·eᵗ = (m + κ|s|)·e^(λA) has the
// smaller exponent; elsewhere eᵗ is formed. One logarithm and one exponential serve all.
type powerTerms struct {
	limits
	s, lambda *Node // the inputs

	size             *Node // |s|, finite
	infinite, beyond *Node // where s is ±∞; where |s| is at or beyond the end of the support
	invV             *Node // 1/v
	l, a, b, sum, t  *Node // L, A, B, S, t
	slope, mEt       *Node // ∂f/∂s inside the support, and m·eᵗ
	cachedValue      *Node // |f|

	// Functions of λ alone: scalars, where lambda is.
	m, kappa   *Node
	g          *Node // 1/(1−m)
	sign       *Node // of λ
	positive   *Node // λ > 0
	negative   *Node // λ < 0
	isAtInfty  *Node // |λ| counts as infinite
	exponentIs *Node // true where eᵗ is formed, not e^(λA)
}

// leastPower is the |λ| that smaller ones are taken for.
const leastPower = 0x1p-60

func newPowerTerms(s, lambda *Node) *powerTerms {
	p := &powerTerms{limits: limitsOf(s.DType()), s: s, lambda: lambda}
	p.ofLambda()
	p.ofSize()
	return p
}

// constant returns a scalar of the working dtype.
func (p *powerTerms) constant(value float64) *Node { return Scalar(p.s.Graph(), p.s.DType(), value) }

func (p *powerTerms) ofLambda() {
	zero, one := p.constant(0), p.constant(1)
	p.m = Min(Max(Abs(p.lambda), p.constant(leastPower)), p.constant(p.largest))
	p.positive, p.negative = GreaterThan(p.lambda, zero), LessThan(p.lambda, zero)
	rest := Sub(one, p.m)
	p.kappa = where(p.positive, rest, one)
	p.g = Reciprocal(rest)
	p.sign = Sign(p.lambda)
	p.isAtInfty = GreaterOrEqual(Abs(p.lambda), p.constant(p.largest))
	p.exponentIs = LessThan(p.lambda, p.constant(-0.5))
}

func (p *powerTerms) ofSize() {
	zero, one := p.constant(0), p.constant(1)
	size := Abs(p.s)
	p.infinite = GreaterThan(size, p.constant(p.highest))
	p.size = Min(size, p.constant(p.farthest))
	// u = κ|s|/m, times shift where it may be out of range. There v = u, and so does it where u is merely huge.
	ratio := Div(p.kappa, p.m)
	u := Mul(p.size, ratio)
	far := GreaterThan(u, p.constant(1/p.shift))
	sigma := where(far, p.constant(p.shift), one)
	u = Mul(Mul(p.size, sigma), ratio)
	unit := where(Or(far, GreaterThan(u, p.constant(p.huge))), zero, one)
	v := Add(u, unit)
	// The rounding of v is given back to its logarithm; but near the end of the support, v is (1−|s|) + |s|/m, of which 1−|s| is exact.
	nearEnd := LessThan(u, p.constant(-0.5))
	lost := Sub(u, Sub(v, unit))
	v = where(nearEnd, Add(Sub(one, p.size), Div(p.size, p.m)), v)
	p.beyond = And(p.positive, Or(LessOrEqual(v, zero), And(p.isAtInfty, GreaterOrEqual(p.size, one))))
	v = where(p.beyond, one, v)
	inverse := Reciprocal(v)
	p.invV = Mul(inverse, sigma)
	p.l = Add(Log(v), where(far, p.constant(-math.Log(p.shift)), where(nearEnd, zero, Mul(lost, inverse))))
	p.sum = where(LessThan(Abs(p.l), p.constant(p.epsilon)), p.size, Mul(p.l, Div(p.m, p.kappa)))
	p.a = Div(p.sum, p.m)
	inverseB := where(LessThan(p.m, p.constant(2)), Mul(p.a, Sub(one, p.m)), Sub(p.a, p.sum))
	p.b = where(p.positive, p.l, inverseB)
	p.t = where(p.positive, p.a, p.b)
	h := Exp(where(p.exponentIs, p.t, Mul(p.sign, p.sum)))
	p.slope = where(p.exponentIs, Mul(h, p.invV), h)
	mV := where(nearEnd, Mul(p.m, v), Add(p.m, Mul(p.kappa, p.size)))
	p.mEt = Mul(where(p.exponentIs, p.m, mV), h)
}

// odd returns n with the sign of s.
func (p *powerTerms) odd(n *Node) *Node { return where(LessThan(p.s, p.constant(0)), Neg(n), n) }

// value returns f.
func (p *powerTerms) value() *Node { return p.odd(p.absolute()) }

// absolute returns |f|.
func (p *powerTerms) absolute() *Node {
	if p.cachedValue != nil {
		return p.cachedValue
	}
	one, infinite := p.constant(1), p.constant(math.Inf(1))
	series := Mul(p.sum, horner(p.t, p.ratio))
	difference := Mul(where(p.positive, one, p.g), Sub(p.mEt, p.m))
	f := where(LessThan(Abs(p.t), p.constant(p.ratioRange)), series, difference)
	f = where(Equal(p.lambda, p.constant(0)), p.size, f)
	limit := where(GreaterOrEqual(p.lambda, p.constant(-1)), infinite, Neg(Mul(p.m, p.g))) // m/(m−1)
	f = where(p.infinite, limit, f)
	p.cachedValue = where(p.beyond, infinite, f)
	return p.cachedValue
}

// atEnds returns n, and its limits at infinite s, for λ < 0 and λ > 0, and beyond the end.
func (p *powerTerms) atEnds(n *Node, ifNegative, ifPositive, ifBeyond float64) *Node {
	limit := where(p.positive, p.constant(ifPositive), where(p.negative, p.constant(ifNegative), n))
	return where(p.beyond, p.constant(ifBeyond), where(p.infinite, limit, n))
}

// slopeWithGradient returns ∂f/∂s = e^(λA) with its derivatives
//
//	∂²f/∂s² = sgn(λ)·(∂f/∂s)/v,   ∂²f/∂s∂λ = (∂f/∂s)·A²·K(L)
func (p *powerTerms) slopeWithGradient() *Node {
	return withPartials(p.atEnds(p.slope, 0, math.Inf(1), math.Inf(1)),
		partial{p.s, func() *Node {
			curvature := Mul(Mul(p.slope, p.invV), p.sign)
			return withoutGradient(p.odd(p.atEnds(curvature, 0, math.Inf(1), math.Inf(1))))
		}},
		partial{p.lambda, func() *Node { return withoutGradient(p.slopeGradient()) }})
}

// slopeGradient returns ∂²f/∂s∂λ.
func (p *powerTerms) slopeGradient() *Node {
	minusKernel := horner(p.l, p.kernel)
	explicit := Div(Add(AddScalar(p.l, -1.0), p.invV), Square(p.kappa))
	small := LessThan(Abs(p.l), p.constant(1))
	gradient := Mul(p.slope, where(small, Neg(Mul(Square(p.a), minusKernel)), explicit))
	return where(p.isAtInfty, p.constant(0), p.atEnds(gradient, 0, math.Inf(1), math.Inf(1)))
}

// lambdaGradientWithGradient returns ∂f/∂λ with its derivative in s.
func (p *powerTerms) lambdaGradientWithGradient() *Node {
	return withPartials(p.odd(p.lambdaGradient()),
		partial{p.s, func() *Node { return withoutGradient(p.slopeGradient()) }},
		partial{p.lambda, func() *Node { notImplemented(p.lambda); return nil }})
}

// lambdaGradient returns ∂|f|/∂λ = eᵗ·A²·(K(B) − K(A)), K(y) = (e^−y − 1 + y)/y², in the form that cancels least:
//
//	A < 1, −1 ≤ B:   S·A²·eᵗ·K[A,B],   the divided difference (K(B) − K(A))/(A − B) from K's polynomial
//	m ≤ 0.3:         γ·(f·(A−1−g) + γ·|∂f/∂s − 1| + (g/γ)·S),   γ = 1 for λ ≤ 0, g = 1/(1−m) for λ > 0
//	else:            eᵗ·(A²·K(B) − A²·K(A)),   A²·K(B) = g²·(e^−B − 1 + B),   A²·K(A) = e^−A − 1 + A
func (p *powerTerms) lambdaGradient() *Node {
	zero, one, infinite := p.constant(0), p.constant(1), p.constant(math.Inf(1))
	smallA := LessThan(p.a, one)
	lowB := LessThan(p.b, p.constant(-1))
	smallB := And(Not(lowB), LessOrEqual(p.b, p.constant(1.5)))
	minusK, slope := kernelAndSlope(where(smallA, p.a, p.b), p.b, p.kernel)
	squareOfA := Square(p.a)
	first := Mul(Mul(p.mEt, p.a), Mul(squareOfA, slope))

	difference := where(LessThan(p.sum, p.constant(p.ratioRange)),
		Mul(p.sum, horner(Mul(p.sign, p.sum), p.ratio)),
		Abs(AddScalar(p.slope, -1.0)))
	gamma, rest := where(p.positive, p.g, one), where(p.positive, one, p.g)
	second := Mul(gamma, Add(Mul(p.absolute(), Sub(AddScalar(p.a, -1.0), p.g)), Add(Mul(gamma, difference), Mul(rest, p.sum))))

	inverse := Div(p.m, p.mEt) // e^−t
	minusKOfA := Mul(squareOfA, minusK)
	ofA := where(smallA, Neg(minusKOfA), Add(AddScalar(p.a, -1.0), where(p.positive, inverse, p.invV)))
	squareOfG, power := Square(p.g), Div(p.mEt, p.m)
	ofB := where(smallB, Neg(minusKOfA), Mul(squareOfG, Add(AddScalar(p.b, -1.0), where(p.positive, p.invV, inverse))))
	last := Mul(power, Sub(ofB, ofA))
	// e^B·K(B), which does not overflow
	last = where(And(Not(p.positive), lowB),
		Sub(Mul(squareOfG, AddScalar(Mul(power, AddScalar(p.b, -1.0)), 1.0)), Mul(power, ofA)), last)

	gradient := where(And(smallA, Not(lowB)), first, where(LessOrEqual(p.m, p.constant(0.3)), second, last))
	gradient = where(And(p.infinite, LessThan(p.lambda, p.constant(-1))), squareOfG, gradient)
	gradient = where(Equal(p.absolute(), infinite), infinite, gradient)
	return where(p.isAtInfty, zero, gradient)
}
