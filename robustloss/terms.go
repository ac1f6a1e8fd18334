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
// One logarithm and one exponential serve them all. The exponential is h, with
//
//	h² = eᵗ = v^(α/2) where α < ½,   v^((α−1)/2) where ½ ≤ α < 3/2,   e^q = v^(α/2−1) where 3/2 ≤ α
//
// whose exponent is the smallest of the three, for its rounding error grows with it; the others are h² times a power of √v.
// (h, not h², since h² may underflow where r·h² does not.)
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

	size       *Node // |x/c|
	r          *Node // x/c, clipped to finite numbers
	u          *Node // σ²u, where σ is 1, or shift where |r| > far
	invScaledV *Node // 1/√(σ²v)
	invSqrtV   *Node // 1/√v
	l, bl      *Node // L and bL
	t          *Node
	h          *Node
	rh         *Node // r·h·below3Halves: ∂ρ/∂x is (rh/c)·h·belowHalf

	// Factors of 1/√v: e^q = h²·below3Halves·belowHalf.
	below3Halves *Node // 1/√v where α < 3/2, else 1
	belowHalf    *Node // 1/√v where α < ½, else 1

	// Functions of alpha alone: scalars, where alpha is.
	a, inverse            *Node // α within ±largest, and 1/α
	b, s                  *Node
	fromHalf, from3Halves *Node // 1 where α ≥ ½, and where α ≥ 3/2, else 0
	cachedRho             *Node
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
	t.ofAlpha()
	t.ofResidual(quotient(residual, t.c))
	return t
}

// constant returns a scalar of the working dtype.
func (t *terms) constant(value float64) *Node { return Scalar(t.x.Graph(), t.x.DType(), value) }

func (t *terms) ofAlpha() {
	t.a = Min(Max(t.alpha, t.constant(-t.largest)), t.constant(t.largest))
	t.inverse = Reciprocal(t.a)
	d := AddScalar(t.a, -2.0)
	t.b = Max(Abs(d), t.constant(t.nearest))
	t.s = Sign(d) // 0 at α = 2: there q = 0, though L and bL are those of the next α below
	t.fromHalf = t.indicator(GreaterOrEqual(t.a, t.constant(0.5)))
	t.from3Halves = t.indicator(GreaterOrEqual(t.a, t.constant(1.5)))
}

// indicator returns 1 where the condition is true, else 0.
func (t *terms) indicator(condition *Node) *Node { return ConvertDType(condition, t.x.DType()) }

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
	t.invScaledV = Rsqrt(v)
	t.invSqrtV = Mul(t.invScaledV, sigma)
	// The rounding of v, u − (v−1), is given back to its logarithm; and where far, its scale.
	lost := Mul(Sub(t.u, Sub(v, unit)), Square(t.invScaledV))
	t.l = Add(Log(v), Where(far, t.constant(-2*math.Log(t.shift)), lost))
	t.bl = Where(LessThan(t.l, t.constant(t.epsilon)), z, Mul(t.b, t.l))
	t.t = Mul(MulScalar(t.a, 0.5), t.l)
	inL := MulScalar(Mul(Sub(t.a, t.fromHalf), AddScalar(Neg(t.from3Halves), 1.0)), 0.25)
	inBL := MulScalar(Mul(t.s, t.from3Halves), 0.25)
	t.h = Exp(Add(Mul(inL, t.l), Mul(inBL, t.bl)))
	t.below3Halves = Max(t.invSqrtV, t.from3Halves)
	t.belowHalf = Max(t.invSqrtV, t.fromHalf)
	t.rh = Mul(Mul(t.r, t.below3Halves), t.h)
}

// attach returns value with its derivatives in x, α and c.
func (t *terms) attach(value *Node, inX, inAlpha, inScale func() *Node) *Node {
	return withPartials(value, partial{t.x, inX}, partial{t.alpha, inAlpha}, partial{t.scale, inScale})
}

// rho returns ρ.
func (t *terms) rho() *Node {
	if t.cachedRho != nil {
		return t.cachedRho
	}
	// (b/α)·(eᵗ−1); where eᵗ is not at hand, z·e^q/α + (b/α)·(e^q−1), which overflows only if ρ does.
	front := Mul(t.b, t.inverse)
	rest := Mul(t.rh, Mul(t.r, Mul(t.h, Mul(t.inverse, t.fromHalf))))
	notBetween := AddScalar(Sub(t.from3Halves, t.fromHalf), 1.0)
	growth := AddScalar(Mul(t.h, Mul(t.h, Max(t.invSqrtV, notBetween))), -1.0)
	beyond := Add(rest, Mul(front, growth))
	series := Mul(MulScalar(t.bl, 0.5), horner(t.t, t.ratio))
	rho := where(LessThan(Abs(t.t), t.constant(t.ratioRange)), series, beyond)
	// At infinite x/c, which was clipped: (α−2)/α for α < 0, else infinite.
	limit := where(GreaterOrEqual(t.a, t.constant(0)), t.constant(math.Inf(1)), Neg(front))
	t.cachedRho = where(t.isInfinite(), limit, rho)
	return t.cachedRho
}

// isInfinite reports where x/c is.
func (t *terms) isInfinite() *Node { return GreaterThan(t.size, t.constant(t.highest)) }

// hOverScale returns h/c, kept finite: the factor beside it may be 0.
func (t *terms) hOverScale() *Node {
	ratio := Div(t.h, t.c)
	if t.c.IsScalar() {
		ratio = Mul(t.h, keptNormal(Reciprocal(t.c)))
	}
	return Min(ratio, t.constant(t.highest))
}

// influence returns ψ = ∂ρ/∂x = (r/c)·e^q. The order in which it and the next two multiply is such that no product under-
// or overflows on the way to a result that doesn't.
func (t *terms) influence() *Node { return Mul(Mul(t.rh, t.hOverScale()), t.belowHalf) }

// scaleGradient returns ∂ρ/∂c = −r·ψ.
func (t *terms) scaleGradient() *Node {
	return Neg(Mul(t.rh, Mul(Mul(t.r, t.belowHalf), t.hOverScale())))
}

// weight returns w = ψ/x = e^q/c².
func (t *terms) weight() *Node {
	return Mul(Mul(t.hOverScale(), t.below3Halves), Mul(t.hOverScale(), t.belowHalf))
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
	smallL, smallT := LessThan(t.l, one), within(t.t, 0.25, 1.25)
	halfS, quarterBL := MulScalar(t.s, 0.5), MulScalar(t.bl, 0.25)
	q := Mul(halfS, t.bl)
	minusK, slope := kernelAndSlope(where(smallL, t.l, where(nearTwo, q, t.t)), t.t, t.kernel)

	// eᵗ = h²·v, over √v where α < 3/2, and again where α < ½; scaled down, for the difference of its multiples may be less.
	const down = 0x1p-14
	rootV := Reciprocal(t.invSqrtV)
	power := Mul(MulScalar(t.h, down), Mul(t.h, Mul(Mul(rootV, t.below3Halves), Mul(rootV, t.belowHalf))))
	squareOfL := Square(t.l)
	first := Mul(Mul(t.bl, squareOfL), MulScalar(Mul(power, slope), 0.25/down))

	twice, beyond, square := MulScalar(t.inverse, 2), AddScalar(t.t, -1.0), Square(t.h) // square is e^q where α ≥ 3/2
	ofQ := where(LessThan(Abs(q), one),
		Mul(Mul(quarterBL, square), AddScalar(Mul(q, minusK), 1.0)),
		Mul(halfS, AddScalar(square, -1.0)))
	second := Add(Mul(t.rho(), AddScalar(Mul(beyond, t.inverse), -0.5)), Add(Mul(quarterBL, twice), ofQ))

	minusKSquareOfL := Mul(minusK, squareOfL)
	minusKappa := where(smallL, minusKSquareOfL, Sub(AddScalar(Neg(t.l), 1.0), Square(t.invSqrtV)))
	ofT := where(smallT,
		Mul(power, minusKSquareOfL),
		Neg(Mul(Square(twice), AddScalar(Mul(power, beyond), down))))
	last := Mul(MulScalar(t.s, 0.5/down), Sub(ofT, Mul(power, minusKappa)))

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
