package robustloss

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition"
)

// logPartitionAndSlope runs LogPartition and its gradient at the values of α, rounded to the dtype.
func logPartitionAndSlope(t *testing.T, backend compute.Backend, dtype dtypes.DType, alphas []float64) (alpha, logZ, slope []float64) {
	t.Helper()
	out := testkit.Exec(t, backend, func(alpha *Node) []*Node {
		y := LogPartition(alpha)
		return []*Node{alpha, y, Gradient(ReduceAllSum(y), alpha)[0]}
	}, testkit.Tensor(t, dtype, alphas, len(alphas)))
	return testkit.Floats(t, out[0]), testkit.Floats(t, out[1]), testkit.Floats(t, out[2])
}

func TestLogPartition_Golden(t *testing.T) {
	var golden struct {
		Rows []struct{ Alpha, LogZ, DLogZ testkit.Float }
	}
	testkit.Golden(t, "partition.json", &golden)
	var alphas, want, slopes []float64
	for _, row := range golden.Rows {
		alphas = append(alphas, float64(row.Alpha))
		want = append(want, float64(row.LogZ))
		slopes = append(slopes, float64(row.DLogZ))
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		_, got, gotSlopes := logPartitionAndSlope(t, backend, dtypes.Float64, alphas)
		testkit.CheckClose(t, "log Z", got, want, 0, 1e-13)
		testkit.CheckClose(t, "slope", gotSlopes, slopes, 1e-8, 0)
		_, got, gotSlopes = logPartitionAndSlope(t, backend, dtypes.Float32, alphas)
		// The slope at the float32 nearest 2 ± 0.001 differs from that at 2 ± 0.001 by more than its error.
		testkit.CheckClose(t, "float32 log Z", got, want, 0, 3e-7)
		testkit.CheckClose(t, "float32 slope", gotSlopes, slopes, 1e-4, 0)
	})
}

// manyAlphas covers [0, +∞] and the neighbourhoods of 0, 2 and +∞ at all distances.
func manyAlphas() []float64 {
	alphas := []float64{0, math.SmallestNonzeroFloat64, 1e-30, 1e12, 1e30, math.MaxFloat64, math.Inf(1)}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		tiny := math.Pow(10, -16*rng.Float64())
		alphas = append(alphas, tiny, 2-tiny, 2+tiny, 1/tiny, 2*rng.Float64(), 8*rng.Float64())
	}
	return alphas
}

func TestLogPartition_ErrorIsSmallEverywhere(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			allowed, allowedSlope := 1e-13, 1e-8
			if dtype == dtypes.Float32 {
				allowed, allowedSlope = 2.4e-7, 1e-6
			}
			alphas, logZ, slopes := logPartitionAndSlope(t, backend, dtype, manyAlphas())
			var worst, worstSlope float64
			for i, alpha := range alphas {
				worst = max(worst, math.Abs(logZ[i]-partition.LogZ(alpha)))
				if want := partition.DLogZ(alpha); math.Abs(alpha-2) > 1e-9 && math.Abs(want) > 1e-30 {
					worstSlope = max(worstSlope, math.Abs(slopes[i]/want-1))
				}
			}
			t.Logf("largest error %.2g, largest relative error of the slope %.2g", worst, worstSlope)
			if !(worst <= allowed) || !(worstSlope <= allowedSlope) {
				t.Errorf("largest error %g, of the slope %g; allowed %g and %g", worst, worstSlope, allowed, allowedSlope)
			}
		})
	})
}

func TestLogPartition_SlopeIsFiniteAtTwoAndZeroAtInfinity(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			_, _, slope := logPartitionAndSlope(t, backend, dtype, []float64{2, math.Inf(1)})
			nearest := limitsOf(dtype).nearest
			want := 0.25*math.Log(nearest) + 0.25 + 0.0675907 // −¼(log b + 1) − H₀ from below
			testkit.CheckClose(t, "slope at 2 and +∞", slope, []float64{want, 0}, 1e-4, 0)
		})
	})
}

func TestLogPartition_IsNaNWhereThereIsNoDistribution(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			alphas, logZ, slope := logPartitionAndSlope(t, backend, dtype, []float64{-1e-30, -0.5, -2, math.Inf(-1), math.NaN()})
			for i, alpha := range alphas {
				if !math.IsNaN(logZ[i]) || !math.IsNaN(slope[i]) {
					t.Errorf("α = %g: log Z = %g, slope %g; want NaN", alpha, logZ[i], slope[i])
				}
			}
		})
	})
}

func TestLogPartition_Gradient(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			alpha := testkit.Tensor(t, dtype, []float64{0.1, 0.7, 1, 1.9, 2.2, 5, 40}, 7)
			testkit.CheckGradient(t, backend, func(in []*Node) *Node { return LogPartition(in[0]) },
				[]*tensors.Tensor{alpha}, testkit.Tolerance{Abs: 2e-7})
		})
	})
}

// A loss may depend on log Z in several ways and be differentiated more than once in one graph.
func TestLogPartition_GradientOfACompositionAndTwice(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		out := testkit.Exec(t, backend, func(alpha *Node) []*Node {
			y := LogPartition(Square(alpha))
			return []*Node{
				Gradient(ReduceAllSum(Mul(y, y)), alpha)[0],
				Gradient(ReduceAllSum(y), alpha)[0],
			}
		}, []float64{0.5, 1.2})
		var want [2][]float64
		for _, a := range []float64{0.5, 1.2} {
			slope := 2 * a * partition.DLogZ(a*a)
			want[0] = append(want[0], 2*partition.LogZ(a*a)*slope)
			want[1] = append(want[1], slope)
		}
		testkit.CheckClose(t, "∇y²", testkit.Floats(t, out[0]), want[0], 1e-9, 0)
		testkit.CheckClose(t, "∇y", testkit.Floats(t, out[1]), want[1], 1e-9, 0)
	})
}
