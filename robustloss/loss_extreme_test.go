package robustloss

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
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

// extremes returns every combination of extreme x, α and c of a dtype.
func extremes(dtype dtypes.DType) (x, alpha, scale []float64) {
	most, least := math.MaxFloat32, 0x1p-126
	if dtype == dtypes.Float64 {
		most, least = math.MaxFloat64, 0x1p-1022
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, a := range []float64{-inf, -most, -1e9, -2, -1, -1e-7, -least, 0, least, 1e-7, 0.5, 1, 1.5, 1.9999998, 2, 2.0000002, 4, 1e9, most, inf, nan} {
		for _, r := range []float64{0, math.Copysign(0, -1), least, 1e-20, -1e-3, 1, -30, 1e9, -1e18, 1e25, most, -most, inf, -inf, nan} {
			for _, c := range []float64{least, 1e-20, 1, 1e20, most} {
				x, alpha, scale = append(x, r), append(alpha, a), append(scale, c)
			}
		}
	}
	return x, alpha, scale
}

func TestLoss_IsNaNOnlyWhereAnInputIs(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			x, alpha, scale := extremes(dtype)
			n := len(x)
			got := testkit.Exec(t, backend, lossAndAll, testkit.Tensor(t, dtype, x, n), testkit.Tensor(t, dtype, alpha, n), testkit.Tensor(t, dtype, scale, n))
			for i, output := range got {
				checkNaN(t, lossAndAllNames[i], testkit.Floats(t, output), x, alpha, scale)
			}
		})
	})
}

func TestLoss_IsNaNOnlyWhereAnInputIsForScalars(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		exec := MustNewExec(backend, lossAndAll)
		defer exec.Finalize()
		x, alpha, scale := extremes(dtypes.Float32)
		for k := 0; k < len(x); k += 3 {
			got := exec.MustCall(testkit.Tensor(t, dtypes.Float32, x[k:k+1], 1), testkit.Tensor(t, dtypes.Float32, alpha[k:k+1]), testkit.Tensor(t, dtypes.Float32, scale[k:k+1]))
			for i, output := range got {
				checkNaN(t, lossAndAllNames[i], testkit.Floats(t, output), x[k:], alpha[k:], scale[k:])
			}
		}
	})
}

func checkNaN(t *testing.T, name string, got, x, alpha, scale []float64) {
	t.Helper()
	for k, v := range got {
		switch fromNaN := math.IsNaN(x[k]) || math.IsNaN(alpha[k]); {
		case math.IsNaN(v) && !fromNaN:
			t.Errorf("%s is NaN at x=%g α=%g c=%g", name, x[k], alpha[k], scale[k])
		case name == "ρ" && fromNaN && !math.IsNaN(v):
			t.Errorf("%s is %g at x=%g α=%g c=%g, want NaN", name, v, x[k], alpha[k], scale[k])
		}
	}
}

func TestLoss_AtInfiniteResidualsIsItsLimit(t *testing.T) {
	inf := math.Inf(1)
	alpha := []float64{-inf, -2, -0.5, 0, 1e-3, 1, 1.5, 2, 3, inf}
	want := []float64{1, 2, 5, inf, inf, inf, inf, inf, inf, inf}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			got := testkit.Exec(t, backend, func(alpha *Node) *Node {
				infinite := Const(alpha.Graph(), make([]float64, len(want)))
				infinite = ConvertDType(AddScalar(infinite, inf), alpha.DType())
				return Loss(infinite, alpha, Scalar(alpha.Graph(), alpha.DType(), 3))
			}, testkit.Tensor(t, dtype, alpha, len(alpha)))
			testkit.CheckClose(t, "ρ(∞)", testkit.Floats(t, got[0]), want, 1e-6, 0)
		})
	})
}

// Beyond |x/c| = 1.8e19, (x/c)² overflows float32; the loss need not.
func TestLoss_BeyondTheRangeOfTheSquare(t *testing.T) {
	alpha := []float64{-1, -0.5, 0, 0.25, 0.5, 1, 1.25}
	for _, at := range []struct {
		dtype dtypes.DType
		x     float64
	}{{dtypes.Float32, 0x1p80}, {dtypes.Float64, 0x1p700}} {
		testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
			x := make([]float64, len(alpha))
			var rho, influence []float64
			for i, a := range alpha {
				x[i] = at.x
				kernel := scalar.Kernel{Alpha: a, Scale: 1}
				rho, influence = append(rho, kernel.Rho(at.x)), append(influence, kernel.Influence(at.x))
			}
			got := testkit.Exec(t, backend, func(x, alpha *Node) []*Node {
				one := Scalar(x.Graph(), x.DType(), 1)
				return []*Node{Loss(x, alpha, one), Influence(x, alpha, one)}
			}, testkit.Tensor(t, at.dtype, x, len(x)), testkit.Tensor(t, at.dtype, alpha, len(x)))
			accuracy := accuracyOf(at.dtype).at(at.x)
			for i := range alpha {
				for k, want := range [][]float64{rho, influence} {
					if e := accuracy.excess(testkit.Floats(t, got[k])[i], want[i], math.NaN()); e > 1 {
						t.Errorf("%s: %s(%g) at α=%g: got %g, want %g", at.dtype, []string{"ρ", "ψ"}[k], at.x, alpha[i], testkit.Floats(t, got[k])[i], want[i])
					}
				}
			}
		})
	}
}

// The comment of Loss says how large a quotient x/c is told from a larger one, and what is made of one that overflows.
func TestLoss_BeyondTheRangeOfTheQuotient(t *testing.T) {
	for _, at := range []struct {
		dtype             dtypes.DType
		farthest, x, tiny float64
	}{{dtypes.Float32, 0x1p124, 0x1p100, 0x1p-100}, {dtypes.Float64, 0x1p1020, 0x1p1000, 0x1p-1000}} {
		testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
			x, scale := []float64{at.farthest, 4 * at.farthest, at.x}, []float64{1, 1, at.tiny}
			alpha := []float64{-1, 0, 0.25}
			got := testkit.Floats(t, testkit.Exec(t, backend, Loss,
				testkit.Tensor(t, at.dtype, slices.Repeat(x, 3), 3, 3), testkit.Tensor(t, at.dtype, alpha, 3, 1), testkit.Tensor(t, at.dtype, scale, 1, 3))[0])
			for i, a := range alpha {
				row, limit := got[3*i:3*i+3], math.Inf(1)
				if a < 0 {
					limit = (a - 2) / a
				}
				kernel := scalar.Kernel{Alpha: a, Scale: 1}
				testkit.CheckClose(t, at.dtype.String(), row, []float64{kernel.Rho(at.farthest), kernel.Rho(at.farthest), limit}, 1e-5, 0)
			}
		})
	}
}
