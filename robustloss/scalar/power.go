package scalar

import "math"

// PowerTransform returns Barron's power transform of s with parameter λ [7], of which the loss is a special case:
//
//	f(s, λ) = m/(1−m) · [(1 + s/m)^(1−m) − 1],        λ < 0        with m = |λ|
//	f(s, λ) = m · [(1 + s·(1−m)/m)^(1/(1−m)) − 1],    λ > 0
//
//	λ = −∞   1 − exp(−s)          λ = 0   s                      λ = 1    exp(s) − 1
//	λ = −2   2s/(s + 2)           λ = ½   s + s²/2               λ = 2    2s/(2 − s)
//	λ = −1   log(1 + s)                                          λ = +∞   −log(1 − s)
//	λ = −½   √(1 + 2s) − 1
//
// for s ≥ 0, and f(−s, λ) = −f(s, λ). The one with −λ is its inverse: f(f(s, λ), −λ) = s. It is increasing in s and, for s > 0, in
// λ; f(0) = 0 and ∂f/∂s = 1 there. For λ < −1 it is bounded, f < m/(m−1), and so for λ > 1 it ends: it is +Inf from s = m/(m−1) on.
// The general loss is the transform of half a square,
//
//	ρ(x, α, c) = f(½(x/c)², λ),   λ = PowerLambda(α) < 1 or, for α = +∞, 1
//
// so that λ > 1 is what α has no number for: a loss that is infinite beyond |x| = c·√(2m/(m−1)).
//
// It takes one logarithm and one exponential. The relative error is below 2e-15·max(1, log|f|), and near the end of the support as
// large as rounding s makes it; below |λ| = 2⁻⁶⁰ it is f(s, ±2⁻⁶⁰), which differs from s by no more than that. NaN gives NaN.
func PowerTransform(s, lambda float64) float64 {
	p, where := powerAt(s, lambda)
	f := math.Inf(1)
	switch {
	case where == powerIsNaN:
		return math.NaN()
	case where == powerIsInside:
		f = p.value()
	case lambda < -1: // s = ±∞
		f = p.m / (p.m - 1)
	}
	return math.Copysign(f, s)
}

// PowerTransformDerivative returns the derivative of [PowerTransform] in s, which is positive and the same for −s:
//
//	∂f/∂s = (1 + s/m)^−m,  λ < 0        ∂f/∂s = (1 + s·(1−m)/m)^(m/(1−m)),  λ > 0
//
// At and beyond the end of the support it is +Inf.
func PowerTransformDerivative(s, lambda float64) float64 {
	p, where := powerAt(s, lambda)
	switch {
	case where == powerIsNaN:
		return math.NaN()
	case lambda == 0:
		return 1
	case where == powerIsInside:
		return math.Exp(p.slope)
	case lambda < 0: // s = ±∞
		return 0
	}
	return math.Inf(1)
}

// PowerTransformLambdaGradient returns the derivative of [PowerTransform] in λ, which is not negative for s > 0. With A = log(1+s/m) for
// λ < 0, A = log(1+f/m) for λ > 0, and B = (1−m)·A,
//
//	∂f/∂λ = e^E·A²·[K(B) − K(A)],  E = B for λ < 0 and A for λ > 0,  K(v) = (e^−v − 1 + v)/v²
//
// At λ = ±∞ it is 0. Towards λ = 0 it diverges like s·log(s/m); at and near 0 the result is that at |λ| = 2⁻⁶⁰. Where f is infinite it
// is +Inf, but for λ = ±∞.
func PowerTransformLambdaGradient(s, lambda float64) float64 {
	p, where := powerAt(s, lambda)
	gradient := math.Inf(1)
	switch {
	case where == powerIsNaN:
		return math.NaN()
	case math.Abs(lambda) > mostPower:
		gradient = 0
	case where == powerIsInside:
		gradient = p.lambdaGradient()
	case lambda < -1: // s = ±∞
		gradient = 1 / (p.m - 1) / (p.m - 1)
	}
	return math.Copysign(gradient, s)
}

// PowerLambda returns the λ of [PowerTransform] that the shape α of the loss corresponds to: α/2 − 1 for α ≤ 2, and 1 − 2/α above.
func PowerLambda(alpha float64) float64 {
	if alpha > 2 {
		return 1 - 2/alpha
	}
	return alpha/2 - 1
}

// power holds what f and its derivatives share. For λ < 0 and for λ > 0 it is one curve,
//
//	{ m·(e^A − 1),  m/(1−m)·(e^B − 1) },   B = (1−m)·A
//
// with s on the first axis and f on the second for λ < 0, and the reverse for λ > 0: which is why −λ gives the inverse. In both cases
// ∂f/∂s = e^(λA).
type power struct {
	s, m     float64 // |s|, and |λ| within its bounds
	factor   float64 // 1 for λ ≤ 0, 1−m for λ > 0: one logarithm is that of 1 + factor·s/m
	positive bool    // whether λ > 0
	a, b     float64 // A and B
	scaled   float64 // m·A
	slope    float64 // λ·A
}

// powerPlace is where s is.
type powerPlace int

const (
	powerIsInside powerPlace = iota
	powerIsBeyond            // at or beyond the end of the support, or infinite
	powerIsNaN               // s or λ is
)

const (
	leastPower  = 0x1p-60 // |λ| below it is taken for it
	mostPower   = 0x1p500 // |λ| beyond it is taken for infinite
	largestBase = 1e300   // of u; beyond, its logarithm is a sum of three
	vanishing   = 0x1p-54 // of u; below, log(1+u) = u
)

// powerAt returns the terms at |s|, if it is inside.
func powerAt(s, lambda float64) (power, powerPlace) {
	p := power{s: math.Abs(s), m: min(max(math.Abs(lambda), leastPower), mostPower), factor: 1, positive: lambda > 0}
	if p.positive {
		p.factor = 1 - p.m
	}
	u := p.s * (p.factor / p.m)
	v := 1 + u
	if u < -0.5 { // 1 − s·(m−1)/m, of which 1−s is exact
		v = (1 - p.s) + p.s/p.m
	}
	switch {
	case math.IsNaN(s) || math.IsNaN(lambda):
		return p, powerIsNaN
	case math.IsInf(s, 0) || v <= 0 || lambda > mostPower && s >= 1:
		return p, powerIsBeyond
	}
	var l float64
	switch {
	case u > largestBase:
		l = math.Log(p.s) + math.Log(p.factor) - math.Log(p.m)
	case u < -0.5:
		l = math.Log(v)
	default:
		l = math.Log1p(u)
	}
	p.scaled = l / p.factor * p.m
	if math.Abs(u) < vanishing {
		p.scaled = p.s
	}
	p.a = p.scaled / p.m
	p.b = p.a - p.scaled
	if p.m < 2 {
		p.b = p.a * (1 - p.m)
	}
	switch {
	case lambda > 0:
		p.slope = p.scaled
	case lambda < 0:
		p.slope = -p.scaled
	}
	return p, powerIsInside
}

// exponent returns that of the larger exponential of the result's: B for λ ≤ 0, A for λ > 0.
func (p *power) exponent() float64 {
	if p.positive {
		return p.a
	}
	return p.b
}

// front returns what the brackets are multiplied with.
func (p *power) front() float64 {
	if p.positive {
		return p.m
	}
	return p.m / (1 - p.m)
}

// value returns f for |s|. For small m, where A is large, e^A − 1 would have A's rounding error: it is left out by
// m·e^A = m + factor·s for λ < 0, and m·e^B = m + factor·s for λ > 0.
func (p *power) value() float64 {
	t := p.exponent()
	switch {
	case p.m < 0.5:
		less := math.Expm1(p.slope) // ∂f/∂s − 1
		slope := less + 1
		if less < -0.5 {
			slope = math.Exp(p.slope)
		}
		sum := p.factor*p.s*slope + p.m*less
		if !p.positive {
			sum /= 1 - p.m
		}
		return sum
	case math.Abs(t) <= 1:
		return p.scaled * expRatio(t)
	}
	return p.front() * math.Expm1(t)
}

// weight returns m·e^E.
func (p *power) weight() float64 {
	if p.m < 0.5 {
		return (p.m + p.factor*p.s) * math.Exp(p.slope)
	}
	return p.m * math.Exp(p.exponent())
}

// lambdaGradient returns ∂f/∂λ for |s|, each case in the form in which the difference K(B) − K(A) does not cancel.
func (p *power) lambdaGradient() float64 {
	switch {
	case p.a <= 1 && math.Abs(p.b) <= 1:
		return p.weight() * p.a * kernelKSlope(p.a, p.b) * p.a
	case p.m < 0.5:
		return p.weight() * p.a * kernelKNearTwo(p.a, 1-p.m, p.m) * p.a
	case p.b < -1 && !p.positive: // e^B·K(B), which does not overflow
		e := math.Exp(p.b)
		return (1+e*(p.b-1))/(1-p.m)/(1-p.m) - e*p.a*kernelK(p.a)*p.a
	}
	return math.Exp(p.exponent()) * p.a * (kernelK(p.b) - kernelK(p.a)) * p.a
}
