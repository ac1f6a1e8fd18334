package gradient_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/robustloss/gomlx-robustloss/internal/gradient"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// scaled is c·x for a vector x and a scalar c. Its adjoints are the true ones times factors, so that they tell themselves from those
// that the expression has. built counts how often each was asked for.
func scaled(x, c *Node, ofX, ofC float64, built *[2]int) *Node {
	return gradient.With(Mul(c, x),
		gradient.Input{Node: x, Adjoint: func(v *Node) *Node { built[0]++; return MulScalar(Mul(v, c), ofX) }},
		gradient.Input{Node: c, Adjoint: func(v *Node) *Node { built[1]++; return MulScalar(ReduceAllSum(Mul(v, x)), ofC) }})
}

// run executes f with a vector and a scalar of a dtype.
func run(t *testing.T, backend compute.Backend, dtype dtypes.DType, x []float64, c float64, f func(x, c *Node) []*Node) [][]float64 {
	t.Helper()
	var out [][]float64
	for _, result := range testkit.Exec(t, backend, func(in []*Node) []*Node { return f(in[0], in[1]) },
		testkit.Tensor(t, dtype, x, len(x)), testkit.Tensor(t, dtype, []float64{c})) {
		out = append(out, testkit.Floats(t, result))
	}
	return out
}

// want checks that the numbers are exact.
func want(t *testing.T, what string, got []float64, wanted ...float64) {
	t.Helper()
	testkit.CheckClose(t, what, got, wanted, 0, 0)
}

func TestWith_HasTheGivenAdjoints(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			var built [2]int
			out := run(t, backend, dtype, []float64{1, -2, 4}, 3, func(x, c *Node) []*Node {
				value := scaled(x, c, 2, 4, &built)
				gradients := Gradient(ReduceAllSum(Mul(value, IotaFull(x.Graph(), x.Shape()))), x, c)
				return append(gradients, value)
			})
			want(t, "the value 3·x", out[2], 3, -6, 12)
			want(t, "the adjoint of x, 2·3·(0, 1, 2)", out[0], 0, 6, 12)
			want(t, "the adjoint of c, 4·(1·−2 + 2·4)", out[1], 24)
		})
	})
}

// Inputs that share what they come from give it the sum of their adjoints.
func TestWith_AddsTheAdjointsOfOneSource(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		var built [2]int
		out := run(t, backend, dtypes.Float64, []float64{5}, 0, func(x, _ *Node) []*Node {
			return Gradient(ReduceAllSum(scaled(x, Reshape(x), 1, 1, &built)), x)
		})
		want(t, "the derivative of x²", out[0], 10)
	})
}

// An adjoint is built where a gradient needs it, and nothing of an infinite input reaches the value.
func TestWith_BuildsWhatIsAskedFor(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		var built [2]int
		out := run(t, backend, dtypes.Float32, []float64{math.Inf(1), 1}, 2, func(x, c *Node) []*Node {
			value := scaled(x, c, 1, 1, &built)
			if built != [2]int{} {
				t.Errorf("without a gradient %v adjoints are built", built)
			}
			finite := gradient.With(Const(x.Graph(), []float32{7, 7}), gradient.Input{Node: x, Adjoint: func(v *Node) *Node { return v }})
			return []*Node{value, finite, Gradient(ReduceAllSum(finite), x)[0]}
		})
		want(t, "2·(∞, 1)", out[0], math.Inf(1), 2)
		want(t, "a value that does not depend on its input", out[1], 7, 7)
		want(t, "its adjoint", out[2], 1, 1)
	})
}

// With the true adjoints the gradients are the finite differences.
func TestWith_GradientsAreFiniteDifferences(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			inputs := []*tensors.Tensor{testkit.Tensor(t, dtype, []float64{1, -2, 4}, 3), testkit.Tensor(t, dtype, []float64{3})}
			testkit.CheckGradient(t, backend, func(in []*Node) *Node {
				var built [2]int
				return Sin(scaled(in[0], in[1], 1, 1, &built))
			}, inputs, testkit.Tolerance{})
		})
	})
}
