package robustloss

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// floats is what a test must know of a float dtype: its largest number, its smallest normal and subnormal ones, the distance from 1
// to the next number, and the dtype that inputs are made in.
type floats struct {
	dtype, made             dtypes.DType
	most, least, tiny, step float64
}

var allFloats = []floats{
	{dtypes.Float64, dtypes.Float64, math.MaxFloat64, 0x1p-1022, 0x1p-1074, 0x1p-52},
	{dtypes.Float32, dtypes.Float32, math.MaxFloat32, 0x1p-126, 0x1p-149, 0x1p-23},
	{dtypes.BFloat16, dtypes.Float32, 0x1.fep127, 0x1p-126, 0x1p-133, 0x1p-7},
	{dtypes.Float16, dtypes.Float32, 65504, 0x1p-14, 0x1p-24, 0x1p-10},
}

// kept returns those of the values that the dtype has: the others are ±∞ or 0 in it.
func (f floats) kept(values ...float64) (kept []float64) {
	for _, v := range values {
		if math.IsInf(v, 0) || v == 0 || math.Abs(v) <= f.most && math.Abs(v) >= f.tiny {
			kept = append(kept, v)
		}
	}
	return kept
}

// extremePoints returns every combination of extreme x, α and c, the last two in rows and columns beside [extremes].
func (f floats) extremePoints() (x, alpha, scale []float64) {
	inf := math.Inf(1)
	shapes := f.kept(-inf, -f.most, -1e30, -1e3, -2, -1, -f.step, -1e-30, -f.least, -f.tiny, 0, f.tiny, f.least, 1e-30, f.step, 1,
		2-2*f.step, 2-f.step, 2, 2+2*f.step, 3, 1e3, 1e30, f.most, inf)
	residuals := f.kept(0, f.tiny, -f.least, 1e-30, -1e-3, 1, -1e3, 1e30, f.most/2, -f.most, inf)
	scales := f.kept(f.tiny, f.least/2, f.least, 1e-30, 1e-3, 1, 1e3, 1e30, f.most)
	for _, a := range shapes {
		for _, r := range residuals {
			for _, c := range scales {
				x, alpha, scale = append(x, r), append(alpha, a), append(scale, c)
			}
		}
	}
	return x, alpha, scale
}

// extremeOutputs are the functions of the package that have a value at each point, with their gradients.
var extremeOutputs = []string{"x", "α", "c", "ρ", "∂ρ/∂x", "∂ρ/∂α", "∂ρ/∂c", "ψ", "w", "NLL", "∂NLL/∂x", "∂NLL/∂α", "∂NLL/∂c", "ρ(x²)", "its derivative"}

// atExtremes computes them in the dtype, and gives each by its name.
func (f floats) atExtremes(t *testing.T, backend compute.Backend) (n int, values map[string][]float64) {
	t.Helper()
	x, alpha, scale := f.extremePoints()
	n = len(x)
	outputs := testkit.Exec(t, backend, func(x, alpha, scale *Node) []*Node {
		x, alpha, scale = ConvertDType(x, f.dtype), ConvertDType(alpha, f.dtype), ConvertDType(scale, f.dtype)
		rho, nll, square := Loss(x, alpha, scale), NLL(x, alpha, scale), Square(x)
		all := append([]*Node{x, alpha, scale, rho}, Gradient(ReduceAllSum(rho), x, alpha, scale)...)
		all = append(append(all, Influence(x, alpha, scale), Weight(x, alpha, scale), nll), Gradient(ReduceAllSum(nll), x, alpha, scale)...)
		ofSquare := LossSquared(square, alpha, scale)
		return append(all, ofSquare, Gradient(ReduceAllSum(ofSquare), square)[0])
	}, testkit.Tensor(t, f.made, x, n), testkit.Tensor(t, f.made, alpha, n), testkit.Tensor(t, f.made, scale, n))
	values = map[string][]float64{}
	for i, name := range extremeOutputs {
		values[name] = testkit.Floats(t, outputs[i])
	}
	return n, values
}

// promise is the accuracy of the dtype in which f is computed, and that of rounding its results.
func (f floats) promise() accuracy {
	a := accuracyOf(f.made)
	a.relative, a.alpha = a.relative+f.step, a.alpha+f.step
	a.most, a.least = f.most, max(a.least, f.least)
	return a
}

// At the ends of a dtype's range, and beside the special shapes, every function is defined, has its sign and keeps its bound, and
// is what package scalar computes in float64, on both backends and in all float dtypes.
func TestFunctions_AtTheExtremes(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, f := range allFloats {
			t.Run(f.dtype.String(), func(t *testing.T) {
				n, at := f.atExtremes(t, backend)
				limits, promise := limitsOf(f.made), f.promise()
				failures := map[string]int{}
				compared := 0
				for k := range n {
					x, alpha, c := at["x"][k], at["α"][k], at["c"][k] // as the dtype has them
					wrong := func(what string, got, want float64) {
						if failures[what]++; failures[what] < 4 {
							t.Errorf("%s is %g at x=%g α=%g c=%g, want %g", what, got, x, alpha, c, want)
						}
					}
					none := c < leastNormal(f.made)
					for _, name := range extremeOutputs[3:] {
						isNLL := strings.Contains(name, "NLL")
						noDensity := isNLL && alpha <= -leastNormal(f.made)
						switch v := at[name][k]; {
						case (none || noDensity) && !math.IsNaN(v) && !strings.Contains(name, "∂"):
							wrong(name, v, math.NaN())
						case !none && !(isNLL && alpha < 0) && math.IsNaN(v): // a subnormal α below 0 may count as 0
							wrong(name, v, 0)
						}
					}
					if none {
						continue
					}
					rho, influence, weight := at["ρ"][k], at["ψ"][k], at["w"][k]
					slack := 1 + promise.relative
					if top := (alpha - 2) / alpha * slack; rho < 0 || alpha < 0 && !math.IsInf(alpha, 0) && rho > top && top < f.most {
						wrong("the bound of ρ", rho, top)
					}
					if influence*x < 0 || influence*at["∂ρ/∂x"][k] < 0 || weight < 0 || at["∂ρ/∂c"][k] > 0 {
						wrong("the sign of ψ, w or ∂ρ/∂c", influence, x)
					}
					if alpha <= 1 && math.Abs(influence) > slack/c+f.tiny && 1/c < f.most || alpha <= 2 && weight > slack/c/c+f.tiny && 1/c/c < f.most {
						wrong("the bound of ψ or w", influence, 1/c)
					}
					if x != 0 && math.Abs(x) < promise.least || math.Abs(x/c) > limits.farthest || alpha != 0 && math.Abs(alpha) < promise.least {
						continue // subnormal numbers may be flushed to 0, and quotients beyond farthest are not told apart
					}
					compared++
					truth := kernelPoint(x, alpha, c)
					for i, name := range []string{"ρ", "∂ρ/∂x", "∂ρ/∂α", "∂ρ/∂c", "w"} {
						of := math.NaN()
						if name == "∂ρ/∂α" {
							if of = truth[3]; alpha == 2 {
								continue
							}
						}
						if promise.at(x/c).excess(at[name][k], truth[3+i], of) > 1 {
							wrong(name, at[name][k], truth[3+i])
						}
					}
					if want := truth[3] + math.Log(c) + scalar.LogPartition(alpha); alpha >= 0 {
						allowed := promise.at(x/c).relative * (truth[3] + math.Abs(math.Log(c)) + math.Abs(scalar.LogPartition(alpha)))
						if got := at["NLL"][k]; math.Abs(got-want) > allowed && math.Abs(want) <= f.most {
							wrong("NLL", got, want)
						}
					}
				}
				t.Logf("%d points, %d compared with package scalar", n, compared)
				if compared < n/3 {
					t.Errorf("only %d of %d points are compared", compared, n)
				}
			})
		}
	})
}

// log Z and Student's t are finite at the ends of their domains, and samples are numbers with their sign.
func TestDistribution_AtTheExtremes(t *testing.T) {
	inf := math.Inf(1)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, f := range allFloats {
			shapes := f.kept(0, f.tiny, f.least, 1e-30, f.step, 1, 2-f.step, 2, 2+2*f.step, 1e3, 1e30, f.most, inf)
			freedoms := f.kept(8*f.least, 1e-30, f.step, 1, 2, 1e3, 1e30, f.most, inf)
			scales := f.kept(f.least, 1e-30, 1, 1e30, f.most)
			outputs := testkit.Exec(t, backend, func(alpha, df, scale *Node) []*Node {
				alpha, df, scale = ConvertDType(alpha, f.dtype), ConvertDType(df, f.dtype), ConvertDType(scale, f.dtype)
				logZ := LogPartition(alpha)
				wide := BroadcastToDims(scale, len(shapes), len(scales))
				_, samples := Sample(RNGStateFromSeedForGraph(alpha.Graph(), 7), alpha, wide)
				half := MulScalar(BroadcastToDims(scale, len(freedoms), len(scales)), 0.5)
				nll := StudentsTNLL(half, df, scale)
				return append([]*Node{logZ, Gradient(ReduceAllSum(logZ), alpha)[0], Div(samples, wide), nll}, Gradient(ReduceAllSum(nll), df, scale)...)
			}, testkit.Tensor(t, f.made, shapes, len(shapes), 1), testkit.Tensor(t, f.made, freedoms, len(freedoms), 1), testkit.Tensor(t, f.made, scales, 1, len(scales)))
			for i, name := range []string{"log Z", "its slope", "a sample over c", "Student's t", "its ∂ν", "its ∂c"} {
				for k, v := range testkit.Floats(t, outputs[i]) {
					if math.IsNaN(v) || math.IsInf(v, 0) && name != "a sample over c" && name != "its ∂c" {
						t.Errorf("%s: %s is %g at element %d", f.dtype, name, v, k)
					}
				}
			}
			for k, v := range testkit.Floats(t, outputs[0]) {
				want := scalar.LogPartition(shapes[k])
				if math.Abs(v-want) > (f.promise().relative)*max(1, math.Abs(want)) {
					t.Errorf("%s: log Z(%g) = %g, want %g", f.dtype, shapes[k], v, want)
				}
			}
		}
	})
}
