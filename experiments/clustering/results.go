package clustering

import (
	"embed"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// kept are results of finished runs, each with its configuration, device and command: results/<preset>/….
//
//go:embed results
var kept embed.FS

// Kept returns the kept results of a preset.
func Kept(preset string) ([]run.Result, error) { return run.KeptResults(kept, preset) }

// measures lists what a table can show.
func measures() []string {
	return []string{"ami", "ami-arithmetic", "nmi", "nmi-arithmetic", "ari", "clusters"}
}

// NewTable makes the table of one measure. Its last row takes, for each column, the shape of the sweep with the highest
// mean AMI on that same column, as the paper's gRCC* does.
func NewTable(measure string, results []run.Result) (*run.Table, error) {
	if !slices.Contains(measures(), measure) {
		return nil, fmt.Errorf("clustering: unknown measure %q: want one of %q", measure, measures())
	}
	layout := run.Layout{
		Title: titles[measure], Corner: "method", Format: "%.3f",
		Notes: []string{
			"gRCC* is the shape with the highest AMI, chosen on the column that it is shown for.",
			"Rows of no class (5 % in the synthetic tables) take part in the clustering and not in the scores.",
			"The paper, on other data, AMI of RCC → gRCC*: MNIST .893 → .901, COIL-100 .957 → .962, YouTube Faces .836 → .888, " +
				"Pendigits .848 → .871, YaleB .975 → .975, Mice Protein .649 → .650, Reuters .556 → .561, Shuttle .488 → .493, RCV1 .138 → .338.",
		},
	}
	if measure == "clusters" {
		layout.Format = "%.0f"
	}
	var items []run.Result
	for _, r := range results {
		expanded, err := r.Items()
		if err != nil {
			return nil, err
		}
		var c Config
		if err := r.DecodeConfig(&c); err != nil {
			return nil, err
		}
		for i := range expanded { // an item is one method of one seed: the methods of a seed share it
			expanded[i].Seed = r.Seed + int64(i/len(c.Methods))
		}
		items = append(items, expanded...)
		if !slices.ContainsFunc(layout.Columns, func(l run.Label) bool { return l.Key == c.Table }) {
			layout.Columns = append(layout.Columns, run.Label{Key: c.Table, Title: c.Table})
		}
	}
	sortColumns(layout.Columns)
	layout.Notes = append(layout.Notes, unconverged(items)...)
	best, err := tuned(items)
	if err != nil {
		return nil, err
	}
	for _, m := range Methods() {
		layout.Rows = append(layout.Rows, m.Label)
	}
	layout.Rows = append(layout.Rows, run.Label{Key: tunedKey, Title: "gRCC*: the best α"})
	layout.Entries = func(r run.Result) ([]run.Entry, error) { return entriesOf(r, measure, best) }
	return run.NewTable(layout, items)
}

var titles = map[string]string{
	"ami":            "Adjusted mutual information (geometric mean of the entropies, as in RCC)",
	"ami-arithmetic": "Adjusted mutual information (arithmetic mean of the entropies)",
	"nmi":            "Normalised mutual information (geometric mean of the entropies)",
	"nmi-arithmetic": "Normalised mutual information (arithmetic mean of the entropies)",
	"ari":            "Adjusted Rand index",
	"clusters":       "Number of clusters found",
}

// unconverged names the methods that did not converge, where there are such.
func unconverged(items []run.Result) []string {
	var methods []string
	for _, m := range Methods() {
		count := 0
		for _, item := range items {
			if item.Values["unconverged "+m.Key] != 0 {
				count++
			}
		}
		if count > 0 {
			methods = append(methods, fmt.Sprintf("%s (%d times)", m.Title, count))
		}
	}
	if methods == nil {
		return nil
	}
	return []string{fmt.Sprintf("Not converged after %d iterations: %s.", maxIterations, strings.Join(methods, ", "))}
}

// sortColumns puts the digits first, then the synthetic tables, then files.
func sortColumns(columns []run.Label) {
	order := append([]string{"digits"}, tabular.SynthKinds()...)
	place := func(l run.Label) int {
		if i := slices.Index(order, l.Key); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(columns, func(a, b run.Label) int { return place(a) - place(b) })
}

func tableOf(r run.Result) (string, error) {
	var c Config
	err := r.DecodeConfig(&c)
	return c.Table, err
}

// tuned returns the key of the best shape of each table.
func tuned(items []run.Result) (map[string]string, error) {
	sums, counts := map[[2]string]float64{}, map[[2]string]float64{}
	best, highest := map[string]string{}, map[string]float64{}
	for _, item := range items {
		table, err := tableOf(item)
		if err != nil {
			return nil, err
		}
		for _, m := range Methods() {
			if v, ok := item.Values["ami "+m.Key]; ok && m.swept {
				sums[[2]string{table, m.Key}] += v
				counts[[2]string{table, m.Key}]++
				highest[table] = math.Inf(-1)
			}
		}
	}
	for table := range highest {
		for _, m := range Methods() { // in the order of the rows, so that of equals the first is taken
			key := [2]string{table, m.Key}
			if counts[key] > 0 && sums[key]/counts[key] > highest[table] {
				best[table], highest[table] = m.Key, sums[key]/counts[key]
			}
		}
	}
	return best, nil
}

func entriesOf(r run.Result, measure string, best map[string]string) ([]run.Entry, error) {
	table, err := tableOf(r)
	if err != nil {
		return nil, err
	}
	var entries []run.Entry
	for name, v := range r.Values {
		key, ok := strings.CutPrefix(name, measure+" ")
		if !ok {
			continue
		}
		entries = append(entries, run.Entry{Row: key, Column: table, Value: v})
		if key == best[table] {
			entries = append(entries, run.Entry{Row: tunedKey, Column: table, Value: v})
		}
	}
	return entries, nil
}
