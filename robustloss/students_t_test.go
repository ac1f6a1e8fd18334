package robustloss

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"gonum.org/v1/gonum/stat/distuv"
)

func TestStudentsTNLL_Golden(t *testing.T) {
	var golden struct {
		StudentsT []struct {
			X     testkit.Float
			DF    testkit.Float
			Scale testkit.Float
			NLL   testkit.Float
		} `json:"students_t"`
	}
	testkit.Golden(t, "images.json", &golden)
	if len(golden.StudentsT) < 10 {
		t.Fatalf("images.json holds %d rows", len(golden.StudentsT))
	}
	var in [3][]float64
	var want []float64
	for _, row := range golden.StudentsT {
		for i, v := range []testkit.Float{row.X, row.DF, row.Scale} {
			in[i] = append(in[i], float64(v))
		}
		want = append(want, float64(row.NLL))
	}
	checkStudentsT(t, in, want, 1e-11) // At df = 10⁴ the recorded values are off by 8e-12: see the next test.
}

// From the exact product for Γ(5000½)/Γ(5000), in 50 digits.
func TestStudentsTNLL_IsExactForLargeDF(t *testing.T) {
	checkStudentsT(t, [3][]float64{{0}, {1e4}, {1}}, []float64{0.91896353320463107511}, 1e-14)
}

// Against gonum's density, and the limit of a normal for df → ∞.
func TestStudentsTNLL_MatchesGonum(t *testing.T) {
	var in [3][]float64
	var want []float64
	for _, df := range []float64{0.01, 0.3, 1, 2.5, 7, 30, 1e3, math.Inf(1)} {
		for _, x := range []float64{0, 1e-3, -0.7, 3, 1e3} {
			for _, scale := range []float64{0.05, 2} {
				for i, v := range []float64{x, df, scale} {
					in[i] = append(in[i], v)
				}
				if math.IsInf(df, 1) {
					want = append(want, -distuv.Normal{Sigma: scale}.LogProb(x))
				} else {
					want = append(want, -distuv.StudentsT{Sigma: scale, Nu: df}.LogProb(x))
				}
			}
		}
	}
	checkStudentsT(t, in, want, 1e-12)
}

func checkStudentsT(t *testing.T, in [3][]float64, want []float64, tolerance float64) {
	t.Helper()
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			tolerance := tolerance
			if dtype == dtypes.Float32 {
				tolerance = 2e-6
			}
			var inputs []any
			for _, values := range in {
				inputs = append(inputs, testkit.Tensor(t, dtype, values, len(values)))
			}
			got := testkit.Floats(t, testkit.Exec(t, backend, StudentsTNLL, inputs...)[0])
			testkit.CheckClose(t, "NLL", got, want, tolerance, tolerance)
		})
	})
}

func TestStudentsTNLL_Gradient(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		x := testkit.Tensor(t, dtypes.Float64, []float64{1, -2, 0.3, 0, 2.5, -70}, 2, 3)
		df := testkit.Tensor(t, dtypes.Float64, []float64{0.3, 1, 40}, 3)
		scale := testkit.Tensor(t, dtypes.Float64, []float64{0.4, 2}, 2, 1)
		testkit.CheckGradient(t, backend, func(in []*Node) *Node { return StudentsTNLL(in[0], in[1], in[2]) },
			[]*tensors.Tensor{x, df, scale}, testkit.Tolerance{})
	})
}

// Where the square of x/s overflows, and at df = ∞.
func TestStudentsTNLL_ExtremesAreFinite(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			far := 1e30
			if dtype == dtypes.Float64 {
				far = 1e200
			}
			x := testkit.Tensor(t, dtype, []float64{far, -far, 2}, 3)
			df := testkit.Tensor(t, dtype, []float64{1, 5, math.Inf(1)}, 3)
			out := testkit.Exec(t, backend, func(x, df *Node) []*Node {
				scale := Scalar(x.Graph(), dtype, 1.0)
				nll := StudentsTNLL(x, df, scale)
				return append([]*Node{nll}, Gradient(ReduceAllSum(nll), x, df)...)
			}, x, df)
			want := []float64{2*math.Log(far) + math.Log(math.Pi), -distuv.StudentsT{Sigma: 1, Nu: 5}.LogProb(0) + 6*math.Log(far) - 3*math.Log(5), 2 + 0.5*math.Log(2*math.Pi)}
			testkit.CheckClose(t, "NLL", testkit.Floats(t, out[0]), want, 1e-6, 0)
			testkit.CheckClose(t, "∂x", testkit.Floats(t, out[1]), []float64{2 / far, -6 / far, 2}, 1e-6, 0)
			testkit.CheckClose(t, "∂ν at ∞", testkit.Floats(t, out[2])[2:], []float64{0}, 0, 1e-12)
		})
	})
}

func TestStudentsTNLL_IsNaNOutsideItsDomain(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Floats(t, testkit.Exec(t, backend, StudentsTNLL,
			[]float64{1, 1, 1, 1}, []float64{0, -1, 1, math.NaN()}, []float64{1, 1, -1, 1})[0])
		for i, v := range got {
			if !math.IsNaN(v) {
				t.Errorf("NLL[%d] = %g, want NaN", i, v)
			}
		}
	})
}

func TestLogGammaRatio_MatchesLgamma(t *testing.T) {
	var y, want []float64
	for _, v := range []float64{1e-6, 0.01, 0.3, 0.5, 1, 2, 3.7, 10, 100, 1e4} {
		a, _ := math.Lgamma(v)
		b, _ := math.Lgamma(v + 0.5)
		y, want = append(y, v), append(want, 0.5*math.Log(v)+a-b)
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		out := testkit.Exec(t, backend, logGammaRatio, testkit.Tensor(t, dtypes.Float64, y, len(y)))
		testkit.CheckClose(t, "g", testkit.Floats(t, out[0]), want, 1e-13, 2e-11) // lgamma(1e4) has an error of 1e-11.
		testkit.CheckGradient(t, backend, func(in []*Node) *Node {
			return withDerivative(in[0], logGammaRatio(in[0]), func() *Node { return logGammaRatioSlope(in[0]) })
		}, []*tensors.Tensor{testkit.Tensor(t, dtypes.Float64, []float64{0.15, 0.4, 1, 3, 20, 500}, 6)}, testkit.Tolerance{})
	})
}
