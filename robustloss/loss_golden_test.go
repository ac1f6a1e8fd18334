package robustloss

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// goldenRows are rows of testkit's loss.json: the truth, from mpmath with 60 digits.
type goldenRow struct {
	X     testkit.Float `json:"x"`
	Alpha testkit.Float `json:"alpha"`
	C     testkit.Float `json:"c"`
	Rho   testkit.Float `json:"rho"`
	DX    testkit.Float `json:"dx"`
	DA    testkit.Float `json:"da"`
	DC    testkit.Float `json:"dc"`
	W     testkit.Float `json:"w"`
}

func TestLoss_Golden(t *testing.T) {
	var file struct{ Rows []goldenRow }
	testkit.Golden(t, "loss.json", &file)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		var in, want [5][]float64
		for _, row := range file.Rows {
			for i, v := range []testkit.Float{row.X, row.Alpha, row.C} {
				in[i] = append(in[i], float64(v))
			}
			for i, v := range []testkit.Float{row.Rho, row.DX, row.DA, row.DC, row.W} {
				want[i] = append(want[i], float64(v))
			}
		}
		n := len(file.Rows)
		got := testkit.Exec(t, backend, func(x, alpha, c *Node) []*Node {
			rho := Loss(x, alpha, c)
			return append(append([]*Node{rho}, Gradient(ReduceAllSum(rho), x, alpha, c)...), Weight(x, alpha, c))
		}, testkit.Tensor(t, dtypes.Float64, in[0], n), testkit.Tensor(t, dtypes.Float64, in[1], n), testkit.Tensor(t, dtypes.Float64, in[2], n))
		for i, name := range []string{"ρ", "∂x", "∂α", "∂c", "w"} {
			g := testkit.Floats(t, got[[]int{0, 1, 2, 3, 4}[i]])
			w := want[i]
			for k := range w {
				rel, abs := 1e-13*math.Max(1, math.Abs(math.Log(math.Abs(w[k])))/100), 0.0
				if name == "∂α" {
					if in[1][k] == 2 {
						continue
					}
					rel, abs = 1e-9, 1e-15*want[0][k]
				}
				if !testkit.Close(g[k], w[k], rel, abs) {
					t.Errorf("%s at x=%g α=%g c=%g: got %.17g, want %.17g", name, in[0][k], in[1][k], in[2][k], g[k], w[k])
				}
			}
		}
	})
}
