package scalar

import "math"

// ordinary is what a point comes down to where everything is so far from the ends of float64's range, and y from those of
// exp's precision, that plain products will do: the fast path of Kernel.
type ordinary struct {
	u    float64 // |r|/c
	y    float64 // αt/2, see point
	base float64 // 1+q
	bt   float64 // |α−2|·t
}

// ordinary returns the ordinary point at |r|, if it is one.
func (k Kernel) ordinary(r float64) (p ordinary, ok bool) {
	const far = 1e30
	p.u = r / k.Scale
	if !(p.u > 1/far && p.u < far && k.Scale > 1/far && k.Scale < far) {
		return p, false
	}
	z, gap := p.u*p.u, math.Abs(k.Alpha-2)
	switch {
	case gap > 1e-3 && gap < 1e3:
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
	return p, math.Abs(p.y) < 30
}

// rho returns ρ = (b·t/2)·E(y).
func (p *ordinary) rho() float64 { return p.bt / 2 * expRatio(p.y) }
