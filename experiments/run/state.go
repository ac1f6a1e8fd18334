package run

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

const solverStateName = "solver.json"

// SaveState saves a solver's state as the checkpoint of the step: v as JSON, which keeps finite float64 exactly.
// For states that JSON does not fit, use [Run.SaveCheckpoint].
func (r *Run) SaveState(step int, v any) error {
	return r.SaveCheckpoint(step, func(dir string) error {
		return WriteJSON(filepath.Join(dir, solverStateName), v)
	})
}

// LoadState fills v, a pointer, from the latest checkpoint that [Run.SaveState] wrote and returns its step. At a fresh
// start v is left as it is and the step is 0.
func (r *Run) LoadState(v any) (step int, err error) {
	dir, ok := r.CheckpointDir()
	if !ok {
		return 0, nil
	}
	data, err := os.ReadFile(filepath.Join(dir, solverStateName))
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		return 0, fmt.Errorf("cannot read the checkpoint %s: %w", dir, err)
	}
	return r.Step(), nil
}
