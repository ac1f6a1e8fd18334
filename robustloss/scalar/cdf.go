package scalar

import (
	"math"
)

// CDF returns the probability of a value up to x. Its absolute error is below 1e-12; below μ, its relative error is.
func (g General) CDF(x float64) float64 {
	r, k, _ := g.residual(x)
	return g.below(r / k.Scale)
}

// Survival returns the probability of a value above x, 1 − CDF(x), without its cancellation in the upper tail.
func (g General) Survival(x float64) float64 {
	r, k, _ := g.residual(x)
	return g.below(-r / k.Scale)
}

// below returns the probability of a value below μ + u·c.
func (g General) below(u float64) float64 {
	if math.IsNaN(u) {
		return u
	}
	s := newShape(g.Alpha)
	switch s.form {
	case normalForm:
		return math.Erfc(-u/math.Sqrt2) / 2
	case cauchyForm:
		// atan2 is the angle of (−u, √2): precise in both tails.
		return math.Atan2(math.Sqrt2, -u) / math.Pi
	}
	x, z := math.Abs(u), math.Exp(LogPartition(g.Alpha))
	var beyond float64 // P(X < −x) = P(X > x) at μ = 0, c = 1
	switch {
	case math.IsInf(x, 1):
		beyond = 0
	case x > bodyEnd:
		beyond = s.tail(math.Log(x)) / z
	default:
		beyond = 0.5 - s.body(x)/z
	}
	if u > 0 {
		return 1 - beyond
	}
	return beyond
}

const badPercentile = "robustloss/scalar: percentile out of bounds"

// Quantile returns the x with CDF(x) = p: −Inf at p = 0, +Inf at p = 1. The relative error of (x−μ)/c is below 1e-9
// down to p = 1e-300. It panics if p is not in [0, 1].
func (g General) Quantile(p float64) float64 {
	g.check()
	switch {
	case math.IsNaN(p):
		return p
	case p < 0 || p > 1:
		panic(badPercentile)
	case p < 0.5:
		return g.Mu - g.Scale*quantile(g.Alpha, p, 0.5-p)
	case p > 0.5:
		return g.Mu + g.Scale*quantile(g.Alpha, 1-p, p-0.5)
	}
	return g.Mu
}

// quantile returns x > 0 with P(X > x) = upper and P(0 < X < x) = inner, upper + inner = ½, at μ = 0 and c = 1.
func quantile(alpha, upper, inner float64) float64 {
	s := newShape(alpha)
	switch {
	case upper == 0:
		return math.Inf(1)
	case s.form == normalForm:
		return math.Sqrt2 * erfcInv(upper, inner)
	case s.form == cauchyForm && upper < 0.25:
		return math.Sqrt2 / math.Tan(math.Pi*upper)
	case s.form == cauchyForm:
		return math.Sqrt2 * math.Tan(math.Pi*inner)
	}
	z := math.Exp(LogPartition(alpha))
	var store [64]panel
	panels := s.bodyPanels(store[:0], bodyEnd)
	if inner*z < sum(panels) {
		return s.solveBody(panels, inner*z)
	}
	panels = s.tailPanels(store[:0], 0, math.Inf(1), upper*z)
	return math.Exp(s.solveTail(panels, upper*z))
}

const (
	// newtonEnd ends Newton's method at a relative step of which the square, the error that is left, is below the rounding errors.
	newtonEnd = 1e-8

	// erfcTail is where math.Erfcinv, which works on 1 − upper, begins to lose digits.
	erfcTail = 1e-4
)

// erfcInv returns y > 0 with erfc(y) = 2·upper and erf(y) = 2·inner.
func erfcInv(upper, inner float64) float64 {
	if inner < 0.25 {
		return math.Erfinv(2 * inner)
	}
	if upper > erfcTail {
		return math.Erfcinv(2 * upper)
	}
	// Newton's method on log erfc, from its leading term: erfc(y) ≈ e^(−y²)/(y√π).
	target := math.Log(2 * upper)
	y := math.Sqrt(-target - math.Log(math.Sqrt(-target*math.Pi)))
	for range 12 {
		step := (math.Log(math.Erfc(y)) - target) * math.Erfc(y) * math.Sqrt(math.Pi) / 2 * math.Exp(y*y)
		y += step
		if math.Abs(step) < newtonEnd*y {
			break
		}
	}
	return y
}

// solveTail returns v with an integral of mass from v to the end of the panels, by Newton's method on its logarithm,
// which is nearly linear in v for heavy tails and concave for light ones.
func (s *shape) solveTail(panels []panel, mass float64) float64 {
	i, outside := len(panels)-1, 0.0
	for i > 0 && outside+panels[i].mass < mass {
		outside += panels[i].mass
		i--
	}
	lo, hi, end := panels[i].from, panels[i].to, panels[i].to
	inside := outside + panels[i].mass
	v := lo
	if outside > 0 {
		v += (hi - lo) * math.Log(inside/mass) / math.Log(inside/outside)
	}
	for range 50 {
		rest := outside + gauss(s.densityLog, v, end)
		if rest > mass {
			lo = v
		} else {
			hi = v
		}
		step := rest / s.densityLog(v) * math.Log(rest/mass)
		next := v + step
		if !(next >= lo && next <= hi) {
			next = (lo + hi) / 2
			step = next - v
		}
		v = next
		if math.Abs(step) < newtonEnd {
			break
		}
	}
	return v
}

// solveBody returns x with an integral of mass from 0 to x, by Newton's method.
func (s *shape) solveBody(panels []panel, mass float64) float64 {
	i, inside := 0, 0.0
	for i < len(panels)-1 && inside+panels[i].mass < mass {
		inside += panels[i].mass
		i++
	}
	from := panels[i].from
	x := from + (panels[i].to-from)*math.Min((mass-inside)/panels[i].mass, 1)
	for range 20 {
		step := (mass - inside - gauss(s.density, from, x)) / s.density(x)
		x += step
		if math.Abs(step) < newtonEnd*x {
			break
		}
	}
	return x
}
