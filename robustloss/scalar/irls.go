package scalar

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Regression is the result of IRLS.
type Regression struct {
	Coefficients *mat.VecDense // β, one per column of x
	Residuals    []float64     // y − xβ
	Weights      []float64     // prior weight times ψ(r)/r·c², in [0, 1] for α ≤ 2: what the residual still counts
	Alpha, Scale float64       // shape and scale of the loss
	Objective    float64       // Σ ρ, or the negative log-likelihood where the scale is fitted
	Iterations   int           // weighted least squares problems solved from the start on
	Stop         StopReason    // why it ended
}

// Kernel returns the loss with the shape and scale of the result.
func (r *Regression) Kernel() Kernel { return Kernel{Alpha: r.Alpha, Scale: r.Scale} }

// StopReason says why IRLS ended.
type StopReason int

// The reasons to stop.
const (
	StopConverged  StopReason = iota + 1 // the objective stopped falling
	StopExactFit                         // at least half of the residuals vanish: there is no scale to fit
	StopIterations                       // MaxIterations
)

// String returns the reason in words.
func (s StopReason) String() string {
	switch s {
	case StopConverged:
		return "the objective converged"
	case StopExactFit:
		return "half of the residuals vanish"
	case StopIterations:
		return "the limit of iterations"
	}
	return fmt.Sprintf("StopReason(%d)", int(s))
}

// IRLSOptions says which loss IRLS minimises. The zero value adapts α in [0, 2] and c.
type IRLSOptions struct {
	// Alpha fixes α, in [−∞, +∞]. Nil means that α is fitted to the residuals at each iteration, with Fit.
	Alpha *float64

	// AlphaBounds is where a fitted α may go, within [0, +∞]. Nil means [0, 2].
	AlphaBounds *Interval

	// Schedule, if not nil, gives α at each iteration in the place of Alpha; see ConstantSchedule and its like.
	Schedule Schedule

	// Scale fixes c, in the units of y. 0 means that c is fitted with α; where α may be negative (Alpha < 0, or a
	// Schedule) it then is 1.4826 times the median of |residual| at the start.
	Scale float64

	// Weights are prior weights of the rows. Nil means 1 for each.
	Weights []float64

	// Start is where β starts. Nil means two starts, of which the better result is taken: about the least absolute
	// deviations, and least squares (with a Schedule only the first).
	Start []float64

	// MaxIterations is the limit. 0 means 1000.
	MaxIterations int

	// Tolerance ends the iteration when the objective falls by less than this part of 1 + |objective|. 0 means 1e-13.
	Tolerance float64
}

const (
	defaultIterations = 1000
	defaultTolerance  = 1e-13
)

// IRLS fits y ≈ xβ by iteratively reweighted least squares: it minimises Σ weights[i]·ρ(y_i − x_i·β, α, c), or, where c
// is fitted too, the negative log-likelihood with c and α, alternating with [Fit]. Each iteration solves the least
// squares problem weighted by ψ(r)/r, which majorises ρ for α ≤ 2, so that the objective falls; for α > 2 the step is
// halved until it does. For α ≥ 1 and a fixed c the minimum is the global one; below, it is the one downhill from the
// start.
//
//   - x: design, n rows of p columns, n ≥ p. An intercept is a column of ones.
//   - y: n values.
//
// It returns an error if the shapes differ, if a value is NaN or infinite, if a weight is negative, if the columns of x
// are linearly dependent (also among the rows that still count), and where Fit does.
func IRLS(x mat.Matrix, y mat.Vector, options *IRLSOptions) (*Regression, error) {
	s, err := newIRLS(x, y, options)
	if err != nil {
		return nil, err
	}
	if s.beta, err = s.problem.solve(s.prior); err != nil {
		return nil, err
	}
	if s.options.Start != nil {
		return s.runFrom(s.options.Start)
	}
	leastSquares := s.beta
	if err := s.absoluteDeviations(); err != nil {
		return nil, err
	}
	best, err := s.runFrom(s.beta)
	if err != nil || s.options.Schedule != nil || best.Stop == StopExactFit {
		return best, err
	}
	if other, err := s.runFrom(leastSquares); err == nil && other.Objective < best.Objective {
		return other, nil
	}
	return best, nil
}

// irls is the state of the iteration.
type irls struct {
	options      IRLSOptions
	problem      *weightedLeastSquares
	prior        []float64
	beta         []float64
	residuals    []float64
	alpha, scale float64
	startScale   float64 // median deviation after absoluteDeviations
	fits         bool    // c, and α where it is not given
}

// newIRLS checks the arguments.
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
	if o.AlphaBounds == nil {
		o.AlphaBounds = &Interval{0, 2}
	}
	if err := o.AlphaBounds.check("alpha", alphaFit); err != nil {
		return nil, err
	}
	if o.Alpha != nil && math.IsNaN(*o.Alpha) {
		return nil, errors.New("robustloss/scalar: alpha is NaN")
	}
	if o.Scale != 0 && !(o.Scale > 0 && o.Scale <= math.MaxFloat64) {
		return nil, errors.New(badScale)
	}
	var err error
	if s.problem, err = newWeightedLeastSquares(x, y); err != nil {
		return nil, err
	}
	if s.prior, err = s.problem.priorWeights(o.Weights); err != nil {
		return nil, err
	}
	if o.Start != nil && len(o.Start) != s.problem.p {
		return nil, fmt.Errorf("robustloss/scalar: %d starting coefficients for %d columns", len(o.Start), s.problem.p)
	}
	negative := o.Schedule != nil || o.Alpha != nil && *o.Alpha < 0
	s.fits = !negative && (o.Scale == 0 || o.Alpha == nil)
	return s, nil
}

// absoluteDeviations moves β from least squares to about the least absolute deviations, a fit that outliers hardly
// move: α = 1, with a tenth of the median deviation for a scale.
func (s *irls) absoluteDeviations() error {
	for range 50 {
		s.residuals = s.problem.residuals(s.beta)
		s.scale = s.medianScale()
		if s.exact() {
			break
		}
		beta, err := s.problem.solve(s.weights(Kernel{Alpha: 1, Scale: s.scale / 10}))
		if err != nil {
			return err
		}
		s.beta = beta
	}
	s.startScale = s.medianScale()
	return nil
}

// runFrom iterates from β.
func (s *irls) runFrom(beta []float64) (*Regression, error) {
	s.beta = append([]float64(nil), beta...)
	s.residuals = s.problem.residuals(s.beta)
	switch {
	case s.options.Scale != 0:
		s.scale = s.options.Scale
	case s.startScale != 0: // one scale for all starts, where it is not fitted
		s.scale = s.startScale
	default:
		s.scale = s.medianScale()
	}
	return s.run()
}

// medianScale returns 1.4826 times the weighted median of |residual|.
func (s *irls) medianScale() float64 {
	data := &samples{x: s.residuals, w: s.prior}
	for _, w := range s.prior {
		data.total += w
	}
	return madToScale * data.deviations(0).quantile(0.5)
}

// exact says whether the residuals vanish, to rounding.
func (s *irls) exact() bool { return !(s.scale > 1e-14*s.problem.size(s.beta)) }

// weights returns the prior weights times c²·ψ(r)/r.
func (s *irls) weights(k Kernel) []float64 {
	w := make([]float64, len(s.residuals))
	for i, r := range s.residuals {
		w[i] = s.prior[i] * Kernel{Alpha: k.Alpha, Scale: 1}.Weight(r/k.Scale)
	}
	return w
}

// loss returns Σ prior·ρ.
func (s *irls) loss(k Kernel, residuals []float64) float64 {
	sum := 0.0
	for i, r := range residuals {
		sum += s.prior[i] * k.Rho(r)
	}
	return sum
}

// run iterates from the start to the end.
func (s *irls) run() (*Regression, error) {
	previous := math.Inf(1)
	for iteration := 0; ; iteration++ {
		if s.options.Scale == 0 && !(s.medianScale() > 1e-14*s.problem.size(s.beta)) {
			return s.result(iteration, math.Inf(-1), StopExactFit), nil
		}
		changed, err := s.updateShape(iteration)
		if err != nil {
			return nil, err
		}
		objective := s.objective()
		if !changed && previous-objective <= s.options.Tolerance*(1+math.Abs(objective)) {
			return s.result(iteration, objective, StopConverged), nil
		}
		if iteration >= s.options.MaxIterations {
			return s.result(iteration, objective, StopIterations), nil
		}
		previous = objective
		if err := s.step(); err != nil {
			return nil, err
		}
	}
}

// updateShape sets α and c for the residuals. It says whether a schedule changed α, which makes the objective another.
func (s *irls) updateShape(iteration int) (changed bool, err error) {
	o := &s.options
	last := s.alpha
	switch {
	case o.Schedule != nil:
		s.alpha = o.Schedule.Alpha(iteration)
		if math.IsNaN(s.alpha) {
			return false, fmt.Errorf("robustloss/scalar: the schedule gives alpha = NaN at step %d", iteration)
		}
		return iteration > 0 && s.alpha != last, nil
	case !s.fits:
		s.alpha = *o.Alpha
		return false, nil
	}
	fit := &FitOptions{Alpha: o.AlphaBounds, Mu: new(0.0)}
	if o.Alpha != nil {
		fit.Alpha = &Interval{*o.Alpha, *o.Alpha}
	}
	if o.Scale != 0 {
		fit.Scale = &o.Scale
	}
	g, err := FitWith(s.residuals, s.prior, fit)
	if err != nil {
		return false, fmt.Errorf("shape of the residuals after %d iterations: %w", iteration, err)
	}
	s.alpha, s.scale = g.Alpha, g.Scale
	return false, nil
}

// objective returns Σ prior·ρ, with the terms of α and c where they are fitted.
func (s *irls) objective() float64 {
	value := s.loss(Kernel{Alpha: s.alpha, Scale: s.scale}, s.residuals)
	if s.fits {
		total := 0.0
		for _, w := range s.prior {
			total += w
		}
		value += total * (math.Log(s.scale) + LogPartition(s.alpha))
	}
	return value
}

// step moves β to the solution of the weighted problem, or part of the way until the loss does not rise.
func (s *irls) step() error {
	k := Kernel{Alpha: s.alpha, Scale: s.scale}
	target, err := s.problem.solve(s.weights(k))
	if err != nil {
		return err
	}
	now := s.loss(k, s.residuals)
	beta := make([]float64, len(target))
	for t := 1.0; t > 1e-9; t /= 2 {
		for j := range beta {
			beta[j] = s.beta[j] + t*(target[j]-s.beta[j])
		}
		residuals := s.problem.residuals(beta)
		if s.loss(k, residuals) <= now {
			s.beta, s.residuals = beta, residuals
			return nil
		}
	}
	return nil
}

func (s *irls) result(iterations int, objective float64, stop StopReason) *Regression {
	r := &Regression{
		Coefficients: mat.NewVecDense(len(s.beta), s.beta), Residuals: s.residuals, Weights: s.prior,
		Alpha: s.alpha, Scale: s.scale, Objective: objective, Iterations: iterations, Stop: stop,
	}
	if stop == StopExactFit {
		tiny := math.Max(1e-14*s.problem.size(s.beta), math.SmallestNonzeroFloat64)
		r.Alpha, r.Scale = 0, 0
		r.Weights = s.weights(Kernel{Alpha: 0, Scale: tiny})
		return r
	}
	r.Weights = s.weights(r.Kernel())
	return r
}
