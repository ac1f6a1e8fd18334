package clustering

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
)

func TestPrincipalAxes_HoldTheLargestVariance(t *testing.T) {
	table := randomTable(1200, 4, 11)
	for i := range table.Rows {
		table.Row(i)[2] = 10*table.Row(i)[2] + 7
		table.Row(i)[0] *= 5
	}
	axes, err := PrincipalAxes(table, 2)
	if err != nil {
		t.Fatal(err)
	}
	xy := axes.Project(mat.NewDense(table.Rows, table.Cols, table.X))
	for i := range table.Rows { // up to their signs the axes are nearly columns 2 and 0
		if math.Abs(math.Abs(xy.At(i, 0))-math.Abs(table.Row(i)[2]-7)) > 3 || math.Abs(math.Abs(xy.At(i, 1))-math.Abs(table.Row(i)[0])) > 3 {
			t.Fatalf("row %d: (%g, %g) for %v", i, xy.At(i, 0), xy.At(i, 1), table.Row(i))
		}
	}
}

// All axes together are a rotation: distances stay.
func TestReduce_ToAllAxesKeepsDistances(t *testing.T) {
	table, before := randomTable(700, 5, 12), randomTable(700, 5, 12)
	if err := reduce(table, 5); err != nil {
		t.Fatal(err)
	}
	for i := 1; i < table.Rows; i++ {
		got, want := squaredDistance(table.Row(i), table.Row(i-1)), squaredDistance(before.Row(i), before.Row(i-1))
		if math.Abs(got-want) > 1e-9 {
			t.Fatalf("rows %d and %d: squared distance %g, want %g", i-1, i, got, want)
		}
	}
	if err := reduce(table, 2); err != nil || table.Cols != 2 || len(table.X) != 1400 || table.Validate() != nil {
		t.Errorf("%d columns, %d values (%v)", table.Cols, len(table.X), err)
	}
}

func TestReduce_RefusesMoreAxesThanColumns(t *testing.T) {
	for _, table := range []*tabular.Table{randomTable(9, 2, 1), {Rows: 1, Cols: 5, X: make([]float64, 5)}} {
		if err := reduce(table, 3); err == nil || !strings.Contains(err.Error(), "principal components of") {
			t.Errorf("error %v", err)
		}
	}
}

func TestNormalise_DoesWhatItsNamesSay(t *testing.T) {
	for how, want := range map[string][]float64{
		"none":     {1, 7, 3, 7, 5, 7},
		"minmax":   {0, 0, .5, 0, 1, 0},
		"standard": {-math.Sqrt(1.5), 0, 0, 0, math.Sqrt(1.5), 0},
	} {
		table := &tabular.Table{Rows: 3, Cols: 2, X: []float64{1, 7, 3, 7, 5, 7}}
		if err := Normalise(table, how); err != nil {
			t.Fatal(err)
		}
		for i, v := range table.X {
			if math.Abs(v-want[i]) > 1e-12 {
				t.Errorf("%s: %v, want %v", how, table.X, want)
				break
			}
		}
	}
	table := &tabular.Table{Rows: 2, Cols: 2, X: []float64{3, 4, 0, 0}}
	if err := Normalise(table, "unit"); err != nil || math.Abs(dot(table.Row(0), table.Row(0))-2) > 1e-12 || table.X[2] != 0 {
		t.Errorf("unit: %v (%v)", table.X, err)
	}
	if err := Normalise(table, "log"); err == nil {
		t.Error("an unknown normalisation: no error")
	}
}
