package robustloss

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/polynomial"
)

// terms are the sub-expressions that ρ and all its derivatives share. With
//
//	r = x/c,  z = r²,  b = |α−2|,  s = sgn(α−2),  u = z/b,  v = 1 + u,  L = log v,
//	t = (α/2)·L,  q = t − L = (s/2)·bL,  P(t) = (eᵗ−1)/t,  K(y) = (e^−y − 1 + y)/y²
//
// they are
//
//	ρ     = (b/α)·(eᵗ−1) = (bL/2)·P(t)
//	∂ρ/∂x = (r/c)·e^q                         (e^q = v^(α/2−1), so eᵗ = v·e^q)
//	∂ρ/∂c = −r·∂ρ/∂x
//	∂ρ/∂α = (s/2)·L²·eᵗ·(K(L) − K(t))
//
// Nothing is lost near α = 2 (b → 0) or α = 0 (t → 0), where the textbook form of ρ divides by b and by α². No special
// case is left but these: α = 2 has b = nearest, α = ±∞ is α = ±largest. What the difference in the last line loses is the
// concern of alphaGradient.
//
// What of these is computed how often is XLA's choice: on a CPU it writes the logarithm, or whatever else it takes for
// expensive, to memory if several results need it, and repeats all cheap operations between there and each result. So there
// is one quantity between the inputs and the results, bL or L, whose last operation is the division of a logarithm; and each
// result has an exponential of its own, h² = eᵗ or e^q, whichever has the smaller exponent, for its rounding error grows with
// that. (h, not h², since h² may underflow where r·h² does not.)
//
// ρ is written in more places, each for another end. scalar.Kernel is the precise one for single numbers, of any size; its
// ordinary points are the fast path, in a third of the time, and its terms give a likelihood ρ and three derivatives in a
// seventh of the time of four calls. scalar's shape is ρ for quadrature of e^−ρ: it takes the logarithm of a residual, which
// may be out of range, and two thirds of Kernel's time. (BenchmarkKernel_FormsOfTheLoss of package scalar repeats these
// comparisons.) Package partition's generator has its own, so as not to depend on what it is to check; the ρ̃ of package
// quantile is another function.
type terms struct {
	limits
	x, alpha, scale *Node // the inputs
	c               *Node // the scale, NaN where it is not positive
	shared          bool  // many residuals have one α: bL is what is between, else L

	size     *Node // |x/c|, infinite where it overflows
	r        *Node // x/c
	near     *Node // |x/c|, at most farthest
	u        *Node // σ²u, where σ is 1, or shift where |r| > far
	v, sigma *Node // σ²v and σ
	l, bl    *Node // L and bL
	logs     *Node // bL if shared, else L

	// Functions of alpha alone: scalars, where alpha is.
	a, inverse *Node // α within ±largest, and 1/α
	d, b, s    *Node // α − 2, |α−2| ≥ nearest, and the sign: 0 at α = 2
	inverseB   *Node // 1/b
	is3Halves  *Node // α ≥ 3/2
	cachedRho  *Node
}

// limits are the constants of the loss that depend on the dtype. Powers of two keep the scaling exact.
type limits struct {
	nearest  float64 // b is at least this, the gap between 2 and the next number below
	largest  float64 // |α| beyond it is treated as ±largest: there ρ differs from its limit by less than its rounding
	far      float64 // |x/c| beyond it is scaled by shift before it is squared; then z/b ≫ 1 to the last digit
	shift    float64
	farthest float64 // |x/c| beyond it is taken for it, so that its inverse is a normal number
	highest  float64 // the largest finite number
	huge     float64 // beyond it, 1 + u is u
	epsilon  float64 // half of the rounding error of 1

	ratio      []float64 // of P(t) for |t| < ratioRange, where eᵗ−1 has lost a bit or two: its Taylor series
	ratioRange float64
	kernel     []float64 // of −K(y) for |y| < 1
}

var (
	float64Limits = limits{
		nearest: 0x1p-52, largest: 0x1p80, far: 0x1p400, shift: 0x1p-600, farthest: 0x1p1020, highest: math.MaxFloat64,
		huge: 0x1p60, epsilon: 0x1p-53, ratio: expm1RatioSeries(14), ratioRange: 0.5, kernel: kernelSeries(14),
	}
	float32Limits = limits{
		nearest: 0x1p-23, largest: 0x1p44, far: 0x1p44, shift: 0x1p-84, farthest: 0x1p124, highest: math.MaxFloat32,
		huge: 0x1p40, epsilon: 0x1p-24, ratio: expm1RatioSeries(5), ratioRange: 0.3, kernel: kernelSeries(8),
	}
)

func limitsOf(dtype dtypes.DType) limits {
	if dtype == dtypes.Float64 {
		return float64Limits
	}
	return float32Limits
}

// newTerms builds the terms for r = residual/c; x is the input of the caller, the residual or its square.
func newTerms(x, residual, alpha, scale *Node) *terms {
	t := &terms{limits: limitsOf(x.DType()), x: x, alpha: alpha, scale: scale, c: positive(scale)}
	if size(scale) < size(x) {
		t.c = stored(t.c)
	}
	t.ofAlpha()
	t.ofResidual(quotient(residual, t.c))
	return t
}

// constant returns a scalar of the working dtype.
func (t *terms) constant(value float64) *Node { return Scalar(t.x.Graph(), t.x.DType(), value) }

func (t *terms) ofAlpha() {
	t.shared = size(t.alpha) < size(t.x)
	t.a = Min(Max(t.alpha, t.constant(-t.largest)), t.constant(t.largest))
	if t.shared {
		t.a = stored(t.a)
	}
	t.inverse = Reciprocal(t.a)
	t.d = AddScalar(t.a, -2.0)
	t.s = Sign(t.d) // at α = 2, where q = (α/2−1)·L is 0, L and bL are those of the next α below
	t.b = Max(Abs(t.d), t.constant(t.nearest))
	t.inverseB = Reciprocal(t.b)
	t.is3Halves = GreaterOrEqual(t.a, t.constant(1.5))
}

func (t *terms) ofResidual(r *Node) {
	zero, one := t.constant(0), t.constant(1)
	t.r, t.size = r, Abs(r)
	t.near = Min(t.size, t.constant(t.farthest))
	far := GreaterThan(t.near, t.constant(t.far))
	t.sigma = Where(far, t.constant(t.shift), one)
	z := Square(Mul(t.near, t.sigma))
	t.u = Mul(z, t.inverseB)
	// The 1 of v = 1 + u, left out where far; and made of α, lest XLA know it, and simplify (u+1)−1 to u.
	unit := where(far, zero, Where(Equal(t.a, t.a), one, t.constant(math.NaN())))
	t.v = Add(t.u, unit)
	logV := Add(Log(t.v), Where(far, t.constant(-2*math.Log(t.shift)), zero))
	// v − 1 is what u is for the logarithm: the rounding of v is given back by their quotient, L = log(v)·u/(v−1).
	rise := Sub(t.v, unit)
	isTiny := Equal(rise, zero)
	per := func(numerator *Node) *Node {
		return Div(Where(isTiny, numerator, Mul(logV, numerator)), Where(isTiny, one, rise))
	}
	if t.shared {
		t.bl = per(z)
		t.l, t.logs = Mul(t.bl, t.inverseB), t.bl
		return
	}
	t.l = per(t.u)
	t.logs = t.l
	t.bl = Where(LessThan(t.l, t.constant(t.epsilon)), Square(t.r), Mul(t.b, t.l))
}

// times returns rate·L, of a function of α.
func (t *terms) times(rate *Node) *Node { return Mul(t.logs, t.rate(rate)) }

// rate returns the factor of logs in rate·L.
func (t *terms) rate(rate *Node) *Node {
	if t.shared {
		return Mul(rate, t.inverseB)
	}
	return rate
}

// attach returns value with its derivatives in x, α and c.
func (t *terms) attach(value *Node, inX, inAlpha, inScale func() *Node) *Node {
	return withPartials(value, partial{t.x, inX}, partial{t.alpha, inAlpha}, partial{t.scale, inScale})
}

// power returns t.
func (t *terms) power() *Node { return t.times(MulScalar(t.a, 0.5)) }

// growth returns h: h² is eᵗ where α < 3/2, else e^q.
func (t *terms) growth() *Node {
	return Exp(t.times(MulScalar(Where(t.is3Halves, t.d, t.a), 0.25)))
}

// rho returns ρ.
func (t *terms) rho() *Node {
	if t.cachedRho != nil {
		return t.cachedRho
	}
	// (b/α)·(eᵗ−1); where eᵗ is not at hand, z·e^q/α + (b/α)·(e^q−1), which overflows only if ρ does.
	h, power := t.growth(), t.power()
	front := Mul(t.b, t.inverse)
	inverse := Where(t.is3Halves, t.inverse, t.constant(0))
	rest := Mul(Mul(Mul(t.near, Mul(h, inverse)), h), t.near)
	beyond := Add(rest, Sub(Mul(Mul(front, h), h), front))
	series := Mul(MulScalar(t.bl, 0.5), horner(power, t.ratio))
	rho := where(LessThan(Abs(power), t.constant(t.ratioRange)), series, beyond)
	// At infinite x/c: (α−2)/α for α < 0, else infinite.
	limit := Where(GreaterOrEqual(t.a, t.constant(0)), t.constant(math.Inf(1)), Neg(front))
	t.cachedRho = where(t.isInfinite(), limit, rho)
	return t.cachedRho
}

// isInfinite reports where x/c is.
func (t *terms) isInfinite() *Node { return GreaterThan(t.size, t.constant(t.highest)) }

// overScale returns h/c, kept finite: the factor beside it may be 0.
func (t *terms) overScale(h *Node) *Node {
	ratio := Div(h, t.c)
	if size(t.c) < size(h) {
		ratio = Mul(h, inverseOf(t.c))
	}
	return Min(ratio, t.constant(t.highest))
}

// isFar reports where u is v to the last digit, if α < 3/2. There z·e^q = b·eᵗ, and r·e^q = ±√b·v^((α−1)/2): of these, the
// exponents are those of the powers of r that r·ψ and ψ are, and so the smallest.
func (t *terms) isFar() *Node {
	threshold := Where(t.is3Halves, t.constant(math.Inf(1)), t.constant(-math.Log(t.epsilon)))
	if t.shared {
		threshold = Mul(t.b, threshold)
	}
	return GreaterThan(t.logs, threshold)
}

// influence returns ψ = ∂ρ/∂x = (r/c)·e^q. The order in which it and the next two multiply is such that no product under-
// or overflows on the way to a result that doesn't.
func (t *terms) influence() *Node {
	bound := where(t.isFar(), Sqrt(t.b), t.constant(t.farthest))
	h := t.pull()
	return Mul(Mul(Min(Max(t.r, Neg(bound)), bound), h), t.overScale(h))
}

// pull returns e^(q/2), and v^((α−1)/4) where isFar.
func (t *terms) pull() *Node {
	near, far := MulScalar(t.d, 0.25), MulScalar(AddScalar(t.a, -1.0), 0.25)
	return Exp(Mul(t.logs, where(t.isFar(), t.rate(far), t.rate(near))))
}

// scaleGradient returns ∂ρ/∂c = −r·ψ.
func (t *terms) scaleGradient() *Node {
	isFar, h, ofRho := t.isFar(), t.pull(), t.growth()
	far := Mul(Mul(t.b, ofRho), t.overScale(ofRho))
	near := Mul(Mul(t.near, h), Mul(t.near, t.overScale(h)))
	return Neg(where(isFar, far, near))
}

// weight returns w = ψ/x = e^q/c², which is b·eᵗ/x² where isFar.
func (t *terms) weight() *Node {
	isFar, root := t.isFar(), Exp(t.times(MulScalar(t.d, 0.125)))
	residual := where(isFar, Mul(t.near, t.c), t.constant(1))
	far := Mul(Sqrt(t.b), Div(t.growth(), residual))
	return Square(where(isFar, far, Mul(root, t.overScale(root))))
}

// alphaGradient returns ∂ρ/∂α = (s/2)·L²·eᵗ·(K(L) − K(t)), in the form that cancels least:
//
//	L < 1, −1 ≤ t ≤ 3/2:   (bL/4)·L²·eᵗ·K[t,L],   the divided difference K[t,L] = (K(t) − K(L))/(L − t) from K's polynomial
//	3/2 ≤ α ≤ 3:           ρ·((t−1)/α − ½) + (bL/4)·(P(q) + 2/α),   where P(q) = e^q·(1 − q·K(q)) is that of a small q
//	else:                  (s/2)·(eᵗ·κ − L²·eᵗ·K(t)),   κ = L²·K(L) = L − 1 + 1/v,   L²·eᵗ·K(t) = (2/α)²·(1 + eᵗ·(t−1))
//
// The differences that are left lose a factor of 15 at most. K is wanted at one point only besides t, whichever form holds, so
// that one polynomial serves all. The gradient is infinite where ρ is, and 0 where |α| ≥ largest.
func (t *terms) alphaGradient() *Node {
	zero, one, infinite := t.constant(0), t.constant(1), t.constant(math.Inf(1))
	within := func(n *Node, middle, distance float64) *Node {
		return LessOrEqual(Abs(AddScalar(n, -middle)), t.constant(distance))
	}
	nearTwo := within(t.a, 2.25, 0.75)
	power := t.power()
	smallL, smallT := LessThan(t.l, one), within(power, 0.25, 1.25)
	halfS, quarterBL := MulScalar(t.s, 0.5), MulScalar(t.bl, 0.25)
	q := Mul(halfS, t.bl)
	minusK, slope := kernelAndSlope(where(smallL, t.l, where(nearTwo, q, power)), power, t.kernel)

	// eᵗ, from e^q = eᵗ/v where α ≥ 3/2; scaled down, for the difference of its multiples may be less.
	const down = 0x1p-14
	h := t.growth()
	v := where(Equal(t.sigma, one), t.v, infinite)
	exp := Mul(MulScalar(h, down), Mul(h, where(t.is3Halves, v, one)))
	squareOfL := Square(t.l)
	first := Mul(Mul(t.bl, squareOfL), MulScalar(Mul(exp, slope), 0.25/down))

	twice, beyond, square := MulScalar(t.inverse, 2), AddScalar(power, -1.0), Square(h) // square is e^q where α ≥ 3/2
	ofQ := where(LessThan(Abs(q), one),
		Mul(Mul(quarterBL, square), AddScalar(Mul(q, minusK), 1.0)),
		Mul(halfS, AddScalar(square, -1.0)))
	second := Add(Mul(t.rho(), AddScalar(Mul(beyond, t.inverse), -0.5)), Add(Mul(quarterBL, twice), ofQ))

	minusKSquareOfL := Mul(minusK, squareOfL)
	minusKappa := where(smallL, minusKSquareOfL, Sub(AddScalar(Neg(t.l), 1.0), t.overV(one)))
	ofT := where(smallT,
		Mul(exp, minusKSquareOfL),
		Neg(Mul(Square(twice), AddScalar(Mul(exp, beyond), down))))
	last := Mul(MulScalar(halfS, 1/down), Sub(ofT, Mul(exp, minusKappa)))

	gradient := where(And(smallL, smallT), first, where(nearTwo, second, last))
	gradient = where(Equal(t.rho(), infinite), infinite, gradient)
	return where(t.isAtLargest(), zero, gradient)
}

// isAtLargest reports where α is taken as ±∞.
func (t *terms) isAtLargest() *Node { return GreaterOrEqual(Abs(t.alpha), t.constant(t.largest)) }

// kernelAndSlope returns −K(y) and the divided difference K[t,y] = (K(t) − K(y))/(y − t), from the coefficients of −K's
// polynomial by Horner's rule: without a difference that cancels.
func kernelAndSlope(y, t *Node, coefficients []float64) (value, slope *Node) {
	last := len(coefficients) - 1
	value, slope = MulScalar(y, coefficients[last]), nil
	for k := last - 1; k >= 0; k-- {
		value = AddScalar(value, coefficients[k])
		switch {
		case k == 0:
			return value, slope
		case slope == nil:
			slope = Add(MulScalar(t, coefficients[last]), value)
		default:
			slope = Add(Mul(t, slope), value)
		}
		value = Mul(y, value)
	}
	return value, slope
}

// kernelSeries returns the polynomial of this degree of −K on [−1, 3/2]: the integral of that which is nearest to −K′, since
// differences of K are wanted.
func kernelSeries(degree int) []float64 {
	const nodes, middle, half = 40, 0.25, 1.25
	values := make([]float64, nodes)
	for i := range values {
		y := middle + half*polynomial.Node(i, nodes)
		term := 1.0 / 6 // n·(−y)ⁿ⁻¹/(n+2)!
		for n := 1.0; math.Abs(term) > 1e-20; n++ {
			values[i] += term
			term *= -y * (n + 1) / n / (n + 3)
		}
	}
	slope := polynomial.Powers(polynomial.Series(values, degree-1))
	// In the powers of y, not of (y − middle)/half, by Horner's rule; and integrated.
	inY := make([]float64, degree)
	for k := degree - 1; k >= 0; k-- {
		for n := degree - 1; n >= 0; n-- {
			inY[n] *= -middle / half
			if n > 0 {
				inY[n] += inY[n-1] / half
			}
		}
		inY[0] += slope[k]
	}
	series := []float64{-0.5}
	for n, coefficient := range inY {
		series = append(series, coefficient/float64(n+1))
	}
	return series
}

// expm1RatioSeries returns the coefficients of the Taylor polynomial of P(t) = (eᵗ−1)/t: 1/(k+1)!, k ≤ degree.
func expm1RatioSeries(degree int) []float64 {
	coefficients := make([]float64, degree+1)
	factorial := 1.0
	for k := range coefficients {
		factorial *= float64(k + 1)
		coefficients[k] = 1 / factorial
	}
	return coefficients
}

// horner returns Σ coefficients[k]·tᵏ.
func horner(t *Node, coefficients []float64) *Node {
	last := len(coefficients) - 1
	sum := MulScalar(t, coefficients[last])
	for k := last - 1; k > 0; k-- {
		sum = Mul(t, AddScalar(sum, coefficients[k]))
	}
	return AddScalar(sum, coefficients[0])
}
