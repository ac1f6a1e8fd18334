package clustering

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
)

// Plane is the plane of the two directions in which a table's rows vary most, through their mean: where high-dimensional
// points are drawn.
type Plane struct {
	mean []float64
	axes [2][]float64
}

// NewPlane finds the plane of a table by the eigenvectors of its covariance: O(rows·cols²).
func NewPlane(t *tabular.Table) (*Plane, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if t.Cols < 2 || t.Rows < 2 {
		return nil, fmt.Errorf("clustering: a plane through %d rows of %d columns: want at least two of each", t.Rows, t.Cols)
	}
	p := &Plane{mean: make([]float64, t.Cols)}
	for i := range t.Rows {
		add(p.mean, t.Row(i), 1/float64(t.Rows))
	}
	covariance := mat.NewSymDense(t.Cols, nil)
	centred := make([]float64, t.Cols)
	for i := range t.Rows {
		copy(centred, t.Row(i))
		add(centred, p.mean, -1)
		covariance.SymRankOne(covariance, 1, mat.NewVecDense(t.Cols, centred))
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(covariance, true) {
		return nil, fmt.Errorf("clustering: the covariance of %d columns has no eigenvectors", t.Cols)
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors) // by increasing eigenvalue
	for k := range p.axes {
		p.axes[k] = mat.Col(nil, t.Cols-1-k, &vectors)
	}
	return p, nil
}

// Project returns the coordinates in the plane of rows of the table's width, row-major.
func (p *Plane) Project(x []float64) (first, second []float64) {
	cols := len(p.mean)
	for at := 0; at+cols <= len(x); at += cols {
		row := x[at : at+cols]
		first = append(first, dot(row, p.axes[0])-dot(p.mean, p.axes[0]))
		second = append(second, dot(row, p.axes[1])-dot(p.mean, p.axes[1]))
	}
	return first, second
}
