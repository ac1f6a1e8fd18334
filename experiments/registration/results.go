package registration

import (
	"embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/experiments/stats"
)

// kept are results of finished runs, each with its configuration, device and command: results/<preset>/….
//
//go:embed results
var kept embed.FS

// Kept returns the kept results of a preset.
func Kept(preset string) ([]run.Result, error) { return run.KeptResults(kept, preset) }

// Success is the pose error below which a problem counts as solved; the points lie in a box of 1 × 0.7 × 0.4.
const Success = .02

// paper holds RMSE×100 of [3, Table 3], on the data set of [1].
var paper = map[string]map[string]map[string]float64{
	"mean": {
		fgrKey:   {"0": .373, "0.0025": .518, "0.005": .821},
		"shape":  {"0": .374, "0.0025": .510, "0.005": .802},
		tunedKey: {"0": .370, "0.0025": .509, "0.005": .806},
	},
	"maximum": {
		fgrKey:   {"0": .591, "0.0025": 1.040, "0.005": 1.767},
		"shape":  {"0": .590, "0.0025": .997, "0.005": 1.670},
		tunedKey: {"0": .545, "0.0025": .961, "0.005": 1.669},
	},
}

// Tables makes the four tables of the experiment from results: mean and maximum RMSE of the pairs by noise, median error
// and share of successes of the problems by share of false matches. A kind of run without results has no tables.
func Tables(results []run.Result) ([]*run.Table, error) {
	var pairs, problems []run.Result
	for _, r := range results {
		items, err := r.Items()
		if err != nil {
			return nil, err
		}
		var kind struct{ Kind string }
		if err := json.Unmarshal(r.Config, &kind); err != nil { // of the whole configuration only this field, for now
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
		switch kind.Kind {
		case "pairs":
			pairs = append(pairs, items...)
		case "problems":
			problems = append(problems, items...)
		default:
			return nil, fmt.Errorf("%s: unknown kind of run %q", r.Path, kind.Kind)
		}
	}
	var tables []*run.Table
	if len(pairs) > 0 {
		tables = append(tables, nil, nil)
		for i, statistic := range []func([]float64) float64{nil, slices.Max[[]float64]} {
			table, err := pairTable(pairs, []string{"mean", "maximum"}[i], statistic)
			if err != nil {
				return nil, err
			}
			tables[i] = table
		}
	}
	if len(problems) > 0 {
		for _, statistic := range []string{"median", "share"} {
			table, err := problemTable(problems, statistic)
			if err != nil {
				return nil, err
			}
			tables = append(tables, table)
		}
	}
	return tables, nil
}

// pairTable is the table of the paper, in its unit. Its last row is the shape of the sweep with the lowest mean RMSE.
func pairTable(items []run.Result, name string, statistic func([]float64) float64) (*run.Table, error) {
	layout := run.Layout{
		Title: strings.ToUpper(name[:1]) + name[1:] + " RMSE × 100 of pairs of scans, in diameters", Corner: "method",
		Format: "%.3f", Quoted: paper[name], QuotedName: "the paper, on its own pairs", Statistic: statistic, StatisticName: name,
		Notes: append([]string{"gFGR* is chosen on the pairs that it is shown for, by the mean over all of them."}, unsolved(items)...),
	}
	for _, noise := range noises {
		layout.Columns = append(layout.Columns, run.Label{Key: fmt.Sprint(noise), Title: fmt.Sprintf("σ = %g", noise)})
	}
	best := tuned(items)
	layout.Rows = append(rows(), run.Label{Key: tunedKey, Title: "gFGR*: scale-annealed, " + best.Title + ", the best"})
	layout.Entries = func(r run.Result) ([]run.Entry, error) {
		var c pairsConfig
		if err := r.DecodeConfig(&c); err != nil {
			return nil, err
		}
		entries, err := entriesOf(r, "rmse ", fmt.Sprint(c.Noise), 100)
		return append(entries, run.Entry{Row: tunedKey, Column: fmt.Sprint(c.Noise), Value: 100 * r.Values["rmse "+best.Key]}), err
	}
	return run.NewTable(layout, items)
}

func problemTable(items []run.Result, name string) (*run.Table, error) {
	layout := run.Layout{
		Title: "Median pose error × 100 by share of false matches, in a box of 1 × 0.7 × 0.4", Corner: "method",
		Format: "%.3f", Statistic: stats.Median, StatisticName: name,
		Notes: append([]string{"Structured: half of the false matches follow a second rigid motion."}, unsolved(items)...),
	}
	unit := 100.
	if name == "share" {
		layout.Title = fmt.Sprintf("Share of problems solved, with a pose error below %g", Success)
		layout.Format, layout.Statistic, unit = "%.2f", share, 1
	}
	for _, o := range outliers {
		c := problemsConfig{OutlierRatio: o.ratio, Structured: o.structured}
		title := fmt.Sprintf("%.0f %%", 100*o.ratio)
		if o.structured {
			title += ", structured"
		}
		layout.Columns = append(layout.Columns, run.Label{Key: c.name(), Title: title})
	}
	layout.Rows = rows()
	layout.Entries = func(r run.Result) ([]run.Entry, error) {
		var c problemsConfig
		if err := r.DecodeConfig(&c); err != nil {
			return nil, err
		}
		return entriesOf(r, "pose ", c.name(), unit)
	}
	return run.NewTable(layout, items)
}

// unsolved says how many solves found no pose or did not converge, where there are such.
func unsolved(items []run.Result) (notes []string) {
	for _, trouble := range []struct{ key, text string }{
		{"failed", "found no pose and count with the one they started from"},
		{"unconverged", fmt.Sprintf("had not come to rest after %d steps and count with the pose they had", Iterations)},
	} {
		var methods []string
		for _, m := range allMethods() {
			count := 0
			for _, item := range items {
				if item.Values[trouble.key+" "+m.Key] != 0 {
					count++
				}
			}
			if count > 0 {
				methods = append(methods, fmt.Sprintf("%s (%d of %d)", m.Title, count, len(items)))
			}
		}
		if methods != nil {
			notes = append(notes, fmt.Sprintf("Solves that %s: %s.", trouble.text, strings.Join(methods, ", ")))
		}
	}
	return notes
}

func rows() []run.Label {
	var labels []run.Label
	for _, m := range allMethods() {
		labels = append(labels, m.Label)
	}
	return labels
}

func entriesOf(r run.Result, prefix, column string, unit float64) ([]run.Entry, error) {
	var entries []run.Entry
	for _, row := range rows() {
		v, ok := r.Values[prefix+row.Key]
		if !ok {
			return nil, fmt.Errorf("no value %q", prefix+row.Key)
		}
		entries = append(entries, run.Entry{Row: row.Key, Column: column, Value: unit * v})
	}
	return entries, nil
}

// tuned returns the shape of the sweep with the lowest RMSE, summed over all pairs.
func tuned(items []run.Result) run.Label {
	lowest, best := math.Inf(1), run.Label{}
	for _, s := range sweep {
		total := 0.0
		for _, item := range items {
			total += item.Values["rmse "+s.Key]
		}
		if total < lowest {
			lowest, best = total, s.Label
		}
	}
	return best
}

// share is the share of errors that count as success.
func share(errors []float64) float64 {
	count := 0.0
	for _, e := range errors {
		if e < Success {
			count++
		}
	}
	return count / float64(len(errors))
}
