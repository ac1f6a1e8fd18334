package scalar

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition"
)

// LogPartition returns log Z(α), the logarithm of the constant that makes e^−ρ/Z a density [1, Eq. 17]:
//
//	Z(α) = ∫ exp(−ρ(x, α, 1)) dx over the real line, α ∈ [0, +∞]
//
//	Z(0) = π√2   Z(1) = 2e·K₁(1)   Z(2) = √(2π)   Z(4) = e^¼·K_¼(¼)   log Z(+∞) = 0.705260254417569…
//
// The absolute error is below 1e-12. For α < 0 the integral diverges, and log Z is +Inf; see [LogPartitionTruncated].
func LogPartition(alpha float64) float64 {
	if alpha < 0 {
		return math.Inf(1)
	}
	return partition.LogZ(alpha)
}

// LogPartitionDerivative returns d log Z/dα = −E[∂ρ/∂α] for α ≥ 0: −0.8597728667823693 at 0 (from the right), 0 at
// +∞. Towards α = 2 it diverges to −∞ like a logarithm; at α = 2 the result is finite, that of the next float64
// below 2. It is NaN for α < 0.
func LogPartitionDerivative(alpha float64) float64 {
	return partition.DLogZ(alpha)
}

const badTau = "robustloss/scalar: tau is negative"

// LogPartitionTruncated returns log Z̃(α, τ), the partition function on a window of ±τ [2], which exists for every α:
//
//	Z̃(α, τ) = ∫ exp(−ρ(x, α, 1)) dx from −τ to τ, α ∈ [−∞, +∞]
//
// tau is in units of c. The relative error of Z̃ is below 1e-12. It is −Inf at τ = 0, and log Z(α) at τ = +∞.
// It panics if tau < 0.
func LogPartitionTruncated(alpha, tau float64) float64 {
	switch {
	case math.IsNaN(alpha) || math.IsNaN(tau):
		return math.NaN()
	case tau < 0:
		panic(badTau)
	case math.IsInf(tau, 1):
		return LogPartition(alpha)
	}
	s := newShape(alpha)
	half := s.body(math.Min(tau, bodyEnd))
	if tau > bodyEnd {
		var store [64]panel
		half += sum(s.tailPanels(store[:0], 0, math.Log(tau), half))
	}
	return math.Log(2 * half)
}

// The integrals of e^−ρ(x, α, 1) over x are summed over panels of Gauss-Legendre's rule: from 0 to 1 in x, beyond in
// v = log x. With b = |α−2|, e^−ρ has its singularities at x = ±i√b, that is Im v = ±π/2: panels in v see them at the
// same distance for every α, and panels in x that grow by a factor of 4 from √b do so too.

const (
	bodyEnd    = 1    // x where body ends and tail begins; v = 0
	bodyStart  = 1e-3 // the smallest first panel: nearer to 0, what is left of the singularity is below 1e-15
	bodyGrowth = 4
	tailWidth  = 1.5 // of the first panel, in v
	tailWidest = 5
	tailRise   = 8 // of ρ over a panel: e^−ρ falls by e^−tailRise
	tailGrowth = 1.5
	negligible = 1e-17 // of a sum
)

// panel is one panel of an integral, in x (body) or v (tail), and the integral over it.
type panel struct{ from, to, mass float64 }

// density returns e^−ρ at x.
func (s *shape) density(x float64) float64 { return math.Exp(-s.rho(x * x)) }

// densityLog returns x·e^−ρ at x = e^v: the density in v.
func (s *shape) densityLog(v float64) float64 { return math.Exp(v - s.rhoLog(v)) }

// bodyPanels appends the panels from 0 to x ≤ bodyEnd.
func (s *shape) bodyPanels(panels []panel, x float64) []panel {
	from, to := 0.0, math.Max(bodyStart, math.Sqrt(s.gap))
	for from < x {
		to = math.Min(to, x)
		panels = append(panels, panel{from, to, gauss(s.density, from, to)})
		from, to = to, to*bodyGrowth
	}
	return panels
}

// tailPanels appends the panels from v ≥ 0 to end. For α ≥ 0 it stops where what is left is nothing beside mass, or
// beside the largest panel if mass is 0.
func (s *shape) tailPanels(panels []panel, v, end, mass float64) []panel {
	width, largest := float64(tailWidth), 0.0
	for v < end {
		to := math.Min(v+math.Min(width, tailWidest), end)
		if rise := s.rhoLog(v) + tailRise; s.rhoLog(to) > rise {
			to = s.inverse(rise)
		}
		p := panel{v, to, gauss(s.densityLog, v, to)}
		panels = append(panels, p)
		largest = math.Max(largest, p.mass)
		if s.alpha >= 0 && p.mass <= negligible*mass || mass == 0 && p.mass <= negligible*largest {
			return panels
		}
		v, width = to, width*tailGrowth
	}
	return panels
}

// sum adds the masses, the smallest first.
func sum(panels []panel) float64 {
	total := 0.0
	for i := len(panels) - 1; i >= 0; i-- {
		total += panels[i].mass
	}
	return total
}

// body returns the integral of e^−ρ from 0 to x ≤ bodyEnd.
func (s *shape) body(x float64) float64 {
	var store [24]panel
	return sum(s.bodyPanels(store[:0], x))
}

// tail returns the integral of e^−ρ from e^v, v ≥ 0, to ∞.
func (s *shape) tail(v float64) float64 {
	var store [64]panel
	return sum(s.tailPanels(store[:0], v, math.Inf(1), 0))
}

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
	if y > exponentAlone {
		return (s.logGap + y) / 2
	}
	return (s.logGap + math.Log(math.Expm1(y))) / 2
}

// gaussOrder is the number of nodes of the Gauss-Legendre rule on each panel.
const gaussOrder = 16

// gaussNodes and gaussWeights are the rule on [−1, 1]. They are gonum's; its quad.Fixed is not used, as it allocates them anew
// for each panel.
var gaussNodes, gaussWeights = gaussRule()

func gaussRule() (nodes, weights [gaussOrder]float64) {
	quad.Legendre{}.FixedLocations(nodes[:], weights[:], -1, 1)
	return nodes, weights
}

// gauss returns the integral of f from a to b by one panel of the rule.
func gauss(f func(x float64) float64, a, b float64) float64 {
	center, half := (a+b)/2, (b-a)/2
	sum := 0.0
	for i, x := range gaussNodes {
		sum += gaussWeights[i] * f(center+half*x)
	}
	return sum * half
}
