package scalar

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
)

// ShapeTest is a test of the hypothesis that α has a value.
type ShapeTest struct {
	Alpha     float64 // the hypothesis
	Statistic float64 // 2·(ℓ_max − max ℓ given α)
	PValue    float64 // share of simulated statistics that are at least as large: a small one speaks against the hypothesis

	// Simulations that count, and those whose fit failed, which do not.
	Simulations, Failed int
}

// BootstrapOptions says how a test or an interval simulates. The zero value means all defaults.
type BootstrapOptions struct {
	// Simulations is how many samples are drawn. 0 means 999. A p-value is a multiple of 1/(Simulations+1), with a
	// standard error of √(p(1−p)/Simulations).
	Simulations int

	// Seed of the random numbers: the same seed gives the same result, on any number of processors.
	Seed uint64
}

const defaultSimulations = 999

// TestShape tests the hypothesis that α has this value, such as 2, "the samples are normal", or 0, "they are Cauchy's", by the likelihood ratio of the fit
// against the fit with this α. The distribution of the ratio comes from a parametric bootstrap: as many samples as the total weight are drawn from
// General with this α, and fitted both ways, many times. Nothing is asked of large numbers or regular parameters, so that bounds of α, and α = 2,
// are as good as any; and as the ratio does not depend on the place and unit of the samples, the p-value is exact where these are
// fitted, but for the number of simulations.
//
// A nil options is the zero value. The errors are [ErrArgument] for an α outside the bounds of the fit, and [ErrNotConverged] if more than one in ten
// simulations has no fit.
func (f *Inference) TestShape(alpha float64, options *BootstrapOptions) (ShapeTest, error) {
	g := f.fitter
	if err := insideBounds(alpha, g.shape); err != nil {
		return ShapeTest{}, err
	}
	n := int(math.Round(f.Weight))
	if n < minSamples {
		return ShapeTest{}, failure(ErrTooFew, "a total weight of %g: at least %d samples are needed", f.Weight, minSamples)
	}
	observed, err := g.ratio(alpha, f.Weight)
	if err != nil {
		return ShapeTest{}, err
	}
	return bootstrap(alpha, observed, options, func(src rand.Source) (float64, error) {
		simulated, err := g.simulated(alpha, n, src)
		if err != nil {
			return 0, err
		}
		return simulated.ratio(alpha, float64(n))
	})
}

// simulated returns a fitter, with what is free and the bounds of this one, of n samples of General with this shape, μ = 0 and c = 1.
func (f *fitter) simulated(shape float64, n int, src rand.Source) (*fitter, error) {
	truth := General{Alpha: shape, Scale: 1, Src: src}
	free := &FitOptions{Alpha: &f.shape}
	if !f.freeMu {
		free.Mu = new(0.0)
	}
	if !f.freeScale {
		free.Scale = new(1.0)
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = truth.Rand()
	}
	data, err := newSamples("samples", values, nil)
	if err != nil {
		return nil, err
	}
	return newFitter(data, free)
}

func insideBounds(alpha float64, bounds Interval) error {
	if !(alpha >= bounds.Lo && alpha <= bounds.Hi) || bounds.Lo == bounds.Hi {
		return failure(ErrArgument, "alpha = %g cannot be tested by a fit with alpha in [%g, %g]", alpha, bounds.Lo, bounds.Hi)
	}
	return nil
}

// ratio returns twice the logarithm of the likelihood ratio of the fit against that with this shape.
func (f *fitter) ratio(shape, weight float64) (float64, error) {
	best, err := f.fit()
	if err != nil {
		return 0, err
	}
	given, err := f.bestStart(shape, &best)
	if err != nil {
		return 0, err
	}
	value := func(l *likelihood) float64 { return l.value + f.family.at(l.shape).logZ() }
	return math.Max(0, 2*weight*(value(&given)-value(&best))), nil
}

// TestShape tests the hypothesis that α has this value, as [Inference.TestShape] does: errors are drawn from General with this α, and regressed on the
// same x, one for each row, with the weights as they are. It needs a scale that is fitted by the likelihood, or
// given.
func (r *Regression) TestShape(alpha float64, options *BootstrapOptions) (ShapeTest, error) {
	s := r.state
	if r.Stop == StopExactFit || !s.fits || s.options.HighBreakdown || s.fixedScale == 0 && !s.fitsScale() {
		return ShapeTest{}, failure(ErrArgument, "the fit has no likelihood in which alpha was fitted")
	}
	if err := insideBounds(alpha, s.alphas); err != nil {
		return ShapeTest{}, err
	}
	given := *s
	given.alphas = Interval{alpha, alpha}
	restricted, err := given.minimum()
	if err != nil {
		return ShapeTest{}, err
	}
	observed := math.Max(0, 2*s.priorUnit*(restricted-s.objective()))
	return bootstrap(alpha, observed, options, func(src rand.Source) (float64, error) {
		scale := 1.0
		if s.fixedScale != 0 {
			scale = s.fixedScale
		}
		return s.simulatedRatio(alpha, s.noise(General{Alpha: alpha, Scale: scale, Src: src}))
	})
}

// noise returns errors with this distribution, one for each row: normal for the known inliers, and in the rows' sizes.
func (s *irls) noise(errors General) []float64 {
	noise := make([]float64, s.design.n)
	for i := range noise {
		g := errors
		if s.inlier(i) {
			g.Alpha = 2
		}
		noise[i] = g.Rand() * s.size(i)
	}
	return noise
}

// withY returns the start of a fit of other values of y.
func (s *irls) withY(y []float64) (*irls, error) {
	design := *s.design
	design.y, design.largestY = y, largest(y)
	l := *s
	l.design, l.beta, l.startScale = &design, design.newCoefficients(), 0
	l.residuals = l.residualsOf(l.beta)
	if err := l.absoluteDeviations(); err != nil {
		return nil, err
	}
	return &l, nil
}

// simulatedRatio returns twice the logarithm of the likelihood ratio for other values of y.
func (s *irls) simulatedRatio(alpha float64, y []float64) (float64, error) {
	l, err := s.withY(y)
	if err != nil {
		return 0, err
	}
	start := l.beta
	free, err := l.minimum()
	if err != nil {
		return 0, err
	}
	lowest := math.Inf(1)
	for _, beta := range []coefficients{l.beta, start} {
		given := *l
		given.alphas, given.beta = Interval{alpha, alpha}, beta
		value, err := given.minimum()
		if err != nil {
			return 0, err
		}
		lowest = math.Min(lowest, value)
	}
	return math.Max(0, 2*s.priorUnit*(lowest-free)), nil
}

// bootstrap compares a statistic with simulated ones.
func bootstrap(alpha, observed float64, options *BootstrapOptions, simulate func(src rand.Source) (float64, error)) (ShapeTest, error) {
	statistics, failed, err := simulations(options, simulate)
	t := ShapeTest{Alpha: alpha, Statistic: observed, Simulations: len(statistics), Failed: failed}
	if err != nil {
		return t, err
	}
	larger := 0
	for _, statistic := range statistics {
		if statistic >= observed {
			larger++
		}
	}
	t.PValue = (1 + float64(larger)) / (1 + float64(t.Simulations))
	return t, nil
}

// failedShare of simulations that fail is too much.
const failedShare = 0.1

// simulations returns the results of the simulations that have one, in their order, and how many have none.
func simulations[T any](options *BootstrapOptions, simulate func(src rand.Source) (T, error)) (results []T, failed int, err error) {
	o := BootstrapOptions{}
	if options != nil {
		o = *options
	}
	if o.Simulations <= 0 {
		o.Simulations = defaultSimulations
	}
	all, errs := make([]T, o.Simulations), make([]error, o.Simulations)
	var group sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), o.Simulations)
	for worker := range workers {
		group.Go(func() {
			for i := worker; i < o.Simulations; i += workers {
				all[i], errs[i] = simulate(rand.NewPCG(o.Seed, uint64(i)))
			}
		})
	}
	group.Wait()
	var last error
	for i, result := range all {
		if errs[i] != nil {
			failed++
			last = errs[i]
			continue
		}
		results = append(results, result)
	}
	if float64(failed) > failedShare*float64(o.Simulations) {
		return results, failed, failure(ErrNotConverged, "%d of %d simulated fits failed, the last with: %v", failed, o.Simulations, last)
	}
	return results, failed, nil
}
