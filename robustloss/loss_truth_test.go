package robustloss

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

//go:embed testdata/loss_truth.json
var lossTruthJSON []byte

// lossPoint is a point with the truth: x, α, c; then ρ, ∂ρ/∂x, ∂ρ/∂α, ∂ρ/∂c, w.
type lossPoint [8]float64

func column(points []lossPoint, i int) []float64 {
	values := make([]float64, len(points))
	for k := range points {
		values[k] = points[k][i]
	}
	return values
}

// lossTruth returns the points of testdata for the dtype and, for float64, those of the golden file loss.json.
func lossTruth(t *testing.T, dtype dtypes.DType) []lossPoint {
	t.Helper()
	var file struct{ Float32, Float64 [][8]string }
	if err := json.Unmarshal(lossTruthJSON, &file); err != nil {
		t.Fatal(err)
	}
	rows := file.Float32
	if dtype == dtypes.Float64 {
		rows = file.Float64
		var golden struct{ Rows []map[string]string }
		testkit.Golden(t, "loss.json", &golden)
		for _, row := range golden.Rows {
			rows = append(rows, [8]string{row["x"], row["alpha"], row["c"], row["rho"], row["dx"], row["da"], row["dc"], row["w"]})
		}
	}
	points := make([]lossPoint, len(rows))
	for k, row := range rows {
		for i, text := range row {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			points[k][i] = v
		}
	}
	return points
}

// accuracy is what the loss promises of a dtype.
type accuracy struct {
	relative, alpha, alphaOfRho float64 // errors of all but ∂α; of ∂α, relative or as a fraction of ρ
	exponent                    float64 // all times |log v|/exponent, where that is above 1: exp's and pow's conditioning
	most, least                 float64
}

func accuracyOf(dtype dtypes.DType) accuracy {
	if dtype == dtypes.Float64 {
		return accuracy{1e-13, 1e-9, 1e-15, 100, math.MaxFloat64, 0x1p-1022}
	}
	return accuracy{3e-6, 1e-4, 1e-6, 10, math.MaxFloat32, 0x1p-126}
}

// at returns the accuracy at r = x/c: among large ones, the rounding of log v shows in all that is a power of v.
func (a accuracy) at(r float64) accuracy {
	a.relative *= min(3, max(1, math.Log(r*r)/a.exponent))
	return a
}

// excess returns the error of got as a multiple of what is allowed. rho is the true loss where v is ∂ρ/∂α, else NaN.
func (a accuracy) excess(got, want, rho float64) float64 {
	if math.IsNaN(got) {
		return math.Inf(1)
	}
	if math.Abs(want) > a.most {
		want = math.Inf(int(math.Copysign(1, want)))
	}
	if got == want || math.Abs(want) < a.least*(1+a.relative) && math.Abs(got) < 2*a.least || math.Abs(rho) > a.most {
		return 0
	}
	allowed := a.relative * math.Abs(want)
	if !math.IsNaN(rho) {
		allowed = math.Max(a.alpha*math.Abs(want), a.alphaOfRho*rho)
	}
	return math.Abs(got-want) / (allowed * math.Max(1, math.Abs(math.Log(math.Abs(want)))/a.exponent))
}

// check compares ρ, ∂x, ∂α, ∂c, w with the truth, in this order, and logs the largest errors.
func (a accuracy) check(t *testing.T, points []lossPoint, got [][]float64) {
	t.Helper()
	summary := "largest errors, as fractions of what is allowed:"
	for i, name := range []string{"ρ", "∂x", "∂α", "∂c", "w"} {
		worst := 0.0
		for k, point := range points {
			rho := math.NaN()
			if name == "∂α" {
				if rho = point[3]; point[1] == 2 {
					continue // see TestLoss_AlphaGradientAtTwo
				}
			}
			e := a.at(point[0]/point[2]).excess(got[i][k], point[3+i], rho)
			if worst = math.Max(worst, e); e > 1 {
				t.Errorf("%s at x=%g α=%.17g c=%g: got %.17g, want %.17g: %.2g times the error allowed",
					name, point[0], point[1], point[2], got[i][k], point[3+i], e)
			}
		}
		summary += fmt.Sprintf(" %s %.2f", name, worst)
	}
	t.Log(summary)
}

func TestLoss_IsAccurate(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			points := lossTruth(t, dtype)
			var inputs []any
			for i := range 3 {
				inputs = append(inputs, testkit.Tensor(t, dtype, column(points, i), len(points)))
			}
			outputs := testkit.Exec(t, backend, lossAndGradients, inputs...)
			got := make([][]float64, len(outputs))
			for i, output := range outputs {
				got[i] = testkit.Floats(t, output)
			}
			accuracyOf(dtype).check(t, points, got)
		})
	})
}

// A scalar α and c go another way through quotient and sumTo.
func TestLoss_IsAccurateForScalarAlphaAndScale(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			exec := MustNewExec(backend, lossAndGradients)
			defer exec.Finalize()
			points := lossTruth(t, dtype)
			got := make([][]float64, 5)
			for _, point := range points {
				outputs := exec.MustCall(testkit.Tensor(t, dtype, point[:1], 1), testkit.Tensor(t, dtype, point[1:2]), testkit.Tensor(t, dtype, point[2:3]))
				for i, output := range outputs {
					got[i] = append(got[i], testkit.Floats(t, output)[0])
				}
			}
			accuracyOf(dtype).check(t, points, got)
		})
	})
}

// lossAndGradients returns ρ, ∂ρ/∂x, ∂ρ/∂α, ∂ρ/∂c, w.
func lossAndGradients(x, alpha, scale *Node) []*Node {
	rho := Loss(x, alpha, scale)
	all := append([]*Node{rho}, Gradient(ReduceAllSum(rho), x, alpha, scale)...)
	return append(all, Weight(x, alpha, scale))
}

// kernelPoint returns the point with the numbers of package scalar.
func kernelPoint(x, alpha, c float64) lossPoint {
	k := scalar.Kernel{Alpha: alpha, Scale: c}
	return lossPoint{x, alpha, c, k.Rho(x), k.Influence(x), k.AlphaGradient(x), k.ScaleGradient(x), k.Weight(x)}
}

// XLA folds and reorders constants: no combination of them must change the result.
func TestLoss_IsAccurateForConstants(t *testing.T) {
	var points []lossPoint
	for _, x := range []float64{0x1p-20, 3, 0x1p50} {
		for _, alpha := range []float64{math.Inf(-1), -0x1p99, -2, -0x1p-30, 0, 0x1p-30, 1, 2 - 0x1p-23, 2, 2 + 0x1p-22, 5, 0x1p99, math.Inf(1)} {
			points = append(points, kernelPoint(x, alpha, 0.75))
		}
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			var inputs [3]*tensors.Tensor
			for i := range inputs {
				inputs[i] = testkit.Tensor(t, dtype, column(points, i), len(points))
			}
			combinations := []int{1, 2, 6} // bit i: input i is a constant
			outputs := testkit.Exec(t, backend, func(nodes []*Node) []*Node {
				var results []*Node
				for _, combination := range combinations {
					var in [3]*Node
					for i := range in {
						if in[i] = nodes[i]; combination>>i&1 == 1 {
							in[i] = ConstTensor(nodes[i].Graph(), inputs[i])
						}
					}
					results = append(results, lossAndGradients(in[0], in[1], in[2])...)
				}
				return results
			}, inputs[0], inputs[1], inputs[2])
			for i, combination := range combinations {
				var got [][]float64
				for _, output := range outputs[5*i : 5*i+5] {
					got = append(got, testkit.Floats(t, output))
				}
				t.Logf("constant inputs: %03b", combination)
				accuracyOf(dtype).check(t, points, got)
			}
		})
	})
}

// The same where x repeats one constant, α is a vector and c a constant scalar.
func TestLoss_IsAccurateForAConstantResidual(t *testing.T) {
	alphas := []float64{math.Inf(-1), -2, 0, 1, 2, 4, math.Inf(1)}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Exec(t, backend, func(alpha *Node) *Node {
			x := MulScalar(OnesLike(alpha), 3.0)
			return Loss(x, alpha, ConstAs(x, 1.0))
		}, alphas)
		var want []float64
		for _, alpha := range alphas {
			want = append(want, scalar.Kernel{Alpha: alpha, Scale: 1}.Rho(3))
		}
		testkit.CheckClose(t, "ρ(3)", testkit.Floats(t, got[0]), want, 1e-14, 0)
	})
}
