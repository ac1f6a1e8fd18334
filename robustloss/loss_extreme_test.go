package robustloss

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// lossAndAll returns ρ, ∂x, ∂α, ∂c, w, and LossSquared of x² with its derivative in x².
func lossAndAll(x, alpha, scale *Node) []*Node {
	rho := Loss(x, alpha, scale)
	all := append([]*Node{rho}, Gradient(ReduceAllSum(rho), x, alpha, scale)...)
	xSquared := Square(x)
	squared := LossSquared(xSquared, alpha, scale)
	return append(all, Weight(x, alpha, scale), squared, Gradient(ReduceAllSum(squared), xSquared)[0])
}

var lossAndAllNames = []string{"ρ", "∂ρ/∂x", "∂ρ/∂α", "∂ρ/∂c", "w", "LossSquared", "its derivative"}

func TestLoss_NaNOnlyFromNaN(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			most, least := math.MaxFloat32, 0x1p-126
			if dtype == dtypes.Float64 {
				most, least = math.MaxFloat64, 0x1p-1022
			}
			nan, inf := math.NaN(), math.Inf(1)
			var x, alpha, scale []float64
			for _, a := range []float64{-inf, -most, -1e9, -2, -1, -1e-7, -least, 0, least, 1e-7, 0.5, 1, 1.5, 1.9999998, 2, 2.0000002, 4, 1e9, most, inf, nan} {
				for _, r := range []float64{0, math.Copysign(0, -1), least, 1e-20, -1e-3, 1, -30, 1e9, -1e18, 1e25, most, -most, inf, -inf, nan} {
					for _, c := range []float64{least, 1e-20, 1, 1e20, most} {
						x, alpha, scale = append(x, r), append(alpha, a), append(scale, c)
					}
				}
			}
			n := len(x)
			got := testkit.Exec(t, backend, lossAndAll, testkit.Tensor(t, dtype, x, n), testkit.Tensor(t, dtype, alpha, n), testkit.Tensor(t, dtype, scale, n))
			wrong := 0
			for i, output := range got {
				for k, v := range testkit.Floats(t, output) {
					fromNaN := math.IsNaN(x[k]) || math.IsNaN(alpha[k])
					if (math.IsNaN(v) && !fromNaN || i == 0 && fromNaN && !math.IsNaN(v)) && wrong < 40 {
						wrong++
						t.Errorf("%s is %g at x=%g α=%g c=%g", lossAndAllNames[i], v, x[k], alpha[k], scale[k])
					}
				}
			}
		})
	})
}
