package depth

import (
	"encoding/json"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"slices"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

func TestTableHasSevenRowsAndThePapersNumbers(t *testing.T) {
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
		e := Errors{AbsRel: .1 + .01*float64(i), SqRel: 1, RMS: 5, LogRMS: .2, Delta: [3]float64{.7, .9, .95}}
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
		"| Baseline, as reported | – (0.407) |", "| Adaptive α ∈ (0, 2) |", "0.150 (0.181)", "streets, 96×32 pixels, 600 pairs for training and 64 for tests, 2000 steps",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, text.String())
		}
	}
	if rows := strings.Count(text.String(), "\n| ") - 1; rows != 7 {
		t.Errorf("%d rows, want 7:\n%s", rows, text.String())
	}
	delete(results[0].Values, "avg")
	if _, err := NewTable(results); err == nil || !strings.Contains(err.Error(), "no avg") {
		t.Errorf("error %v", err)
	}
}

func TestConfigurations(t *testing.T) {
	for _, preset := range []string{"tiny", "quick", "paper"} {
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
	if _, err := NewConfig("huge", RowAlpha0); err == nil || !strings.Contains(err.Error(), "tiny, quick or paper") {
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
