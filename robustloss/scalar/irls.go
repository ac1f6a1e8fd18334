package scalar

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

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
