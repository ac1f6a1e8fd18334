package scalar

import (
	"math"
)

// point holds what all derivatives of ρ at one residual share. With u = |r|/c, z = u², b = |α−2| and q = z/b,
//
//	t = log(1+q),  ρ = (b/α)·(e^(αt/2) − 1) = (b·t/2)·E(αt/2),  E(y) = (e^y − 1)/y,  ψ·r = z·e^((α/2−1)t)
//
// t is kept as tHi + tLo, tHi a multiple of log 2, for its absolute error enters the exponent. Where q vanishes
// beside 1 (which includes α = ±∞ by its limit, and α = 2, which is linear in z) the point is flat: t = q, and b·t = z
// is used instead of a t that may have underflowed.
type point struct {
	alpha, gap float64 // α and b = |α−2|
	side       float64 // the sign of α−2; 0 at α = 2
	ratio      scaled  // u
	flat       bool
	tHi, tLo   float64
	q          float64 // z/b; +Inf where it overflows
	base       scaled  // 1+q
}

const (
	rootVanishes   = 0x1p-27 // √q below which 1+q = 1
	rootOverwhelms = 0x1p60  // and from which on 1+q = q
	largestSquare  = 1e300   // stands for a u² that overflows: e^±largestSquare is 0 or +Inf as well
	exponentAlone  = 40      // y beyond which e^y − 1 = e^y
	seriesEnd      = 1e-18   // of a sum around ½
)

// at returns the point at u = |r|/c.
func (k Kernel) at(u scaled) point {
	p := point{alpha: k.Alpha, gap: math.Abs(k.Alpha - 2), ratio: u, base: scaled{0.5, 1}}
	switch {
	case k.Alpha > 2:
		p.side = 1
	case k.Alpha < 2:
		p.side = -1
	}
	if p.side == 0 || math.IsInf(k.Alpha, 0) {
		p.flat = true
		return p
	}
	root := scaled{u.m / math.Sqrt(p.gap), u.e} // √q
	rootValue := root.float()
	p.q = rootValue * rootValue
	switch {
	case rootValue < rootVanishes:
		p.flat = true
	case rootValue < 1:
		p.tLo = math.Log1p(p.q)
		p.base = newScaled(1 + p.q)
	case rootValue < rootOverwhelms:
		p.base = newScaled(1 + p.q)
		p.split()
	default: // q may be out of range
		p.base = root.times(root)
		p.split()
	}
	return p
}

// split sets tHi + tLo = log(base).
func (p *point) split() {
	m, e := p.base.m, p.base.e
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	p.tHi = float64(e) * ln2Hi
	p.tLo = float64(e)*ln2Lo + math.Log(m)
}

// z returns u², clamped to stay finite.
func (p *point) z() float64 {
	return math.Min(p.ratio.times(p.ratio).float(), largestSquare)
}

// exponent returns αt/2 and its rounding error.
func (p *point) exponent() (y, correction float64) {
	switch {
	case !p.flat:
		return p.halfAlphaT()
	case math.IsInf(p.alpha, 0):
		return p.side * p.z() / 2, 0
	case p.side == 0:
		return 0, 0
	}
	return p.alpha / p.gap * (p.z() / 2), 0
}

func (p *point) halfAlphaT() (y, correction float64) {
	a := p.alpha / 2
	high := a * p.tHi
	if p.tHi == 0 || math.Abs(high) > exponentLimit {
		return a * (p.tHi + p.tLo), 0
	}
	low := math.FMA(a, p.tHi, -high) + a*p.tLo
	y = high + low
	return y, (high - y) + low
}

// power returns (1+q)^(α/2−1) = c²·w.
func (p *point) power() scaled {
	if p.flat {
		return expScaled(p.side*p.z()/2, 0)
	}
	return expScaled(p.exponent()).over(p.base) // α−2 is not formed: its rounding error, times t, would show
}

// rho returns ρ.
func (p *point) rho() float64 {
	y, correction := p.exponent()
	if math.Abs(y) <= 1 {
		if p.flat { // b·t = z
			z := p.ratio.times(p.ratio)
			return scaled{z.m * expRatio(y), z.e - 1}.float()
		}
		return p.gap * (p.tHi + p.tLo) / 2 * expRatio(y)
	}
	front := p.side
	if !math.IsInf(p.alpha, 0) {
		front = p.gap / p.alpha
	}
	e := expScaled(y, correction)
	if y > exponentAlone {
		return e.times(newScaled(front)).float()
	}
	return front * (e.float() - 1)
}

// bend returns the ratio of curvature to weight, (1 + (α−1)q)/(1 + q).
func (p *point) bend() float64 {
	switch {
	case p.side == 0:
		return 1
	case math.IsInf(p.alpha, 0):
		return 1 + p.side*p.z()
	case p.flat:
		return 1 + (p.alpha-1)/p.gap*p.z()
	case p.q > 1:
		return (1/p.q + (p.alpha - 1)) / (1/p.q + 1)
	}
	return (1 + (p.alpha-1)*p.q) / (1 + p.q)
}

// expRatio returns E(y) = (e^y − 1)/y, and its limit 1 at 0.
func expRatio(y float64) float64 {
	if y == 0 {
		return 1
	}
	return math.Expm1(y) / y
}

// ln2Hi + ln2Lo = log 2. The 32 last bits of ln2Hi are zero, so that k·ln2Hi is exact for |k| < 2³².
const (
	ln2Hi = 6.93147180369123816490e-01
	ln2Lo = 1.90821492927058770002e-10
)

// exponentLimit bounds the exponents that expScaled looks at: e^±1e5 stays out of float64's range when multiplied by
// any product of the few float64 values that it meets here.
const exponentLimit = 1e5

// scaled is the number m·2^e. It carries the products of this package past float64's range, so that a result that is
// representable comes out right although a factor of it is not. m is 0 or in [½, 1) after normal.
type scaled struct {
	m float64
	e int
}

// newScaled returns x, which must be finite, as a scaled number.
func newScaled(x float64) scaled {
	m, e := math.Frexp(x)
	return scaled{m, e}
}

// normal returns s with its mantissa brought back to [½, 1).
func (s scaled) normal() scaled {
	m, e := math.Frexp(s.m)
	return scaled{m, s.e + e}
}

func (s scaled) times(t scaled) scaled { return scaled{s.m * t.m, s.e + t.e}.normal() }
func (s scaled) over(t scaled) scaled  { return scaled{s.m / t.m, s.e - t.e}.normal() }

// float rounds s to a float64: ±Inf and ±0 where it is out of range.
func (s scaled) float() float64 { return math.Ldexp(s.m, s.e) }

// expScaled returns e^(y+correction), where correction is a small remainder that y has no bits for.
func expScaled(y, correction float64) scaled {
	if math.Abs(y) > exponentLimit {
		y, correction = math.Copysign(exponentLimit, y), 0
	}
	k := math.Round(y * math.Log2E)
	rest := (y - k*ln2Hi) - k*ln2Lo + correction
	return scaled{math.Exp(rest), int(k)}
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
	for n := 3.0; math.Abs(term) > seriesEnd; n++ {
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
