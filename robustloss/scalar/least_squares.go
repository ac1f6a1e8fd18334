package scalar

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// weightedLeastSquares is min Σ w_i·(y_i − x_i·β)² for changing weights. The columns of x are held with length 1.
type weightedLeastSquares struct {
	n, p    int
	x       *mat.Dense
	y       []float64
	lengths []float64
}

// maxCondition is the condition number of the weighted design, columns of length 1, from which on its columns count as
// linearly dependent.
const maxCondition = 1e12

func newWeightedLeastSquares(x mat.Matrix, y mat.Vector) (*weightedLeastSquares, error) {
	n, p := x.Dims()
	if y.Len() != n {
		return nil, fmt.Errorf("robustloss/scalar: x has %d rows, y has %d values", n, y.Len())
	}
	if n < p {
		return nil, fmt.Errorf("robustloss/scalar: %d rows cannot fix %d coefficients", n, p)
	}
	l := &weightedLeastSquares{n: n, p: p, x: mat.DenseCopyOf(x), y: make([]float64, n), lengths: make([]float64, p)}
	for i := range n {
		l.y[i] = y.AtVec(i)
		if math.IsNaN(l.y[i]) || math.IsInf(l.y[i], 0) {
			return nil, fmt.Errorf("robustloss/scalar: y[%d] is %g: it must be finite", i, l.y[i])
		}
		for j, v := range l.x.RawRowView(i) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("robustloss/scalar: x[%d, %d] is %g: it must be finite", i, j, v)
			}
		}
	}
	for j := range p {
		column := l.x.ColView(j)
		l.lengths[j] = mat.Norm(column, 2)
		if l.lengths[j] == 0 {
			return nil, fmt.Errorf("robustloss/scalar: column %d of x is 0: the columns are linearly dependent", j)
		}
		for i := range n {
			l.x.Set(i, j, l.x.At(i, j)/l.lengths[j])
		}
	}
	return l, nil
}

// priorWeights checks and copies weights; nil means 1 for each row.
func (l *weightedLeastSquares) priorWeights(weights []float64) ([]float64, error) {
	prior := make([]float64, l.n)
	if weights != nil && len(weights) != l.n {
		return nil, fmt.Errorf("robustloss/scalar: %d weights for %d rows", len(weights), l.n)
	}
	for i := range prior {
		prior[i] = 1
		if weights != nil {
			prior[i] = weights[i]
		}
		if !(prior[i] >= 0 && prior[i] <= math.MaxFloat64) {
			return nil, fmt.Errorf("robustloss/scalar: weights[%d] is %g: it must be finite and not negative", i, prior[i])
		}
	}
	return prior, nil
}

// solve returns β for these weights, by a QR decomposition of the rows times √weight.
func (l *weightedLeastSquares) solve(weights []float64) ([]float64, error) {
	a, b := mat.NewDense(l.n, l.p, nil), mat.NewVecDense(l.n, nil)
	for i, w := range weights {
		root := math.Sqrt(w)
		row := a.RawRowView(i)
		for j, v := range l.x.RawRowView(i) {
			row[j] = root * v
		}
		b.SetVec(i, root*l.y[i])
	}
	var qr mat.QR
	qr.Factorize(a)
	if condition := qr.Cond(); !(condition < maxCondition) {
		counting := 0
		for _, w := range weights {
			if w > 0 {
				counting++
			}
		}
		return nil, fmt.Errorf("robustloss/scalar: the columns of x are linearly dependent over the %d rows of positive weight "+
			"(condition number %.1g): drop a column, or lower the outlier rejection", counting, condition)
	}
	var beta mat.VecDense
	if err := qr.SolveVecTo(&beta, false, b); err != nil {
		return nil, fmt.Errorf("robustloss/scalar: weighted least squares: %w", err)
	}
	result := make([]float64, l.p)
	for j := range result {
		result[j] = beta.AtVec(j) / l.lengths[j]
	}
	return result, nil
}

// residuals returns y − xβ.
func (l *weightedLeastSquares) residuals(beta []float64) []float64 {
	r := make([]float64, l.n)
	for i := range r {
		r[i] = l.y[i]
		for j, v := range l.x.RawRowView(i) {
			r[i] -= v * (l.lengths[j] * beta[j])
		}
	}
	return r
}

// size returns the largest term that the residuals are differences of: their rounding error is some 1e-16 of it.
func (l *weightedLeastSquares) size(beta []float64) float64 {
	largest := 0.0
	for i, y := range l.y {
		largest = math.Max(largest, math.Abs(y))
		for j, v := range l.x.RawRowView(i) {
			largest = math.Max(largest, math.Abs(v*l.lengths[j]*beta[j]))
		}
	}
	return largest
}
