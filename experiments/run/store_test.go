package run_test

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/robustloss/gomlx-robustloss/experiments/adam"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// trainSmall trains a line on 10 steps; noisy draws random numbers in the graph. It stops after the step stop, if there is one.
func trainSmall(t *testing.T, backend compute.Backend, dir string, noisy bool, stop int) error {
	t.Helper()
	r := mustOpen(t, spec(dir))
	defer func() { _ = r.Close() }()
	store := model.NewStore()
	step, err := r.AttachStore(store)
	if err == nil && step == 0 {
		err = store.SetRNGStateFromSeed(1)
	}
	if err != nil {
		t.Fatal(err)
	}
	function := func(scope *model.Scope, x *graph.Node) []*graph.Node {
		g := x.Graph()
		line := scope.In("line").WithInitializer(initializer.RandomNormalFn(scope, 1))
		w := line.VariableWithShape("w", shapes.Make(dtypes.Float32, 3)).NodeValue(g)
		fixed := line.VariableWithValue("fixed", []float32{1, 2, 3}).SetTrainable(false).NodeValue(g)
		y := graph.Mul(graph.Add(w, fixed), x)
		if noisy {
			y = graph.Add(y, scope.RandomNormal(g, y.Shape()))
		}
		loss := graph.ReduceAllMean(graph.Square(y))
		train.AddMainLoss(loss)
		return []*graph.Node{loss}
	}
	optimiser := adam.New(adam.Config{Rate: .1, Beta1: .9, Beta2: .999, Epsilon: 1e-8})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err = run.Training{
		Trainer: train.NewTrainer(backend, store, function, nil, optimiser, run.TermMetrics("square"), nil), Terms: []string{"square"},
		Steps: 10, LogEvery: 1, CheckpointEvery: 1,
		Batches: func(step int) iter.Seq2[train.Batch, error] {
			return func(yield func(train.Batch, error) bool) {
				for ; yield(train.Batch{Inputs: []*tensors.Tensor{tensors.FromValue([]float32{float32(step), 1, 2})}}, nil); step++ {
				}
			}
		},
		Report: func(step int, _ run.Values) {
			if step == stop {
				cancel()
			}
		},
	}.Run(ctx, r)
	return err
}

// After any number of resumptions a checkpoint holds the same files with the same bytes as that of a run that never stopped;
// only state.json differs, which holds the time.
func TestCheckpointsAreTheSameAfterResuming(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, noisy := range []bool{false, true} {
			unbroken, broken := t.TempDir(), t.TempDir()
			if err := trainSmall(t, backend, unbroken, noisy, 0); err != nil {
				t.Fatal(err)
			}
			for _, stop := range []int{2, 3, 7, 0} {
				if err := trainSmall(t, backend, broken, noisy, stop); err != nil && !errors.Is(err, run.ErrInterrupted) {
					t.Fatal(err)
				}
			}
			files := 0
			err := filepath.WalkDir(filepath.Join(unbroken, "checkpoints"), func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() || entry.Name() == "state.json" {
					return err
				}
				name, err := filepath.Rel(unbroken, path)
				compareFiles(t, unbroken, broken, name)
				files++
				return err
			})
			if err != nil || files != 2*3 {
				t.Errorf("noisy %v: %d files compared, %v", noisy, files, err)
			}
			compareFiles(t, unbroken, broken, "metrics.jsonl")
			description := mustRead(t, filepath.Join(broken, "checkpoints", "step-00000010", "variables", "checkpoint-n0000000-variables.json"))
			if !strings.Contains(description, "/#rngState\"") || strings.Contains(description, "rngState_") || !strings.Contains(description, "/adam/line/w_second") {
				t.Errorf("noisy %v: the checkpoint holds %s", noisy, description)
			}
		}
	})
}

// The third batch is 0, where the root has no gradient: the loss of that step is 0, the weights after it are NaN. The run stops at
// that step and says so, and the checkpoint of the second step stays.
func TestTrainingStopsAtTheStepThatMakesAVariableNaN(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		r := mustOpen(t, spec(t.TempDir()))
		store := model.NewStore()
		if _, err := r.AttachStore(store); err != nil {
			t.Fatal(err)
		}
		function := func(scope *model.Scope, x *graph.Node) []*graph.Node {
			w := scope.In("line").VariableWithValue("w", float32(3)).NodeValue(x.Graph())
			loss := graph.Sqrt(graph.ReduceAllSum(graph.Square(graph.Mul(w, x))))
			train.AddMainLoss(loss)
			return []*graph.Node{loss}
		}
		_, err := run.Training{
			Trainer: train.NewTrainer(backend, store, function, nil, adam.New(adam.Config{Rate: .1, Beta1: .9, Beta2: .999, Epsilon: 1e-8}),
				run.TermMetrics("root"), nil),
			Terms: []string{"root"}, Steps: 10, CheckpointEvery: 1,
			Batches: func(step int) iter.Seq2[train.Batch, error] {
				return func(yield func(train.Batch, error) bool) {
					for ; ; step++ {
						x := float32(1)
						if step == 2 {
							x = 0
						}
						if !yield(train.Batch{Inputs: []*tensors.Tensor{tensors.FromValue([]float32{x})}}, nil) {
							return
						}
					}
				}
			},
		}.Run(t.Context(), r)
		var wrong *run.NonFiniteError
		if !errors.As(err, &wrong) || wrong.Step != 3 || wrong.Term != "/line/w" {
			t.Errorf("error %v", err)
		}
		if _, step, err := run.LatestCheckpoint(r.Dir()); err != nil || step != 2 {
			t.Errorf("the latest checkpoint is of step %d, %v", step, err)
		}
	})
}

// GoMLX's files without one of their variables, or cut, are no checkpoint.
func TestCheckpointWithoutAVariableIsNotTaken(t *testing.T) {
	dir := t.TempDir()
	b := testkit.Backend(t, "go")
	if err := trainSmall(t, b, dir, true, 4); !errors.Is(err, run.ErrInterrupted) {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "checkpoints", "step-00000004", "variables", "checkpoint-n0000000-variables.bin"), 20); err != nil {
		t.Fatal(err)
	}
	r := mustOpen(t, spec(dir))
	if step, err := r.AttachStore(model.NewStore()); err != nil || step != 3 {
		t.Errorf("goes on from step %d, %v", step, err)
	}
}

// A variable that a step made NaN is seen before it is saved: the run stops at that step, and the checkpoint before stays.
func TestNonFiniteVariableIsNotSaved(t *testing.T) {
	dir := t.TempDir()
	r := mustOpen(t, spec(dir))
	store := model.NewStore()
	if _, err := r.AttachStore(store); err != nil {
		t.Fatal(err)
	}
	good := map[string]any{"/layer/a": []float32{1, 2}, "/layer/b": 3.0, "/layer/n": int64(1)}
	for path, value := range good {
		store.VariableWithValue(path, value)
	}
	if err := r.SaveStore(1); err != nil {
		t.Fatal(err)
	}
	set := func(path string, value any) {
		t.Helper()
		if err := store.GetVariable(path).SetValue(tensors.MustFromAnyValue(value)); err != nil {
			t.Fatal(err)
		}
	}
	for path, bad := range map[string]any{"/layer/a": []float32{1, float32(math.NaN())}, "/layer/b": math.Inf(-1)} {
		set(path, bad)
		var wrong *run.NonFiniteError
		if err := r.SaveStore(2); !errors.As(err, &wrong) || wrong.Term != path || wrong.Step != 2 {
			t.Errorf("%s: %v", path, err)
		}
		set(path, good[path])
	}
	if _, step, err := run.LatestCheckpoint(dir); err != nil || step != 1 {
		t.Errorf("the latest checkpoint is of step %d, %v", step, err)
	}
	if err := r.SaveStore(2); err != nil {
		t.Error(err)
	}
}
