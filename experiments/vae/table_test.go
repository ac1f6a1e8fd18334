package vae_test

import (
	"os"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/vae"
)

func TestKeptTableIsWholeAndStandsInTheREADME(t *testing.T) {
	table, err := vae.KeptTable("quick", "elbo")
	if err != nil {
		t.Fatal(err)
	}
	if missing := table.Missing(); len(missing) > 0 {
		t.Errorf("cells without a result: %q", missing)
	}
	for _, likelihood := range vae.LikelihoodKeys() {
		for _, representation := range vae.RepresentationKeys() {
			if cell, _ := table.Cell(likelihood, representation); cell.N < 3 {
				t.Errorf("%s on %s: %d seeds, want at least 3", likelihood, representation, cell.N)
			}
		}
	}
	var markdown strings.Builder
	if err := table.Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), strings.TrimSpace(markdown.String())) {
		t.Errorf("README.md does not hold the table of the kept results:\n%s", markdown.String())
	}
	if _, err := vae.KeptTable("nothing", "elbo"); err == nil {
		t.Error("a preset without results has a table")
	}
}
