package scalar

import "math"

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
	case rootValue < 0x1p-27: // 1+q = 1
		p.flat = true
	case rootValue < 1:
		p.tLo = math.Log1p(p.q)
		p.base = newScaled(1 + p.q)
	case rootValue < 0x1p60:
		p.base = newScaled(1 + p.q)
		p.split()
	default: // 1+q = q, which may be out of range
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
	return math.Min(p.ratio.times(p.ratio).float(), 1e300)
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
	if y > 40 { // e^y − 1 = e^y
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
