package depth

import (
	"fmt"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// quoted is the paper's table [1, Table 2]: KITTI, neighbouring frames of a video instead of stereo pairs.
var quoted = map[string]run.Values{
	RowReported: paperRow(.407, .221, 2.226, 7.527, .294, .676, .885, .954),
	RowBaseline: paperRow(.398, .208, 2.773, 7.085, .286, .726, .895, .953),
	RowAlpha1:   paperRow(.356, .194, 2.138, 6.743, .268, .738, .906, .960),
	RowAlpha0:   paperRow(.350, .187, 2.407, 6.649, .261, .766, .911, .960),
	RowAlpha2:   paperRow(.349, .190, 1.922, 6.648, .267, .737, .904, .961),
	RowAnneal:   paperRow(.341, .184, 2.063, 6.697, .260, .756, .911, .963),
	RowAdaptive: paperRow(.332, .181, 2.144, 6.454, .254, .766, .916, .965),
}

func paperRow(values ...float64) run.Values {
	row := run.Values{}
	for i, metric := range Metrics {
		row[metric.Key] = values[i]
	}
	return row
}

// NewTable makes the table of the results of one preset: all rows, the eight metrics, the paper's numbers in brackets.
func NewTable(results []run.Result) (*run.Table, error) {
	layout := run.Layout{
		Title: "Unsupervised monocular depth: lower is better, but for the last three", Corner: "Loss",
		Rows: Rows, Columns: Metrics, Format: "%.3f",
		QuotedName: "the paper, on KITTI",
		Entries: func(r run.Result) ([]run.Entry, error) {
			var c record
			if err := r.DecodeConfig(&c); err != nil {
				return nil, err
			}
			var entries []run.Entry
			for _, metric := range Metrics {
				value, ok := r.Values[metric.Key]
				if !ok {
					return nil, fmt.Errorf("the result has no %s", metric.Key)
				}
				entries = append(entries, run.Entry{Row: c.Row, Column: metric.Key, Value: value})
			}
			return entries, nil
		},
		Quoted: map[string]map[string]float64{},
	}
	for row, values := range quoted {
		layout.Quoted[row] = values
	}
	if len(results) > 0 {
		var c record
		if err := results[0].DecodeConfig(&c); err != nil {
			return nil, err
		}
		trained := "pairs"
		if c.Data.View == ViewTemporal {
			trained = "frames with their neighbours"
		}
		layout.Notes = append(layout.Notes, fmt.Sprintf("Measured on %s, %d×%d pixels, %d %s for training and %d for tests, %d steps.",
			c.Data.Name, c.Data.Width, c.Data.Height, c.Data.Train, trained, c.Data.Test, c.Steps))
	}
	return run.NewTable(layout, results)
}
