package scalar

import "math"

const badSquare = "robustloss/scalar: squared residual is negative"

// RhoSquared returns the loss of a squared residual s = r² and its first two derivatives in s, as nonlinear least
// squares solvers want them, also for the squared norm s = ‖r‖² of a residual vector:
//
//	ρ(s) = (b/α)·[(1+q)^(α/2) − 1],  ρ′ = (1+q)^(α/2−1)/(2c²) = w/2,  ρ″ = sgn(α−2)·(1+q)^(α/2−2)/(4c⁴)
//
// with b = |α−2| and q = s/(b·c²). At s = 0: ρ = 0 and ρ′ = 1/(2c²). At α = 2, ρ″ = 0. Solvers that minimise
// ½·Σ ρ(s) with ρ′(0) = 1, as Ceres does, want 2c²·ρ(s) and its derivatives.
//
// It panics if s < 0.
func (k Kernel) RhoSquared(s float64) (rho, rho1, rho2 float64) {
	k.check()
	if s < 0 {
		panic(badSquare)
	}
	if p, ok := k.ordinary(math.Sqrt(s)); ok {
		w := math.Exp(p.y) / p.base / k.Scale / k.Scale
		if k.Alpha != 2 {
			rho2 = math.Copysign(w/p.base/k.Scale/k.Scale/4, k.Alpha-2)
		}
		return p.rho(), w / 2, rho2
	}
	if degenerate(s, k.Alpha) {
		return k.rhoDegenerate(s), k.limit(s, 2, 2) / 2, k.rho2Degenerate(s)
	}
	c := newScaled(k.Scale)
	p := k.at(newScaled(math.Sqrt(s)).over(c))
	w := p.power().over(c).over(c)
	rho2 = w.over(p.base).over(c).over(c).times(scaled{p.side / 2, -1}).float()
	return p.rho(), w.times(scaled{0.5, 0}).float(), rho2 + 0
}

// rho2Degenerate returns the limit of ρ″ for s → ∞, or NaN if s or α is NaN.
func (k Kernel) rho2Degenerate(s float64) float64 {
	return k.limit(s, 4, 4) / 4
}
