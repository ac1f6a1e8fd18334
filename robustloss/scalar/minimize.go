package scalar

import "math"

// minimizeBetween returns the x in [lo, hi] at which f has a minimum, within tolerance, by Brent's method: parabolas
// through the three best points, golden sections where they fail.
func minimizeBetween(f func(x float64) float64, lo, hi, tolerance float64) float64 {
	golden := (3 - math.Sqrt(5)) / 2
	x := lo + golden*(hi-lo)
	w, v := x, x
	fx := f(x)
	fw, fv := fx, fx
	var step, before float64
	for range 200 {
		middle := (lo + hi) / 2
		if math.Abs(x-middle) <= 2*tolerance-(hi-lo)/2 {
			break
		}
		if p, q := parabola(x, w, v, fx, fw, fv); math.Abs(before) > tolerance && q != 0 &&
			math.Abs(p/q) < math.Abs(before)/2 && x+p/q > lo+2*tolerance && x+p/q < hi-2*tolerance {
			before, step = step, p/q
		} else {
			before = hi - x
			if x >= middle {
				before = lo - x
			}
			step = golden * before
		}
		u := x + step
		if math.Abs(step) < tolerance {
			u = x + math.Copysign(tolerance, step)
		}
		fu := f(u)
		if fu <= fx {
			if u >= x {
				lo = x
			} else {
				hi = x
			}
			v, w, x, fv, fw, fx = w, x, u, fw, fx, fu
			continue
		}
		if u < x {
			lo = u
		} else {
			hi = u
		}
		if fu <= fw || w == x {
			v, w, fv, fw = w, u, fw, fu
		} else if fu <= fv || v == x || v == w {
			v, fv = u, fu
		}
	}
	return x
}

// parabola returns p, q such that x + p/q is the vertex of the parabola through three points.
func parabola(x, w, v, fx, fw, fv float64) (p, q float64) {
	r, q := (x-w)*(fx-fv), (x-v)*(fx-fw)
	p = (x-v)*q - (x-w)*r
	q = 2 * (q - r)
	return -p, q
}

// zeroBetween returns the zero of an increasing f between lo and hi, f(lo) = flo < 0 < fhi = f(hi), within tolerance, by
// the secant method with the Illinois rule.
func zeroBetween(f func(x float64) float64, lo, hi, flo, fhi, tolerance float64) float64 {
	side := 0
	for range 100 {
		x := (lo*fhi - hi*flo) / (fhi - flo)
		if !(x > lo && x < hi) {
			x = (lo + hi) / 2
		}
		fx := f(x)
		switch {
		case fx == 0 || hi-lo <= tolerance:
			return x
		case fx < 0:
			if math.Abs(x-lo) < tolerance/4 && side == -1 {
				return x
			}
			lo, flo = x, fx
			if side == -1 {
				fhi /= 2
			}
			side = -1
		default:
			if math.Abs(x-hi) < tolerance/4 && side == 1 {
				return x
			}
			hi, fhi = x, fx
			if side == 1 {
				flo /= 2
			}
			side = 1
		}
	}
	return (lo + hi) / 2
}
