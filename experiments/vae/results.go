package vae

import (
	"embed"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// kept are the results of longer runs, each with its configuration, device and command: results/<preset>/….
//
//go:embed results
var kept embed.FS

// KeptTable is the table of the kept results of a preset; value is what Layout's key is.
func KeptTable(preset, value string) (*run.Table, error) {
	results, err := run.KeptResults(kept, preset)
	if err != nil {
		return nil, err
	}
	return run.NewTable(Layout(preset, value), results)
}
