package clustering

import (
	"fmt"
	"math"
)

// columnBlock is the number of columns that are solved together, so that each row of the matrix is read once for all.
const columnBlock = 16

// maxSteps bounds the conjugate gradient steps of one solve.
const maxSteps = 1000

// solve replaces U by the solution of (I + λA)·U = X to a relative residual of tolerance in each column, by conjugate
// gradients with the diagonal as preconditioner, from the U there is. X and U have the shape [rows, cols], row-major. It
// returns the largest number of steps that a column took.
func (a *laplacian) solve(lambda, tolerance float64, x, u []float64, cols int) (steps int, err error) {
	blocks := (cols + columnBlock - 1) / columnBlock
	taken, failed := make([]int, blocks), make([]float64, blocks)
	parts(cols, columnBlock, func(block, from, to int) {
		s := newColumnSolver(a, lambda, to-from)
		gather(s.b, x, cols, from, to)
		gather(s.u, u, cols, from, to)
		taken[block], failed[block] = s.run(tolerance)
		scatter(s.u, u, cols, from, to)
	})
	for i := range taken {
		steps = max(steps, taken[i])
		if !(failed[i] <= tolerance) {
			return steps, fmt.Errorf("clustering: conjugate gradients reached a relative residual of %g, not %g, in %d steps", failed[i], tolerance, taken[i])
		}
	}
	return steps, nil
}

func gather(block, all []float64, cols, from, to int) {
	for i, at := 0, 0; i < len(all); i, at = i+cols, at+to-from {
		copy(block[at:at+to-from], all[i+from:i+to])
	}
}

func scatter(block, all []float64, cols, from, to int) {
	for i, at := 0, 0; i < len(all); i, at = i+cols, at+to-from {
		copy(all[i+from:i+to], block[at:at+to-from])
	}
}

// columnSolver runs conjugate gradients on width columns side by side, each with its own step lengths. Blocks have the
// shape [rows, width].
type columnSolver struct {
	a             *laplacian
	lambda        float64
	width         int
	b, u, r, p, q []float64
}

func newColumnSolver(a *laplacian, lambda float64, width int) *columnSolver {
	n := len(a.diagonal) * width
	return &columnSolver{
		a: a, lambda: lambda, width: width,
		b: make([]float64, n), u: make([]float64, n), r: make([]float64, n), p: make([]float64, n), q: make([]float64, n),
	}
}

// apply writes q = (I + λA)·v.
func (s *columnSolver) apply(v []float64) {
	s.a.multiply(v, s.q, s.width)
	for i, x := range v {
		s.q[i] = x + s.lambda*s.q[i]
	}
}

// run returns the number of steps and the largest relative residual of a column. Columns that have arrived stand still.
func (s *columnSolver) run(tolerance float64) (steps int, worst float64) {
	size := s.columnSums(s.b, s.b)
	s.apply(s.u)
	for i := range s.r {
		s.r[i] = s.b[i] - s.q[i]
	}
	s.precondition(s.p)
	rz := s.columnSums(s.r, s.p)
	z := make([]float64, len(s.p))
	for ; ; steps++ {
		residual := s.columnSums(s.r, s.r)
		worst = 0
		active := make([]bool, s.width)
		for c := range active {
			relative := 0.0
			if residual[c] > 0 {
				relative = math.Sqrt(residual[c] / size[c]) // ∞ if b = 0, where the solution is 0
			}
			active[c] = relative > tolerance
			if relative > worst || math.IsNaN(relative) {
				worst = relative
			}
		}
		if worst <= tolerance || steps == maxSteps || math.IsNaN(worst) {
			return steps, worst
		}
		s.apply(s.p)
		pq := s.columnSums(s.p, s.q)
		length := make([]float64, s.width)
		for c := range length {
			if active[c] {
				length[c] = rz[c] / pq[c]
			}
		}
		s.addScaled(s.u, s.p, length, 1)
		s.addScaled(s.r, s.q, length, -1)
		s.precondition(z)
		next := s.columnSums(s.r, z)
		for c := range length {
			if active[c] {
				length[c] = next[c] / rz[c]
			}
		}
		rz = next
		s.turn(z, length)
	}
}

// precondition writes z = r/diag(I + λA).
func (s *columnSolver) precondition(z []float64) {
	for i, d := range s.a.diagonal {
		scale := 1 / (1 + s.lambda*d)
		for k := i * s.width; k < (i+1)*s.width; k++ {
			z[k] = scale * s.r[k]
		}
	}
}

// columnSums returns the inner products of the columns of a and b.
func (s *columnSolver) columnSums(a, b []float64) []float64 {
	sums := make([]float64, s.width)
	for at := 0; at < len(a); at += s.width {
		x, y := a[at:at+s.width], b[at:at+s.width]
		for c := range sums {
			sums[c] += x[c] * y[c]
		}
	}
	return sums
}

// addScaled adds sign·length[c]·b to each column c of a.
func (s *columnSolver) addScaled(a, b, length []float64, sign float64) {
	for at := 0; at < len(a); at += s.width {
		x, y := a[at:at+s.width], b[at:at+s.width]
		for c, l := range length {
			x[c] += sign * l * y[c]
		}
	}
}

// turn sets the direction p = z + β·p.
func (s *columnSolver) turn(z, beta []float64) {
	for at := 0; at < len(z); at += s.width {
		x, y := s.p[at:at+s.width], z[at:at+s.width]
		for c, b := range beta {
			x[c] = y[c] + b*x[c]
		}
	}
}
