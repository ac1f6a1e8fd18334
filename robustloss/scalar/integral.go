package scalar

import "math"

// The integrals of e^−ρ(x, α, 1) over x are summed over panels of Gauss-Legendre's rule: from 0 to 1 in x, beyond in
// v = log x. With b = |α−2|, e^−ρ has its singularities at x = ±i√b, that is Im v = ±π/2: panels in v see them at the
// same distance for every α, and panels in x that grow by a factor of 4 from √b do so too.

const (
	bodyEnd    = 1    // x where body ends and tail begins; v = 0
	bodyStart  = 1e-3 // the smallest first panel: nearer to 0, what is left of the singularity is below 1e-15
	bodyGrowth = 4
	tailWidth  = 1.5 // of the first panel, in v
	tailWidest = 5
	tailRise   = 8     // of ρ over a panel: e^−ρ falls by e^−tailRise
	negligible = 1e-17 // of a sum
	tailVanish = 40    // e^−tailVanish of the integrand at the start is nothing beside the whole
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
		v, width = to, width*1.5
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
