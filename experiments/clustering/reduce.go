package clustering

import (
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
)

// axesRows is the largest number of rows, evenly spaced, that principal axes are computed from.
const axesRows = 10_000

// Axes are orthonormal directions through the mean of a table's rows: those in which the rows vary most, by decreasing
// variance.
type Axes struct {
	mean []float64
	axes [][]float64
	// Share is the part of the rows' variance that lies along the axes.
	Share float64
}

// NewAxes finds the first count principal axes of a table by the eigenvectors of the covariance of its rows, or of 10,000
// of them if there are more: O(rows·cols² + cols³).
func NewAxes(t *tabular.Table, count int) (*Axes, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if count < 1 || count > t.Cols || t.Rows < 2 {
		return nil, fmt.Errorf("clustering: %d principal axes of %d rows with %d columns: want 1 to %d axes, and two rows", count, t.Rows, t.Cols, t.Cols)
	}
	a := &Axes{mean: make([]float64, t.Cols)}
	for i := range t.Rows {
		add(a.mean, t.Row(i), 1/float64(t.Rows))
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(a.covariance(t), true) {
		return nil, fmt.Errorf("clustering: the covariance of %d columns has no eigenvectors", t.Cols)
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil) // increasing
	total := 0.0
	for k, v := range values {
		total += v
		if k >= t.Cols-count {
			a.Share += v
		}
	}
	if total > 0 {
		a.Share /= total
	}
	for k := range count {
		a.axes = append(a.axes, mat.Col(nil, t.Cols-1-k, &vectors))
	}
	return a, nil
}

// covariance sums (x − mean)(x − mean)ᵀ in blocks of rows.
func (a *Axes) covariance(t *tabular.Table) *mat.SymDense {
	const block = 512
	sum := mat.NewSymDense(t.Cols, nil)
	raw := sum.RawSymmetric()
	rows := min(t.Rows, axesRows)
	centred := make([]float64, 0, block*t.Cols)
	for i := range rows {
		from := len(centred)
		centred = append(centred, t.Row(i*t.Rows/rows)...)
		add(centred[from:], a.mean, -1)
		if n := len(centred) / t.Cols; n == block || i == rows-1 {
			blas64.Syrk(blas.Trans, 1, blas64.General{Rows: n, Cols: t.Cols, Stride: t.Cols, Data: centred}, 1, raw)
			centred = centred[:0]
		}
	}
	return sum
}

// Project returns the coordinates along the axes of rows of the table's width: x and the result are row-major.
func (a *Axes) Project(x []float64) []float64 {
	cols, count := len(a.mean), len(a.axes)
	rows := len(x) / cols
	out := make([]float64, rows*count)
	offset := make([]float64, count)
	for k, axis := range a.axes {
		offset[k] = dot(a.mean, axis)
	}
	parts(rows, 256, func(_, from, to int) {
		for i := from; i < to; i++ {
			for k, axis := range a.axes {
				out[i*count+k] = dot(x[i*cols:(i+1)*cols], axis) - offset[k]
			}
		}
	})
	return out
}

// Reduce replaces the columns by the coordinates along the first count principal axes, and returns the share of the
// variance that they keep. Time and memory of the clustering fall in proportion; the distances become approximate.
func Reduce(t *tabular.Table, count int) (share float64, err error) {
	axes, err := NewAxes(t, count)
	if err != nil {
		return 0, err
	}
	t.X, t.Cols = axes.Project(t.X), count
	return axes.Share, nil
}
