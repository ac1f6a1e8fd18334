package robustloss

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/quantile"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/quantile/build"
)

func rngState(t *testing.T, seed int64) *tensors.Tensor {
	t.Helper()
	state, err := RNGStateFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// The largest distance of the empirical distribution function of n samples from the true one exceeds 1.95/√n with a probability
// of 1e-3; the seed is fixed.
func TestSample_PassesKolmogorovSmirnov(t *testing.T) {
	const count = 100_000
	alphas := []float64{0, 0.5, 1, 1.9, 2, 4, math.Inf(1)}
	const scale = 0.3
	var truth []distributionFunction
	for _, alpha := range alphas {
		truth = append(truth, newDistributionFunction(alpha))
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			out := testkit.Exec(t, backend, func(state, alpha *Node) []*Node {
				c := Scalar(state.Graph(), dtype, scale)
				_, samples := Sample(state, alpha, BroadcastToDims(c, count, len(alphas)))
				return []*Node{samples}
			}, rngState(t, 7), testkit.Tensor(t, dtype, alphas, len(alphas)))
			samples := testkit.Floats(t, out[0])
			for j, alpha := range alphas {
				var column []float64
				for i := j; i < len(samples); i += len(alphas) {
					column = append(column, samples[i]/scale)
				}
				if d := truth[j].distance(column); d > 1.95/math.Sqrt(count) {
					t.Errorf("α = %g: Kolmogorov–Smirnov distance %.3g, allowed %.3g", alpha, d, 1.95/math.Sqrt(count))
				}
			}
		})
	})
}

// distributionFunction tabulates E on a grid of log x by quadrature, once, and interpolates it linearly: to 1e-4.
type distributionFunction struct{ logX, e []float64 }

func newDistributionFunction(alpha float64) (f distributionFunction) {
	d := build.New(alpha)
	for x := 1e-6; ; x *= 1.02 {
		e, _ := d.Exceedance(x)
		f.logX, f.e = append(f.logX, math.Log(x)), append(f.e, e)
		if e > 20 {
			return f
		}
	}
}

func (f distributionFunction) at(x float64) float64 {
	if x == 0 {
		return 0.5
	}
	log := math.Log(math.Abs(x))
	i, _ := slices.BinarySearch(f.logX, log)
	i = min(max(i, 1), len(f.logX)-1)
	fraction := (log - f.logX[i-1]) / (f.logX[i] - f.logX[i-1])
	tail := 0.5 * math.Exp(-max(0, f.e[i-1]+fraction*(f.e[i]-f.e[i-1])))
	if x < 0 {
		return tail
	}
	return 1 - tail
}

// distance returns the Kolmogorov–Smirnov distance of samples from the distribution.
func (f distributionFunction) distance(samples []float64) float64 {
	slices.Sort(samples)
	n := float64(len(samples))
	worst := 0.0
	for i, x := range samples {
		p := f.at(x)
		worst = max(worst, p-float64(i)/n, float64(i+1)/n-p)
	}
	return worst
}

// The table against the quadrature, at exceedances and shapes that are not its nodes.
func TestSample_InvertsTheDistributionFunction(t *testing.T) {
	alphas := []float64{0, 1e-6, 1e-3, 0.01, 0.04, 0.1, 0.3, 0.7, 1, 1.3, 1.7, 1.9, 1.99, 1.9999, 2, 2.0001, 2.02, 2.3, 3, 5, 20, 1e3, 1e9, math.Inf(1)}
	var exceedances []float64
	for e := 1e-6; e < 37.4; e *= 1.7 {
		exceedances = append(exceedances, e)
	}
	exceedances = append(exceedances, 1e-12, 37.4)
	for u := 0.01; u < 1; u += 0.06 { // In the table's variable: as dense as its pieces on both sides of 2.
		alphas = append(alphas, quantile.Alpha(u, false), quantile.Alpha(u, true))
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			allowed, allowedRelative := 2e-7, 5e-5
			if dtype == dtypes.Float32 {
				allowed, allowedRelative = 3e-7, 1e-4
			}
			out := testkit.Exec(t, backend, func(alpha, e *Node) []*Node {
				return []*Node{alpha, e, quantileSize(ExpandLeftToRank(alpha, 2), BroadcastToDims(ExpandAxes(e, -1), len(exceedances), len(alphas)))}
			}, testkit.Tensor(t, dtype, alphas, len(alphas)), testkit.Tensor(t, dtype, exceedances, len(exceedances)))
			roundedAlphas, rounded, x := testkit.Floats(t, out[0]), testkit.Floats(t, out[1]), testkit.Floats(t, out[2])
			var worst, worstRelative float64
			for i, e := range rounded {
				for j, alpha := range roundedAlphas {
					got, _ := build.New(alpha).Exceedance(x[i*len(alphas)+j])
					worst = max(worst, 0.5*math.Abs(math.Exp(-got)-math.Exp(-e)))
					if relative := math.Abs(math.Expm1(e - got)); relative > worstRelative {
						worstRelative = relative
					}
				}
			}
			t.Logf("largest error of P(X > x): %.2g, relative %.2g", worst, worstRelative)
			if !(worst <= allowed) || !(worstRelative <= allowedRelative) {
				t.Errorf("errors %g, relative %g; allowed %g and %g", worst, worstRelative, allowed, allowedRelative)
			}
		})
	})
}

func TestSample_IsReproducibleAndAdvancesTheState(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		draw := func(state *tensors.Tensor) (first, second []float64) {
			out := testkit.Exec(t, backend, func(state *Node) []*Node {
				g := state.Graph()
				alpha, scale := Const(g, 1.3), Const(g, []float64{1, 1, 1, 1})
				state, a := Sample(state, alpha, scale)
				_, b := Sample(state, alpha, scale)
				return []*Node{a, b}
			}, state)
			return testkit.Floats(t, out[0]), testkit.Floats(t, out[1])
		}
		a1, b1 := draw(rngState(t, 3))
		a2, b2 := draw(rngState(t, 3))
		if !slices.Equal(a1, a2) || !slices.Equal(b1, b2) {
			t.Error("the same seed gives other samples")
		}
		if c, _ := draw(rngState(t, 4)); slices.Equal(a1, b1) || slices.Equal(a1, c) {
			t.Error("another state gives the same samples")
		}
	})
}

func TestSample_Broadcasts(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, c := range []struct{ alpha, scale, want []int }{
			{nil, nil, nil},
			{nil, []int{2, 3}, []int{2, 3}},
			{[]int{3}, []int{2, 1}, []int{2, 3}},
			{[]int{2, 3}, []int{3}, []int{2, 3}},
			{[]int{4, 1, 2}, nil, []int{4, 1, 2}},
		} {
			out := testkit.Exec(t, backend, func(state *Node) *Node {
				g := state.Graph()
				fill := func(v float32, dims []int) *Node { return BroadcastToDims(Scalar(g, dtypes.Float32, v), dims...) }
				_, x := Sample(state, fill(1, c.alpha), fill(2, c.scale))
				return x
			}, rngState(t, 1))
			if got := out[0].Shape().Dimensions; !slices.Equal(got, c.want) {
				t.Errorf("alpha %v, scale %v: samples of shape %v, want %v", c.alpha, c.scale, got, c.want)
			}
		}
	})
}

func TestSample_GradientReachesTheScaleAlone(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		out := testkit.Exec(t, backend, func(state, alpha, scale *Node) []*Node {
			_, x := Sample(state, alpha, scale)
			return append(Gradient(ReduceAllSum(x), alpha, scale), Div(x, scale))
		}, rngState(t, 1), []float64{0, 1, 2}, []float64{3, 4, 5})
		testkit.CheckClose(t, "∂α", testkit.Floats(t, out[0]), []float64{0, 0, 0}, 0, 0)
		testkit.CheckClose(t, "∂c", testkit.Floats(t, out[1]), testkit.Floats(t, out[2]), 1e-15, 0)
	})
}

func TestSample_IsNaNWhereThereIsNoDistribution(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		out := testkit.Exec(t, backend, func(state, alpha *Node) *Node {
			_, x := Sample(state, alpha, Scalar(state.Graph(), dtypes.Float64, 1.0))
			return x
		}, rngState(t, 1), []float64{-1, math.NaN(), math.Inf(-1), 1})
		x := testkit.Floats(t, out[0])
		if !math.IsNaN(x[0]) || !math.IsNaN(x[1]) || !math.IsNaN(x[2]) || math.IsNaN(x[3]) {
			t.Errorf("samples %g, want NaN, NaN, NaN and a number", x)
		}
	})
}

// The extremes of the uniform number stay inside the table.
func TestSample_ExceedanceStaysInTheTable(t *testing.T) {
	if e := -math.Log(0x1p-54); e > quantile.MaxE {
		t.Errorf("the largest exceedance is %g, that of the table %g", e, quantile.MaxE)
	}
}
