package robustloss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
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
