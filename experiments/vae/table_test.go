package vae_test

import (
	"os"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/experiments/vae"
)

// The kept tables have as many cells as the pages say, each of as many seeds, and stand in the README.
func TestKeptTablesStandInTheREADME(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for set, want := range map[string]struct{ cells, seeds int }{"quick": {12, 3}, "quick-fashion": {12, 1}, "medium": {4, 1}} {
		table, err := vae.KeptTable(set, "elbo")
		if err != nil {
			t.Fatal(err)
		}
		checkKept(t, table, want.cells, want.seeds, string(readme))
	}
	if _, err := vae.KeptTable("nothing", "elbo"); err == nil {
		t.Error("a preset without results has a table")
	}
}

func checkKept(t *testing.T, table *run.Table, cells, seeds int, readme string) {
	t.Helper()
	missing := table.Missing()
	if have := len(vae.LikelihoodKeys())*len(vae.RepresentationKeys()) - len(missing); have != cells {
		t.Errorf("%d cells have results, want %d; without are %q", have, cells, missing)
	}
	for _, likelihood := range vae.LikelihoodKeys() {
		for _, representation := range vae.RepresentationKeys() {
			if cell, _ := table.Cell(likelihood, representation); cell.N > 0 && cell.N < seeds {
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
