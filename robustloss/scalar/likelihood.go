package scalar

import (
	"errors"
	"math"
)

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

// bestStart returns the optimum in μ and c at this α, from a median, from the middle of the shortest half, and from the
// optimum at a neighbouring α.
func (f *fitter) bestStart(alpha float64, previous *likelihood) (best likelihood, err error) {
	type start struct{ mu, scale float64 }
	var starts []start
	for _, mu := range []float64{f.data.quantile(0.5), f.data.shortestHalf()} {
		if !f.freeMu {
			mu = f.mu
		}
		starts = append(starts, start{mu, f.startScale(mu)})
	}
	if !f.freeMu || starts[1] == starts[0] {
		starts = starts[:1]
	}
	if previous != nil {
		starts = append(starts, start{previous.mu, previous.scale})
		if alpha >= 1 { // convex in μ: one start will do
			starts = starts[len(starts)-1:]
		}
	}
	found := false
	for _, s := range starts {
		l, e := f.inner(alpha, s.mu, s.scale)
		if e != nil {
			err = e
		} else if !found || l.value < best.value {
			best, found = l, true
		}
	}
	if found {
		err = nil
	}
	return best, err
}

// startScale returns 1.48 times the median of |x − μ|, or a larger quantile where that is 0.
func (f *fitter) startScale(mu float64) float64 {
	if !f.freeScale {
		return f.scale
	}
	d := f.data.deviations(mu)
	for p := 0.5; p < 0.9999; p = (1 + p) / 2 {
		if q := d.quantile(p); q > 0 {
			return q * madToScale
		}
	}
	return d.x[len(d.x)-1] * madToScale
}

// madToScale makes the median of the absolute deviations of a normal distribution its standard deviation: 1/Φ⁻¹(¾).
const madToScale = 1.4826022185056018

var errDiverged = errors.New("robustloss/scalar: the scale runs to 0: the likelihood has no maximum in reach; " +
	"bound alpha from below, or fix the scale")

// A step may lower log c by maxLogStep: a linear picture of the likelihood reaches no further.
const (
	maxLogStep     = 1.5
	maxNewtonSteps = 1000 // log c has 1420 ≈ 950·1.5 values to go at most
)

// inner returns the minimum over μ and c at a given α, downhill from a start, by Newton's method with steps that are
// halved until the value falls.
func (f *fitter) inner(alpha, mu, scale float64) (likelihood, error) {
	l := newLikelihood(f.data, alpha, mu, scale)
	for !(l.value <= math.MaxFloat64) { // α > 2 and a scale so small that ρ overflows
		if scale *= 4; !f.freeScale || math.IsInf(scale, 1) {
			return l, errors.New("robustloss/scalar: the loss of a sample overflows: lower alpha, or raise the scale")
		}
		l = newLikelihood(f.data, alpha, mu, scale)
	}
	for range maxNewtonSteps {
		stepMu, stepS := l.step(f.freeMu, f.freeScale)
		if size := -stepS / maxLogStep; size > 1 {
			stepMu, stepS = stepMu/size, stepS/size
		}
		gain := -(l.dMu*stepMu + l.dS*stepS)
		if gain < 1e-22*math.Max(1, 1e3*math.Abs(l.value)) {
			return l, nil
		}
		next, ok := f.descend(l, stepMu, stepS, gain)
		if !ok {
			return l, nil
		}
		l = next
		if !(l.scale > 1e-290 && l.scale > 0x1p-46*math.Abs(l.mu)) { // below the rounding errors of the samples
			return l, errDiverged
		}
	}
	return l, errors.New("robustloss/scalar: the fit did not converge")
}

// descend goes along a step, halved until the value falls by a part of the gain that the slope promises. Where the
// promise is below the rounding errors of the value, the step is taken as it is.
func (f *fitter) descend(l likelihood, stepMu, stepS, gain float64) (likelihood, bool) {
	noise := 1e-14 * (1 + math.Abs(l.value))
	for t := 1.0; t > 1e-12; t /= 2 {
		next := newLikelihood(f.data, l.alpha, l.mu+t*stepMu*l.scale, l.scale*math.Exp(t*stepS))
		if next.value <= l.value-1e-4*t*gain || gain < noise && next.value <= l.value+noise {
			return next, true
		}
	}
	return l, false
}
