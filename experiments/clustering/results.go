package clustering

import (
	"embed"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// kept are results of finished runs, each with its configuration, device and command: results/<preset>/….
//
//go:embed results
var kept embed.FS

// Kept returns the kept results of a preset.
func Kept(preset string) ([]run.Result, error) { return run.KeptResults(kept, preset) }
