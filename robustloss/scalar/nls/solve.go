package nls

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// Options say how [Solve] iterates. The zero value means all defaults.
type Options struct {
	// MaxIterations is the limit of iterations of the last stage. 0 means 200.
	MaxIterations int

	// StageIterations is the limit of iterations of each stage before the last. 0 means 20.
	StageIterations int

	// Tolerance ends the last stage when the residuals are at right angles to all that the parameters can change, to
	// this cosine, or an undamped step would change the parameters by less than this part of themselves. 0 means 1e-10.
	Tolerance float64

	// Reweighted leaves Triggs' correction out: each step is that of iteratively reweighted least squares. It needs more
	// steps near the minimum, and its model is never below a loss with α ≤ 2.
	Reweighted bool

	// Progress, if not nil, is called after each iteration.
	Progress func(Iteration)
}

const (
	defaultIterations      = 200
	defaultStageIterations = 20
	defaultTolerance       = 1e-10
	stageTolerance         = 1e-4 // of stages before the last
	maxStages              = 1000 // of a schedule

	epsilon = 0x1p-52 // the spacing of float64 at 1
)

// Iteration is one step of the solver, taken or not.
type Iteration struct {
	Stage   int
	Loss    Loss
	Cost    float64 // F after the step
	Damping float64 // λ of the step
	Taken   bool    // whether the step lowered the cost
}

// StopReason says why Solve ended.
type StopReason int

// The reasons.
const (
	StopConverged  StopReason = iota // the steps have become too short to matter
	StopExact                        // the residuals are 0
	StopIterations                   // MaxIterations were made
	StopStalled                      // no step lowers the cost, though the Jacobian says that some would
)

// String says the reason in words.
func (s StopReason) String() string {
	switch s {
	case StopConverged:
		return "converged"
	case StopExact:
		return "the residuals are 0"
	case StopIterations:
		return "not converged: the limit of iterations was reached"
	case StopStalled:
		return "not converged: no step lowers the cost: is the Jacobian right, are the residuals smooth, is any of them within the reach of the loss?"
	}
	return fmt.Sprintf("StopReason(%d)", int(s))
}

// Result is what Solve found.
type Result struct {
	X     []float64 // the parameters
	Cost  float64   // F(X) = Σ ρ(‖r_i‖) with Loss
	Loss  Loss      // that of the last stage
	Norms []float64 // ‖r_i‖ of the blocks
	// Weights are ρ′(‖r_i‖²)/ρ′(0): 1 for a residual of 0 and for known inliers, near 0 for outliers.
	Weights []float64

	Stop StopReason
	// Rank is how many of the parameters' directions the residuals of weight determine. Below the number of parameters, or
	// of degrees of freedom, others fit as well as X.
	Rank int
	// Stages and Iterations count what was done, Evaluations the calls of Residuals beside those for differences.
	Stages, Iterations, Evaluations int
}

// Converged reports whether the last stage ended at a minimum.
func (r *Result) Converged() bool { return r.Stop == StopConverged || r.Stop == StopExact }

// Solve looks for the parameters that minimise F(x) = Σ ρ(‖r_i(x)‖), downhill from start, with the losses of the schedule
// one after the other. options may be nil.
//
// Each iteration solves (H + λ·D²)·δ = −∇F by a QR factorisation, where
//
//	∇F = 2·Σ ρ′·Jᵀr,  H = Σ 2ρ′·JᵀJ + 4ρ″·Jᵀr·rᵀJ,  D² = the largest diagonal of H so far in the stage
//
// with the derivatives of ρ in s = ‖r‖². For blocks whose loss is nearly straight along r, or bends down, the term with ρ″
// is left out, so that H stays positive [1]. λ falls when the step lowers F as the model says it should, and rises until it does [6, 7].
//
// The errors are [scalar.ErrArgument] for a problem, a start, a schedule or options that cannot be, and for residuals or a
// Jacobian that are not finite at the start of an iteration; [scalar.ErrTooFew] for fewer residuals than parameters;
// [scalar.ErrOverflow] for a cost beyond float64's range; and those of the schedule. A result that did not converge is no
// error: see Stop.
func Solve(p Problem, start []float64, schedule Schedule, options *Options) (*Result, error) {
	s, err := newSolver(&p, start, schedule, options)
	if err != nil {
		return nil, err
	}
	for last := false; !last; s.result.Stages++ {
		if s.result.Stages >= maxStages {
			return nil, failure(scalar.ErrArgument, "the schedule has not ended after %d stages", maxStages)
		}
		var loss Loss
		if loss, last, err = schedule.Loss(s.result.Stages, s.loss, s.doubtfulNorms()); err != nil {
			return nil, fmt.Errorf("robustloss/scalar/nls: stage %d: %w", s.result.Stages, err)
		}
		s.loss = loss
		if err := s.stage(last); err != nil {
			return nil, err
		}
	}
	return s.finish()
}

// solver is the state of Solve.
type solver struct {
	problem *Problem
	options Options
	n       int // degrees of freedom
	block   int
	inlier  []bool // of each block

	loss     Loss
	x, moved []float64
	r, trial []float64 // residuals at x and at moved
	cost     float64   // at x
	jacobian *mat.Dense
	system   *mat.Dense // [J̃ r̃], `[≥ Size, n+1]`
	triangle *mat.Dense // its R, `[n+1, n+1]`
	scale    []float64  // D
	damping  float64    // λ
	raise    float64    // what λ is multiplied by at the next failure
	start    float64    // ‖r‖ at the start
	result   Result
}

func newSolver(p *Problem, start []float64, schedule Schedule, options *Options) (*solver, error) {
	if err := p.check(start); err != nil {
		return nil, err
	}
	if schedule == nil {
		return nil, failure(scalar.ErrArgument, "there is no schedule: Fixed is one")
	}
	s := &solver{problem: p, n: p.freedom(start), block: p.block(), x: slices.Clone(start), moved: make([]float64, len(start))}
	if options != nil {
		s.options = *options
	}
	o := &s.options
	if o.MaxIterations < 0 || o.StageIterations < 0 || !(o.Tolerance >= 0 && o.Tolerance < 1) {
		return nil, failure(scalar.ErrArgument, "%d iterations, %d for a stage, to a tolerance of %g: want no negative numbers, and a tolerance below 1",
			o.MaxIterations, o.StageIterations, o.Tolerance)
	}
	if o.MaxIterations == 0 {
		o.MaxIterations = defaultIterations
	}
	if o.StageIterations == 0 {
		o.StageIterations = defaultStageIterations
	}
	if o.Tolerance == 0 {
		o.Tolerance = defaultTolerance
	}
	s.inlier = make([]bool, p.Size/s.block)
	for _, i := range p.Inliers {
		s.inlier[i] = true
	}
	s.r, s.trial = make([]float64, p.Size), make([]float64, p.Size)
	s.jacobian = mat.NewDense(p.Size, s.n, nil)
	s.system = mat.NewDense(max(p.Size, s.n+1), s.n+1, nil)
	s.triangle = mat.NewDense(s.n+1, s.n+1, nil)
	s.evaluate(s.x, s.r)
	for i, v := range s.r {
		if !finite(v) {
			return nil, failure(scalar.ErrArgument, "residual %d is %g at the start: it must be finite", i, v)
		}
	}
	s.start = floats.Norm(s.r, 2)
	return s, nil
}

func (s *solver) evaluate(x, r []float64) {
	s.result.Evaluations++
	s.problem.Residuals(x, r)
}

// squaredNorm is ‖r_i‖² of block i.
func (s *solver) squaredNorm(r []float64, i int) float64 {
	sum := 0.0
	for _, v := range r[i*s.block : (i+1)*s.block] {
		sum += v * v
	}
	return sum
}

// doubtfulNorms are the norms of the blocks that are not known to be inliers.
func (s *solver) doubtfulNorms() []float64 {
	var norms []float64
	for i, known := range s.inlier {
		if !known {
			norms = append(norms, floats.Norm(s.r[i*s.block:(i+1)*s.block], 2))
		}
	}
	return norms
}

// rho is the loss of block i and its derivatives.
func (s *solver) rho(i int, squared float64) (rho, rho1, rho2 float64) {
	if s.inlier[i] {
		_, rho1, _ = s.loss.RhoSquared(0)
		return rho1 * squared, rho1, 0
	}
	return s.loss.RhoSquared(squared)
}

// costOf is F; NaN where a residual is NaN.
func (s *solver) costOf(r []float64) float64 {
	sum := 0.0
	for i := range s.inlier {
		rho, _, _ := s.rho(i, s.squaredNorm(r, i))
		sum += rho
	}
	return sum
}

// stage iterates with one loss.
func (s *solver) stage(last bool) error {
	limit, tolerance := s.options.StageIterations, stageTolerance
	if last {
		limit, tolerance = s.options.MaxIterations, s.options.Tolerance
	}
	s.cost = s.costOf(s.r)
	if math.IsInf(s.cost, 0) || math.IsNaN(s.cost) {
		return failure(scalar.ErrOverflow, "the cost is %g in stage %d: lower alpha, or raise the scale", s.cost, s.result.Stages)
	}
	s.scale = make([]float64, s.n)
	s.damping, s.raise = firstDamping, firstRaise
	s.result.Stop = StopIterations
	if err := s.linearise(); err != nil {
		return err
	}
	for range limit {
		stop, ended, err := s.iterate(tolerance)
		if err != nil {
			return err
		}
		if ended {
			s.result.Stop = stop
			break
		}
	}
	return nil
}

// finish fills the result.
func (s *solver) finish() (*Result, error) {
	r := &s.result
	r.X, r.Loss, r.Cost = s.x, s.loss, s.cost
	for i := range s.inlier {
		squared := s.squaredNorm(s.r, i)
		_, at, _ := s.rho(i, squared)
		_, origin, _ := s.loss.RhoSquared(0)
		r.Norms = append(r.Norms, math.Sqrt(squared))
		r.Weights = append(r.Weights, at/origin)
	}
	r.Rank = s.rank()
	return r, nil
}
