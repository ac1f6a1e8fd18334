package vae

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// kept are the results of longer runs, each with its configuration, device and command: results/<preset>/….
//
//go:embed results
var kept embed.FS

// KeptTable is the table of the kept results of a preset; value is what Layout's key is.
func KeptTable(preset, value string) (*run.Table, error) {
	sub, err := fs.Sub(kept, "results/"+preset)
	if err != nil {
		return nil, err
	}
	results, err := run.ReadResultsFS(sub)
	if err != nil {
		return nil, fmt.Errorf("preset %s: %w", preset, err)
	}
	return run.NewTable(Layout(preset, value), results)
}
