package depth

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

func TestTableHasEightRowsAndThePapersNumbers(t *testing.T) {
	var results []run.Result
	for i, row := range TrainedRows() {
		c, err := NewConfig("quick", row)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(record{row, c})
		if err != nil {
			t.Fatal(err)
		}
		e := imageErrors{AbsRel: .1 + .01*float64(i), SqRel: 1, RMS: 5, LogRMS: .2, Delta: [3]float64{.7, .9, .95}}
		results = append(results, run.Result{Manifest: run.Manifest{Experiment: Experiment, Seed: 1, Config: raw}, Values: e.Values(), Path: row})
	}
	table, err := NewTable(results)
	if err != nil {
		t.Fatal(err)
	}
	for _, missing := range table.Missing() {
		if !strings.HasPrefix(missing, RowReported+",") {
			t.Errorf("the table misses %s", missing)
		}
	}
	var text strings.Builder
	if err := table.Markdown(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| Baseline, as reported | – (0.407) |", "| Adaptive α ∈ (0, 2) |", "0.160 (0.181)", "streets, 96×32 pixels, 600 pairs for training and 64 for tests, 2000 steps",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, text.String())
		}
	}
	if rows := strings.Count(text.String(), "\n| ") - 1; rows != 8 {
		t.Errorf("%d rows, want 8:\n%s", rows, text.String())
	}
	delete(results[0].Values, "avg")
	if _, err := NewTable(results); err == nil || !strings.Contains(err.Error(), "no avg") {
		t.Errorf("error %v", err)
	}
}

func TestConfigurations(t *testing.T) {
	for _, preset := range []string{"tiny", "quick", "medium", "paper"} {
		for _, row := range TrainedRows() {
			c, err := NewConfig(preset, row)
			if err != nil {
				t.Fatal(err)
			}
			if c.Adam.Steps != c.Steps || c.Loss.Kind == "" {
				t.Errorf("%s, %s: %+v", preset, row, c)
			}
		}
	}
	if Title(RowLaplace) != "L1 on YUV wavelets" || Title("none") != "none" {
		t.Errorf("titles %q and %q", Title(RowLaplace), Title("none"))
	}
	if _, err := NewConfig("huge", RowAlpha0); err == nil || !strings.Contains(err.Error(), "tiny, quick, medium or paper") {
		t.Errorf("error %v", err)
	}
	if _, err := NewConfig("quick", RowReported); err == nil || !strings.Contains(err.Error(), "adaptive") {
		t.Errorf("error %v", err)
	}
}

func TestVariantsHaveFoldersOfTheirOwnAndChangeWhatTheyName(t *testing.T) {
	v := Variant{
		Steps: new(cli.Count(1400)), Scale: new(.05), Sharing: PerBand, Scales: new(cli.Count(2)), SSIM: new(.85), RandomLanes: true, DataSeed: new(uint64(7)),
	}
	if got, want := v.name(), "steps-1400-scale-0.05-sharing-band-scales-2-ssim-0.85-random-lanes-data-seed-7"; got != want {
		t.Errorf("name %q, want %q", got, want)
	}
	if got := (Variant{Sharing: "coefficient"}).name(); got != "" {
		t.Errorf("the preset itself is called %q", got)
	}
	if got := (Variant{Flip: new(0.0)}).name(); got != "flip-0" {
		t.Errorf("without mirrored pairs: %q", got)
	}
	base, _ := NewConfig("quick", RowAdaptive)
	if c := (Variant{Flip: new(0.0)}).apply(base); c.Data.Augmentation.Flip != 0 {
		t.Errorf("--flip 0 gives %g", c.Data.Augmentation.Flip)
	}
	c := v.apply(base)
	if c.Steps != 1400 || c.Adam.Steps != 1400 || c.Adam.Constant != 840 || c.Loss.Scale != .05 || c.Loss.Sharing != PerBand ||
		c.Network.Scales != 2 || c.Loss.SSIM != 0 || !c.Data.RandomLanes || c.Data.Seed != 7 {
		t.Errorf("%+v", c)
	}
	l1, _ := NewConfig("quick", RowBaseline)
	if c := v.apply(l1); c.Loss.SSIM != .85 || c.Loss.Scale != 0 || c.Loss.Sharing != "" {
		t.Errorf("%+v", c)
	}
	if !slices.Contains(TrainedRows(), RowAnneal) {
		t.Error("no annealed row")
	}
}

// What the README says of the kept results: it held for every seed.
func TestKeptResultsSayWhatTheReadmeSays(t *testing.T) {
	results, err := Kept("quick")
	if err != nil {
		t.Fatal(err)
	}
	avg := map[int64]map[string]float64{}
	for _, r := range results {
		row, err := RowOf(r)
		if err != nil {
			t.Fatal(err)
		}
		if avg[r.Seed] == nil {
			avg[r.Seed] = map[string]float64{}
		}
		avg[r.Seed][row] = r.Values["avg"]
	}
	if len(avg) < 3 {
		t.Errorf("results of %d seeds are kept, want 3", len(avg))
	}
	config, err := NewConfig("quick", RowBaseline)
	if err != nil {
		t.Fatal(err)
	}
	config.Data.Train, config.Data.Test = 80, 32
	streets, err := config.Data.Streets(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	mean, err := streets.MeanDisparity(config)
	if err != nil {
		t.Fatal(err)
	}
	var apart float64
	for seed, rows := range avg {
		if len(rows) != len(TrainedRows()) {
			t.Errorf("seed %d has %d rows", seed, len(rows))
		}
		for row, value := range rows {
			if value > .6*mean["avg"] {
				t.Errorf("seed %d: %s has an Avg of %.3f, the mean map one of %.3f", seed, row, value, mean["avg"])
			}
			if row != RowBaseline && value >= rows[RowBaseline] {
				t.Errorf("seed %d: %s has an Avg of %.3f, the L1 baseline one of %.3f", seed, row, value, rows[RowBaseline])
			}
		}
		for _, row := range []string{RowLaplace, RowAlpha1, RowAlpha0} {
			if rows[row] >= rows[RowAlpha2] {
				t.Errorf("seed %d: %s has an Avg of %.3f, fixed α = 2 one of %.3f", seed, row, rows[row], rows[RowAlpha2])
			}
		}
		apart += (rows[RowLaplace] - rows[RowAlpha1]) / float64(len(avg))
	}
	if math.Abs(apart) > .006 {
		t.Errorf("the mean Avg of L1 on wavelets is %.4f above that of α = 1, the README says that they are level", apart)
	}
	table, err := NewTable(results)
	if err != nil {
		t.Fatal(err)
	}
	if missing := table.Missing(); len(missing) != len(Metrics) {
		t.Errorf("the kept table misses %v", missing)
	}
	bands, err := KeptBandAlphas("quick")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bands {
		if b.Channel == "Y" && (b.Mean < .2 || b.Mean > .65) {
			t.Errorf("mean α of luma: %+v", b)
		}
		for _, other := range bands {
			if b.Band == "vertical" && other.Band != b.Band && other.Level == b.Level && other.Channel == b.Channel && other.Mean < b.Mean {
				t.Errorf("%+v is not below %+v", b, other)
			}
		}
	}
	if y, u := MeanOf(bands, "Y"), MeanOf(bands, "U"); u < y {
		t.Errorf("mean α of luma %.2f, of U %.2f", y, u)
	}
}

// What the README says of the results on neighbouring frames, of one seed.
func TestKeptTemporalResultsSayWhatTheReadmeSays(t *testing.T) {
	avg := map[string]map[string]float64{}
	for _, name := range []string{"quick", "temporal"} {
		results, err := Kept(name)
		if err != nil {
			t.Fatal(err)
		}
		avg[name] = map[string]float64{}
		for _, r := range results {
			row, err := RowOf(r)
			if err != nil {
				t.Fatal(err)
			}
			if r.Seed == 1 {
				avg[name][row] = r.Values["avg"]
			}
		}
	}
	temporal := avg["temporal"]
	if len(temporal) != 3 {
		t.Errorf("kept: %v, want three rows", temporal)
	}
	for row, value := range temporal {
		if value <= avg["quick"][row] || value > .65*.487 { // the mean map's, as in the README
			t.Errorf("%s: Avg %.3f, with stereo pairs %.3f", row, value, avg["quick"][row])
		}
	}
	if !(temporal[RowAlpha0] < temporal[RowAdaptive] && temporal[RowAdaptive] < temporal[RowBaseline]) {
		t.Errorf("%v, want α = 0 before adaptive before L1", temporal)
	}
}

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
	studiesTable, err := studiesTable()
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
			if strings.HasPrefix(line, "| ") && !(table == temporalTable && strings.Contains(line, "| – ")) && !strings.Contains(string(readme), line) {
				t.Errorf("the README lacks the line %s", line)
			}
		}
	}
}
