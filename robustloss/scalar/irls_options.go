package scalar

import (
	"fmt"

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
