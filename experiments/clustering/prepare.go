package clustering

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/experiments/stats"
)

// normalisations lists what Normalise does to the columns:
//
//	minmax    each column to [0, 1]; a constant column to 0
//	standard  each column to mean 0 and standard deviation 1; a constant column to 0
//	unit      each row x to √cols·x/‖x‖; a zero row stays
//	none      nothing
func normalisations() []string { return []string{"minmax", "standard", "unit", "none"} }

// Normalise changes the table's values in place.
func Normalise(t *tabular.Table, how string) error {
	switch how {
	case "none":
	case "minmax":
		for j := range t.Cols {
			lo, hi := math.Inf(1), math.Inf(-1)
			for i := j; i < len(t.X); i += t.Cols {
				lo, hi = min(lo, t.X[i]), max(hi, t.X[i])
			}
			affine(t, j, lo, hi-lo)
		}
	case "standard":
		for j := range t.Cols {
			mean, squares := 0.0, 0.0
			for i := j; i < len(t.X); i += t.Cols {
				mean += t.X[i] / float64(t.Rows)
			}
			for i := j; i < len(t.X); i += t.Cols {
				squares += (t.X[i] - mean) * (t.X[i] - mean) / float64(t.Rows)
			}
			affine(t, j, mean, math.Sqrt(squares))
		}
	case "unit":
		for i := range t.Rows {
			row := t.Row(i)
			norm := math.Sqrt(dot(row, row))
			for j := range row {
				if norm > 0 {
					row[j] *= math.Sqrt(float64(t.Cols)) / norm
				}
			}
		}
	default:
		return fmt.Errorf("clustering: unknown normalisation %q: want one of %q", how, normalisations())
	}
	return nil
}

// affine replaces the column's x by (x − from)/width; by 0 if the width is 0.
func affine(t *tabular.Table, column int, from, width float64) {
	for i := column; i < len(t.X); i += t.Cols {
		t.X[i] -= from
		if width > 0 {
			t.X[i] /= width
		} else {
			t.X[i] = 0
		}
	}
}

// PrincipalAxes returns the first count principal components of the rows.
func PrincipalAxes(t *tabular.Table, count int) (*stats.Components, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	axes, err := stats.PrincipalComponents(mat.NewDense(t.Rows, t.Cols, t.X), count)
	if err != nil {
		return nil, fmt.Errorf("clustering: %s: %w", t.Name, err)
	}
	return axes, nil
}

// reduce replaces the columns by the rows' coordinates along their first count principal axes. Time and memory of the
// clustering fall in proportion; the distances become approximate.
func reduce(t *tabular.Table, count int) error {
	axes, err := PrincipalAxes(t, count)
	if err != nil {
		return err
	}
	t.X, t.Cols = axes.Project(mat.NewDense(t.Rows, t.Cols, t.X)).RawMatrix().Data, count
	return nil
}
