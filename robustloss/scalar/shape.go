package scalar

import "math"

// shape is ρ at c = 1 for one α, prepared for quadrature: ρ as a function of v = log x, for the many points of an
// integral of e^−ρ. Its precision is a few ulp of max(1, ρ), which is what e^−ρ can show; Kernel is the precise one.
type shape struct {
	form             form
	alpha            float64
	half, gap, front float64 // α/2, b = |α−2|, b/α
	logGap           float64
}

type form int

const (
	powerForm  form = iota // (b/α)·((1+z/b)^(α/2) − 1)
	mildForm               // the same for α around 1: log and exp need no care for small arguments
	cauchyForm             // log(1+z/2)
	normalForm             // z/2
	welschForm             // 1 − e^(−z/2)
	expForm                // e^(z/2) − 1
)

// Beyond these, the power form is a limit to rounding wherever e^−ρ differs from 0.
const (
	tinyAlpha = 1e-25
	hugeAlpha = 1e25
)

// In this range of α the rounding errors of (1 + z/b)^(α/2) − 1, times b/α, are those of 1 ± ρ.
const (
	mildLow  = 0.5
	mildHigh = 6
)

func newShape(alpha float64) shape {
	s := shape{alpha: alpha, half: alpha / 2, gap: math.Abs(alpha - 2)}
	switch {
	case math.Abs(alpha) < tinyAlpha:
		s.form = cauchyForm
	case alpha == 2:
		s.form = normalForm
	case alpha < -hugeAlpha:
		s.form = welschForm
	case alpha > hugeAlpha:
		s.form = expForm
	default:
		s.front, s.logGap = s.gap/alpha, math.Log(s.gap)
		if alpha >= mildLow && alpha <= mildHigh {
			s.form = mildForm
		}
	}
	return s
}

// rho returns ρ at x = √z, z within float64's range.
func (s *shape) rho(z float64) float64 {
	switch s.form {
	case mildForm:
		return s.front * (math.Exp(s.half*math.Log(1+z/s.gap)) - 1)
	case powerForm:
		return s.front * math.Expm1(s.half*math.Log1p(z/s.gap))
	case cauchyForm:
		return math.Log1p(z / 2)
	case welschForm:
		return -math.Expm1(-z / 2)
	case expForm:
		return math.Expm1(z / 2)
	}
	return z / 2
}

// rhoLog returns ρ at x = e^v, also where x² is out of range.
func (s *shape) rhoLog(v float64) float64 {
	if v < 300 {
		return s.rho(math.Exp(2 * v))
	}
	switch s.form {
	case powerForm, mildForm:
		return s.front * math.Expm1(s.half*(2*v-s.logGap))
	case cauchyForm:
		return 2*v - math.Ln2
	case welschForm:
		return 1
	}
	return math.Inf(1)
}

// inverse returns v = log x for which ρ = rho; ρ must be unbounded (α ≥ 0).
func (s *shape) inverse(rho float64) float64 {
	switch s.form {
	case cauchyForm:
		return math.Log(2*math.Expm1(rho)) / 2
	case expForm:
		return math.Log(2*math.Log1p(rho)) / 2
	case normalForm:
		return math.Log(2*rho) / 2
	}
	y := math.Log1p(rho/s.front) / s.half // log(1 + z/b)
	if y > 40 {
		return (s.logGap + y) / 2
	}
	return (s.logGap + math.Log(math.Expm1(y))) / 2
}
