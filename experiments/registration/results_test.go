package registration

import (
	"strings"
	"testing"
)

// What the text beside the kept results says of them.
func TestKept_ResultsMakeTheTablesAndHoldTheirClaims(t *testing.T) {
	results, err := Kept("quick")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := Tables(results)
	if err != nil || len(tables) != 4 {
		t.Fatalf("%d tables (%v)", len(tables), err)
	}
	cell := func(table int, row, column string) float64 {
		t.Helper()
		c, ok := tables[table].Cell(row, column)
		if !ok {
			t.Fatalf("table %d has no cell (%s, %s)", table, row, column)
		}
		return c.Mean
	}
	for _, table := range tables {
		if missing := table.Missing(); len(missing) > 0 {
			t.Errorf("%s: no result for %v", table.Layout.Title, missing)
		}
	}
	for _, sigma := range []string{"0", "0.0025", "0.005"} {
		if fgr, l2 := cell(0, fgrKey, sigma), cell(0, "l2", sigma); fgr > l2/2 {
			t.Errorf("σ = %s: mean RMSE %g of FGR, %g of least squares: want less than half", sigma, fgr, l2)
		}
		if c, _ := tables[0].Cell(fgrKey, sigma); c.N < 10 {
			t.Errorf("σ = %s: %d pairs, want 10 or more", sigma, c.N)
		}
	}
	for _, column := range []string{"problems-0.5-random", "problems-0.8-random", "problems-0.9-random"} {
		shape, fgr, cauchy, l2 := cell(2, "shape", column), cell(2, fgrKey, column), cell(2, "scale 0", column), cell(2, "l2", column)
		if !(shape < fgr && fgr < cauchy && cauchy < l2) {
			t.Errorf("%s: median errors: shape %g, FGR %g, α = 0 %g, least squares %g: want them in this order", column, shape, fgr, cauchy, l2)
		}
		if s, f := cell(3, "shape", column), cell(3, fgrKey, column); s < f {
			t.Errorf("%s: shape-annealed solves %g, FGR %g", column, s, f)
		}
	}
}

func TestTables_SayWhatWasNotSolved(t *testing.T) {
	results, err := Kept("quick")
	if err != nil {
		t.Fatal(err)
	}
	items, err := results[0].Items()
	if err != nil {
		t.Fatal(err)
	}
	if notes := unsolved(items); notes != nil {
		t.Errorf("notes %q for results in which all was solved", notes)
	}
	items[0].Values["failed l2"], items[1].Values["unconverged shape"], items[2].Values["unconverged shape"] = 1, 1, 1
	notes := strings.Join(unsolved(items), "\n")
	for _, want := range []string{"found no pose and count with the one they started from: least squares (α = 2) (1 of 10).", "shape-annealed, α from 2 to −32 (2 of 10)."} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes have no %q: %s", want, notes)
		}
	}
}
