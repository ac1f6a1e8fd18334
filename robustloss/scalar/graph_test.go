package scalar_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
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
