package clustering

import "testing"

// What the text beside the kept results says of them.
func TestKept_ResultsMakeTheTableAndHoldItsClaims(t *testing.T) {
	results, err := Kept("quick")
	if err != nil {
		t.Fatal(err)
	}
	table, err := NewTable("ami", results)
	if err != nil {
		t.Fatal(err)
	}
	if missing := table.Missing(); len(missing) > 0 {
		t.Errorf("no result for %v", missing)
	}
	ami := func(row, column string) float64 {
		t.Helper()
		c, ok := table.Cell(row, column)
		if !ok {
			t.Fatalf("no cell (%s, %s)", row, column)
		}
		return c.Mean
	}
	if rcc, best := ami(rccKey, "digits"), ami(tunedKey, "digits"); rcc < .893 || best < rcc+.015 {
		t.Errorf("digits: RCC %.3f, best %.3f", rcc, best)
	}
	for _, column := range []string{"digits", "gaussian", "curved", "lines"} {
		if rcc, kmeans := ami(rccKey, column), ami(kmeansKey, column); rcc < kmeans {
			t.Errorf("%s: RCC %.3f, k-means %.3f", column, rcc, kmeans)
		}
	}
	if rcc, one := ami(rccKey, "t3"), ami("1", "t3"); one < rcc+.05 {
		t.Errorf("t3: α = 1 %.3f, RCC %.3f", one, rcc)
	}
}

// What the text says of Fashion-MNIST: the best shape gains on RCC, and the likelihood of the edge lengths finds one as good.
func TestKept_FashionHoldsItsClaims(t *testing.T) {
	results, err := Kept("fashion")
	if err != nil {
		t.Fatal(err)
	}
	table, err := NewTable("ami", results)
	if err != nil {
		t.Fatal(err)
	}
	for column, least := range map[string]float64{"fashion-test": .1, "fashion-train": .15} {
		cells := map[string]float64{}
		for _, row := range []string{rccKey, "0.5", "fitted"} {
			c, ok := table.Cell(row, column)
			if !ok {
				t.Fatalf("no cell (%s, %s)", row, column)
			}
			cells[row] = c.Mean
		}
		if gain := (cells["0.5"] - cells[rccKey]) / (1 - cells[rccKey]); gain < least {
			t.Errorf("%s: α = 0.5 gains %.2f of what RCC leaves, want %.2f", column, gain, least)
		}
		if cells["fitted"] < cells["0.5"]-.01 {
			t.Errorf("%s: α from the edge lengths %.3f, α = 0.5 %.3f", column, cells["fitted"], cells["0.5"])
		}
	}
}
