package robustloss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// heavyTailed returns samples of [count, 2] values: normal ones of standard deviation 0.5, and Cauchy's of scale 2.
func heavyTailed(count int) [][]float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([][]float64, count)
	for i := range x {
		x[i] = []float64{0.5 * rng.NormFloat64(), 2 * rng.NormFloat64() / rng.NormFloat64()}
	}
	return x
}

// trainLoss trains a loss on x for some steps.
func trainLoss(t *testing.T, backend compute.Backend, store *model.Store, x any, opt optimizer.Interface, steps int, build func(scope *model.Scope, x *Node) *Node) {
	t.Helper()
	trainer := train.NewTrainer(backend, store, func(scope *model.Scope, _ any, x []*Node) []*Node {
		train.AddMainLoss(ReduceAllMean(build(scope, x[0])))
		return nil
	}, nil, opt, nil, nil)
	for range steps {
		if _, err := trainer.TrainStep(train.Batch{Inputs: []*tensors.Tensor{tensors.MustFromAnyValue(x)}}); err != nil {
			t.Fatalf("%+v", err)
		}
	}
}

// evaluate runs a graph function of a model on x.
func evaluate(t *testing.T, backend compute.Backend, store *model.Store, x any, f func(scope *model.Scope, x *Node) []*Node) [][]float64 {
	t.Helper()
	exec, err := model.NewExec(backend, store, f)
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := exec.Exec(x)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	var values [][]float64
	for _, o := range outputs {
		values = append(values, testkit.Floats(t, o))
	}
	return values
}

func adaptiveOutputs(a *Adaptive) []*Node {
	nll, alpha, scale := a.Done()
	return []*Node{nll, alpha, scale}
}

// α and c start exactly at their init, in both dtypes.
func TestAdaptive_StartsAtTheInit(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			x := testkit.Tensor(t, dtype, []float64{1, -2, 0.3, 4}, 2, 2)
			for i, c := range []struct {
				build        func(a *Adaptive) *Adaptive
				alpha, scale float64
			}{
				{func(a *Adaptive) *Adaptive { return a }, 1, 1},
				{func(a *Adaptive) *Adaptive { return a.AlphaRange(0, 3).AlphaInit(1).ScaleFloor(1e-8).ScaleInit(0.01) }, 1, 0.01},
				{func(a *Adaptive) *Adaptive { return a.AlphaRange(0, 0.5).AlphaInit(0.125).ScaleInit(50) }, 0.125, 50},
				{func(a *Adaptive) *Adaptive { return a.AlphaRange(0, 1).ScaleInit(3).ScaleFloor(3) }, 0.5, 3},
				{func(a *Adaptive) *Adaptive { return a.AlphaRange(math.Inf(1), math.Inf(1)) }, math.Inf(1), 1},
			} {
				got := evaluate(t, backend, model.NewStore(), x, func(scope *model.Scope, x *Node) []*Node {
					return adaptiveOutputs(c.build(NewAdaptive(scope, x)))
				})
				want := []float64{c.alpha, c.scale}
				if dtype == dtypes.Float32 {
					want = []float64{float64(float32(c.alpha)), float64(float32(c.scale))}
				}
				if got[1][0] != want[0] || got[2][0] != want[1] {
					t.Errorf("case %d: α = %.17g, c = %.17g; want %g and %g", i, got[1][0], got[2][0], want[0], want[1])
				}
			}
		})
	})
}

func TestAdaptive_ShapesOfTheParameters(t *testing.T) {
	backend := testkit.Backend(t, "go")
	for _, c := range []struct {
		x, want []int
		build   func(a *Adaptive) *Adaptive
	}{
		{[]int{5, 3}, []int{3}, func(a *Adaptive) *Adaptive { return a }},
		{[]int{5, 3, 2}, []int{3, 2}, func(a *Adaptive) *Adaptive { return a.Location(0) }},
		{[]int{5}, nil, func(a *Adaptive) *Adaptive { return a.Location(0) }},
		{[]int{5, 3}, nil, func(a *Adaptive) *Adaptive { return a.Shared().Location(0) }},
		{nil, nil, func(a *Adaptive) *Adaptive { return a.Shared() }},
	} {
		exec, err := model.NewExec(backend, model.NewStore(), func(scope *model.Scope, x *Node) []*Node {
			a := c.build(NewAdaptive(scope, x))
			out := adaptiveOutputs(a)
			if a.Mu() != nil {
				out = append(out, a.Mu())
			}
			return out
		})
		if err != nil {
			t.Fatal(err)
		}
		outputs, err := exec.Exec(tensors.FromShape(testkit.Tensor(t, dtypes.Float32, make([]float64, elements(c.x)), c.x...).Shape()))
		if err != nil {
			t.Fatalf("%+v", err)
		}
		for i, o := range outputs {
			want := c.want
			if i == 0 {
				want = c.x
			}
			if fmt.Sprint(o.Shape().Dimensions) != fmt.Sprint(append([]int{}, want...)) {
				t.Errorf("x %v: output %d has shape %s, want %v", c.x, i, o.Shape(), want)
			}
		}
	}
}

func elements(dims []int) int {
	product := 1
	for _, d := range dims {
		product *= d
	}
	return product
}

// A normal and a Cauchy column: α moves towards its upper and lower end, c to σ = 0.5 and towards 2/√2, slower, as α does.
func TestAdaptive_LearnsShapeAndScale(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store := model.NewStore()
		x := heavyTailed(2000)
		build := func(scope *model.Scope, x *Node) *Adaptive { return NewAdaptive(scope.ResetVisited().In("loss"), x) }
		trainLoss(t, backend, store, x, optimizer.Adam().LearningRate(0.2).Done(), 300, func(scope *model.Scope, x *Node) *Node {
			nll, _, _ := build(scope, x).Done()
			return nll
		})
		got := evaluate(t, backend, store, x, func(scope *model.Scope, x *Node) []*Node { return adaptiveOutputs(build(scope, x)) })
		alpha, scale := got[1], got[2]
		if alpha[0] < 1.8 || alpha[1] > 0.2 {
			t.Errorf("α = %.3g, want above 1.8 for the normal column and below 0.2 for Cauchy's", alpha)
		}
		testkit.CheckClose(t, "c of the normal column", scale[:1], []float64{0.5}, 0.1, 0)
		testkit.CheckClose(t, "c of Cauchy's column", scale[1:], []float64{2 / math.Sqrt2}, 0.4, 0)
	})
}

// Whatever the latents, α and c are in their ranges, the loss and its gradients finite.
func TestAdaptive_IsFiniteForAllLatents(t *testing.T) {
	extremes := []float64{-1e30, -1000, -90, -30, -1, 0, 1, 30, 90, 1000, 1e30}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			out := testkit.Exec(t, backend, func(latent *Node) []*Node {
				alpha := shiftedSigmoid(latent, 0, 3, 1)
				scale := shiftedSoftplus(MinScalar(latent, 1e15), 1e-5, 1)
				df := boundedExp(latent)
				x := Scalar(latent.Graph(), dtype, 0.7)
				x = BroadcastToDims(x, len(extremes))
				loss := ReduceAllSum(Add(NLL(x, alpha, scale), StudentsTNLL(x, df, scale)))
				return []*Node{alpha, scale, df, Gradient(loss, latent)[0]}
			}, testkit.Tensor(t, dtype, extremes, len(extremes)))
			for i, name := range []string{"α", "c", "ν", "gradient"} {
				for j, v := range testkit.Floats(t, out[i]) {
					low, high := []float64{0, 1e-6, 1e-30, -1e9}[i], []float64{3, 2e15, 1e30, 1e9}[i]
					if !(v >= low) || !(v <= high) {
						t.Errorf("%s at latent %g is %g, outside [%g, %g]", name, extremes[j], v, low, high)
					}
				}
			}
		})
	})
}

func TestReparametrizations_MatchTheirDefinitions(t *testing.T) {
	latents := []float64{-40, -3, -0.4, -1e-9, 0, 1e-9, 0.4, 3, 40}
	var sigmoids, softplus []float64
	const lo, hi, init = 0.2, 1.7, 0.6
	for _, l := range latents {
		p := (init - lo) / (hi - lo)
		sigmoids = append(sigmoids, lo+(hi-lo)/(1+math.Exp(-l-math.Log(p/(1-p)))))
		softplus = append(softplus, 0.1+2.9*math.Log1p(math.Exp(l+math.Log(math.E-1))))
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		in := testkit.Tensor(t, dtypes.Float64, latents, len(latents))
		out := testkit.Exec(t, backend, func(l *Node) []*Node { return []*Node{shiftedSigmoid(l, lo, hi, init), shiftedSoftplus(l, 0.1, 3)} }, in)
		testkit.CheckClose(t, "sigmoid", testkit.Floats(t, out[0]), sigmoids, 1e-14, 0)
		testkit.CheckClose(t, "softplus", testkit.Floats(t, out[1]), softplus, 1e-14, 0)
		testkit.CheckGradient(t, backend, func(in []*Node) *Node {
			return Add(shiftedSigmoid(in[0], lo, hi, init), shiftedSoftplus(in[0], 0.1, 3))
		},
			[]*tensors.Tensor{testkit.Tensor(t, dtypes.Float64, []float64{-5, -0.4, 0, 0.4, 5}, 5)}, testkit.Tolerance{})
	})
}

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
