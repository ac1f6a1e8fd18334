package clustering

import (
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// keptAMI returns the table of the AMI of kept results, and its cells' means. A cell that is not there ends the test.
func keptAMI(t *testing.T, name string) (*run.Table, func(row, column string) float64) {
	t.Helper()
	results, err := Kept(name)
	if err != nil {
		t.Fatal(err)
	}
	table, err := NewTable("ami", results)
	if err != nil {
		t.Fatal(err)
	}
	return table, func(row, column string) float64 {
		t.Helper()
		c, ok := table.Cell(row, column)
		if !ok {
			t.Fatalf("no cell (%s, %s)", row, column)
		}
		return c.Mean
	}
}

// What the text beside the kept results says of them.
func TestKept_ResultsMakeTheTableAndHoldItsClaims(t *testing.T) {
	table, ami := keptAMI(t, "quick")
	if missing := table.Missing(); len(missing) > 0 {
		t.Errorf("no result for %v", missing)
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
	_, ami := keptAMI(t, "fashion")
	for column, least := range map[string]float64{"fashion-test": .1, "fashion-train": .15} {
		rcc, half, fitted := ami(rccKey, column), ami("0.5", column), ami("fitted", column)
		if gain := (half - rcc) / (1 - rcc); gain < least {
			t.Errorf("%s: α = 0.5 gains %.2f of what RCC leaves, want %.2f", column, gain, least)
		}
		if fitted < half-.01 {
			t.Errorf("%s: α from the edge lengths %.3f, α = 0.5 %.3f", column, fitted, half)
		}
	}
}
