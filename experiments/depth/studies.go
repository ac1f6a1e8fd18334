package depth

import (
	"strings"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// studies are the variants of the preset quick that were tried on other streets and with another seed than the table's. Their
// results are kept in results/studies.
var studies = []run.Label{
	{Key: "700-steps", Title: "700 steps, no mirrored pairs"},
	{Key: "2000-steps", Title: "2,000 steps"},
	{Key: "mirrored", Title: "2,000 steps, half of the pairs mirrored: the preset"},
	{Key: "scale-0.03", Title: "the preset, scale c = 0.03"},
	{Key: "sharing-band", Title: "the preset, one α a band and channel"},
	{Key: "scales-2", Title: "the preset, predictions at two scales"},
	{Key: "random-lanes", Title: "the preset, lane marks that differ from street to street"},
}

// StudiesTable makes the table of the kept studies: the Avg of each row that was trained.
func StudiesTable() (*run.Table, error) {
	results, err := Kept("studies")
	if err != nil {
		return nil, err
	}
	layout := run.Layout{
		Title: "Avg on streets of another seed", Corner: "Study", Rows: studies, Columns: Rows[1:], Format: "%.3f",
		Entries: func(r run.Result) ([]run.Entry, error) {
			row, err := RowOf(r)
			study, _, _ := strings.Cut(r.Path, "/")
			return []run.Entry{{Row: study, Column: row, Value: r.Values["avg"]}}, err
		},
	}
	return run.NewTable(layout, results)
}
