package run_test

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

func result(seed int64, path string, score float64) run.Result {
	r := run.Result{Values: run.Values{"score": score}, Path: path}
	r.Experiment, r.Seed = "test", seed
	return r
}

func layout() run.Layout {
	return run.Layout{
		Title: "Scores", Corner: "Method",
		Rows:    []run.Label{{Key: "a", Title: "Alpha"}, {Key: "b", Title: "Beta"}},
		Columns: []run.Label{{Key: "s", Title: "Score"}},
		Entries: func(r run.Result) ([]run.Entry, error) {
			return []run.Entry{{Row: "a", Column: "s", Value: r.Values["score"]}}, nil
		},
		Format:     "%.1f",
		Quoted:     map[string]map[string]float64{"a": {"s": 31837}},
		QuotedName: "the paper's numbers",
		Notes:      []string{"A note."},
	}
}

func TestMissingRunsNamesRowsCellsAndSeeds(t *testing.T) {
	l := layout()
	l.Columns = append(l.Columns, run.Label{Key: "t", Title: "Time"})
	l.Rows = append(l.Rows, run.Label{Key: "c", Title: "Gamma"}, run.Label{Key: "q", Title: "Quoted"})
	l.QuotedRows = []string{"q"}
	l.Entries = func(r run.Result) (entries []run.Entry, err error) {
		for _, cell := range strings.Fields(r.Path) {
			entries = append(entries, run.Entry{Row: cell[:1], Column: cell[1:]})
		}
		return entries, nil
	}
	for path, want := range map[string][]string{
		"as at bs bt cs ct": {"b seed 2", "c seed 2"}, // of seed 1; the result of seed 2 has row a alone
		"as at bs":          {"b, s seed 2", "b, t", "c"},
	} {
		table, err := run.NewTable(l, []run.Result{result(1, path, 0), result(2, "as at", 0)})
		if err != nil {
			t.Fatal(err)
		}
		if got := table.MissingRuns(); !slices.Equal(got, want) {
			t.Errorf("%s: missing %q, want %q", path, got, want)
		}
	}
}

func TestCellIsTheMeanWithItsStandardErrorOverSeeds(t *testing.T) {
	table, err := run.NewTable(layout(), []run.Result{result(1, "r1", 1233), result(2, "r2", 1235), result(3, "r3", 1237)})
	if err != nil {
		t.Fatal(err)
	}
	cell, ok := table.Cell("a", "s")
	// Sample standard deviation 2, so the standard error is 2/√3.
	if !ok || cell.Mean != 1235 || math.Abs(cell.StdErr-2/math.Sqrt(3)) > 1e-12 || cell.N != 3 || *cell.Quoted != 31837 {
		t.Errorf("cell %+v", cell)
	}
	if missing := table.Missing(); len(missing) != 1 || missing[0] != "b, s" {
		t.Errorf("missing %q", missing)
	}
	var markdown bytes.Buffer
	if err := table.Write(&markdown, "markdown"); err != nil {
		t.Fatal(err)
	}
	want := `Scores

| Method | Score |
|---|---:|
| Alpha | 1,235.0 ± 1.2 (31,837.0) |
| Beta | – |

Mean ± standard error over 3 seeds. In brackets: the paper's numbers.
A note.
`
	if markdown.String() != want {
		t.Errorf("got\n%s\nwant\n%s", markdown.String(), want)
	}
}

func TestTableFormatsHoldTheSameNumbers(t *testing.T) {
	table, err := run.NewTable(layout(), []run.Result{result(1, "r1", -0.5), result(2, "r2", 0.25)})
	if err != nil {
		t.Fatal(err)
	}
	var csv, js bytes.Buffer
	if err := table.Write(&csv, "csv"); err != nil {
		t.Fatal(err)
	}
	if got, want := csv.String(), "row,column,mean,stderr,n,quoted\na,s,-0.125,0.375,2,31837\n"; got != want {
		t.Errorf("CSV %q, want %q", got, want)
	}
	if err := table.Write(&js, "json"); err != nil {
		t.Fatal(err)
	}
	var decoded struct{ Cells []run.Cell }
	if err := json.Unmarshal(js.Bytes(), &decoded); err != nil || len(decoded.Cells) != 1 || decoded.Cells[0].Mean != -0.125 {
		t.Errorf("JSON %s: %v", js.String(), err)
	}
	wantError(t, table.Write(&js, "xml"), "xml", "markdown, csv or json")
}

func TestTableRefusesTwoNumbersForOneSeed(t *testing.T) {
	_, err := run.NewTable(layout(), []run.Result{result(1, "one/result.json", 1), result(1, "two/result.json", 2)})
	wantError(t, err, "one/result.json", "two/result.json", "seed 1")
}

func TestTableRefusesUnknownCells(t *testing.T) {
	l := layout()
	l.Entries = func(run.Result) ([]run.Entry, error) { return []run.Entry{{Row: "c", Column: "s"}}, nil }
	_, err := run.NewTable(l, []run.Result{result(1, "r1", 1)})
	wantError(t, err, "r1", "(c, s)")
}

func TestTableShowsAnotherStatisticWithoutAStandardError(t *testing.T) {
	l := layout()
	l.Statistic, l.StatisticName = slices.Max[[]float64], "maximum"
	table, err := run.NewTable(l, []run.Result{result(1, "r1", 1), result(2, "r2", 7), result(3, "r3", 3)})
	if err != nil {
		t.Fatal(err)
	}
	if cell, _ := table.Cell("a", "s"); cell.Mean != 7 || cell.StdErr != 0 || cell.N != 3 {
		t.Errorf("cell %+v", cell)
	}
	var markdown bytes.Buffer
	if err := table.Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| Alpha | 7.0 (31,837.0) |", "Maximum over 3 seeds."} {
		if !strings.Contains(markdown.String(), want) {
			t.Errorf("no %q in\n%s", want, markdown.String())
		}
	}
}
