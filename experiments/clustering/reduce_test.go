package clustering

import (
	"math"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
)

func TestNewAxes_HoldTheLargestVariance(t *testing.T) {
	table := randomTable(1200, 4, 11)
	for i := range table.Rows {
		table.Row(i)[2] = 10*table.Row(i)[2] + 7
		table.Row(i)[0] *= 5
	}
	axes, err := NewAxes(table, 2)
	if err != nil {
		t.Fatal(err)
	}
	if want := 125. / 127; math.Abs(axes.Share-want) > .003 {
		t.Errorf("share of the variance %g, want about %g", axes.Share, want)
	}
	xy := axes.Project(table.X)
	for i := range table.Rows { // up to their signs the axes are nearly columns 2 and 0
		if math.Abs(math.Abs(xy[2*i])-math.Abs(table.Row(i)[2]-7)) > 3 || math.Abs(math.Abs(xy[2*i+1])-math.Abs(table.Row(i)[0])) > 3 {
			t.Fatalf("row %d: (%g, %g) for %v", i, xy[2*i], xy[2*i+1], table.Row(i))
		}
	}
}

// All axes together are a rotation: distances stay.
func TestReduce_ToAllAxesKeepsDistances(t *testing.T) {
	table, before := randomTable(700, 5, 12), randomTable(700, 5, 12)
	share, err := Reduce(table, 5)
	if err != nil || math.Abs(share-1) > 1e-12 {
		t.Fatalf("share %g (%v)", share, err)
	}
	for i := 1; i < table.Rows; i++ {
		got, want := squaredDistance(table.Row(i), table.Row(i-1)), squaredDistance(before.Row(i), before.Row(i-1))
		if math.Abs(got-want) > 1e-9 {
			t.Fatalf("rows %d and %d: squared distance %g, want %g", i-1, i, got, want)
		}
	}
	if _, err := Reduce(table, 2); err != nil || table.Cols != 2 || len(table.X) != 1400 || table.Validate() != nil {
		t.Errorf("%d columns, %d values (%v)", table.Cols, len(table.X), err)
	}
}

func TestReduce_RefusesMoreAxesThanColumns(t *testing.T) {
	for _, table := range []*tabular.Table{randomTable(9, 2, 1), {Rows: 1, Cols: 5, X: make([]float64, 5)}} {
		if _, err := Reduce(table, 3); err == nil || !strings.Contains(err.Error(), "principal axes of") {
			t.Errorf("error %v", err)
		}
	}
}
