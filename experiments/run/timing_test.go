package run_test

import (
	"bytes"
	"iter"
	"strings"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/robustloss/gomlx-robustloss/experiments/adam"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

func TestTimingIsOneLine(t *testing.T) {
	full := run.TimeSpent{
		First: 11234567 * time.Microsecond, Steps: 999, Stepping: 360 * time.Second, Waiting: 1800 * time.Millisecond,
		Evaluating: 41049 * time.Millisecond, Saving: 2 * time.Second,
	}
	want := "first step 11.2s; 999 steps in 6m0s, 360ms each, 0.5 % of it waiting for data; evaluations 41s; checkpoints 2s"
	if got := full.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (run.TimeSpent{First: time.Second}).String(); got != "first step 1s" {
		t.Errorf("%q", got)
	}
}

// Sleeping in the data and in the evaluation is told apart, and does not count as the other.
func TestTrainingTellsWhereItsTimeWent(t *testing.T) {
	const steps, pause = 6, 20 * time.Millisecond
	r := mustOpen(t, spec(t.TempDir()))
	defer func() { _ = r.Close() }()
	store := model.NewStore()
	if _, err := r.AttachStore(store); err != nil {
		t.Fatal(err)
	}
	trainer := train.NewTrainer(testkit.Backend(t, "go"), store, func(scope *model.Scope, x *Node) []*Node {
		error := Sub(scope.VariableWithValue("w", float32(1)).NodeValue(x.Graph()), ReduceAllMean(x))
		train.AddMainLoss(Square(error))
		return []*Node{Square(error)}
	}, nil, adam.New(adam.Config{Rate: .1, Beta1: .9, Beta2: .999, Epsilon: 1e-8}), run.TermMetrics("square"), nil)
	var timing run.TimeSpent
	var progress bytes.Buffer
	_, err := run.Training{
		Trainer: trainer, Terms: []string{"square"}, Show: "square", Steps: steps, EvalEvery: 3, Title: "walk", Progress: &progress,
		Batches: func(int) iter.Seq2[train.Batch, error] {
			return func(yield func(train.Batch, error) bool) {
				for {
					time.Sleep(pause)
					if !yield(train.Batch{Inputs: []*tensors.Tensor{tensors.FromValue([]float32{1, 2})}}, nil) {
						return
					}
				}
			}
		},
		Evaluate: func(int) (run.Values, error) {
			time.Sleep(5 * pause)
			return run.Values{"score": 1}, nil
		},
		Timed: func(told run.TimeSpent) { timing = told },
	}.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if timing.Steps != steps-1 || timing.First < pause || timing.Waiting < (steps-1)*pause || timing.Stepping < timing.Waiting ||
		timing.Evaluating < 2*5*pause || timing.Saving <= 0 {
		t.Errorf("%+v", timing)
	}
	if !strings.HasSuffix(progress.String(), "walk  "+timing.String()+"\n") {
		t.Errorf("the progress:\n%s", &progress)
	}
}
