package robustloss

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train"
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
				return NewAdaptive(scope.ResetVisited().In("loss"), x).LocationInit(0)
			}
			opt := optimizer.Adam().LearningRate(0.1).WeightDecay(decay).Done()
			trainLoss(t, backend, store, x, opt, 40, func(scope *model.Scope, x *Node) *Node {
				w := scope.VariableWithValue("w", 1.0).NodeValue(x.Graph())
				return Add(build(scope, x).Done(), MulScalar(w, 1e-12))
			})
			parameters = evaluate(t, backend, store, x, func(scope *model.Scope, x *Node) []*Node {
				a := build(scope, x)
				return append(adaptiveOutputs(a)[1:], a.Location())
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
			return NewAdaptive(scope.ResetVisited().In("loss"), x).LocationInit(0.1)
		}
		loss := func(scope *model.Scope, x *Node) *Node {
			return build(scope, x).Done()
		}
		outputs := func(scope *model.Scope, x *Node) []*Node {
			a := build(scope, x)
			return append(adaptiveOutputs(a), a.Location())
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
			if v := resumed.GetVariable("/loss/" + name); v == nil || !v.Trainable || testkit.Floats(t, v.MustValue())[0] == 0 {
				t.Errorf("the learned parameter isn't in the variable /loss/%s", name)
			}
		}
	})
}

// The variable that a user sees freezes what it holds when it is made untrainable, whatever momentum and weight decay the
// optimizer has; so does Freeze for all; and made trainable again it learns on.
func TestAdaptive_Freezes(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store, x := model.NewStore(), heavyTailed(50)
		freeze := false
		build := func(scope *model.Scope, x *Node) *Adaptive {
			a := NewAdaptive(scope.ResetVisited().In("loss"), x).LocationInit(0)
			if freeze {
				a.Freeze()
			}
			return a
		}
		steps := func() (parameters [][]float64, weight float64) {
			opt := optimizer.Adam().LearningRate(0.1).WeightDecay(0.3).Done()
			trainLoss(t, backend, store, x, opt, 5, func(scope *model.Scope, x *Node) *Node {
				w := scope.VariableWithValue("w", 1.0).NodeValue(x.Graph())
				return build(scope, Add(x, w)).Done()
			})
			parameters = evaluate(t, backend, store, x, func(scope *model.Scope, x *Node) []*Node {
				a := build(scope, x)
				return append(adaptiveOutputs(a)[1:], a.Location())
			})
			return parameters, testkit.Floats(t, store.GetVariable("/w").MustValue())[0]
		}
		first, firstWeight := steps()
		store.GetVariable("/loss/alpha_latent").SetTrainable(false)
		second, secondWeight := steps()
		store.GetVariable("/loss/alpha_latent").SetTrainable(true)
		freeze = true
		third, thirdWeight := steps()
		freeze = false
		fourth, _ := steps()
		for i, name := range []string{"α", "c", "μ"} {
			if moved := second[i][0] != first[i][0]; moved == (name == "α") {
				t.Errorf("α frozen by its variable: %s went from %g to %g", name, first[i], second[i])
			}
			testkit.CheckClose(t, "frozen "+name, third[i], second[i], 0, 0)
			if fourth[i][0] == third[i][0] {
				t.Errorf("%s does not learn after Freeze", name)
			}
		}
		if firstWeight == secondWeight || secondWeight == thirdWeight {
			t.Errorf("the model's weight does not learn beside a frozen loss: %g, %g, %g", firstWeight, secondWeight, thirdWeight)
		}
	})
}

// A trainer that accumulates the gradients of two halves ends where one does that sees the whole.
func TestAdaptive_LearnsFromAccumulatedGradients(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		x := heavyTailed(40)
		build := func(scope *model.Scope, x *Node) *Adaptive {
			return NewAdaptive(scope.ResetVisited().In("loss"), x).LocationInit(0).LatentRate(3)
		}
		learned := func(parts int) [][]float64 {
			store := model.NewStore()
			trainer := train.NewTrainer(backend, store, func(scope *model.Scope, _ any, x []*Node) []*Node {
				train.AddMainLoss(ReduceAllMean(build(scope, x[0]).Done()))
				return nil
			}, nil, optimizer.Adam().LearningRate(0.05).WeightDecay(0.3).Done(), nil, nil)
			if parts > 1 {
				if err := trainer.AccumulateGradients(parts); err != nil {
					t.Fatal(err)
				}
			}
			for step := range 6 * parts {
				rows := len(x) / parts
				batch := x[step%parts*rows:][:rows]
				if _, err := trainer.TrainStep(train.Batch{Inputs: []*tensors.Tensor{tensors.MustFromAnyValue(batch)}}); err != nil {
					t.Fatalf("%+v", err)
				}
			}
			return evaluate(t, backend, store, x, func(scope *model.Scope, x *Node) []*Node {
				a := build(scope, x)
				return append(adaptiveOutputs(a)[1:], a.Location())
			})
		}
		whole, halves := learned(1), learned(2)
		for i, name := range []string{"α", "c", "μ"} {
			testkit.CheckClose(t, name, halves[i], whole[i], 1e-9, 1e-9)
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
				return build(scope, x).Done()
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
		loss := ReduceAllMean(NewAdaptive(scope, x).Done())
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
		return adaptiveOutputs(NewAdaptive(scope.In("loss"), x).FixedAlpha(1).FixedScale(0.5))
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
			nll := a.Done()
			return []*Node{Sub(nll, NLL(x, a.Alpha(), a.Scale())), a.Alpha(), a.Scale()}
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
		{"AlphaRange(-1, 2): want 0 ≤ lo < hi", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).AlphaRange(-1, 2).Done() }},
		{"AlphaRange(2, 1)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).AlphaRange(2, 1).Done() }},
		{"AlphaRange(0, +Inf)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).AlphaRange(0, math.Inf(1)).Done() }},
		{"AlphaRange(NaN, 1)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).AlphaRange(math.NaN(), 1).Done() }},
		{"AlphaInit(2): want a number inside AlphaRange(0.001, 1.999)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).AlphaInit(2).Done() }},
		{"AlphaRange(1, 1): want lo < hi: FixedAlpha(1)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).AlphaInit(0.5).AlphaRange(1, 1).Done() }},
		{"AlphaInit(NaN)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).AlphaInit(math.NaN()).Done() }},
		{"FixedAlpha(-1): want a number ≥ 0", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).FixedAlpha(-1).Done() }},
		{"FixedAlpha(NaN)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).FixedAlpha(math.NaN()).Done() }},
		{"FixedScale(0)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).FixedScale(0).Done() }},
		{"FixedScale(+Inf)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).FixedScale(math.Inf(1)).Done() }},
		{"FixedLocation(-Inf)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).FixedLocation(math.Inf(-1)).Done() }},
		{"WithScale(nil)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).WithScale(nil).Done() }},
		{"NewAdaptive: WithAlpha must be a scalar or broadcast to the shape of x, got WithAlpha=(Float64)[3] and x=(Float64)[1, 2]", x, func(s *model.Scope, x *Node) {
			NewAdaptive(s, x).WithAlpha(Const(x.Graph(), []float64{1, 1, 1})).Done()
		}},
		{"WithLocation and x must have the same dtype", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).WithLocation(Const(x.Graph(), float32(1))).Done() }},
		{"Mask: want a node of dtype Bool, got (Float64)[1, 2]", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).Mask(x).Done() }},
		{"Mask: want the shape of x or leading axes of it, got (Bool)[2] and x=(Float64)[1, 2]", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).Mask(Const(x.Graph(), []bool{true, false})).Done() }},
		{"Weights: want a node of a float dtype, got nil", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).Weights(nil).Done() }},
		{"Weights: want the shape of x or leading axes of it, got (Float64)[3] and x=(Float64)[1, 2]", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).Weights(Const(x.Graph(), []float64{1, 1, 1})).Done() }},
		{"Likelihood(7): want General or StudentsT", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).Likelihood(7).Done() }},
		{"Levels has no meaning for residuals that are not images: see NewImageAdaptive", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).Levels(2).Done() }},
		{"NewAdaptive: want a scope and a node, got nil", x, func(s *model.Scope, _ *Node) { NewAdaptive(s, nil) }},
		{"Alpha is known only after Done: call Done first", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).Alpha() }},
		{"StudentsT has no alpha: see DF", x, func(s *model.Scope, x *Node) { a := NewStudentsT(s, x); a.Done(); a.Alpha() }},
		{"General has no degrees of freedom: see Alpha", x, func(s *model.Scope, x *Node) { a := NewAdaptive(s, x); a.Done(); a.DF() }},
		{"NewAdaptive: Done was called before", x, func(s *model.Scope, x *Node) { a := NewAdaptive(s, x); a.Done(); a.Done() }},
		{"NewImageAdaptive: Done was called before", [][][][]float64{{{{1}}}}, func(s *model.Scope, x *Node) { a := NewImageAdaptive(s, x).ColorSpace(RGB); a.Done(); a.Done() }},
		{"ScaleInit was called after Done", x, func(s *model.Scope, x *Node) { a := NewStudentsT(s, x); a.Done(); a.ScaleInit(3) }},
		{"ScaleFloor(0): want a finite number > 0", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).ScaleFloor(0).Done() }},
		{"ScaleInit(1e-09): want a finite number above the floor of 1e-05", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).ScaleInit(1e-9).Done() }},
		{"ScaleInit(2): want more than the floor of 2, which ScaleFloor sets: FixedScale(2)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).ScaleInit(2).ScaleFloor(2).Done() }},
		{"LatentRate(0)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).LatentRate(0).Done() }},
		{"LocationInit(NaN)", x, func(s *model.Scope, x *Node) { NewAdaptive(s, x).LocationInit(math.NaN()).Done() }},
		{"NewAdaptive: x is empty: x=(Float32)[0, 3]", tensors.FromShape(shapes.Make(dtypes.Float32, 0, 3)), func(s *model.Scope, x *Node) { NewAdaptive(s, x).Done() }},
		{"NewStudentsT: x is empty: x=(Float32)[3, 0]", tensors.FromShape(shapes.Make(dtypes.Float32, 3, 0)), func(s *model.Scope, x *Node) { NewStudentsT(s, x).Shared().Done() }},
		{"x must have a batch axis", 1.0, func(s *model.Scope, x *Node) { NewAdaptive(s, x).Done() }},
		{"x must be of a float dtype, got x=(Int64)[2]", []int64{1, 2}, func(s *model.Scope, x *Node) { NewAdaptive(s, x).Done() }},
		{"NewStudentsT: DFInit(0): want degrees of freedom > 0", x, func(s *model.Scope, x *Node) { NewStudentsT(s, x).DFInit(0).Done() }},
		{"DFInit(+Inf)", x, func(s *model.Scope, x *Node) { NewStudentsT(s, x).DFInit(math.Inf(1)).Done() }},
		{"FixedDF(NaN)", x, func(s *model.Scope, x *Node) { NewStudentsT(s, x).FixedDF(math.NaN()).Done() }},
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
