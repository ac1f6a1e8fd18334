package robustloss

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/dataset"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// The five ways to weigh and mask four residuals of two examples; α = 0, c = 2.
func TestMakeLoss_WeightsAndMasks(t *testing.T) {
	kernel := scalar.Kernel{Alpha: 0, Scale: 2}
	rho := kernel.Rho
	label := [][]float64{{1, 2}, {3, math.NaN()}}
	prediction := [][]float64{{1.5, -2}, {13, 0}}
	each := [][]bool{{true, true}, {true, false}}
	tests := []struct {
		name   string
		extras []any
		want   float64
	}{
		{"mask", []any{each}, (rho(0.5) + rho(4) + rho(10)) / 3},
		{"mask and weights", []any{each, [][]float64{{2, 1}, {0, 5}}}, (2*rho(0.5) + rho(4)) / 3},
		{"weights and mask", []any{[][]float64{{2, 1}, {0, 5}}, each}, (2*rho(0.5) + rho(4)) / 3},
		{"mask and a weight per example", []any{each, []float64{3, 0.5}}, (3*rho(0.5) + 3*rho(4) + 0.5*rho(10)) / 3},
		{"mask per example", []any{[]bool{true, false}}, (rho(0.5) + rho(4)) / 2},
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, test := range tests {
			got := testkit.Exec(t, backend, func(nodes []*Node) []*Node {
				value := MakeLoss(0, 2)(nodes[1:], nodes[:1])
				return append([]*Node{value}, Gradient(value, nodes[0])...)
			}, append([]any{prediction, label}, test.extras...)...)
			testkit.CheckClose(t, test.name, testkit.Floats(t, got[0]), []float64{test.want}, 1e-14, 0)
			for _, v := range testkit.Floats(t, got[1]) {
				if math.IsNaN(v) {
					t.Errorf("%s: the gradient is %v: it saw what was masked", test.name, got[1].Value())
				}
			}
		}
	})
}

func TestMakeLoss_OfScalarsAndWithoutExtras(t *testing.T) {
	backend := testkit.Backend(t, "go")
	lossOf := func(label, prediction *Node) *Node { return MakeLoss(1, 1)([]*Node{label}, []*Node{prediction}) }
	testkit.CheckClose(t, "scalar", testkit.Floats(t, testkit.Exec(t, backend, lossOf, float32(1), float32(1))[0]), []float64{0}, 0, 0)
	got := testkit.Exec(t, backend, lossOf, []float64{0, 0}, []float64{math.Sqrt(3), math.Sqrt(8)})
	testkit.CheckClose(t, "mean", testkit.Floats(t, got[0]), []float64{1.5}, 1e-15, 0)
}

func TestMakeLoss_Panics(t *testing.T) {
	backend := testkit.Backend(t, "go")
	run := func(inputs ...any) error {
		return exceptions.TryCatch[error](func() {
			MustExecOnce(backend, func(nodes []*Node) *Node { return MakeLoss(1, 1)(nodes[1:], nodes[:1]) }, inputs...)
		})
	}
	for name, test := range map[string]struct {
		err  error
		want []string
	}{
		"shapes differ": {run([]float64{1, 2}, []float64{1}), []string{"[1]", "[2]", "labels[0]", "predictions[0]"}},
		"dtypes differ": {run([]float64{1, 2}, []float32{1, 2}), []string{"Float64", "Float32"}},
		"unknown extra": {run([]float64{1, 2}, []float64{1, 2}, []float64{1, 2, 3}), []string{"[3]", "[2]"}},
		"scale":         {exceptions.TryCatch[error](func() { MakeLoss(1, 0) }), []string{"scale > 0", "scale=0"}},
		"alpha":         {exceptions.TryCatch[error](func() { MakeLoss(math.NaN(), 1) }), []string{"alpha=NaN"}},
	} {
		if test.err == nil {
			t.Errorf("%s: no panic", name)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(test.err.Error(), want) {
				t.Errorf("%s: %q doesn't say %q", name, test.err, want)
			}
		}
	}
}

// outlierLine draws y = 3x − 1 with noise 0.1, every fifth point with an outlier of 10 added.
func outlierLine(n int) (x, y *tensors.Tensor) {
	rng := rand.New(rand.NewPCG(5, 8))
	xs, ys := make([][]float64, n), make([][]float64, n)
	for i := range n {
		v := 2*rng.Float64() - 1
		xs[i] = []float64{v}
		ys[i] = []float64{3*v - 1 + 0.1*rng.NormFloat64()}
		if i%5 == 0 {
			ys[i][0] += 10
		}
	}
	return tensors.FromValue(xs), tensors.FromValue(ys)
}

// line is the model slope·x + intercept.
func line(scope *model.Scope, _ any, inputs []*Node) []*Node {
	x := inputs[0]
	slope := scope.VariableWithValue("slope", 0.0).NodeValue(x.Graph())
	intercept := scope.VariableWithValue("intercept", 0.0).NodeValue(x.Graph())
	return []*Node{Add(Mul(x, slope), intercept)}
}

// fitLine trains the line, on all points at once, and returns its slope and intercept.
func fitLine(t *testing.T, backend compute.Backend, steps int, lossOf func(scope *model.Scope) func(labels, predictions []*Node) *Node) (slope, intercept float64) {
	t.Helper()
	x, y := outlierLine(200)
	data, err := dataset.InMemoryFromData(backend, "line", []any{x}, []any{y})
	if err != nil {
		t.Fatal(err)
	}
	data.BatchSize(200, true).Infinite(true)
	store := model.NewStore()
	store.RootScope().SetParam(optimizer.ParamLearningRate, 0.1)
	trainer := train.NewTrainer(backend, store, line, lossOf(store.RootScope()), optimizer.Adam().Done(), nil, nil)
	if _, err := train.NewLoop(trainer).RunSteps(data, steps); err != nil {
		t.Fatal(err)
	}
	value := func(name string) float64 {
		return testkit.Floats(t, store.RootScope().GetVariable(name).MustValue())[0]
	}
	return value("slope"), value("intercept")
}

func TestMakeLoss_TrainsAModelThroughOutliers(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		slope, intercept := fitLine(t, backend, 200, func(scope *model.Scope) func(labels, predictions []*Node) *Node {
			scope.SetParam(ParamAlpha, 0.0)
			scope.SetParam(ParamScale, 0.1)
			return MakeLossFromScope(scope)
		})
		testkit.CheckClose(t, "robust line", []float64{slope, intercept}, []float64{3, -1}, 0, 0.05)
		_, intercept = fitLine(t, backend, 200, func(*model.Scope) func(labels, predictions []*Node) *Node { return MakeLoss(2, 0.1) })
		if intercept < 0.5 {
			t.Errorf("the least-squares line ends at intercept %g: the outliers should have drawn it to about 1", intercept)
		}
	})
}

func TestMakeLossFromScope_Defaults(t *testing.T) {
	scope := model.NewStore().RootScope()
	got := testkit.Exec(t, testkit.Backend(t, "go"), func(label, prediction *Node) *Node {
		return MakeLossFromScope(scope)([]*Node{label}, []*Node{prediction})
	}, []float64{0}, []float64{math.Sqrt(3)})
	testkit.CheckClose(t, "α = 1, c = 1", testkit.Floats(t, got[0]), []float64{1}, 1e-15, 0)
}

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

// In half floats, α, c, the residuals and their mean are float32 inside: c is below what float16 can hold, and the sum of the
// losses is above.
func TestMakeLoss_OfHalfFloats(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, dtype := range []dtypes.DType{dtypes.Float16, dtypes.BFloat16} {
			const n = 5000
			got := testkit.Exec(t, backend, func(zero *Node) []*Node {
				label := BroadcastToDims(ConvertDType(zero, dtype), n)
				prediction := AddScalar(label, 0.125)
				weights := OnesLike(label)
				value := MakeLoss(0, 1e-9)([]*Node{label, weights}, []*Node{prediction})
				return append([]*Node{value}, Gradient(value, prediction)...)
			}, 0.0)
			if got[0].DType() != dtype {
				t.Errorf("the loss of %s is of dtype %s", dtype, got[0].DType())
			}
			kernel := scalar.Kernel{Alpha: 0, Scale: 1e-9}
			testkit.CheckClose(t, "loss", testkit.Floats(t, got[0]), []float64{kernel.Rho(0.125)}, 1e-2, 0)
			testkit.CheckClose(t, "gradient", testkit.Floats(t, got[1])[:1], []float64{kernel.Influence(0.125) / n}, 1e-2, 0)
		}
	})
}

func TestMakeLoss_OfMaskedAndMissingElements(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Exec(t, backend, func(label, prediction, mask *Node) []*Node {
			value := MakeLoss(1, 1)([]*Node{label, mask}, []*Node{prediction})
			return append([]*Node{value}, Gradient(value, prediction)...)
		}, []float64{1, 2}, []float64{3, math.NaN()}, []bool{false, false})
		testkit.CheckClose(t, "all masked", testkit.Floats(t, got[0]), []float64{0}, 0, 0)
		testkit.CheckClose(t, "gradient", testkit.Floats(t, got[1]), []float64{0, 0}, 0, 0)
		err := exceptions.TryCatch[error](func() {
			MustExecOnce(backend, func(nodes []*Node) *Node {
				empty := Zeros(nodes[0].Graph(), shapes.Make(dtypes.Float32, 0, 3))
				return MakeLoss(1, 1)([]*Node{empty}, []*Node{empty})
			}, 1.0)
		})
		if err == nil || !strings.Contains(err.Error(), "[0, 3]) is empty") {
			t.Errorf("the loss of nothing: %v", err)
		}
	})
}

// α of either sign of infinity, given as a number or as text, goes through a checkpoint's JSON and comes back.
func TestMakeLossFromScope_InfiniteAlphaSurvivesACheckpoint(t *testing.T) {
	backend := testkit.Backend(t, "go")
	value := func(scope *model.Scope) float64 {
		return testkit.Floats(t, testkit.Exec(t, backend, func(label, prediction *Node) *Node {
			return MakeLossFromScope(scope)([]*Node{label}, []*Node{prediction})
		}, []float64{0}, []float64{2})[0])[0]
	}
	welsch, steepest := 1-math.Exp(-2), math.Exp(2)-1
	for _, c := range []struct {
		alpha any
		want  float64
	}{
		{math.Inf(-1), welsch},
		{math.Inf(1), steepest},
		{float32(math.Inf(-1)), welsch},
		{"-Inf", welsch},
		{"+inf", steepest},
		{"2", 2},
		{2, 2},
		{2.0, 2},
	} {
		dir := t.TempDir()
		store := model.NewStore()
		scope := store.RootScope().In("model").In("loss")
		scope.VariableWithValue("weight", 1.0)
		store.RootScope().In("model").SetParam(ParamAlpha, c.alpha)
		testkit.CheckClose(t, "before saving", []float64{value(scope)}, []float64{c.want}, 1e-14, 0)
		handler, err := checkpoint.Build(store).Dir(dir).Done()
		if err != nil {
			t.Fatal(err)
		}
		if err := handler.Save(); err != nil {
			t.Fatalf("α = %v: %v", c.alpha, err)
		}
		loaded := model.NewStore()
		if _, err := checkpoint.Build(loaded).Dir(dir).Done(); err != nil {
			t.Fatalf("α = %v: %v", c.alpha, err)
		}
		testkit.CheckClose(t, "after loading", []float64{value(loaded.RootScope().In("model").In("loss"))}, []float64{c.want}, 1e-14, 0)
	}
	scope := model.NewStore().RootScope()
	scope.SetParam(ParamAlpha, "two")
	err := exceptions.TryCatch[error](func() { MakeLossFromScope(scope) })
	if err == nil || !strings.Contains(err.Error(), `robust_alpha is "two"`) {
		t.Errorf("α = two: %v", err)
	}
}
