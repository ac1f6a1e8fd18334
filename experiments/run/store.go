package run

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train/metric"
)

const variablesName = "variables"

// storeSaver writes a GoMLX store's variables into a folder of the run, from which each checkpoint takes them.
type storeSaver struct {
	store   *model.Store
	handler *checkpoint.Handler
	dir     string
}

// AttachStore ties a GoMLX store to the run: the variables of the latest checkpoint (weights, the optimiser's state,
// the global step, the random state) are there when the model asks for them, and [Run.SaveStore] saves them all. It
// returns the step of that checkpoint, 0 at a fresh start.
//
// Call it before anything creates a variable, and set the random seed only where it returns 0:
//
//	step, err := r.AttachStore(store)
//	if err == nil && step == 0 {
//		err = store.SetRNGStateFromSeed(seed)
//	}
//
// A store can be attached to one run only.
func (r *Run) AttachStore(store *model.Store) (step int, err error) {
	if r.store != nil {
		return 0, fmt.Errorf("the run in %s has a store already", r.dir)
	}
	if dir, ok := r.CheckpointDir(); ok {
		if err := LoadStore(store, dir); err != nil {
			return 0, err
		}
	}
	if r.metrics == nil { // A finished run saves nothing more.
		return r.Step(), nil
	}
	dir := r.Path(checkpointsName, ".variables")
	if err := os.RemoveAll(dir); err != nil {
		return 0, fmt.Errorf("cannot prepare checkpoints: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("cannot prepare checkpoints: %w", err)
	}
	handler, err := checkpoint.Build(store).Dir(dir).Keep(-1).ExcludeAllParams().WithCompression(checkpoint.BinUncompressed).Done()
	if err != nil {
		return 0, fmt.Errorf("cannot prepare checkpoints: %w", err)
	}
	r.store = &storeSaver{store: store, handler: handler, dir: dir}
	return r.Step(), nil
}

// LoadStore ties the variables of a checkpoint that [Run.SaveStore] wrote to a store. dir is what
// [Run.CheckpointDir] returns.
func LoadStore(store *model.Store, dir string) error {
	_, err := checkpoint.Load(store).Dir(filepath.Join(dir, variablesName)).ExcludeAllParams().Done()
	if err != nil {
		return fmt.Errorf("cannot read the checkpoint %s: %w", dir, err)
	}
	return nil
}

// SaveStore saves the attached store's variables as the checkpoint of the step.
func (r *Run) SaveStore(step int) error {
	if r.store == nil {
		return fmt.Errorf("the run in %s has no store attached", r.dir)
	}
	return r.SaveCheckpoint(step, func(staging string) error {
		return r.store.save(filepath.Join(staging, variablesName))
	})
}

// save writes the variables into the folder target, which does not exist yet.
func (s *storeSaver) save(target string) error {
	if err := os.RemoveAll(s.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	// The moving averages of GoMLX's own metrics get a new name in each process, and nothing depends on them.
	for v := range s.store.IterVariables() {
		if strings.HasPrefix(v.Scope(), model.ScopeSeparator+metric.Scope) {
			s.handler.ExcludeVarsFromSaving(v)
		}
	}
	if err := s.handler.Save(); err != nil {
		return err
	}
	return os.Rename(s.dir, target)
}
