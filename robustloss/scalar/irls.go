package scalar

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// IRLSOptions says which loss IRLS minimises. The zero value adapts α in [0, 2] and c.
type IRLSOptions struct {
	// Alpha is where α is searched, at each iteration, with Fit: within [0, +∞]; see [Between]. Equal ends fix it, to any
	// value in [−∞, +∞]; see [Fixed]. Nil means [0, 2].
	Alpha *Interval

	// Schedule, if not nil, gives α at each iteration in the place of Alpha; see ConstantSchedule and its like.
	Schedule Schedule

	// Scale fixes c, in the units of y. Nil means that c is estimated as ScaleBy says.
	Scale *float64

	// ScaleBy says how c is estimated where Scale is nil. The zero value is maximum likelihood, with α.
	ScaleBy ScaleEstimate

	// Weights are prior weights of the rows, counts: 2 is a row that stands for two. Nil means 1 for each.
	Weights []float64

	// Scales are the sizes of the rows' errors beside each other, such as the standard deviations of measurements that are not equally good: row i
	// has the scale c·Scales[i]. Known standard deviations with Scale = 1 are taken as they are. From 1e-100 to 1e100; nil means 1 for each.
	Scales []float64

	// Inliers lists rows that are known to be right, counted from 0. Their loss is ½(r/c)² and their errors are normal, whatever α. With a bounded loss and
	// a given Scale they hold the fit where outliers are the majority and agree with each other; a c that is fitted may grow until it holds these too.
	Inliers []int

	// Start is where β starts. Nil means several starts, of which the best result is taken: about the least absolute
	// deviations, least squares, and least squares of the Inliers, if they are enough (with a Schedule only the first).
	Start []float64

	// HighBreakdown says to start at an S-estimate, which nearly half of the rows cannot carry away, be they outliers in x or in y, and to
	// go downhill from there only. If Scale is nil, c is fixed at the scale of the S-estimate, the standard deviation of the errors if they are
	// normal, and a few times that with many outliers. If Alpha is nil, α is fixed at what suits its residuals at this scale by
	// [FitTruncated], within [−∞, −1], where the loss is bounded. The price is efficiency: with normal errors and c their standard deviation,
	// coefficients vary as if 81 % of the rows were left at α = −1, 78 % at −2, and 65 % at −∞. It is ignored if Start is set. How often this
	// finds a plane beside 0 to 45 % of outliers, and how often other packages do, is in tables/breakdown.md.
	HighBreakdown bool

	// MaxIterations is the limit. 0 means 1000.
	MaxIterations int

	// Tolerance ends the iteration when the objective falls by less than this part of 1 + |objective|, and β moves the
	// residuals by less than 1e-8 of c. 0 means 1e-13.
	Tolerance float64
}

// ScaleEstimate is a way to estimate the scale c of residuals.
type ScaleEstimate int

const (
	// ByLikelihood is maximum likelihood, together with α. Where α may be negative (fixed below 0, or a Schedule), and the likelihood has no maximum,
	// c is 1.4826 times the median of |residual| at the start.
	ByLikelihood ScaleEstimate = iota

	// ByMAD is [MAD] of the residuals around 0 at each iteration, as in statsmodels' RLM.
	ByMAD

	// ByQn is [Qn] of the residuals at each iteration. It needs rows of equal weights.
	ByQn
)

const (
	defaultIterations = 1000
	defaultTolerance  = 1e-13
	stepTolerance     = 1e-8 // of c
	startsAgree       = 1e-8 // of 1 + |objective|: more of a difference is another minimum
	leastSize         = 1e-100
)

// IRLS fits y ≈ xβ by iteratively reweighted least squares: it minimises Σ weights[i]·ρ((y_i − x_i·β)/scales[i], α, c), or, where c
// is fitted too, the negative log-likelihood with c and α, alternating with [Fit]. Each iteration solves the least
// squares problem weighted by ψ(r)/r, which majorises ρ for α ≤ 2, so that the objective falls; for α > 2 the step is
// halved until it does. For α ≥ 1 and a fixed c the minimum is the global one; below, it is the one downhill from the
// start.
//
//   - x: design, n rows of p columns, n ≥ p ≥ 1. An intercept is a column of equal values.
//   - y: n values.
//
// Neither units nor places matter: y·s + x·b changes β to s·β + b, a column times k divides its coefficient by k, and a
// constant added to a column is made up for by the intercept, if there is one; up to the rounding of the data.
//
// The errors are [ErrArgument] for shapes that differ, values that are NaN or infinite, no rows or columns, and impossible options;
// [ErrTooFew] for fewer rows than columns, and where Fit has it; [ErrDependent] if the columns of x are linearly dependent (also
// among the rows that still count); [ErrOverflow] if a result or the loss of a residual overflows; and [ErrNotConverged] of
// Fit. The result of an iteration that did not converge says so in Stop.
func IRLS(x mat.Matrix, y mat.Vector, options *IRLSOptions) (*Regression, error) {
	s, err := newIRLS(x, y, options)
	if err != nil {
		return nil, err
	}
	if s.options.Start != nil {
		return s.runFrom(s.beta)
	}
	if s.options.HighBreakdown {
		if err := s.highBreakdown(); err != nil {
			return nil, err
		}
		return s.runFrom(s.beta)
	}
	leastSquares := s.beta
	if err := s.absoluteDeviations(); err != nil {
		return nil, err
	}
	best, err := s.runFrom(s.beta)
	if err != nil || s.options.Schedule != nil || best.Stop == StopExactFit {
		return best, err
	}
	differ := false
	for _, start := range append([]coefficients{leastSquares}, s.startOfInliers()...) {
		other, err := s.runFrom(start)
		if err != nil {
			continue // one start that ends is enough
		}
		differ = differ || math.Abs(other.Objective-best.Objective) > startsAgree*(1+math.Abs(best.Objective))
		if other.Objective < best.Objective {
			best = other
		}
	}
	best.state.startsDiffer = differ
	return best, nil
}

// startOfInliers returns least squares of the known inliers, if they determine β.
func (s *irls) startOfInliers() []coefficients {
	if s.inliers == nil {
		return nil
	}
	weights := slices.Clone(s.prior)
	for i, known := range s.inliers {
		if !known {
			weights[i] = 0
		}
	}
	step, err := s.leastSquares(weights, s.residualsOf(s.design.newCoefficients()))
	if err != nil {
		return nil
	}
	return []coefficients{s.design.newCoefficients().plus(1, step)}
}

// irls is the state of the iteration, in the units of the design.
type irls struct {
	options      IRLSOptions
	alphas       Interval
	design       *design
	prior        []float64
	priorUnit    float64   // prior is the given weights divided by it
	sizes        []float64 // Scales, or nil
	logSizes     float64   // Σ prior·log Scales
	inliers      []bool    // known ones, or nil
	known        float64   // Σ prior of them
	beta         coefficients
	residuals    []float64 // divided by sizes
	alpha, scale float64
	startScale   float64 // median deviation after absoluteDeviations
	fixedScale   float64 // 0 if it is not
	fits         bool    // c, and α where it is not given
	startsDiffer bool    // the two starts ended in different places
}

// newIRLS checks the arguments and starts at the given coefficients, or at those of least squares.
func newIRLS(x mat.Matrix, y mat.Vector, options *IRLSOptions) (*irls, error) {
	s := &irls{}
	if options != nil {
		s.options = *options
	}
	o := &s.options
	if o.MaxIterations <= 0 {
		o.MaxIterations = defaultIterations
	}
	if !(o.Tolerance > 0) {
		o.Tolerance = defaultTolerance
	}
	within := distributionShapes
	if o.Alpha != nil && o.Alpha.Lo == o.Alpha.Hi {
		within = allShapes
	}
	var err error
	if s.alphas, err = alphaBounds(o.Alpha, Interval{0, 2}, within); err != nil {
		return nil, err
	}
	if o.Scale != nil && !validScale(*o.Scale) {
		return nil, failure(ErrArgument, "the fixed scale is %g: it must be positive and finite", *o.Scale)
	}
	if s.design, err = newDesign(x, y); err != nil {
		return nil, err
	}
	if s.prior, s.priorUnit, err = checkedWeights("rows", s.design.n, o.Weights); err != nil {
		return nil, err
	}
	if err := s.setSizes(); err != nil {
		return nil, err
	}
	if err := s.setInliers(); err != nil {
		return nil, err
	}
	if o.Start != nil && len(o.Start) != s.design.p {
		return nil, failure(ErrArgument, "%d starting coefficients for %d columns", len(o.Start), s.design.p)
	}
	if o.ScaleBy < ByLikelihood || o.ScaleBy > ByQn {
		return nil, failure(ErrArgument, "ScaleBy is %d, which is no way to estimate a scale", int(o.ScaleBy))
	}
	if o.ScaleBy == ByQn && slices.Min(s.prior) != slices.Max(s.prior) {
		return nil, failure(ErrArgument, "Qn needs rows of equal weights")
	}
	fitsScale := o.Scale == nil && o.ScaleBy == ByLikelihood
	s.fits = o.Schedule == nil && s.alphas.Lo >= 0 && (fitsScale || s.alphas.Lo < s.alphas.Hi)
	return s, s.start()
}

// runFrom iterates from β to the end.
func (s *irls) runFrom(beta coefficients) (*Regression, error) {
	s.beta = beta
	iterations, stop, err := s.iterate()
	if err != nil {
		return nil, err
	}
	return s.result(iterations, stop)
}

// minimum iterates from β to the end, and returns the objective.
func (s *irls) minimum() (objective float64, err error) {
	_, stop, err := s.iterate()
	if err == nil && stop != StopConverged {
		err = failure(ErrNotConverged, "a fit with one parameter fixed ended with %v", stop)
	}
	if err != nil {
		return 0, err
	}
	return s.objective(), nil
}

// iterate goes from β to the end.
func (s *irls) iterate() (iteration int, stop StopReason, err error) {
	s.residuals = s.residualsOf(s.beta)
	switch {
	case s.fixedScale != 0:
		s.scale = s.fixedScale
	case s.startScale != 0: // one scale for all starts, where it is not fitted
		s.scale = s.startScale
	default:
		s.scale = s.medianScale()
	}
	share := 0.5
	if s.fitsScale() && s.alphas.Lo > 0 {
		share = 1
	}
	previous, moved := math.Inf(1), math.Inf(1)
	for thorough := true; ; thorough = false {
		if s.fixedScale == 0 && s.vanishes(share) {
			return iteration, StopExactFit, nil
		}
		changed, err := s.updateShape(iteration, thorough)
		if errors.Is(err, ErrUnbounded) {
			return iteration, StopExactFit, nil
		}
		if err != nil {
			return 0, 0, err
		}
		objective := s.objective()
		if math.IsNaN(objective) || math.IsInf(objective, 1) {
			return 0, 0, failure(ErrOverflow, "the loss overflows at alpha = %g: lower alpha, or raise the scale", s.alpha)
		}
		falls := func() bool { return previous-objective > s.options.Tolerance*(1+math.Abs(objective)) }
		if !changed && !falls() && moved <= stepTolerance*s.scale {
			if _, err := s.updateShape(iteration, true); err != nil {
				return 0, 0, err
			}
			if objective = s.objective(); !falls() {
				return iteration, StopConverged, nil
			}
		}
		if iteration >= s.options.MaxIterations {
			return iteration, StopIterations, nil
		}
		previous = objective
		if moved, err = s.step(); err != nil {
			return 0, 0, err
		}
		iteration++
	}
}

// fitted says which of β, α and c are fitted by the likelihood.
func (s *irls) fitted() []bool {
	fits := make([]bool, s.design.p+2)
	for j := range s.design.p {
		fits[j] = true
	}
	fits[s.design.p], fits[s.design.p+1] = s.fits && s.alphas.Lo < s.alphas.Hi, s.fitsScale()
	return fits
}

// fitsScale says whether c is fitted by the likelihood.
func (s *irls) fitsScale() bool {
	return s.fits && s.fixedScale == 0 && s.options.ScaleBy == ByLikelihood
}

// weight returns the sum of the weights.
func (s *irls) weight() float64 { return floats.Sum(s.prior) * s.priorUnit }

// medianScale returns 1.4826 times the weighted median of |residual|.
func (s *irls) medianScale() float64 {
	data := &samples{x: s.residuals, w: s.prior}
	return madToScale * data.deviations(0).quantile(0.5)
}

// vanishes says whether this share of the weight is on residuals that are 0, to rounding.
func (s *irls) vanishes(share float64) bool {
	limit := s.design.rounding(s.beta)
	zero, total := 0.0, 0.0
	for i, r := range s.residuals {
		total += s.prior[i]
		if math.Abs(r)*s.size(i) <= limit {
			zero += s.prior[i]
		}
	}
	return zero >= share*total
}

// weights returns the prior weights times c²·ψ(r)/r.
func (s *irls) weights(k Kernel) []float64 {
	w := make([]float64, len(s.residuals))
	for i, r := range s.residuals {
		w[i] = s.prior[i]
		if !s.inlier(i) {
			w[i] *= Kernel{Alpha: k.Alpha, Scale: 1}.Weight(r / k.Scale)
		}
	}
	return w
}

// increment returns the step in β to the solution of the problem with the weights of the residuals.
func (s *irls) increment(k Kernel) ([]float64, error) {
	return s.leastSquares(s.weights(k), s.residuals)
}

// leastSquares returns the β that minimises Σ weights·(y_i − x′_i·β/size_i)².
func (s *irls) leastSquares(weights, y []float64) ([]float64, error) {
	if s.sizes != nil {
		weights, y = slices.Clone(weights), slices.Clone(y)
		for i, size := range s.sizes {
			weights[i] /= size * size
			y[i] *= size
		}
	}
	return s.design.solve(weights, y)
}

// setSizes checks and keeps the scales of the rows.
func (s *irls) setSizes() error {
	given := s.options.Scales
	if given == nil {
		return nil
	}
	if len(given) != s.design.n {
		return failure(ErrArgument, "%d scales for %d rows", len(given), s.design.n)
	}
	for i, size := range given {
		if !(size >= leastSize && size <= 1/leastSize) {
			return failure(ErrArgument, "scales[%d] is %g: it must be between %g and %g", i, size, leastSize, 1/leastSize)
		}
		s.logSizes += s.prior[i] * math.Log(size)
	}
	s.sizes = slices.Clone(given)
	return nil
}

// setInliers checks and keeps the known inliers.
func (s *irls) setInliers() error {
	if len(s.options.Inliers) == 0 {
		return nil
	}
	s.inliers = make([]bool, s.design.n)
	for _, i := range s.options.Inliers {
		if i < 0 || i >= s.design.n {
			return failure(ErrArgument, "row %d is called an inlier: there are the rows 0 to %d", i, s.design.n-1)
		}
		if !s.inliers[i] {
			s.known += s.prior[i]
		}
		s.inliers[i] = true
	}
	return nil
}

// inlier says whether a row is known to be one.
func (s *irls) inlier(i int) bool { return s.inliers != nil && s.inliers[i] }

// doubtful returns the residuals and weights of the other rows.
func (s *irls) doubtful() (residuals, prior []float64) {
	if s.inliers == nil {
		return s.residuals, s.prior
	}
	for i, known := range s.inliers {
		if !known {
			residuals, prior = append(residuals, s.residuals[i]), append(prior, s.prior[i])
		}
	}
	return residuals, prior
}

// logZ returns Σ prior·log Z, of α for doubtful rows and of the normal distribution for known inliers.
func (s *irls) logZ(alpha float64) float64 {
	return (floats.Sum(s.prior)-s.known)*LogPartition(alpha) + s.known*LogPartition(2)
}

// size returns the scale of a row.
func (s *irls) size(i int) float64 {
	if s.sizes == nil {
		return 1
	}
	return s.sizes[i]
}

// residualsOf returns y′ − x′β′, divided by the scales of the rows.
func (s *irls) residualsOf(beta coefficients) []float64 {
	r := s.design.residuals(beta)
	for i := range s.sizes {
		r[i] /= s.sizes[i]
	}
	return r
}

// row returns row i of the design, divided by its scale.
func (s *irls) row(i int) []float64 {
	row := s.design.row(i)
	if s.sizes != nil {
		row = slices.Clone(row)
		floats.Scale(1/s.sizes[i], row)
	}
	return row
}

// loss returns Σ prior·ρ.
func (s *irls) loss(k Kernel, residuals []float64) float64 {
	sum := 0.0
	for i, r := range residuals {
		if s.inlier(i) {
			sum += s.prior[i] * Kernel{Alpha: 2, Scale: k.Scale}.Rho(r)
			continue
		}
		sum += s.prior[i] * k.Rho(r)
	}
	return sum
}

// updateShape sets α and c for the residuals: the best of all, or only those downhill from the last. It says whether a schedule changed
// α, which makes the objective another.
func (s *irls) updateShape(iteration int, thorough bool) (changed bool, err error) {
	last := s.alpha
	if s.fixedScale == 0 {
		switch s.options.ScaleBy {
		case ByMAD:
			s.scale = medianDeviation(s.residuals, s.prior)
		case ByQn:
			s.scale = qn(s.residuals)
		}
	}
	switch o := &s.options; {
	case o.Schedule != nil:
		s.alpha = o.Schedule.Alpha(iteration)
		if math.IsNaN(s.alpha) {
			return false, failure(ErrArgument, "the schedule gives alpha = NaN at step %d", iteration)
		}
		return iteration > 0 && s.alpha != last, nil
	case !s.fits:
		s.alpha = s.alphas.Lo
		return false, nil
	}
	fit := &FitOptions{Alpha: &s.alphas, Mu: new(0.0)}
	if !s.fitsScale() {
		fit.Scale = new(s.scale)
	}
	data, err := newSamples("rows", s.residuals, s.prior)
	if s.inliers != nil {
		residuals, prior := s.doubtful()
		data, err = newSamples("rows that are not known to be inliers", residuals, prior)
	}
	if err != nil {
		return false, err
	}
	f, err := newFitter(data, fit)
	if err != nil {
		return false, fmt.Errorf("shape of the residuals after %d iterations: %w", iteration, err)
	}
	for i, r := range s.residuals {
		if s.inlier(i) {
			f.known.square += s.prior[i] / data.weightUnit * (r / f.unit) * (r / f.unit)
		}
	}
	f.known.weight = s.known / data.weightUnit
	best, err := f.fitFrom(s.alpha, s.scale, thorough)
	if err != nil {
		return false, fmt.Errorf("shape of the residuals after %d iterations: %w", iteration, err)
	}
	s.alpha = best.shape
	if s.fitsScale() {
		_, s.scale = f.place(&best)
	}
	return false, nil
}

// objective returns Σ prior·ρ, with the terms of α and c where they are fitted.
func (s *irls) objective() float64 {
	value := s.loss(Kernel{Alpha: s.alpha, Scale: s.scale}, s.residuals)
	if s.fits {
		value += floats.Sum(s.prior)*math.Log(s.scale) + s.logZ(s.alpha) + s.logSizes
	}
	return value
}

// step moves β to the solution of the weighted problem, or part of the way until the loss does not rise. It returns by how much
// it moved the residuals, at most.
func (s *irls) step() (moved float64, err error) {
	k := Kernel{Alpha: s.alpha, Scale: s.scale}
	step, err := s.increment(k)
	if err != nil {
		return 0, err
	}
	now := s.loss(k, s.residuals)
	for t := 1.0; t > 1e-9; t /= 2 {
		beta := s.beta.plus(t, step)
		residuals := s.residualsOf(beta)
		if s.loss(k, residuals) <= now {
			for i, r := range residuals {
				moved = math.Max(moved, math.Abs(r-s.residuals[i]))
			}
			s.beta, s.residuals = beta, residuals
			return moved, nil
		}
	}
	return 0, nil
}
