package adam_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/robustloss/gomlx-robustloss/experiments/adam"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

var config = adam.Config{
	Rate: .1, Beta1: .9, Beta2: .99, Epsilon: 1e-8, WarmUp: 3, Constant: 6, Steps: 12,
}

// The loss ½(a−3)² + cos(b).
func lossGraph(scope *model.Scope, _ any, inputs []*graph.Node) []*graph.Node {
	g := inputs[0].Graph()
	a := scope.In("outer").VariableWithValue("a", 1.0).NodeValue(g)
	b := scope.In("deep").In("inner").VariableWithValue("b", .5).NodeValue(g)
	loss := graph.Add(graph.MulScalar(graph.Square(graph.AddScalar(a, -3)), .5), graph.Cos(b))
	train.AddMainLoss(loss)
	return []*graph.Node{loss}
}

func variables(t *testing.T, store *model.Store) [2]float64 {
	t.Helper()
	var values [2]float64
	for i, name := range []string{"/outer/a", "/deep/inner/b"} {
		v := store.GetVariable(name)
		if v == nil {
			t.Fatalf("there is no variable %s", name)
		}
		values[i] = tensors.ToScalar[float64](v.MustValue())
	}
	return values
}

// The same update in plain Go.
func expected(steps int) [2]float64 {
	theta, m, v := [2]float64{1, .5}, [2]float64{}, [2]float64{}
	for t := 1; t <= steps; t++ {
		gradient := [2]float64{theta[0] - 3, -math.Sin(theta[1])}
		scale := min(1, float64(t)/3)
		if t > 7 {
			scale = .5 * (1 + math.Cos(math.Pi*float64(t-7)/6))
		}
		for i := range theta {
			m[i] = .9*m[i] + .1*gradient[i]
			v[i] = .99*v[i] + .01*gradient[i]*gradient[i]
			theta[i] -= .1 * scale * (m[i] / (1 - math.Pow(.9, float64(t)))) / (math.Sqrt(v[i]/(1-math.Pow(.99, float64(t)))) + 1e-8)
		}
	}
	return theta
}

func TestUpdatesAreThoseOfTheFormula(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store := model.NewStore()
		trainer := train.NewTrainer(backend, store, lossGraph, nil, adam.New(config), nil, nil)
		for step := 1; step <= 12; step++ {
			if _, err := trainer.TrainStep(train.Batch{Inputs: []*tensors.Tensor{tensors.FromValue(0.0)}}); err != nil {
				t.Fatal(err)
			}
			got, want := variables(t, store), expected(step)
			testkit.CheckClose(t, "variables", got[:], want[:], 1e-12, 0)
		}
	})
}

// With a constant rate, GoMLX's optimiser makes the same steps.
func TestUpdatesAreThoseOfGoMLX(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		constant := adam.New(adam.Config{Rate: .1, Beta1: .9, Beta2: .99, Epsilon: 1e-8})
		theirs := optimizer.Adam().LearningRate(.1).Betas(.9, .99).Epsilon(1e-8).Done()
		var values [2][2]float64
		for i, o := range []optimizer.Interface{constant, theirs} {
			store := model.NewStore()
			trainer := train.NewTrainer(backend, store, lossGraph, nil, o, nil, nil)
			for range 40 {
				if _, err := trainer.TrainStep(train.Batch{Inputs: []*tensors.Tensor{tensors.FromValue(0.0)}}); err != nil {
					t.Fatal(err)
				}
			}
			values[i] = variables(t, store)
		}
		testkit.CheckClose(t, "variables", values[0][:], values[1][:], 1e-11, 0)
	})
}

func TestSchedule(t *testing.T) {
	for step, want := range map[int]float64{1: 1. / 3, 2: 2. / 3, 3: 1, 7: 1, 10: .5, 13: 0, 20: 0} {
		if got := config.Scale(step); math.Abs(got-want) > 1e-15 {
			t.Errorf("step %d: %g, want %g", step, got, want)
		}
	}
	if got := (adam.Config{}).Scale(5); got != 1 {
		t.Errorf("without a schedule: %g, want 1", got)
	}
}
