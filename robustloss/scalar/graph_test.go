package scalar_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
	"gonum.org/v1/gonum/mat"
)

// The package and the graph give squares the same loss and derivative, also negative ones.
func TestKernel_RhoSquaredAgreesWithTheGraph(t *testing.T) {
	squares := []float64{-2, -1e-17, 0, 1e-30, 0.3, 4, 1e9}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, alpha := range []float64{-3, 0, 1, 2, 3} {
			results := testkit.Exec(t, backend, func(squares *graph.Node) []*graph.Node {
				constant := func(v float64) *graph.Node { return graph.Scalar(squares.Graph(), squares.DType(), v) }
				rho := robustloss.LossSquared(squares, constant(alpha), constant(0.8))
				return []*graph.Node{rho, graph.Gradient(graph.ReduceAllSum(rho), squares)[0]}
			}, squares)
			var rho, slope []float64
			for _, s := range squares {
				a, b, _ := scalar.Kernel{Alpha: alpha, Scale: 0.8}.RhoSquared(s)
				rho, slope = append(rho, a), append(slope, b)
			}
			testkit.CheckClose(t, "ρ", results[0].Value().([]float64), rho, 1e-13, 0)
			testkit.CheckClose(t, "ρ′", results[1].Value().([]float64), slope, 1e-13, 0)
		}
	})
}

// LogProb of vectors is what the graph's VectorNLL and NewVectorAdaptive compute with the same μ, α and L.
func TestVector_AgreesWithTheGraph(t *testing.T) {
	x := [][]float64{{0.3, -1, 2}, {1, 0.5, -0.2}, {40, -3, 1e4}, {1, 0.51, -0.19}}
	factor := [][]float64{{1.5, 0, 0}, {0.4, 0.7, 0}, {-0.7, 0.2, 0.5}}
	mu := []float64{1, 0.5, -0.2}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, alpha := range []float64{0.2, 1, 2, 3} {
			if alpha == 3 {
				x[2] = []float64{4, -3, 1} // ρ overflows nowhere
			}
			store := model.NewStore()
			exec := model.MustNewExec(backend, store, func(scope *model.Scope, x *graph.Node) []*graph.Node {
				g := x.Graph()
				constant := func(v any) *graph.Node { return graph.Const(g, v) }
				a := robustloss.NewVectorAdaptive(scope.In("loss"), x).WithAlpha(constant(alpha)).WithScale(constant(factor)).WithLocation(constant(mu))
				moved := graph.Sub(x, graph.ExpandLeftToRank(constant(mu), 2))
				return []*graph.Node{a.Done(), robustloss.VectorNLL(moved, constant(alpha), constant(factor))}
			})
			v := scalar.Vector{Mu: mu, Alpha: alpha, Factor: mat.NewTriDense(3, mat.Lower, slices.Concat(factor...))}
			want := make([]float64, len(x))
			for i, row := range x {
				want[i] = -v.LogProb(row)
			}
			results, err := exec.Call(x)
			if err != nil {
				t.Fatal(err)
			}
			for i, result := range results {
				testkit.CheckClose(t, []string{"NewVectorAdaptive", "VectorNLL"}[i], result.Value().([]float64), want, 1e-12, 1e-12)
			}
		}
	})
}
