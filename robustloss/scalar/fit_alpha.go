package scalar

import "math"

// coarseSamples is how many samples stand for all while α is searched.
const coarseSamples = 1000

// fit returns the optimum.
func (f *fitter) fit() (likelihood, error) {
	coarse := *f
	coarse.data = f.data.thin(coarseSamples)
	v := f.alpha.compressed()
	best, step, err := coarse.grid(v)
	if err != nil {
		return likelihood{}, err
	}
	if f.alpha.Lo == f.alpha.Hi {
		return f.inner(best.alpha, best.mu, best.scale)
	}
	if coarse.data != f.data { // the coarse optimum lies within a small step of the true one
		if best, err = coarse.refine(best, v, step); err != nil {
			return likelihood{}, err
		}
		step = 0.01
	}
	return f.refine(best, v, step)
}

// grid returns the best of a grid of shapes, evenly spaced in v, and the spacing.
func (f *fitter) grid(v Interval) (best likelihood, step float64, err error) {
	const points = 13
	step = (v.Hi - v.Lo) / (points - 1)
	found, lowest := false, 0.0
	var previous *likelihood
	for i := range points {
		alpha := f.alphaOf(v.clamp(v.Lo + float64(i)*step))
		l, e := f.bestStart(alpha, previous)
		if e != nil {
			err = e
			continue
		}
		previous = &l
		if value := l.value + LogPartition(alpha); !found || value < lowest {
			best, lowest, found = l, value, true
		}
		if v.Lo == v.Hi {
			break
		}
	}
	if found {
		err = nil
	}
	return best, step, err
}

// infiniteV is the v from which on α counts as +∞: α = 1e8.
const infiniteV = 1 - 1e-8

// alphaOf returns α(v) within the bounds: exactly at them, also where v has lost digits.
func (f *fitter) alphaOf(v float64) float64 {
	bounds := f.alpha.compressed()
	switch {
	case v <= bounds.Lo:
		return f.alpha.Lo
	case v >= bounds.Hi:
		return f.alpha.Hi
	}
	return f.alpha.clamp(2 + v/(1-math.Abs(v)))
}

// refine returns the optimum near best, whose α lies within step, in v, of that of the optimum.
func (f *fitter) refine(best likelihood, bounds Interval, step float64) (likelihood, error) {
	var failed error
	slope := func(v float64) float64 {
		l, err := f.inner(f.alphaOf(v), best.mu, best.scale)
		if err != nil {
			failed = err
			return 0
		}
		best = l
		gap := 1 + math.Abs(l.alpha-2)
		return f.slope(&l) * gap * gap // dα/dv = (1+|α−2|)²
	}
	top := math.Min(bounds.Hi, infiniteV)
	v := math.Min(compressAlpha(best.alpha), top)
	at := slope(v)
	other, atOther := v, at
	for at*atOther > 0 && failed == nil {
		other, atOther = v, at
		if at > 0 && v <= bounds.Lo {
			return f.inner(f.alpha.Lo, best.mu, best.scale)
		}
		if at < 0 && v >= top {
			return f.inner(f.alpha.Hi, best.mu, best.scale)
		}
		v = math.Max(bounds.Lo, math.Min(top, v-math.Copysign(step, at)))
		at = slope(v)
		step *= 1.6
	}
	if failed != nil {
		return likelihood{}, failed
	}
	if at != 0 && atOther != 0 {
		if v > other {
			v, other, at, atOther = other, v, atOther, at
		}
		v = zeroBetween(slope, v, other, at, atOther, 1e-10)
	}
	if failed != nil {
		return likelihood{}, failed
	}
	return f.inner(f.alphaOf(v), best.mu, best.scale)
}

// slope returns the derivative in α of the profile: mean ∂ρ/∂α + d log Z/dα, as those in μ and c vanish.
func (f *fitter) slope(l *likelihood) float64 {
	k := Kernel{Alpha: l.alpha, Scale: 1}
	sum := 0.0
	for i, x := range f.data.x {
		sum += f.data.w[i] * k.AlphaGradient((x-l.mu)/l.scale)
	}
	return sum/f.data.total + LogPartitionDerivative(l.alpha)
}
