package vae_test

import (
	"os"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/experiments/vae"
)

// The kept tables are whole, each cell of as many seeds as the pages say, and stand in the README.
func TestKeptTablesAreWholeAndStandInTheREADME(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for set, seeds := range map[string]int{"quick": 3, "quick-fashion": 1} {
		table, err := vae.KeptTable(set, "elbo")
		if err != nil {
			t.Fatal(err)
		}
		checkKept(t, table, seeds, string(readme))
	}
	if _, err := vae.KeptTable("nothing", "elbo"); err == nil {
		t.Error("a preset without results has a table")
	}
}

func checkKept(t *testing.T, table *run.Table, seeds int, readme string) {
	t.Helper()
	if missing := table.Missing(); len(missing) > 0 {
		t.Errorf("cells without a result: %q", missing)
	}
	for _, likelihood := range vae.LikelihoodKeys() {
		for _, representation := range vae.RepresentationKeys() {
			if cell, _ := table.Cell(likelihood, representation); cell.N < seeds {
				t.Errorf("%s on %s: %d seeds, want at least %d", likelihood, representation, cell.N, seeds)
			}
		}
	}
	var markdown strings.Builder
	if err := table.Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(readme, strings.TrimSpace(markdown.String())) {
		t.Errorf("README.md does not hold the table of the kept results:\n%s", markdown.String())
	}
}
