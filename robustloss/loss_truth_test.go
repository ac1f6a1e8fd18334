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
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
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

// excess returns the error of got as a multiple of what is allowed. rho is the true loss where v is ∂ρ/∂α, else NaN.
func (a accuracy) excess(got, want, rho float64) float64 {
	if math.IsNaN(got) {
		return math.Inf(1)
	}
	if math.Abs(want) > a.most {
		want = math.Inf(int(math.Copysign(1, want)))
	}
	if got == want || math.Abs(want) < a.least && math.Abs(got) < 2*a.least || math.Abs(rho) > a.most {
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
			e := a.excess(got[i][k], point[3+i], rho)
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
				outputs := exec.MustExec(testkit.Tensor(t, dtype, point[:1], 1), testkit.Tensor(t, dtype, point[1:2]), testkit.Tensor(t, dtype, point[2:3]))
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
