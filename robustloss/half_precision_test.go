package robustloss

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition"
)

// bfloat16 goes in and comes out; in between everything is float32, and so are the variables.
func TestDistribution_InBFloat16(t *testing.T) {
	const half = dtypes.BFloat16
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store := model.NewStore()
		exec, err := model.NewExec(backend, store, func(scope *model.Scope, x, state *Node) []*Node {
			x = ConvertDType(x, half)
			alpha, scale := Scalar(x.Graph(), half, 1.0), Scalar(x.Graph(), half, 0.5)
			_, samples := Sample(state, alpha, BroadcastToDims(scale, 3))
			nll, learnedAlpha, learnedScale := NewAdaptive(scope.In("loss"), x).Location(0).Done()
			return []*Node{LogPartition(alpha), NLL(x, alpha, scale), StudentsTNLL(x, alpha, scale), samples, nll, learnedAlpha, learnedScale}
		})
		if err != nil {
			t.Fatal(err)
		}
		outputs, err := exec.Exec([]float32{0.5}, rngState(t, 1))
		if err != nil {
			t.Fatalf("%+v", err)
		}
		logZ := partition.LogZ(1)
		cauchy := math.Log(2) + math.Log(0.5) + math.Log(math.Pi)
		want := []float64{logZ, math.Sqrt2 - 1 + math.Log(0.5) + logZ, cauchy, math.NaN(), math.Sqrt(1.25) - 1 + logZ, 1, 1}
		for i, o := range outputs {
			if o.DType() != half {
				t.Errorf("output %d is %s, want bfloat16", i, o.Shape())
			}
			if got := testkit.Floats(t, o); !math.IsNaN(want[i]) {
				testkit.CheckClose(t, "output", got, []float64{want[i]}, 1e-2, 0)
			}
		}
		for v := range store.IterVariables() {
			if v.DType() != dtypes.Float32 {
				t.Errorf("the variable %s is %s, want float32", v.Path(), v.DType())
			}
		}
	})
}
