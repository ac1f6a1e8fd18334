package scalar

import (
	"errors"
	"math"
)

// FitOptions says what FitWith leaves free. In all options of this package nil stands for the default.
type FitOptions struct {
	// Alpha is where α is searched, within [0, +∞]; see [Between] and [Fixed]. Nil means [0, +∞].
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
// Samples a + s·x give μ = a + s·μ(x), the same α and c = |s|·c(x), up to the rounding of the samples, for any offset and
// unit that float64 holds.
//
// The errors are [ErrArgument] for a sample or weight that is NaN or infinite and a weight that is negative, [ErrTooFew] for
// fewer than three samples of positive weight, [ErrOverflow] if the difference of two samples overflows, and [ErrUnbounded] if
// half of the weight, or all of it, is on one value, as far as the rounding errors of the samples let it be told apart: at
// α = 0 the likelihood then grows without bound as c → 0. See [FitWith] for bounds and fixed parameters.
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
	mu, scale := f.place(&best)
	return General{Mu: mu, Alpha: best.shape, Scale: scale}, nil
}

// family is a location-scale family of densities exp(−ρ(u, shape))/(c·Z(shape)), u = (x−μ)/c, as the fit needs it.
type family interface {
	// at returns ρ of a shape.
	at(shape float64) shapeLoss

	// compressed returns v of a shape: the coordinate in which it is searched, around [−1, 1]. expanded returns its inverse and
	// d shape/dv.
	compressed(shape float64) float64
	expanded(v float64) (shape, slope float64)

	// top is the v from which on the derivatives in the shape say nothing.
	top() float64

	// tieLimit is the share of the weight on one value with which the likelihood is unbounded at a shape.
	tieLimit(shape float64) float64

	// convex says whether ρ is convex in u: then the likelihood has one maximum in μ.
	convex(shape float64) bool
}

// shapeLoss is ρ of a family at one shape, c = 1.
type shapeLoss interface {
	terms(u float64) terms
	shapeGradient(u float64) float64 // ∂ρ/∂shape
	logZ() float64
	logZSlope() float64
}

// generalFamily is that of General.
type generalFamily struct{}

func (generalFamily) at(alpha float64) shapeLoss { return Kernel{Alpha: alpha, Scale: 1} }

func (generalFamily) compressed(alpha float64) float64 { return compressAlpha(alpha) }

func (generalFamily) expanded(v float64) (alpha, slope float64) {
	gap := 1 / (1 - math.Abs(v)) // 1 + |α−2|
	return 2 + v*gap, gap * gap
}

func (generalFamily) top() float64 { return infiniteV }

func (generalFamily) tieLimit(alpha float64) float64 {
	if alpha == 0 {
		return 0.5
	}
	return 1
}

func (generalFamily) convex(alpha float64) bool { return alpha >= 1 }

func (k Kernel) shapeGradient(u float64) float64 { return k.AlphaGradient(u) }
func (k Kernel) logZ() float64                   { return LogPartition(k.Alpha) }
func (k Kernel) logZSlope() float64              { return LogPartitionDerivative(k.Alpha) }

// fitter minimises the mean negative log-likelihood: for each shape over μ and c by Newton's method, and that profile over the
// shape by the zero of its derivative. It works on standardized samples, (x − center)/unit, so that neither the place nor the
// unit of the data matters.
type fitter struct {
	family            family
	data              *samples // standardized
	center, unit      float64
	shape             Interval
	freeMu, freeScale bool
	scale             float64 // standardized, where fixed; a fixed μ is 0
	steps             int     // of Newton's method, at most
	known             struct {
		weight, square float64 // of known inliers around a fixed μ, normal whatever the shape: Σ w and Σ w·x², in the units of data
	}
}

// widest is how many units the samples may reach from the center: their squares stay within reach of float64's range, and
// the smallest number keeps 70 binary digits below it.
const widest = 1000 // log₂

func newFitter(data *samples, options *FitOptions) (*fitter, error) {
	if options == nil {
		options = &FitOptions{}
	}
	shapes, err := alphaBounds(options.Alpha, distributionShapes, distributionShapes)
	if err != nil {
		return nil, err
	}
	return newFamilyFitter(generalFamily{}, shapes, data, options)
}

// newFamilyFitter takes the fixed location and scale of the options, and bounds on the shape apart.
func newFamilyFitter(family family, shapes Interval, data *samples, options *FitOptions) (*fitter, error) {
	f := &fitter{family: family, shape: shapes, freeMu: options.Mu == nil, freeScale: options.Scale == nil, steps: maxNewtonSteps}
	f.center = data.quantile(0.5)
	if !f.freeMu {
		f.center = *options.Mu
	}
	if math.IsNaN(f.center) || math.IsInf(f.center, 0) {
		return nil, failure(ErrArgument, "the fixed location is %g: it must be finite", f.center)
	}
	if !f.freeScale && !validScale(*options.Scale) {
		return nil, failure(ErrArgument, "the fixed scale is %g: it must be positive and finite", *options.Scale)
	}
	if err := f.checkSpread(data); err != nil {
		return nil, err
	}
	return f, f.standardize(data, options.Scale)
}

// checkSpread returns an error if the likelihood is unbounded.
func (f *fitter) checkSpread(data *samples) error {
	if !f.freeScale {
		return nil
	}
	at := data.heaviest()
	if !f.freeMu {
		at = data.weightAt(f.center)
	}
	switch limit := f.family.tieLimit(f.shape.Lo); {
	case at >= 1:
		return failure(ErrUnbounded, "all samples are equal: the likelihood grows without bound as the scale goes to 0")
	case at >= limit:
		return failure(ErrUnbounded, "%.3g of the weight is on one value: the likelihood grows without bound "+
			"as the scale goes to 0 at the shape %g; bound it from below, or fix the scale", at, f.shape.Lo)
	}
	return nil
}

// standardize sets the unit, a power of two near the scale, and the data in it.
func (f *fitter) standardize(data *samples, scale *float64) error {
	reach := math.Max(data.x[len(data.x)-1]-f.center, f.center-data.x[0])
	if math.IsInf(reach, 1) {
		return failure(ErrOverflow, "the distance of a sample from the fixed location overflows")
	}
	var size float64
	if f.freeScale {
		size = data.spread(f.center)
	} else {
		size = *scale
	}
	_, exponent := math.Frexp(size)
	_, far := math.Frexp(reach)
	f.unit = math.Ldexp(0.5, max(exponent, far-widest))
	f.data = data.standardized(f.center, f.unit)
	if !f.freeScale {
		if f.scale = *scale / f.unit; math.IsInf(reach / *scale, 1) {
			return failure(ErrOverflow, "the distance of a sample from the center, in units of the fixed scale, overflows")
		}
	}
	return nil
}

// place returns μ and c of an optimum in the units of the samples.
func (f *fitter) place(l *likelihood) (mu, scale float64) {
	return f.center + f.unit*l.mu(), f.unit * l.scale
}

// coarseSamples is how many samples stand for all while the shape is searched.
const coarseSamples = 1000

// The search for the shape, in v.
const (
	gridPoints   = 13
	infiniteV    = 1 - 1e-8 // from here on α counts as +∞: α = 1e8
	coarseToFine = 0.01     // the optimum of the thinned samples lies within about this of that of all
	stepGrowth   = 1.6
	accuracyV    = 1e-10
)

// fit returns the optimum.
func (f *fitter) fit() (likelihood, error) {
	coarse := *f
	coarse.data = f.data.thin(coarseSamples)
	best, step, err := coarse.search()
	if err != nil && coarse.data != f.data { // thinned samples can have half of their weight on one value where all have not
		coarse.data = f.data
		best, step, err = coarse.search()
	}
	if err != nil {
		return likelihood{}, err
	}
	if f.shape.Lo == f.shape.Hi {
		return f.inner(best.shape, best.mu(), best.scale)
	}
	return f.refine(best, step)
}

// fitFrom returns the optimum downhill from a shape and a scale in the units of the samples, μ fixed; or the best of all.
func (f *fitter) fitFrom(shape, scale float64, thorough bool) (likelihood, error) {
	if thorough {
		return f.fit()
	}
	start := f.newLikelihood(f.shape.clamp(shape), 0, 0, scale/f.unit)
	var err error
	if f.shape.Lo == f.shape.Hi {
		start, err = f.inner(start.shape, 0, start.scale)
	} else {
		start, err = f.refine(start, coarseToFine)
	}
	if err != nil {
		return f.fit()
	}
	return start, nil
}

// search returns an approximation of the optimum, and the distance in v within which the optimum is expected.
func (f *fitter) search() (best likelihood, step float64, err error) {
	best, step, err = f.grid()
	if err != nil || f.shape.Lo == f.shape.Hi || len(f.data.x) < coarseSamples {
		return best, step, err
	}
	best, err = f.refine(best, step)
	return best, coarseToFine, err
}

// grid returns the best of a grid of shapes, evenly spaced in v, and the spacing.
func (f *fitter) grid() (best likelihood, step float64, err error) {
	v := f.bounds()
	step = (v.Hi - v.Lo) / (gridPoints - 1)
	found, lowest := false, 0.0
	var previous *likelihood
	for i := range gridPoints {
		shape := f.shapeOf(v.clamp(v.Lo + float64(i)*step))
		l, e := f.bestStart(shape, previous)
		switch {
		case errors.Is(e, ErrUnbounded):
			return best, step, e
		case e != nil:
			err = e
			continue
		}
		previous = &l
		if value := l.value + f.family.at(shape).logZ(); !found || value < lowest {
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

// refine returns the optimum near best, whose shape lies within about step, in v, of that of the optimum.
func (f *fitter) refine(best likelihood, step float64) (likelihood, error) {
	var failed error
	slope := func(v float64) float64 {
		l, err := f.inner(f.shapeOf(v), best.mu(), best.scale)
		if err != nil {
			failed = err
			return 0
		}
		best = l
		_, change := f.family.expanded(v)
		return f.slope(&l) * change
	}
	bounds := f.bounds()
	top := math.Max(bounds.Lo, math.Min(bounds.Hi, f.family.top()))
	v := math.Min(f.family.compressed(best.shape), top)
	at := slope(v)
	other, atOther := v, at
	for at*atOther > 0 && failed == nil {
		other, atOther = v, at
		if at > 0 && v <= bounds.Lo {
			return f.inner(f.shape.Lo, best.mu(), best.scale)
		}
		if at < 0 && v >= top {
			return f.inner(f.shape.Hi, best.mu(), best.scale)
		}
		v = math.Max(bounds.Lo, math.Min(top, v-math.Copysign(step, at)))
		at = slope(v)
		step *= stepGrowth
	}
	if at != 0 && atOther != 0 && failed == nil {
		if v > other {
			v, other, at, atOther = other, v, atOther, at
		}
		var ok bool
		if v, ok = zeroBetween(slope, v, other, at, atOther, accuracyV); !ok && failed == nil {
			failed = failure(ErrNotConverged, "the search for the shape did not converge near %g", best.shape)
		}
	}
	if failed != nil {
		return likelihood{}, failed
	}
	return f.inner(f.shapeOf(v), best.mu(), best.scale)
}

// slope returns the derivative in the shape of the profile: mean ∂ρ/∂shape + d log Z/d shape, as those in μ and c vanish.
func (f *fitter) slope(l *likelihood) float64 {
	k := f.family.at(l.shape)
	sum := 0.0
	for i, x := range f.data.x {
		sum += f.data.w[i] * k.shapeGradient(l.residual(x))
	}
	return sum/f.data.total + k.logZSlope()
}

// bounds returns v of the ends of the shapes.
func (f *fitter) bounds() Interval {
	return Interval{f.family.compressed(f.shape.Lo), f.family.compressed(f.shape.Hi)}
}

// shapeOf returns the shape of v within the bounds: exactly at them, also where v has lost digits.
func (f *fitter) shapeOf(v float64) float64 {
	switch bounds := f.bounds(); {
	case v <= bounds.Lo:
		return f.shape.Lo
	case v >= bounds.Hi:
		return f.shape.Hi
	}
	shape, _ := f.family.expanded(v)
	return f.shape.clamp(shape)
}

// zeroBetween returns the zero of an increasing f between lo and hi, f(lo) = flo < 0 < fhi = f(hi), within tolerance, by
// the secant method with the Illinois rule, and whether it got there.
func zeroBetween(f func(x float64) float64, lo, hi, flo, fhi, tolerance float64) (zero float64, ok bool) {
	side := 0
	for range 100 {
		x := (lo*fhi - hi*flo) / (fhi - flo)
		if !(x > lo && x < hi) {
			x = (lo + hi) / 2
		}
		fx := f(x)
		switch {
		case fx == 0 || hi-lo <= tolerance:
			return x, true
		case fx < 0:
			if math.Abs(x-lo) < tolerance/4 && side == -1 {
				return x, true
			}
			lo, flo = x, fx
			if side == -1 {
				fhi /= 2
			}
			side = -1
		default:
			if math.Abs(x-hi) < tolerance/4 && side == 1 {
				return x, true
			}
			hi, fhi = x, fx
			if side == 1 {
				flo /= 2
			}
			side = 1
		}
	}
	return (lo + hi) / 2, false
}
