package robustloss

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// AdamW pulls a trainable weight towards 0 and leaves the latents alone: they learn as with Adam.
func TestAdaptive_StaysOutOfWeightDecay(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		x := heavyTailed(50)
		learned := func(decay float64) (parameters [][]float64, weight float64) {
			store := model.NewStore()
			build := func(scope *model.Scope, x *Node) *Adaptive {
				return NewAdaptive(scope.ResetVisited().In("loss"), x).Location(0)
			}
			opt := optimizer.Adam().LearningRate(0.1).WeightDecay(decay).Done()
			trainLoss(t, backend, store, x, opt, 40, func(scope *model.Scope, x *Node) *Node {
				w := scope.VariableWithValue("w", 1.0).NodeValue(x.Graph())
				nll, _, _ := build(scope, x).Done()
				return Add(nll, MulScalar(w, 1e-12))
			})
			parameters = evaluate(t, backend, store, x, func(scope *model.Scope, x *Node) []*Node {
				a := build(scope, x)
				return append(adaptiveOutputs(a)[1:], a.Mu())
			})
			return parameters, testkit.Floats(t, store.GetVariable("/w").MustValue())[0]
		}
		plain, weight := learned(0)
		decayed, decayedWeight := learned(0.5)
		if decayedWeight > 0.5*weight {
			t.Errorf("the weight went from %g to %g: there was no decay", weight, decayedWeight)
		}
		for i, name := range []string{"α", "c", "μ"} {
			testkit.CheckClose(t, name, decayed[i], plain[i], 1e-12, 1e-12)
		}
	})
}

func TestAdaptive_SurvivesACheckpoint(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		dir, x := t.TempDir(), heavyTailed(50)
		build := func(scope *model.Scope, x *Node) *Adaptive {
			return NewAdaptive(scope.ResetVisited().In("loss"), x).Location(0.1)
		}
		loss := func(scope *model.Scope, x *Node) *Node {
			nll, _, _ := build(scope, x).Done()
			return nll
		}
		outputs := func(scope *model.Scope, x *Node) []*Node {
			a := build(scope, x)
			return append(adaptiveOutputs(a), a.Mu())
		}
		store := model.NewStore()
		saved, err := checkpoint.Build(store).Dir(dir).Done()
		if err != nil {
			t.Fatal(err)
		}
		trainLoss(t, backend, store, x, optimizer.Adam().LearningRate(0.1).Done(), 10, loss)
		if err := saved.Save(); err != nil {
			t.Fatal(err)
		}
		trainLoss(t, backend, store, x, optimizer.Adam().LearningRate(0.1).Done(), 10, loss)
		want := evaluate(t, backend, store, x, outputs)

		resumed := model.NewStore()
		if _, err := checkpoint.Build(resumed).Dir(dir).Done(); err != nil {
			t.Fatal(err)
		}
		trainLoss(t, backend, resumed, x, optimizer.Adam().LearningRate(0.1).Done(), 10, loss)
		got := evaluate(t, backend, resumed, x, outputs)
		for i, name := range []string{"NLL", "α", "c", "μ"} {
			testkit.CheckClose(t, name, got[i], want[i], 0, 0)
		}
		for _, name := range []string{"alpha_latent", "scale_latent", "location"} {
			if v := resumed.GetVariable("/loss/" + name); v == nil || v.Trainable || testkit.Floats(t, v.MustValue())[0] == 0 {
				t.Errorf("the learned parameter isn't in the variable /loss/%s", name)
			}
		}
	})
}

// LatentRate(f) is a learning rate f times as large, for the latents alone.
func TestAdaptive_LatentRate(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		x := heavyTailed(50)
		learned := func(rate, factor float64) [][]float64 {
			store := model.NewStore()
			build := func(scope *model.Scope, x *Node) *Adaptive {
				return NewAdaptive(scope.ResetVisited().In("loss"), x).LatentRate(factor)
			}
			trainLoss(t, backend, store, x, optimizer.Adam().LearningRate(rate).Epsilon(1e-30).Done(), 20, func(scope *model.Scope, x *Node) *Node {
				nll, _, _ := build(scope, x).Done()
				return nll
			})
			return evaluate(t, backend, store, x, func(scope *model.Scope, x *Node) []*Node { return adaptiveOutputs(build(scope, x))[1:] })
		}
		want, got := learned(0.05, 1), learned(0.001, 50)
		testkit.CheckClose(t, "α", got[0], want[0], 1e-9, 0)
		testkit.CheckClose(t, "c", got[1], want[1], 1e-9, 0)
	})
}

// Without a trainer, whose per-step update moves the steps over, the latents are where the optimizer left them.
func TestAdaptive_WorksWithoutATrainer(t *testing.T) {
	backend := testkit.Backend(t, "go")
	store, x := model.NewStore(), heavyTailed(50)
	sgd := optimizer.StochasticGradientDescent()
	step, err := model.NewExec(backend, store, func(scope *model.Scope, x *Node) *Node {
		nll, _, _ := NewAdaptive(scope, x).Done()
		loss := ReduceAllMean(nll)
		sgd.UpdateGraph(scope, x.Graph(), loss)
		return loss
	})
	if err != nil {
		t.Fatal(err)
	}
	var losses []float64
	for range 20 {
		out, err := step.Exec(x)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		losses = append(losses, testkit.Floats(t, out[0])[0])
	}
	if last := losses[len(losses)-1]; last > losses[0]-0.01 {
		t.Errorf("the loss went from %g to %g", losses[0], last)
	}
}

func TestAdaptive_FixedParametersAreNoVariables(t *testing.T) {
	backend := testkit.Backend(t, "go")
	store := model.NewStore()
	evaluate(t, backend, store, heavyTailed(4), func(scope *model.Scope, x *Node) []*Node {
		return adaptiveOutputs(NewAdaptive(scope.In("loss"), x).AlphaRange(1, 1).ScaleFloor(0.5).ScaleInit(0.5))
	})
	for v := range store.IterVariables() {
		if strings.HasPrefix(v.Path(), "/loss") {
			t.Errorf("there is a variable %s", v.Path())
		}
	}
}

// α from a node: only the scale is learned, and α may change between steps.
func TestAdaptive_WithAlpha(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store, x := model.NewStore(), [][]float64{{1, -2}, {0.5, 4}}
		exec, err := model.NewExec(backend, store, func(scope *model.Scope, x *Node) []*Node {
			a := NewAdaptive(scope.In("loss"), x).WithAlpha(AlphaVariable(scope, x.Graph(), x.DType())).ScaleInit(2)
			nll, alpha, scale := a.Done()
			return []*Node{Sub(nll, NLL(x, alpha, scale)), alpha, scale}
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []float64{1, 0.25, 2} {
			if err := SetAlpha(store.RootScope(), want); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Call(x)
			if err != nil {
				t.Fatalf("%+v", err)
			}
			testkit.CheckClose(t, "NLL less that at α", testkit.Floats(t, out[0]), make([]float64, 4), 0, 0)
			testkit.CheckClose(t, "α", testkit.Floats(t, out[1]), []float64{want}, 0, 0)
		}
		if store.GetVariable("/loss/alpha_latent") != nil || store.GetVariable("/loss/scale_latent") == nil {
			t.Error("want a latent of the scale, and none of α")
		}
	})
}

func TestAdaptive_OptionErrors(t *testing.T) {
	backend := testkit.Backend(t, "go")
	x := [][]float64{{1, 2}}
	for _, c := range []struct {
		want  string
		x     any
		build func(scope *model.Scope, x *Node)
	}{
		{"AlphaRange(-1, 2): want 0 ≤ lo ≤ hi", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).AlphaRange(-1, 2).Done() }},
		{"AlphaRange(2, 1)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).AlphaRange(2, 1).Done() }},
		{"AlphaRange(0, +Inf)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).AlphaRange(0, math.Inf(1)).Done() }},
		{"AlphaRange(NaN, 1)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).AlphaRange(math.NaN(), 1).Done() }},
		{"AlphaInit(2): want a number inside AlphaRange(0.001, 1.999)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).AlphaInit(2).Done() }},
		{"AlphaInit(0.5) but AlphaRange(1, 1) fixes alpha", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).AlphaInit(0.5).AlphaRange(1, 1).Done() }},
		{"ScaleFloor(0): want a number > 0", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).ScaleFloor(0).Done() }},
		{"ScaleInit(1e-09): want at least the floor of 1e-05", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).ScaleInit(1e-9).Done() }},
		{"LatentRate(0)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).LatentRate(0).Done() }},
		{"Location(NaN)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).Location(math.NaN()).Done() }},
		{"x must have a batch axis", 1.0, func(s *model.Scope, x *Node) { NewAdaptive(s, x).Done() }},
		{"x must be of a float dtype, got x=(Int64)[2]", []int64{1, 2}, func(s *model.Scope, x *Node) { NewAdaptive(s, x).Done() }},
		{"NewStudentsT: degrees of freedom of 0", x, func(s *model.Scope, x *Node) { NewStudentsT(s, x).DFInit(0).Done() }},
		{"degrees of freedom of +Inf", x, func(s *model.Scope, x *Node) { NewStudentsT(s, x).DFInit(math.Inf(1)).Done() }},
		{"degrees of freedom of NaN", x, func(s *model.Scope, x *Node) { NewStudentsT(s, x).FixedDF(math.NaN()).Done() }},
		{"NewStudentsT: ScaleInit(0)", x, func(s *model.Scope, x *Node) { NewStudentsT(s, x).ScaleInit(0).Done() }},
	} {
		exec, err := model.NewExec(backend, model.NewStore(), func(scope *model.Scope, x *Node) *Node {
			c.build(scope, x)
			return x
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = exec.Exec(c.x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want an error with %q, got: %.200v", c.want, err)
		}
	}
}
