package scalar

import "math"

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

// alphaGradient returns ∂ρ/∂α for finite α ≠ 2. The difference K(αt/2) − K(t) cancels for small t and for α near 2;
// each case below has the form that does not.
func (p *point) alphaGradient() float64 {
	t := p.tHi + p.tLo
	if p.flat {
		t = p.z() / p.gap
	}
	y, correction := p.exponent()
	a := p.alpha / 2
	var difference float64 // −side·(K(y) − K(t)) ≥ 0
	switch {
	case y < -1:
		// e^y·K(y) = (1 + e^y(y−1))/y², which does not overflow.
		e := math.Exp(y)
		return 0.5 * t * ((1+e*(y-1))/y*(t/y) - e*kernelK(t)*t)
	case math.Abs(y) <= 1 && t <= 1:
		difference = p.gap / 2 * kernelKSlope(t, y)
	case a > 0.5 && a < 2:
		difference = p.gap / 2 * kernelKNearTwo(t, a, -p.side*p.gap/2)
	default:
		difference = -p.side * (kernelK(y) - kernelK(t))
	}
	square := newScaled(t).times(newScaled(t))
	return expScaled(y, correction).times(square).times(newScaled(difference / 2)).float()
}

// kernelK returns K(v) = (e^−v − 1 + v)/v² for v ≥ −1.
func kernelK(v float64) float64 {
	if math.Abs(v) > 1 {
		return (math.Expm1(-v)/v + 1) / v
	}
	sum, term := 0.0, 0.5 // (−v)^n/(n+2)!
	for n := 3.0; math.Abs(term) > 1e-18; n++ {
		sum += term
		term *= -v / n
	}
	return sum
}

// kernelKSlope returns (K(at) − K(t))/(1−a) for 0 ≤ t ≤ 1 and |y| ≤ 1, y = at, from the series of K:
// Σ (−1)^(n+1)·t·(t^(n−1) + t^(n−2)·y + … + y^(n−1))/(n+2)!, n ≥ 1.
func kernelKSlope(t, y float64) float64 {
	sum, sign, factorial := 0.0, 1.0, 6.0
	powers, yPower := t, 1.0
	for n := 1.0; n < 20; n++ {
		sum += sign * powers / factorial
		yPower *= y
		powers = t*powers + t*yPower
		sign, factorial = -sign, factorial*(n+3)
	}
	return sum
}

// kernelKNearTwo returns (K(at) − K(t))/η, η = 1−a, for a around 1 and t > ½:
// [(e^−at − e^−t)/η + (1+a)(e^−t − 1) + at]/(at)².
func kernelKNearTwo(t, a, eta float64) float64 {
	var first float64
	if eta*t > 1 {
		first = (math.Exp(-a*t) - math.Exp(-t)) / eta
	} else {
		first = math.Exp(-t) * t * expRatio(eta*t)
	}
	return (first + (1+a)*math.Expm1(-t) + a*t) / (a * t) / (a * t)
}
