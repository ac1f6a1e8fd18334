package scalar

import (
	"math"

	"gonum.org/v1/gonum/optimize"
)

// Truncated is a shape that suits some residuals: the density exp(−ρ(r, α, c))/(c·Z̃(α, τ)) on |r| ≤ τ·c, see
// [LogPartitionTruncated]. It exists for negative α too, where the density over the whole line does not [2].
type Truncated struct {
	Alpha float64 // shape α
	Scale float64 // scale c, in the units of the residuals
	Tau   float64 // half width τ of the window, in units of c
	NLL   float64 // mean negative log-likelihood of the residuals in the window, per unit of weight, in nats
	Used  int     // number of residuals of positive weight in the window
}

// Kernel returns the loss with this shape and scale.
func (t Truncated) Kernel() Kernel { return Kernel{Alpha: t.Alpha, Scale: t.Scale} }

// TruncatedOptions says what FitTruncated fits, and in which window. The zero value means all defaults.
type TruncatedOptions struct {
	// Alpha is where α is searched, within [−∞, +∞]; see [Between] and [Fixed]. Nil means [−∞, 2].
	Alpha *Interval

	// Scale is c, the size of a residual that still counts as an inlier, in the units of the residuals. Nil means 1.4826
	// times the weighted median of |residual|, the standard deviation if they were normal.
	Scale *float64

	// Tau is the half width of the window in units of Scale. Residuals beyond it are left out: their density is 0. 0
	// means 10.
	Tau float64

	// FitScale says to fit the scale too, within a factor of 100 of Scale, in the window |r| ≤ Tau·Scale as it is.
	FitScale bool
}

const (
	defaultTau    = 10
	scaleFreedom  = 100  // FitScale stays within this factor
	alphaAccuracy = 1e-9 // of v(α)
)

// FitTruncated answers "which α suits these residuals?": it minimises, over α (and c, if asked to) [2],
//
//	Σ weights[i]·(ρ(residuals[i], α, c) + log c + log Z̃(α, τ)) over the residuals with |r| ≤ τ·c
//
// The more of the residuals in the window are outliers, the lower the result: 2 if they are normal with standard
// deviation c, and down to −∞ if they are a narrow peak and outliers spread evenly. A nil weights means 1 for each, a nil options the zero
// value. The residuals may have either sign, or be norms. Residuals s·r give the same α, and |s|·c.
//
// The errors are [ErrArgument] for a residual or weight that is NaN or infinite, a negative weight or an impossible option,
// [ErrTooFew] if fewer than three residuals of positive weight lie in the window, [ErrUnbounded] if the median that
// stands for a scale that is not given is 0, [ErrOverflow] if the loss of a residual in the window overflows for all α, and
// [ErrNotConverged] if a search ends without a minimum.
func FitTruncated(residuals, weights []float64, options *TruncatedOptions) (Truncated, error) {
	data, err := newSamples("residuals", residuals, weights)
	if err != nil {
		return Truncated{}, err
	}
	f, err := newTruncatedFitter(data.deviations(0), options)
	if err != nil {
		return Truncated{}, err
	}
	alpha, scale, err := f.fit()
	if err != nil {
		return Truncated{}, err
	}
	nll := f.nll(alpha, scale)
	if math.IsNaN(nll) || math.IsInf(nll, 0) {
		return Truncated{}, failure(ErrOverflow, "the loss of a residual overflows at each alpha: raise the scale")
	}
	return Truncated{
		Alpha: alpha, Scale: scale * f.unit, Tau: f.tau * (f.scale / scale), NLL: nll + math.Log(f.unit), Used: len(f.data.x),
	}, nil
}

// ProfileTruncated returns the profile-likelihood interval of the α of FitTruncated at a level such as 0.95: the α for which twice the logarithm of the
// likelihood ratio, maximised over c if that is fitted, is at most t², as for [Inference.Profile]. Weights are counts. An end is a bound of α
// where the likelihood does not fall enough before it. Errors are those of FitTruncated.
func ProfileTruncated(residuals, weights []float64, options *TruncatedOptions, level float64) (Interval, error) {
	o, err := newTruncatedOptimum(residuals, weights, options, level)
	if err != nil {
		return Interval{}, err
	}
	bounds := o.fitter.alpha
	ends, err := profile(compressAlpha(o.alpha), bounds.compressed(), o.step(), func(v float64) (float64, error) {
		given, at := *o.fitter, o.scale
		given.alpha = *Fixed(bounds.alphaOf(v))
		if given.freeScale {
			var err error
			if _, at, err = given.fitScale(v); err != nil {
				return 0, err
			}
		}
		return o.excess(given.alpha.Lo, at), nil
	})
	return Interval{bounds.alphaOf(ends.Lo), bounds.alphaOf(ends.Hi)}, err
}

// ProfileTruncatedScale is [ProfileTruncated] for the c of FitTruncated, the likelihood maximised over α. The window stays as it is. An end is at a
// hundredth of Scale or at a hundred times it, where c is searched, if the likelihood does not fall enough before. The interval is c alone where it
// is not fitted.
func ProfileTruncatedScale(residuals, weights []float64, options *TruncatedOptions, level float64) (Interval, error) {
	o, err := newTruncatedOptimum(residuals, weights, options, level)
	if err != nil {
		return Interval{}, err
	}
	f := o.fitter
	if !f.freeScale {
		return Interval{o.scale * f.unit, o.scale * f.unit}, nil
	}
	limit := math.Log(scaleFreedom)
	ends, err := profile(math.Log(o.scale/f.scale), Interval{-limit, limit}, o.step(), func(logRatio float64) (float64, error) {
		given := *f
		given.freeScale, given.scale = false, f.scale*math.Exp(logRatio)
		alpha, scale, err := given.fit()
		if err != nil {
			return 0, err
		}
		return o.excess(alpha, scale), nil
	})
	return Interval{f.scale * math.Exp(ends.Lo) * f.unit, f.scale * math.Exp(ends.Hi) * f.unit}, err
}

// truncatedOptimum is that from which the likelihood falls to the ends of an interval.
type truncatedOptimum struct {
	fitter           *truncatedFitter
	alpha, scale     float64
	nll              float64
	weight, critical float64
}

func newTruncatedOptimum(residuals, weights []float64, options *TruncatedOptions, level float64) (*truncatedOptimum, error) {
	checkLevel(level)
	data, err := newSamples("residuals", residuals, weights)
	if err != nil {
		return nil, err
	}
	o := &truncatedOptimum{}
	if o.fitter, err = newTruncatedFitter(data.deviations(0), options); err != nil {
		return nil, err
	}
	if o.alpha, o.scale, err = o.fitter.fit(); err != nil {
		return nil, err
	}
	o.nll, o.weight = o.fitter.nll(o.alpha, o.scale), o.fitter.data.total*data.weightUnit
	o.critical, err = criticalDeviance(level, o.weight-1)
	return o, err
}

// step returns the first of the search for an end.
func (o *truncatedOptimum) step() float64 { return firstStep / math.Sqrt(o.weight) }

// excess returns how much the likelihood ratio at α and c is beyond the critical one.
func (o *truncatedOptimum) excess(alpha, scale float64) float64 {
	return 2*o.weight*(o.fitter.nll(alpha, scale)-o.nll) - o.critical
}

// truncatedFitter holds the absolute residuals in the window, and all that has their dimension, in a unit near the scale.
type truncatedFitter struct {
	data       *samples
	unit       float64 // a power of two
	scale, tau float64 // c and τ at the start
	window     float64 // τ·c
	alpha      Interval
	freeScale  bool
}

func newTruncatedFitter(data *samples, options *TruncatedOptions) (*truncatedFitter, error) {
	o := TruncatedOptions{}
	if options != nil {
		o = *options
	}
	f := &truncatedFitter{tau: o.Tau, freeScale: o.FitScale}
	var err error
	if f.alpha, err = alphaBounds(o.Alpha, Interval{math.Inf(-1), 2}, allShapes); err != nil {
		return nil, err
	}
	if f.tau == 0 {
		f.tau = defaultTau
	}
	if !(f.tau > 0 && f.tau <= math.MaxFloat64) {
		return nil, failure(ErrArgument, "tau is %g: it must be positive and finite", f.tau)
	}
	if o.Scale != nil {
		f.scale = *o.Scale
		if !validScale(f.scale) {
			return nil, failure(ErrArgument, "the scale is %g: it must be positive and finite", f.scale)
		}
	} else {
		f.scale = data.quantile(0.5)
		if f.scale == 0 {
			return nil, failure(ErrUnbounded, "half of the residuals are 0: set the scale")
		}
	}
	_, exponent := math.Frexp(f.scale)
	f.unit = math.Ldexp(0.5, exponent)
	f.scale /= f.unit
	if o.Scale == nil {
		f.scale *= madToScale
	}
	f.window = f.tau * f.scale
	f.data = &samples{}
	for i, r := range data.x {
		if r /= f.unit; r <= f.window {
			f.data.x, f.data.w = append(f.data.x, r), append(f.data.w, data.w[i])
			f.data.total += data.w[i]
		}
	}
	if len(f.data.x) < minSamples {
		return nil, failure(ErrTooFew, "%d residuals within ±%g, at least %d are needed", len(f.data.x), f.tau*f.scale*f.unit, minSamples)
	}
	return f, nil
}

// nll returns the mean negative log-likelihood in the window.
func (f *truncatedFitter) nll(alpha, scale float64) float64 {
	k := Kernel{Alpha: alpha, Scale: scale}
	sum := 0.0
	for i, r := range f.data.x {
		sum += f.data.w[i] * k.Rho(r)
	}
	return sum/f.data.total + math.Log(scale) + LogPartitionTruncated(alpha, f.window/scale)
}

// fit returns the optimum: the best of a grid in v(α), then Brent's method around it, or Nelder and Mead's in α and c.
func (f *truncatedFitter) fit() (alpha, scale float64, err error) {
	const points = 24
	v := f.alpha.compressed()
	at := func(v float64) float64 { return f.nll(f.alpha.alphaOf(v), f.scale) }
	best, lowest, step := v.Lo, math.Inf(1), (v.Hi-v.Lo)/points
	for i := range points + 1 {
		here := v.clamp(v.Lo + float64(i)*step)
		if value := at(here); value < lowest {
			best, lowest = here, value
		}
	}
	if step > 0 {
		inside, ok := minimizeBetween(at, math.Max(v.Lo, best-step), math.Min(v.Hi, best+step), alphaAccuracy)
		if !ok {
			return 0, 0, failure(ErrNotConverged, "the search for alpha did not converge near alpha = %g", f.alpha.alphaOf(inside))
		}
		if at(inside) < lowest {
			best = inside
		}
	}
	if f.freeScale {
		return f.fitScale(best)
	}
	return f.alpha.alphaOf(best), f.scale, nil
}

// The search for α and c together.
const (
	simplexSize   = 0.1   // in v(α) and log c
	simplexStarts = 8     // from where the last ended: a simplex can collapse before it is at the minimum
	simplexGain   = 1e-12 // a start that gains less than this part of 1 + |NLL| says that the last was at the minimum
	simplexSteps  = 60    // without a gain of 1e-15 end a start
)

// fitScale returns the optimum in α and c, from the optimum v in α at the scale of the start.
func (f *truncatedFitter) fitScale(v float64) (alpha, scale float64, err error) {
	bounds := f.alpha.compressed()
	limit := math.Log(scaleFreedom)
	decode := func(x []float64) (alpha, scale float64) {
		return f.alpha.alphaOf(bounds.fold(x[0])), f.scale * math.Exp(math.Max(-limit, math.Min(limit, x[1])))
	}
	problem := optimize.Problem{Func: func(x []float64) float64 { return f.nll(decode(x)) }}
	start := []float64{v, 0}
	last := problem.Func(start)
	for range simplexStarts {
		result, err := optimize.Minimize(problem, start, &optimize.Settings{
			Converger: &optimize.FunctionConverge{Absolute: 1e-15, Relative: 1e-15, Iterations: simplexSteps},
		}, &optimize.NelderMead{SimplexSize: simplexSize})
		if err != nil {
			return 0, 0, failure(ErrNotConverged, "the search for alpha and the scale failed: %v", err)
		}
		start = result.X
		if last-result.F <= simplexGain*(1+math.Abs(result.F)) {
			alpha, scale = decode(start)
			return alpha, scale, nil
		}
		last = result.F
	}
	return 0, 0, failure(ErrNotConverged, "the search for alpha and the scale did not converge")
}

// minimizeBetween returns the x in [lo, hi] at which f has a minimum, within tolerance, by Brent's method: parabolas
// through the three best points, golden sections where they fail; and whether it got there. (gonum's optimize has no method for one
// variable within bounds.)
func minimizeBetween(f func(x float64) float64, lo, hi, tolerance float64) (minimum float64, ok bool) {
	golden := (3 - math.Sqrt(5)) / 2
	x := lo + golden*(hi-lo)
	w, v := x, x
	fx := f(x)
	fw, fv := fx, fx
	var step, before float64
	for range 200 {
		middle := (lo + hi) / 2
		if math.Abs(x-middle) <= 2*tolerance-(hi-lo)/2 {
			return x, true
		}
		if p, q := parabola(x, w, v, fx, fw, fv); math.Abs(before) > tolerance && q != 0 &&
			math.Abs(p/q) < math.Abs(before)/2 && x+p/q > lo+2*tolerance && x+p/q < hi-2*tolerance {
			before, step = step, p/q
		} else {
			before = hi - x
			if x >= middle {
				before = lo - x
			}
			step = golden * before
		}
		u := x + step
		if math.Abs(step) < tolerance {
			u = x + math.Copysign(tolerance, step)
		}
		fu := f(u)
		if fu <= fx {
			if u >= x {
				lo = x
			} else {
				hi = x
			}
			v, w, x, fv, fw, fx = w, x, u, fw, fx, fu
			continue
		}
		if u < x {
			lo = u
		} else {
			hi = u
		}
		if fu <= fw || w == x {
			v, w, fv, fw = w, u, fw, fu
		} else if fu <= fv || v == x || v == w {
			v, fv = u, fu
		}
	}
	return x, false
}

// parabola returns p, q such that x + p/q is the vertex of the parabola through three points.
func parabola(x, w, v, fx, fw, fv float64) (p, q float64) {
	r, q := (x-w)*(fx-fv), (x-v)*(fx-fw)
	p = (x-v)*q - (x-w)*r
	q = 2 * (q - r)
	return -p, q
}
