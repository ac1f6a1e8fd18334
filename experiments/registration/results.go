package registration

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// kept are results of finished runs, each with its configuration, device and command: results/<preset>/….
//
//go:embed results
var kept embed.FS

// Kept returns the kept results of a preset.
func Kept(preset string) ([]run.Result, error) {
	sub, err := fs.Sub(kept, "results/"+preset)
	if err != nil {
		return nil, err
	}
	results, err := run.ReadResultsFS(sub)
	if err != nil {
		return nil, fmt.Errorf("preset %s: %w", preset, err)
	}
	return results, nil
}
