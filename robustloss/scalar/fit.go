package scalar

import (
	"errors"
	"math"
)

// FitOptions says what FitWith leaves free. The zero value is that of Fit.
type FitOptions struct {
	// Alpha is where α is searched, within [0, +∞]; equal ends fix it. Nil means [0, +∞].
	Alpha *Interval

	// Mu fixes μ. Nil means that μ is fitted.
	Mu *float64

	// Scale fixes c. Nil means that c is fitted.
	Scale *float64
}

// Fit returns the distribution of maximum likelihood of the samples: it minimises, over μ, α ∈ [0, +∞] and c,
//
//	Σ weights[i]·(ρ(samples[i]−μ, α, c) + log c + log Z(α))
//
// A nil weights means 1 for each sample. The start is a median and the like, which outliers do not move. The optimum is
// exact to about 1e-8 in each parameter (α in units of 1 + |α−2|), also at a bound of α. For α < 1 the likelihood can
// have several maxima in μ; Fit takes the best of those it finds from several starts.
//
// It returns an error if fewer than three samples have a positive weight, if a sample or weight is NaN or infinite, or a
// weight negative, if all samples are equal, and if half of them are: the likelihood then grows without bound as
// c → 0 at α = 0, and likewise if c comes down to the rounding errors of the samples. See [FitWith] for bounds and fixed parameters.
func Fit(samples, weights []float64) (General, error) {
	return FitWith(samples, weights, nil)
}

// FitWith is Fit with bounds on α, and with μ or c fixed if the options say so. A nil options is the zero value.
func FitWith(samples, weights []float64, options *FitOptions) (General, error) {
	data, err := newSamples("samples", samples, weights)
	if err != nil {
		return General{}, err
	}
	f, err := newFitter(data, options)
	if err != nil {
		return General{}, err
	}
	best, err := f.fit()
	if err != nil {
		return General{}, err
	}
	return General{Mu: best.mu, Alpha: best.alpha, Scale: best.scale}, nil
}

// fitter minimises the mean negative log-likelihood: for each α over μ and c by Newton's method, and that profile over α
// by the zero of its derivative.
type fitter struct {
	data              *samples
	alpha             Interval
	freeMu, freeScale bool
	mu, scale         float64 // where fixed
}

func newFitter(data *samples, options *FitOptions) (*fitter, error) {
	if options == nil {
		options = &FitOptions{}
	}
	f := &fitter{data: data, alpha: alphaFit, freeMu: options.Mu == nil, freeScale: options.Scale == nil}
	if options.Alpha != nil {
		f.alpha = *options.Alpha
		if err := f.alpha.check("alpha", alphaFit); err != nil {
			return nil, err
		}
	}
	if options.Mu != nil {
		f.mu = *options.Mu
		if math.IsNaN(f.mu) || math.IsInf(f.mu, 0) {
			return nil, errors.New("robustloss/scalar: the fixed location is not finite")
		}
	}
	if options.Scale != nil {
		f.scale = *options.Scale
		if !(f.scale > 0 && f.scale <= math.MaxFloat64) {
			return nil, errors.New(badScale)
		}
	}
	return f, f.checkSpread()
}

// checkSpread returns an error if the likelihood is unbounded.
func (f *fitter) checkSpread() error {
	if !f.freeScale {
		return nil
	}
	at, limit := f.data.heaviest(), 1.0
	if !f.freeMu {
		at = f.data.weightAt(f.mu)
	}
	if f.alpha.Lo == 0 {
		limit = 0.5
	}
	switch {
	case at >= 1:
		return errSpread
	case at >= limit:
		return errors.New("robustloss/scalar: half of the weight is on one value: the likelihood grows without bound " +
			"as the scale goes to 0 at alpha = 0; bound alpha from below, or fix the scale")
	}
	return nil
}

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
