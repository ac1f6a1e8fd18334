package depth

import (
	"os"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// The README's tables are those of the kept results, number for number.
func TestReadmeShowsTheKeptResults(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	results, err := Kept("quick")
	if err != nil {
		t.Fatal(err)
	}
	table, err := NewTable(results)
	if err != nil {
		t.Fatal(err)
	}
	studiesTable, err := StudiesTable()
	if err != nil {
		t.Fatal(err)
	}
	temporal, err := Kept("temporal")
	if err != nil {
		t.Fatal(err)
	}
	temporalTable, err := NewTable(temporal)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []*run.Table{table, studiesTable, temporalTable} {
		var text strings.Builder
		if err := table.Markdown(&text); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text.String()) {
			if strings.HasPrefix(line, "| ") && !(table == temporalTable && strings.Contains(line, "| – (")) && !strings.Contains(string(readme), line) {
				t.Errorf("the README lacks the line %s", line)
			}
		}
	}
}
