package robustloss

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

func TestNLL_Golden(t *testing.T) {
	var golden struct {
		Alphas []struct {
			Alpha  testkit.Float
			Points []struct{ X, C, NLL testkit.Float }
		}
	}
	testkit.Golden(t, "dist.json", &golden)
	var x, alpha, scale, want []float64
	for _, a := range golden.Alphas {
		for _, p := range a.Points {
			x, scale = append(x, float64(p.X)), append(scale, float64(p.C))
			alpha, want = append(alpha, float64(a.Alpha)), append(want, float64(p.NLL))
		}
	}
	if len(want) < 100 {
		t.Fatalf("dist.json holds %d points", len(want))
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			rel := 1e-13
			if dtype == dtypes.Float32 {
				rel = 2e-6 // Inputs such as 0.1 are rounded, too.
			}
			in := func(values []float64) *tensors.Tensor { return testkit.Tensor(t, dtype, values, len(values)) }
			got := testkit.Floats(t, testkit.Exec(t, backend, NLL, in(x), in(alpha), in(scale))[0])
			if dtype == dtypes.Float32 {
				for i := range want { // Beyond float32: infinite, as it should be.
					if want[i] > math.MaxFloat32 && math.IsInf(got[i], 1) {
						got[i] = want[i]
					}
				}
			}
			testkit.CheckClose(t, "NLL", got, want, rel, rel)
		})
	})
}

// ∫ exp(−NLL) dx = 1, by the trapezoid rule in s, x = c·sinh s.
func TestNLL_DensityIntegratesToOne(t *testing.T) {
	const step, span = 1.0 / 64, 40
	alphas := []float64{0, 0.3, 1, 1.999, 2, 2.5, 8, math.Inf(1)}
	var nodes, widths []float64
	for i := -span * 64; i <= span*64; i++ {
		s := float64(i) * step
		nodes = append(nodes, 0.7*math.Sinh(s))
		widths = append(widths, 0.7*math.Cosh(s)*step)
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		out := testkit.Exec(t, backend, func(x, width, alpha *Node) *Node {
			density := Exp(Neg(NLL(BroadcastToDims(x, len(nodes), len(alphas)), alpha, Scalar(x.Graph(), x.DType(), 0.7))))
			return ReduceSum(Mul(density, width), 0)
		}, testkit.Tensor(t, dtypes.Float64, nodes, len(nodes), 1), testkit.Tensor(t, dtypes.Float64, widths, len(nodes), 1), alphas)
		got := testkit.Floats(t, out[0])
		testkit.CheckClose(t, "∫p", got, []float64{1, 1, 1, 1, 1, 1, 1, 1}, 0, 1e-11)
	})
}

func TestNLL_IsCauchyAtZeroAndNormalAtTwo(t *testing.T) {
	x := []float64{-3, 0, 0.5, 40}
	var want []float64
	const c = 0.6
	for _, v := range x {
		z := v * v / (c * c)
		want = append(want,
			math.Log1p(z/2)+math.Log(c)+math.Log(math.Pi*math.Sqrt2),
			z/2+math.Log(c)+0.5*math.Log(2*math.Pi))
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		out := testkit.Exec(t, backend, func(x, alpha *Node) *Node {
			return NLL(BroadcastToDims(x, 4, 2), alpha, Scalar(x.Graph(), x.DType(), c))
		}, testkit.Tensor(t, dtypes.Float64, x, 4, 1), []float64{0, 2})
		testkit.CheckClose(t, "NLL", testkit.Floats(t, out[0]), want, 1e-14, 1e-14)
	})
}

// Scalars, vectors that lack x's leading axes, and x's own shape; alpha and scale need not have each other's.
func TestNLL_Broadcasts(t *testing.T) {
	x := [][]float64{{1, -2, 3}, {0.1, 5, -0.2}}
	full := [][]float64{{0.5, 1, 2}, {0.5, 1, 2}}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		want := testkit.Floats(t, testkit.Exec(t, backend, NLL, x, full, [][]float64{{2, 2, 2}, {3, 3, 3}})[0])
		for _, alpha := range []any{[]float64{0.5, 1, 2}, [][]float64{{0.5, 1, 2}}, full} {
			got := testkit.Exec(t, backend, NLL, x, alpha, [][]float64{{2}, {3}})[0]
			testkit.CheckClose(t, "NLL", testkit.Floats(t, got), want, 1e-15, 0)
		}
	})
}

func TestNLL_Gradient(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, c := range []struct {
			name         string
			alpha, scale []float64
			alphaDims    []int
			scaleDims    []int
		}{
			{"per column", []float64{0.4, 1.7, 3}, []float64{0.5, 1, 2}, []int{3}, []int{1, 3}},
			{"scalars", []float64{1.2}, []float64{0.8}, nil, nil},
			{"crossed", []float64{0.4, 1.7, 3}, []float64{0.5, 2}, []int{3}, []int{2, 1}},
		} {
			t.Run(c.name, func(t *testing.T) {
				x := testkit.Tensor(t, dtypes.Float64, []float64{1, -2, 0.3, 0.1, 2.5, -0.2}, 2, 3)
				testkit.CheckGradient(t, backend, func(in []*Node) *Node { return NLL(in[0], in[1], in[2]) }, []*tensors.Tensor{
					x, testkit.Tensor(t, dtypes.Float64, c.alpha, c.alphaDims...), testkit.Tensor(t, dtypes.Float64, c.scale, c.scaleDims...),
				}, testkit.Tolerance{})
			})
		}
	})
}

// At α = 2 the divergences of ∂ρ/∂α and of the slope of log Z cancel: the gradient is close to that at the next numbers.
func TestNLL_AlphaGradientIsFiniteAtTwo(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			out := testkit.Exec(t, backend, func(alpha *Node) *Node {
				x := Scalar(alpha.Graph(), dtype, 1.0) // ½·E[x²] is that of the distribution: the logarithms cancel.
				return Gradient(ReduceAllSum(NLL(BroadcastToDims(x, 3), alpha, x)), alpha)[0]
			}, testkit.Tensor(t, dtype, []float64{2 - 1e-6, 2, 2 + 1e-6}, 3))
			got := testkit.Floats(t, out[0])
			testkit.CheckClose(t, "∂NLL/∂α at 2", got[1:2], got[0:1], 1e-3, 0)
			testkit.CheckClose(t, "∂NLL/∂α above 2", got[2:3], got[0:1], 1e-3, 0)
		})
	})
}

func TestNLL_IsNaNForNegativeAlpha(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Floats(t, testkit.Exec(t, backend, NLL, []float64{0, 1}, []float64{-0.1, -2}, 1.0)[0])
		if !math.IsNaN(got[0]) || !math.IsNaN(got[1]) {
			t.Errorf("NLL for α < 0 is %g", got)
		}
	})
}
