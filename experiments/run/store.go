package run

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train/metric"
)

// A checkpoint of a store is a folder variables with GoMLX's two files and frozen.json.
const (
	variablesName = "variables"
	// variablesStaging is where GoMLX writes, from where the files are moved into a checkpoint.
	variablesStaging = ".variables"
	// savedAs replaces the name that GoMLX gives its files, which holds the time. It must begin like GoMLX's.
	savedAs = "checkpoint-n0000000-variables"
	// frozenName lists the variables that are not trainable, which GoMLX does not save: a variable that it loads is trainable.
	// The random state would get moments of its own from the optimiser.
	frozenName = "frozen.json"
)

// storeSaver writes a GoMLX store's variables into a folder of the run, from which each checkpoint takes them.
type storeSaver struct {
	store   *model.Store
	handler *checkpoint.Handler
	dir     string
}

// AttachStore ties a GoMLX store to the run: the variables of the latest checkpoint (weights, the optimiser's state,
// the global step, the random state) are in it, and [Run.SaveStore] saves them all. It returns the step of that
// checkpoint, 0 at a fresh start.
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
	dir := r.Path(checkpointsName, variablesStaging)
	if err := makeAnew(dir); err != nil {
		return 0, fmt.Errorf("cannot prepare checkpoints: %w", err)
	}
	handler, err := checkpoint.Build(store).Dir(dir).Keep(-1).ExcludeAllParams().WithCompression(checkpoint.BinUncompressed).Done()
	if err != nil {
		return 0, fmt.Errorf("cannot prepare checkpoints: %w", err)
	}
	r.store = &storeSaver{store: store, handler: handler, dir: dir}
	return r.Step(), nil
}

// makeAnew makes an empty folder.
func makeAnew(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Mkdir(dir, 0o755)
}

// savedVariables is the part of GoMLX's description of a checkpoint that is read here.
type savedVariables struct {
	Variables []struct {
		ParameterName string
		Length        int64
	}
}

// paths returns the variables' paths in the order in which they were saved.
func (s savedVariables) paths() (paths []string) {
	for _, v := range s.Variables {
		paths = append(paths, strings.TrimPrefix(v.ParameterName, "var:"))
	}
	return paths
}

func readVariables(dir string) (s savedVariables, err error) {
	data, err := readFile(os.DirFS(dir), savedAs+checkpoint.JsonNameSuffix, maxResultBytes)
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	return s, err
}

// LoadStore puts the variables of a checkpoint that [Run.SaveStore] wrote into a store: all of them, in the order in which they
// were saved, so that a checkpoint that is saved later holds the same ones in the same places. dir is what
// [Run.CheckpointDir] returns.
func LoadStore(store *model.Store, dir string) error {
	wrap := func(err error) error { return fmt.Errorf("cannot read the checkpoint %s: %w", dir, err) }
	folder := filepath.Join(dir, variablesName)
	saved, err := readVariables(folder)
	if err != nil {
		return wrap(err)
	}
	var frozen []string
	data, err := readFile(os.DirFS(folder), frozenName, maxResultBytes)
	if err == nil {
		err = decodeStrictly(data, &frozen)
	}
	if err != nil {
		return wrap(err)
	}
	if _, err := checkpoint.Load(store).Dir(folder).ExcludeAllParams().Done(); err != nil {
		return wrap(err)
	}
	for _, path := range saved.paths() {
		v := store.GetVariable(path)
		if v == nil {
			return wrap(fmt.Errorf("there is no variable %s", path))
		}
		v.SetTrainable(!slices.Contains(frozen, path))
	}
	return nil
}

// SaveStore saves the attached store's variables as the checkpoint of the step. A variable that is not finite is a
// [*NonFiniteError] that names it, and nothing is saved: the checkpoint before stays the latest.
func (r *Run) SaveStore(step int) error {
	if r.store == nil {
		return fmt.Errorf("the run in %s has no store attached", r.dir)
	}
	if err := r.store.checkFinite(step); err != nil {
		return err
	}
	return r.SaveCheckpoint(step, func(staging string) error {
		return r.store.save(filepath.Join(staging, variablesName))
	})
}

// variables yields what is saved. The moving averages of GoMLX's own metrics get a new name in each process, and nothing
// depends on them.
func (s *storeSaver) variables(yield func(*model.Variable) bool) {
	for v := range s.store.IterVariables() {
		if !strings.HasPrefix(v.Scope(), model.ScopeSeparator+metric.Scope) && !yield(v) {
			return
		}
	}
}

// checkFinite looks for NaN and infinities in the variables. One that a step made shows in the loss of the next step only.
func (s *storeSaver) checkFinite(step int) error {
	for v := range s.variables {
		value, err := v.Value()
		if err != nil {
			return err
		}
		if wrong, ok := firstNonFinite(value); ok {
			return &NonFiniteError{Step: step, Term: v.Path(), Value: wrong}
		}
	}
	return nil
}

func firstNonFinite(t *tensors.Tensor) (value float64, found bool) {
	_ = t.ConstFlatData(func(flat any) {
		switch flat := flat.(type) {
		case []float32:
			value, found = search(flat, func(v float32) float64 { return float64(v) })
		case []float64:
			value, found = search(flat, func(v float64) float64 { return v })
		case []float16.Float16:
			value, found = search(flat, func(v float16.Float16) float64 { return float64(v.Float32()) })
		case []bfloat16.BFloat16:
			value, found = search(flat, func(v bfloat16.BFloat16) float64 { return float64(v.Float32()) })
		}
	})
	return value, found
}

// search returns the first value that is not finite.
func search[T any](values []T, number func(T) float64) (float64, bool) {
	for _, v := range values {
		if n := number(v); n-n != 0 { // NaN for NaN and the infinities
			return n, true
		}
	}
	return 0, false
}

// save writes the variables into the folder target, which does not exist yet.
func (s *storeSaver) save(target string) error {
	if err := makeAnew(s.dir); err != nil {
		return err
	}
	for v := range s.store.IterVariables() {
		if strings.HasPrefix(v.Scope(), model.ScopeSeparator+metric.Scope) {
			s.handler.ExcludeVarsFromSaving(v)
		}
	}
	if err := s.handler.Save(); err != nil {
		return err
	}
	names, err := s.handler.ListCheckpoints()
	if err != nil {
		return err
	}
	for _, suffix := range []string{checkpoint.JsonNameSuffix, checkpoint.BinDataSuffix} {
		if err := os.Rename(filepath.Join(s.dir, names[len(names)-1]+suffix), filepath.Join(s.dir, savedAs+suffix)); err != nil {
			return err
		}
	}
	frozen := []string{}
	for v := range s.variables {
		if !v.Trainable {
			frozen = append(frozen, v.Path())
		}
	}
	if err := replaceFile(filepath.Join(s.dir, frozenName), jsonWriter(frozen)); err != nil {
		return err
	}
	if err := s.verify(); err != nil {
		return err
	}
	return os.Rename(s.dir, target)
}

// verify checks that GoMLX's files hold all variables: where the disk is full it may leave one out and report no error.
func (s *storeSaver) verify() error {
	saved, err := readVariables(s.dir)
	if err != nil {
		return err
	}
	var want []string
	for v := range s.variables {
		want = append(want, v.Path())
	}
	if !slices.Equal(saved.paths(), want) {
		return fmt.Errorf("%d of %d variables were written", len(saved.Variables), len(want))
	}
	var bytes int64
	for _, v := range saved.Variables {
		bytes += v.Length
	}
	info, err := os.Stat(filepath.Join(s.dir, savedAs+checkpoint.BinDataSuffix))
	if err == nil && info.Size() < bytes {
		err = fmt.Errorf("%d of %d bytes of variables were written", info.Size(), bytes)
	}
	return err
}
