package depth

import (
	"embed"
	"encoding/json"
	"fmt"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

//go:embed results
var kept embed.FS

// Kept returns the results kept in this package's folder results for a preset or study, for example "quick".
func Kept(name string) ([]run.Result, error) { return run.KeptResults(kept, name) }

// RowOf returns the row of the table that a result belongs to.
func RowOf(r run.Result) (string, error) {
	var c record
	err := r.DecodeConfig(&c)
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
		var details Details
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
