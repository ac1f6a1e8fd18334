package nls

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// Problem is a nonlinear least squares problem: residuals as a function of parameters.
type Problem struct {
	// Size is the number of residuals.
	Size int

	// Residuals writes the residuals r(x) of the parameters x into r, which has the length Size. It must not change x. Where
	// the model does not exist it writes NaN: steps do not go there.
	Residuals func(x, r []float64)

	// Jacobian writes the derivatives ∂r_i/∂x_j into `[Size, n]`, where n is the number of parameters; with Move,
	// ∂r_i(x ⊞ δ)/∂δ_j at δ = 0. Nil means central differences, with steps of 6e-6 of the size of a parameter.
	Jacobian func(x []float64, jacobian *mat.Dense)

	// Block is the number of residuals that belong together: 3 for the three coordinates of a point's distance, for
	// example. The loss is that of their Euclidean norm. 0 means 1. It must divide Size.
	Block int

	// Inliers lists blocks that are known to be inliers, counted from 0. Their loss is quadratic whatever the schedule, with
	// the curvature that the schedule's loss has at 0.
	Inliers []int

	// Move writes x ⊞ δ, the parameters x moved by the step δ, for parameters that are no vectors: rotations, for example,
	// kept as matrices or quaternions in x. Nil means x + δ. The step has the length Freedom, which is only used with Move.
	Move    func(x, step, moved []float64)
	Freedom int

	// Typical are sizes of the parameters (with Move, of the step's components), for the steps of central differences where
	// a parameter is 0. Nil means 1 for each.
	Typical []float64
}

// solveError is an error of a kind that package scalar names, with a text of its own.
type solveError struct {
	kind error
	text string
}

func (e *solveError) Error() string { return "robustloss/scalar/nls: " + e.text }
func (e *solveError) Unwrap() error { return e.kind }

func failure(kind error, format string, arguments ...any) error {
	return &solveError{kind, fmt.Sprintf(format, arguments...)}
}

// freedom is the number of components of a step from x.
func (p *Problem) freedom(x []float64) int {
	if p.Move != nil {
		return p.Freedom
	}
	return len(x)
}

// block is the number of residuals of a block.
func (p *Problem) block() int { return max(1, p.Block) }

// check reports what makes the problem impossible to solve from x.
func (p *Problem) check(x []float64) error {
	n := p.freedom(x)
	switch {
	case p.Residuals == nil:
		return failure(scalar.ErrArgument, "the problem has no Residuals")
	case len(x) == 0 || n < 1:
		return failure(scalar.ErrArgument, "%d parameters with %d degrees of freedom: want some", len(x), n)
	case p.Size < 1 || p.Block < 0 || p.Size%p.block() != 0:
		return failure(scalar.ErrArgument, "%d residuals in blocks of %d: want a positive multiple", p.Size, p.block())
	case p.Size < n:
		return failure(scalar.ErrTooFew, "%d residuals cannot fix %d parameters", p.Size, n)
	case p.Typical != nil && len(p.Typical) != n:
		return failure(scalar.ErrArgument, "%d typical sizes for %d parameters", len(p.Typical), n)
	}
	for j, v := range x {
		if !finite(v) {
			return failure(scalar.ErrArgument, "parameter %d starts at %g: it must be finite", j, v)
		}
	}
	for j, v := range p.Typical {
		if !(v > 0 && finite(v)) {
			return failure(scalar.ErrArgument, "the typical size of parameter %d is %g: it must be positive and finite", j, v)
		}
	}
	for _, i := range p.Inliers {
		if i < 0 || i >= p.Size/p.block() {
			return failure(scalar.ErrArgument, "block %d is called an inlier: there are the blocks 0 to %d", i, p.Size/p.block()-1)
		}
	}
	return nil
}

func finite(v float64) bool { return v-v == 0 }

// move writes x ⊞ step.
func (p *Problem) move(x, step, moved []float64) {
	if p.Move != nil {
		p.Move(x, step, moved)
		return
	}
	for j, v := range x {
		moved[j] = v + step[j]
	}
}

// jacobian writes the derivatives at x, given or by central differences.
func (p *Problem) jacobian(x []float64, to *mat.Dense) {
	if p.Jacobian != nil {
		to.Zero()
		p.Jacobian(x, to)
		return
	}
	p.differences(x, to)
}

// differences writes central differences. The components of the step are counted in units of the parameters' sizes.
func (p *Problem) differences(x []float64, to *mat.Dense) {
	n := p.freedom(x)
	units, step, moved := make([]float64, n), make([]float64, n), make([]float64, len(x))
	for j := range units {
		units[j] = 1
		if p.Typical != nil {
			units[j] = p.Typical[j]
		}
		if p.Move == nil && x[j] != 0 {
			units[j] = math.Abs(x[j])
		}
	}
	at := func(r, in []float64) {
		for j, v := range in {
			step[j] = v * units[j]
		}
		p.move(x, step, moved)
		p.Residuals(moved, r)
	}
	fd.Jacobian(to, at, make([]float64, n), &fd.JacobianSettings{Formula: fd.Central})
	for j, unit := range units {
		for i := range p.Size {
			to.Set(i, j, to.At(i, j)/unit)
		}
	}
}

// CheckJacobian compares the problem's Jacobian at x with central differences, and reports the worst element that differs
// by more than the tolerance times the largest of its column. 1e-6 is a tolerance for smooth residuals of moderate curvature.
func (p *Problem) CheckJacobian(x []float64, tolerance float64) error {
	if err := p.check(x); err != nil {
		return err
	}
	if p.Jacobian == nil {
		return failure(scalar.ErrArgument, "the problem has no Jacobian to check")
	}
	n := p.freedom(x)
	given, differences := mat.NewDense(p.Size, n, nil), mat.NewDense(p.Size, n, nil)
	p.Jacobian(x, given)
	p.differences(x, differences)
	worst, row, column := 0.0, 0, 0
	for j := range n {
		largest := 0.0
		for i := range p.Size {
			largest = max(largest, math.Abs(differences.At(i, j)), math.Abs(given.At(i, j)))
		}
		for i := range p.Size {
			d := math.Abs(given.At(i, j) - differences.At(i, j))
			if d > tolerance*largest && d/largest > worst || math.IsNaN(d) {
				worst, row, column = d/largest, i, j
			}
		}
	}
	if worst > 0 || math.IsNaN(worst) {
		return failure(scalar.ErrArgument, "the Jacobian says that residual %d changes by %.6g with parameter %d, differences say %.6g",
			row, given.At(row, column), column, differences.At(row, column))
	}
	return nil
}
