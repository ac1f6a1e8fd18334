package clustering

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/experiments/parallel"
)

// laplacian is the matrix A = Σ v_e·(e_p − e_q)(e_p − e_q)ᵀ over the edges of a graph, with the rows compressed (CSR):
// the diagonal on its own, the neighbours of row i in columns[starts[i]:starts[i+1]].
type laplacian struct {
	starts  []int32
	columns []int32
	edge    []int32 // the edge that each neighbour is reached by
	// values[k] is v of edge[k]: the entry of A is −values[k]. diagonal is the sum of each row's.
	values, diagonal []float64
}

func newLaplacian(g *Graph) *laplacian {
	a := &laplacian{
		starts: make([]int32, g.Rows+1), columns: make([]int32, 2*len(g.Edges)), edge: make([]int32, 2*len(g.Edges)),
		values: make([]float64, 2*len(g.Edges)), diagonal: make([]float64, g.Rows),
	}
	for _, e := range g.Edges {
		a.starts[e.P+1]++
		a.starts[e.Q+1]++
	}
	for i := range g.Rows {
		a.starts[i+1] += a.starts[i]
	}
	next := make([]int32, g.Rows)
	copy(next, a.starts)
	for i, e := range g.Edges {
		for _, end := range [2][2]int{{e.P, e.Q}, {e.Q, e.P}} {
			at := next[end[0]]
			a.columns[at], a.edge[at] = int32(end[1]), int32(i)
			next[end[0]]++
		}
	}
	return a
}

// set gives the edges their values v.
func (a *laplacian) set(v []float64) {
	for i := range a.diagonal {
		a.diagonal[i] = 0
		for k := a.starts[i]; k < a.starts[i+1]; k++ {
			a.values[k] = v[a.edge[k]]
			a.diagonal[i] += a.values[k]
		}
	}
}

// multiply writes A·x for a block of width columns, x and y of shape [rows, width].
func (a *laplacian) multiply(x, y []float64, width int) {
	for i, d := range a.diagonal {
		out, in := y[i*width:(i+1)*width], x[i*width:(i+1)*width]
		for c, v := range in {
			out[c] = d * v
		}
		for k := a.starts[i]; k < a.starts[i+1]; k++ {
			v := a.values[k]
			j := int(a.columns[k]) * width
			for c, u := range x[j : j+width] {
				out[c] -= v * u
			}
		}
	}
}

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
	parallel.Blocks(cols, columnBlock, func(block, from, to int) {
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

// run returns the number of steps and the largest relative residual of a column. Columns that have converged do not change any more.
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
		s.nextDirection(z, length)
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

// nextDirection sets the direction p = z + β·p.
func (s *columnSolver) nextDirection(z, beta []float64) {
	for at := 0; at < len(z); at += s.width {
		x, y := s.p[at:at+s.width], z[at:at+s.width]
		for c, b := range beta {
			x[c] = y[c] + b*x[c]
		}
	}
}

// lanczosSteps is more than the largest eigenvalue needs to come out to 1e-3 from below; fewer where it settles earlier.
const lanczosSteps = 80

// largestEigenvalue returns the largest eigenvalue of a symmetric positive semidefinite matrix of the given size, which
// multiply applies, by Lanczos' method from a fixed random vector. It ends where five steps change it by less than 1e-6
// of it.
func largestEigenvalue(size int, multiply func(x, y []float64)) float64 {
	rng := rand.New(rand.NewPCG(1, 0xbb67ae8584caa73b))
	v, previous, w := make([]float64, size), make([]float64, size), make([]float64, size)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	floats.Scale(1/math.Sqrt(dot(v, v)), v)
	var diagonal, beside []float64
	last := 0.0
	for step := 1; ; step++ {
		multiply(v, w)
		if len(beside) > 0 {
			floats.AddScaled(w, -beside[len(beside)-1], previous)
		}
		a := dot(v, w)
		diagonal = append(diagonal, a)
		floats.AddScaled(w, -a, v)
		b := math.Sqrt(dot(w, w))
		done := step == min(size, lanczosSteps) || b <= 1e-14*math.Abs(a)
		if done || step%5 == 0 {
			now := largestOfTridiagonal(diagonal, beside)
			if done || now-last < 1e-6*now {
				return now
			}
			last = now
		}
		beside = append(beside, b)
		previous, v, w = v, w, previous
		floats.Scale(1/b, v)
	}
}

func largestOfTridiagonal(diagonal, beside []float64) float64 {
	n := len(diagonal)
	m := mat.NewSymDense(n, nil)
	for i, d := range diagonal {
		m.SetSym(i, i, d)
		if i+1 < n {
			m.SetSym(i, i+1, beside[i])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(m, false) {
		return math.NaN()
	}
	return eigen.Values(nil)[n-1]
}

// SpectralNorm returns ‖X‖₂, the largest singular value of X, of shape [rows, cols], row-major: the root of XᵀX's largest
// eigenvalue.
func SpectralNorm(x []float64, cols int) float64 {
	rows := len(x) / cols
	product := make([]float64, rows)
	const size = 512
	partial := make([][]float64, (rows+size-1)/size)
	return math.Sqrt(largestEigenvalue(cols, func(v, y []float64) {
		parallel.Blocks(rows, size, func(part, from, to int) {
			sum := make([]float64, cols)
			for i := from; i < to; i++ {
				row := x[i*cols : (i+1)*cols]
				product[i] = dot(row, v)
				floats.AddScaled(sum, product[i], row)
			}
			partial[part] = sum
		})
		clear(y)
		for _, sum := range partial {
			floats.AddScaled(y, 1, sum)
		}
	}))
}

// SpectralNorm returns ‖A‖₂, the largest eigenvalue of A = Σ v_e·(e_p − e_q)(e_p − e_q)ᵀ, for values v ≥ 0 of the edges.
func (g *Graph) SpectralNorm(v []float64) float64 {
	a := newLaplacian(g)
	a.set(v)
	return a.norm()
}

// norm returns the largest eigenvalue of A.
func (a *laplacian) norm() float64 {
	return largestEigenvalue(len(a.diagonal), func(x, y []float64) { a.multiply(x, y, 1) })
}

// dot returns the inner product, and like sum and squaredDistance adds in the order of the values. floats.Dot and
// floats.Sum of gonum add several at a time, in an order that depends on the processor.
func dot(a, b []float64) float64 {
	b = b[:len(a)]
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

func sum(values []float64) float64 {
	s := 0.0
	for _, v := range values {
		s += v
	}
	return s
}

// squaredDistance returns ‖a − b‖².
func squaredDistance(a, b []float64) float64 {
	b = b[:len(a)]
	s := 0.0
	for i, v := range a {
		d := v - b[i]
		s += d * d
	}
	return s
}
