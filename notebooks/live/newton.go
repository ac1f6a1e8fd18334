package live

import (
	"math"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// linear is a linear model: residual i is y[i] − Σ rows[i][j]·β[j]. A model without columns has residuals that stay as they are.
type linear struct {
	rows [][]float64
	y    []float64
}

// fit is a model's β with a loss for its residuals, and which parameters of the loss are free beside β.
type fit struct {
	beta                 []float64
	kernel               scalar.Kernel
	freeScale, freeAlpha bool
}

func (m linear) residuals(beta []float64) []float64 {
	r := make([]float64, len(m.y))
	for i, y := range m.y {
		r[i] = y
		for j, x := range m.rows[i] {
			r[i] -= x * beta[j]
		}
	}
	return r
}

// objective is the mean of ρ, or of −log p where c is free.
func (m linear) objective(f fit) float64 {
	sum := 0.0
	for _, r := range m.residuals(f.beta) {
		sum += f.kernel.Rho(r)
	}
	sum /= float64(len(m.y))
	if f.freeScale {
		sum += math.Log(f.kernel.Scale) + scalar.LogPartition(f.kernel.Alpha)
	}
	return sum
}

// gradient is that of the objective in β, and in log c and α where they are free:
//
//	∂/∂β_j = −mean ψ(r)·x_j,   ∂/∂log c = 1 − mean ψ(r)·r,   ∂/∂α = mean ∂ρ/∂α + d log Z/dα
func (m linear) gradient(f fit) []float64 {
	p, n := len(f.beta), float64(len(m.y))
	g := make([]float64, p, p+2)
	var pull, shape float64
	for i, r := range m.residuals(f.beta) {
		psi := f.kernel.Influence(r)
		for j, x := range m.rows[i] {
			g[j] -= psi * x / n
		}
		pull += psi * r / n
		if f.freeAlpha {
			shape += f.kernel.AlphaGradient(r) / n
		}
	}
	if f.freeScale {
		g = append(g, 1-pull)
	}
	if f.freeAlpha {
		g = append(g, shape+scalar.LogPartitionDerivative(f.kernel.Alpha))
	}
	return g
}

// moved returns the fit whose free parameters are those of f plus step: β, log c, α.
func (f fit) moved(step []float64) fit {
	p := len(f.beta)
	to := f
	to.beta = make([]float64, p)
	for j := range p {
		to.beta[j] = f.beta[j] + step[j]
	}
	if f.freeScale {
		to.kernel.Scale *= math.Exp(step[p])
	}
	if f.freeAlpha {
		to.kernel.Alpha += step[len(step)-1]
	}
	return to
}

// exact returns the stationary point of the objective beside a fit, to the rounding errors of its gradient, and whether
// Newton's method leads to one that is no worse, with α in [0, 2].
//
// Solvers that stop when their steps are small stop elsewhere in a browser than here, for the last digit of a logarithm differs.
// A zero of the gradient is at the same place for both.
func (m linear) exact(f fit) (fit, bool) {
	start, before := m.objective(f), math.Inf(1)
	for range 40 {
		step, ok := m.newton(f)
		if !ok {
			return f, false
		}
		to, size := f.moved(step), largest(step)
		if f.freeAlpha && !(to.kernel.Alpha >= 0 && to.kernel.Alpha <= 2) || size > 1 {
			return f, false
		}
		if size >= before && size < 1e-9 { // only rounding errors are left
			return f, m.objective(f) <= start+1e-12
		}
		f, before = to, size
	}
	return f, false
}

// newton returns the step of Newton's method, with the derivatives of the gradient by differences.
func (m linear) newton(f fit) (step []float64, ok bool) {
	g := m.gradient(f)
	n := len(g)
	rows := make([][]float64, n) // of the linear system, the right-hand side last
	for i := range rows {
		rows[i] = make([]float64, n+1)
		rows[i][n] = -g[i]
	}
	for j := range n {
		const h = 1e-6
		along := make([]float64, n)
		along[j] = h
		up := m.gradient(f.moved(along))
		along[j] = -h
		for i, down := range m.gradient(f.moved(along)) {
			rows[i][j] = (up[i] - down) / (2 * h)
		}
	}
	return solved(rows)
}

// solved returns the solution of a system whose right-hand side is the last column, by elimination with pivots.
func solved(rows [][]float64) (x []float64, ok bool) {
	n := len(rows)
	for k := range n {
		for i := k + 1; i < n; i++ {
			if math.Abs(rows[i][k]) > math.Abs(rows[k][k]) {
				rows[i], rows[k] = rows[k], rows[i]
			}
		}
		for i := range n {
			if i == k {
				continue
			}
			factor := rows[i][k] / rows[k][k]
			for j := k; j <= n; j++ {
				rows[i][j] -= factor * rows[k][j]
			}
		}
	}
	x = make([]float64, n)
	for i := range x {
		x[i] = rows[i][n] / rows[i][i]
		if math.IsNaN(x[i]) || math.IsInf(x[i], 0) {
			return nil, false
		}
	}
	return x, true
}

func largest(x []float64) (most float64) {
	for _, v := range x {
		most = max(most, math.Abs(v))
	}
	return most
}

// settled is exact for a fit whose α may lie on a bound of [0, 2], where only the others are moved.
func (m linear) settled(f fit) (fit, bool) {
	if f.kernel.Alpha > 0 && f.kernel.Alpha < 2 {
		return m.exact(f)
	}
	held := f
	held.freeAlpha = false
	to, ok := m.exact(held)
	to.freeAlpha = true
	slope := m.gradient(to)[len(to.beta)+1]
	return to, ok && (to.kernel.Alpha == 0) == (slope >= 0)
}
