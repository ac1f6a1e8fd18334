package scalar

import "math"

// likelihood is the mean negative log-likelihood of samples without its term log Z(α), as a function of μ and s = log c:
//
//	f(μ, s) = mean ρ(u) + s,  u = (x−μ)/c
//	∂f/∂μ = −mean ψ(u)/c        ∂²f/∂μ² = mean ψ′(u)/c²    ∂²f/∂μ∂s = mean (ψ(u) + u·ψ′(u))/c
//	∂f/∂s = 1 − mean u·ψ(u)     ∂²f/∂s² = mean (u·ψ(u) + u²·ψ′(u))
//
// with ρ and ψ at c = 1. In the code, the derivatives in μ are in units of c.
type likelihood struct {
	value            float64
	dMu, dS          float64
	muMu, muS, sS    float64
	muMuIRLS         float64 // mean ψ(u)/u: the curvature of the quadratic that majorises ρ for α ≤ 2
	alpha, mu, scale float64
}

// newLikelihood evaluates it.
func newLikelihood(data *samples, alpha, mu, scale float64) likelihood {
	l := likelihood{alpha: alpha, mu: mu, scale: scale}
	k := Kernel{Alpha: alpha, Scale: 1}
	for i, x := range data.x {
		u, w := (x-mu)/scale, data.w[i]
		t := k.terms(u)
		l.value += w * t.rho
		l.dMu -= w * u * t.weight
		l.dS -= w * t.pull
		l.muMu += w * t.weight * t.bend
		l.muS += w * u * t.weight * (1 + t.bend)
		l.sS += w * t.pull * (1 + t.bend)
		l.muMuIRLS += w * t.weight
	}
	for _, sum := range []*float64{&l.value, &l.dMu, &l.dS, &l.muMu, &l.muS, &l.sS, &l.muMuIRLS} {
		*sum /= data.total
	}
	l.value += math.Log(scale)
	l.dS++
	return l
}

// terms are what the likelihood needs of a residual r, at c = 1: ρ, ψ/r, r·ψ and r·ψ′/ψ.
type terms struct{ rho, weight, pull, bend float64 }

// terms returns them at the price of one of them. The scale of k must be 1.
func (k Kernel) terms(r float64) terms {
	z := r * r
	switch {
	case !(z < 1e60):
	case k.Alpha == 2:
		return terms{z / 2, 1, z, 1}
	case math.IsInf(k.Alpha, 1) && z < 100:
		e := math.Expm1(z / 2)
		return terms{e, 1 + e, z * (1 + e), 1 + z}
	}
	if p, ok := k.ordinary(math.Abs(r)); ok && !math.IsInf(k.Alpha, 0) {
		e, ratio := math.Expm1(p.y), 1.0
		if p.y != 0 {
			ratio = e / p.y
		}
		weight := (1 + e) / p.base
		return terms{p.bt / 2 * ratio, weight, z * weight, (1 + (k.Alpha-1)*(p.base-1)) / p.base}
	}
	p := k.at(k.ratio(r))
	return terms{p.rho(), k.Weight(r), 0 - k.ScaleGradient(r), p.bend()}
}

// step returns a direction of descent in μ (in units of c) and s: Newton's where the Hessian is positive definite, else
// one with the majorising curvature in its place. Where the scale is far too small for α ≥ 2, mean u·ψ is a power of it,
// and the step in s is Newton's for its logarithm.
func (l *likelihood) step(freeMu, freeScale bool) (mu, s float64) {
	curvature := math.Max(l.muMu, l.muMuIRLS) // the first is larger for α > 2
	if l.muMu > 1e-3*l.muMuIRLS && !freeScale {
		curvature = l.muMu
	}
	mu, s = -l.dMu/curvature, -l.dS/math.Max(l.sS, 1e-3)
	if pull := 1 - l.dS; pull > 2 {
		s = math.Log(pull) * pull / l.sS
	} else if det := l.muMu*l.sS - l.muS*l.muS; freeMu && freeScale && l.muMu > 0 && l.sS > 1e-3 && det > 1e-8*l.muMu*l.sS {
		return (-l.dMu*l.sS + l.dS*l.muS) / det, (-l.dS*l.muMu + l.dMu*l.muS) / det
	}
	if !freeMu {
		mu = 0
	}
	if !freeScale {
		s = 0
	}
	return mu, s
}
