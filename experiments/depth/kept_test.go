package depth

import "testing"

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
	mean, err := streets.MeanMap(config)
	if err != nil {
		t.Fatal(err)
	}
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
		for _, row := range []string{RowAlpha1, RowAlpha0} {
			if rows[row] >= rows[RowAlpha2] {
				t.Errorf("seed %d: %s has an Avg of %.3f, fixed α = 2 one of %.3f", seed, row, rows[row], rows[RowAlpha2])
			}
		}
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
