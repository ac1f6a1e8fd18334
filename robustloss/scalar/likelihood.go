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
//
// μ is anchor + delta. The difference of a sample and an anchor near it is exact, and delta is of the size of c: so a
// residual has all its digits, where x − μ would only have those that μ has.
type likelihood struct {
	sums
	shape, anchor, delta, scale float64
	full                        float64 // 1 + the weight of known inliers, per weight of samples: mean u·ψ(u) at the optimum in c
}

// sums are over samples, or the means of that.
type sums struct {
	value         float64
	dMu, dS       float64
	muMu, muS, sS float64
	muMuIRLS      float64 // mean ψ(u)/u: the curvature of the quadratic that majorises ρ for α ≤ 2
	size          float64 // mean |ψ(u)|: the terms that dMu is a sum of
}

func (s *sums) all() [8]*float64 {
	return [...]*float64{&s.value, &s.dMu, &s.dS, &s.muMu, &s.muS, &s.sS, &s.muMuIRLS, &s.size}
}

// add adds the sums of a block, and what is lost by rounding to lost (Neumaier's summation).
func (s *sums) add(block, lost *sums) {
	terms, rest := block.all(), lost.all()
	for i, sum := range s.all() {
		before, x := *sum, *terms[i]
		*sum += x
		switch {
		case math.IsInf(*sum, 0):
		case math.Abs(before) >= math.Abs(x):
			*rest[i] += (before - *sum) + x
		default:
			*rest[i] += (x - *sum) + before
		}
	}
}

// block is how many samples are added plainly. Their sums are added so that the rounding error of the whole stays that of a
// block: derivativeNoise and valueNoise hold for any number of samples.
const block = 16

// newLikelihood evaluates it.
func (f *fitter) newLikelihood(shape, anchor, delta, scale float64) likelihood {
	data := f.data
	l := likelihood{shape: shape, anchor: anchor, delta: delta, scale: scale}
	k := f.family.at(shape)
	var lost sums
	for begin := 0; begin < len(data.x); begin += block {
		var part sums
		for i, x := range data.x[begin:min(begin+block, len(data.x))] {
			u, w := l.residual(x), data.w[begin+i]
			t := k.terms(u)
			part.value += w * t.rho
			part.dMu -= w * u * t.weight
			part.dS -= w * t.pull
			part.size += w * math.Abs(u) * t.weight
			part.muMu += w * t.weight * t.bend
			part.muS += w * u * t.weight * (1 + t.bend)
			part.sS += w * t.pull * (1 + t.bend)
			part.muMuIRLS += w * t.weight
		}
		l.add(&part, &lost)
	}
	l.add(&lost, &sums{})
	for _, sum := range l.all() {
		*sum /= data.total
	}
	square := f.known.square / scale / scale / data.total
	l.full = 1 + f.known.weight/data.total
	l.value += square/2 + l.full*math.Log(scale)
	l.dS += l.full - square
	l.sS += 2 * square
	return l
}

func (l *likelihood) mu() float64 { return l.anchor + l.delta }

// residual returns u = (x−μ)/c, finite.
func (l *likelihood) residual(x float64) float64 {
	return math.Max(-math.MaxFloat64, math.Min(math.MaxFloat64, ((x-l.anchor)-l.delta)/l.scale))
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

// Limits of a step.
const (
	// maxLogStep bounds a step of log c: a quadratic picture of the likelihood reaches no further.
	maxLogStep = 1.5

	// farPull is the mean u·ψ beside that at the optimum, 1 where no inliers are known, from which on the scale is far too small. For α ≥ 2 the mean is a power of
	// the scale, and its logarithm is what is linear.
	farPull = 2

	// leastConvexity is the part of the majorising curvature that the true one must have to be used in its place.
	leastConvexity = 1e-3

	// leastDeterminant is that of a Hessian, scaled to a diagonal of 1, which still tells μ and c apart.
	leastDeterminant = 1e-8
)

// step returns a direction of descent in μ (in units of c) and s: Newton's where the Hessian is positive definite. Elsewhere both
// go their own way: μ with the majorising curvature, and s with its own, which is never negative, for f is convex in s.
func (l *likelihood) step(freeMu, freeScale bool) (mu, s float64) {
	if freeMu && freeScale && l.pull() <= farPull*l.full {
		det := l.muMu*l.sS - l.muS*l.muS
		if l.muMu > 0 && l.sS > 0 && det > leastDeterminant*l.muMu*l.sS {
			mu, s = (-l.dMu*l.sS+l.dS*l.muS)/det, (-l.dS*l.muMu+l.dMu*l.muS)/det
			if size := math.Abs(s) / maxLogStep; size > 1 {
				mu, s = mu/size, s/size
			}
			return mu, s
		}
	}
	if freeMu {
		curvature := math.Max(l.muMu, l.muMuIRLS) // the first is larger for α > 2
		if l.muMu > leastConvexity*l.muMuIRLS && !freeScale {
			curvature = l.muMu
		}
		mu = -l.dMu / curvature
	}
	if freeScale && l.dS != 0 {
		if s = -l.dS / l.sS; l.pull() > farPull*l.full {
			s = math.Log(l.pull()/l.full) * l.pull() / l.sS
		} else {
			s = math.Max(-maxLogStep, math.Min(maxLogStep, s))
		}
	}
	return mu, s
}

// pull returns mean u·ψ(u).
func (l *likelihood) pull() float64 { return l.full - l.dS }

// bestStart returns the optimum in μ and c at this shape, from a median, from the middle of the shortest half, and from the
// optimum at a neighbouring shape.
func (f *fitter) bestStart(shape float64, previous *likelihood) (best likelihood, err error) {
	type start struct{ mu, scale float64 }
	var starts []start
	for _, mu := range []float64{f.data.quantile(0.5), f.data.shortestHalf()} {
		if !f.freeMu {
			mu = 0
		}
		starts = append(starts, start{mu, f.startScale(mu)})
	}
	if !f.freeMu || starts[1] == starts[0] {
		starts = starts[:1]
	}
	if previous != nil {
		starts = append(starts, start{previous.mu(), previous.scale})
		if f.family.convex(shape) { // one start will do
			starts = starts[len(starts)-1:]
		}
	}
	found := false
	for _, s := range starts {
		l, e := f.inner(shape, s.mu, s.scale)
		switch {
		case errors.Is(e, ErrUnbounded):
			return l, e
		case e != nil:
			err = e
		case !found || l.value < best.value:
			best, found = l, true
		}
	}
	if found {
		err = nil
	}
	return best, err
}

// startScale returns a robust scale of the samples around mu.
func (f *fitter) startScale(mu float64) float64 {
	if !f.freeScale {
		return f.scale
	}
	return math.Min(f.data.spread(mu)*madToScale, math.MaxFloat64)
}

const (
	// maxNewtonSteps is more than log c, which has 1420 ≈ 950·1.5 values to go at most, can need.
	maxNewtonSteps = 1000

	// negligibleGain, in nats per unit of weight, ends Newton's method: μ/c and log c are then within some 1e-11 of the
	// optimum, as the likelihood differs from its minimum by half of the square of that.
	negligibleGain = 1e-22

	// derivativeNoise bounds the rounding errors of the derivatives, as a part of the terms that they are sums of.
	derivativeNoise = 0x1p-50

	// valueNoise bounds the rounding error of the likelihood, as a part of 1 + |value|: what a decrease below it says is
	// noise, and the derivatives, which are more precise there, are followed without asking.
	valueNoise = 1e-14

	// smallestStep is where halving a step ends.
	smallestStep = 1e-12

	// armijo is the part of the decrease that the slope promises which a step must bring.
	armijo = 1e-4

	// A scale below spacings·2⁻⁵² of the location, or below spacings times the smallest number, is one of rounding errors.
	spacings = 4
)

// least returns the scale below which the samples around mu are told apart by their rounding errors alone.
func (f *fitter) least(mu float64) float64 {
	size := math.Max(math.Abs(f.center/f.unit+mu)*0x1p-52, math.SmallestNonzeroFloat64/f.unit)
	return math.Max(spacings*size, 0x1p-1010) // the last for 1/scale
}

// inner returns the minimum over μ and c at a given shape, downhill from a start, by Newton's method with steps that are
// halved until the value falls.
func (f *fitter) inner(shape, mu, scale float64) (likelihood, error) {
	l := f.newLikelihood(shape, mu, 0, scale)
	for !(l.value <= math.MaxFloat64) { // α > 2 and a scale so small that ρ overflows
		if scale *= 4; !f.freeScale || math.IsInf(scale, 1) {
			return l, failure(ErrOverflow, "the loss of a sample overflows at the shape %g: lower it, or raise the scale", shape)
		}
		l = f.newLikelihood(shape, mu, 0, scale)
	}
	for range f.steps {
		stepMu, stepS := l.step(f.freeMu, f.freeScale)
		gain := -(l.dMu*stepMu + l.dS*stepS)
		noise := derivativeNoise * (l.size*math.Abs(stepMu) + (1+l.pull())*math.Abs(stepS))
		next, moved := l, false
		if gain > negligibleGain && gain > noise {
			next, moved = f.descend(l, stepMu, stepS, gain)
		}
		least := 0.0
		if f.freeScale {
			least = f.least(next.mu())
		}
		switch {
		case !moved && next.scale < least, next.scale < 1e-6*least: // a minimum there, or still falling far below
			return next, failure(ErrUnbounded, "the scale comes down to the rounding errors of the samples: about half of "+
				"the weight is on one value; bound the shape from below, or fix the scale")
		case !moved:
			return next, nil
		}
		l = next
	}
	return l, failure(ErrNotConverged, "the fit did not converge in %d steps at the shape %g", f.steps, shape)
}

// descend goes along a step, halved until the value falls by a part of the gain that the slope promises. Where the
// promise is below the rounding errors of the value, the step is taken as it is.
func (f *fitter) descend(l likelihood, stepMu, stepS, gain float64) (next likelihood, ok bool) {
	noise := valueNoise * (1 + math.Abs(l.value))
	for t := 1.0; t > smallestStep; t /= 2 {
		anchor, delta := l.anchor, l.delta+t*stepMu*l.scale
		scale := l.scale * math.Exp(t*stepS)
		if math.Abs(delta) > 4*scale { // too far from the anchor for all digits
			anchor, delta = anchor+delta, 0
		}
		next := f.newLikelihood(l.shape, anchor, delta, scale)
		if next.value <= l.value-armijo*t*gain || gain < noise && next.value <= l.value+noise {
			return next, true
		}
	}
	return l, false
}
