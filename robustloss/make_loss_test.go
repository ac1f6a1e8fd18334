package robustloss

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/dataset"
	"github.com/gomlx/gomlx/ml/model"
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
