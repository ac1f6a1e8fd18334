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
