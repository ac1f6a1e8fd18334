package robustloss

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/dataset"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// The schedule's α is what the loss sees at each step, also in a second run of the loop, and no optimizer moves it.
func TestAttachSchedule_SetsAlphaBeforeEachStep(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store := model.NewStore()
		scope := store.RootScope()
		trainer := train.NewTrainer(backend, store, func(scope *model.Scope, _ any, x []*Node) []*Node {
			w := scope.VariableWithValue("w", float32(1)).NodeValue(x[0].Graph())
			alpha := AlphaVariable(scope, x[0].Graph(), dtypes.Float32)
			train.AddMainLoss(ReduceAllMean(Loss(Mul(w, x[0]), alpha, Scalar(x[0].Graph(), dtypes.Float32, 1.0))))
			return []*Node{alpha}
		}, nil, optimizer.StochasticGradientDescent(), nil, nil)
		loop := train.NewLoop(trainer)
		schedule := scalar.LinearSchedule{From: 2, To: math.Inf(-1), Steps: 5}
		AttachSchedule(loop, scope, schedule)
		var seen []float64
		loop.OnStep("record", 100, func(*train.Loop, []*tensors.Tensor) error {
			// After the schedule's own callback: the α of the next step.
			seen = append(seen, testkit.Floats(t, store.GetVariable("/"+AlphaVariableName).MustValue())[0])
			return nil
		})
		data, err := dataset.InMemoryFromData(backend, "samples", []any{[][]float32{{1}, {-2}, {3}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := loop.RunSteps(data.BatchSize(3, false).Infinite(true), 3); err != nil {
				t.Fatalf("%+v", err)
			}
		}
		for k, alpha := range seen {
			if want := schedule.Alpha(k + 1); alpha != want {
				t.Errorf("before step %d: α = %g, want %g", k+1, alpha, want)
			}
		}
		if len(seen) != 6 || !math.IsInf(seen[5], -1) {
			t.Errorf("α went through %g, want six values, the last −Inf", seen)
		}
	})
}

func TestSetAlpha_IsSeenByTheNextExecution(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store := model.NewStore()
		exec, err := model.NewExec(backend, store, func(scope *model.Scope, x *Node) *Node {
			alpha := AlphaVariable(scope, x.Graph(), dtypes.Float64)
			return Loss(x, alpha, Scalar(x.Graph(), dtypes.Float64, 1.0))
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ alpha, want float64 }{{1, math.Sqrt(10) - 1}, {2, 4.5}, {math.Inf(-1), 1 - math.Exp(-4.5)}} {
			if err := SetAlpha(store.RootScope(), c.alpha); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Exec(3.0)
			if err != nil {
				t.Fatalf("%+v", err)
			}
			testkit.CheckClose(t, "ρ", testkit.Floats(t, out[0]), []float64{c.want}, 1e-14, 0)
		}
	})
}
