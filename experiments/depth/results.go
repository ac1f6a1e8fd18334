package depth

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/gomlxops"
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
		QuotedName: "the paper, on KITTI", QuotedRows: []string{RowReported},
		Entries: func(r run.Result) ([]run.Entry, error) {
			c, err := recordOf(r)
			if err != nil {
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
		c, err := recordOf(results[0])
		if err != nil {
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

//go:embed results
var kept embed.FS

// Kept returns the results kept in this package's folder results for a preset or study, for example "quick".
func Kept(name string) ([]run.Result, error) { return run.KeptResults(kept, name) }

// RowOf returns the row of the table that a result belongs to.
func RowOf(r run.Result) (string, error) {
	c, err := recordOf(r)
	return c.Row, err
}

// KeptBandAlphas returns the mean α of each band and channel of the kept adaptive results, the mean over the seeds.
func KeptBandAlphas(name string) ([]BandAlpha, error) {
	results, err := Kept(name)
	if err != nil {
		return nil, err
	}
	var bands []BandAlpha
	var seeds float64
	for _, r := range results {
		if row, err := RowOf(r); err != nil || row != RowAdaptive {
			continue
		}
		var details details
		if err := json.Unmarshal(r.Details, &details); err != nil {
			return nil, fmt.Errorf("%s: cannot read the details: %w", r.Path, err)
		}
		if bands == nil {
			bands = make([]BandAlpha, len(details.Bands))
		}
		for i, b := range details.Bands {
			b.Mean += bands[i].Mean
			bands[i] = b
		}
		seeds++
	}
	for i := range bands {
		bands[i].Mean /= seeds
	}
	return sortBands(bands), nil
}

// MeanOf returns the mean over the bands of a channel: "Y", "U" or "V".
func MeanOf(bands []BandAlpha, channel string) (mean float64) {
	var n float64
	for _, b := range bands {
		if b.Channel == channel {
			mean += b.Mean
			n++
		}
	}
	return mean / n
}

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

// studiesTable makes the table of the kept studies: the Avg of each row that was trained.
func studiesTable() (*run.Table, error) {
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

// Alphas returns the learned α of a store, in the layout of gomlxops.WaveletTransform: height·width·3 numbers, the channels
// Y, U and V of a coefficient beside each other.
func (c Config) Alphas(backend compute.Backend, store *model.Store) ([]float32, error) {
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, x *Node) *Node {
		_, alphas := c.Loss.adaptive(scope.In(lossScope), x)
		return alphas
	})
	if err != nil {
		return nil, fmt.Errorf("depth: cannot read the learned α: %w", err)
	}
	defer exec.Finalize()
	size := c.Data.Height * c.Data.Width * 3
	zeros := tensors.FromFlatDataAndDimensions(make([]float32, size), 1, c.Data.Height, c.Data.Width, 3)
	output, err := exec.Call1(zeros)
	if err != nil {
		return nil, fmt.Errorf("depth: cannot read the learned α: %w", err)
	}
	return tensors.MustCopyFlatData[float32](output), nil
}

// BandAlpha is the mean α of a band and channel.
type BandAlpha struct {
	Level   int     `json:"level"` // 0 the finest; Levels for the low band
	Band    string  `json:"band"`  // "horizontal" and "vertical" edges, "diagonal", "low"
	Channel string  `json:"channel"`
	Mean    float64 `json:"mean"`
}

// bandAlphas sums up learned α by bands, the coarsest first, and by channels Y, U, V.
func (c Config) bandAlphas(alphas []float32) []BandAlpha {
	sums, counts := map[BandAlpha]float64{}, map[BandAlpha]float64{}
	var order []BandAlpha
	levels := gomlxops.WaveletLevels(c.Data.Height, c.Data.Width, c.Loss.Levels)
	for row := range c.Data.Height {
		for column := range c.Data.Width {
			level := levels[row][column]
			h, w := c.Data.Height, c.Data.Width
			for range level + 1 {
				h, w = (h+1)/2, (w+1)/2
			}
			band := "low"
			if level < c.Loss.Levels {
				band = [2][2]string{{"", "vertical"}, {"horizontal", "diagonal"}}[btoi(row >= h)][btoi(column >= w)]
			}
			for k, channel := range []string{"Y", "U", "V"} {
				key := BandAlpha{Level: level, Band: band, Channel: channel}
				if counts[key] == 0 {
					order = append(order, key)
				}
				sums[key] += float64(alphas[(row*c.Data.Width+column)*3+k])
				counts[key]++
			}
		}
	}
	for i, key := range order {
		order[i].Mean = sums[key] / counts[key]
	}
	return sortBands(order)
}

// sortBands puts the coarsest bands first and keeps the order of the channels.
func sortBands(bands []BandAlpha) []BandAlpha {
	places := []string{"low", "horizontal", "vertical", "diagonal"}
	slices.SortStableFunc(bands, func(a, b BandAlpha) int {
		return cmp.Or(cmp.Compare(b.Level, a.Level), cmp.Compare(slices.Index(places, a.Band), slices.Index(places, b.Band)))
	})
	return bands
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// details are what a result holds beside its metrics.
type details struct {
	MeanAlpha *float64    `json:"mean_alpha,omitempty"` // of an adaptive loss, over the coefficients
	Bands     []BandAlpha `json:"bands,omitempty"`
}
