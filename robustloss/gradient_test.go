package robustloss

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

type lossFunction func(x, alpha, scale *Node) *Node

// derivative returns f's derivative in argument i, elementwise.
func (f lossFunction) derivative(i int) lossFunction {
	return func(x, alpha, scale *Node) *Node {
		inputs := []*Node{x, alpha, scale}
		// Repeated before, or the derivatives of large and small x would come in one sum, with the rounding of the large ones.
		inputs[i] = BroadcastToDims(ExpandLeftToRank(inputs[i], x.Rank()), x.Shape().Dimensions...)
		return Gradient(ReduceAllSum(f(inputs[0], inputs[1], inputs[2])), inputs[i])[0]
	}
}

// The x stay away from 0, where LossSquared must not be differentiated by steps across it.
func TestGradients_AreFiniteDifferences(t *testing.T) {
	functions := map[string]lossFunction{
		"Loss": Loss, "LossSquared": LossSquared, "Influence": Influence, "Weight": Weight,
		"∂Loss/∂x": lossFunction(Loss).derivative(0), "∂Loss/∂c": lossFunction(Loss).derivative(2),
		"∂LossSquared/∂x²": lossFunction(LossSquared).derivative(0),
	}
	x := []float64{0.1, 0.4, 0.9, 2.5, 6, 40}
	alpha := []float64{-7, -1.5, 0.3, 1.2, 1.8, 2.6}
	scale := []float64{0.6, 1.5, 1}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for name, f := range functions {
			t.Run(name, func(t *testing.T) {
				testkit.CheckGradient(t, backend, func(in []*Node) *Node { return f(in[0], in[1], in[2]) }, []*tensors.Tensor{
					testkit.Tensor(t, dtypes.Float64, x, 2, 3), testkit.Tensor(t, dtypes.Float64, alpha, 2, 3), testkit.Tensor(t, dtypes.Float64, scale, 3),
				}, testkit.Tolerance{Step: 1e-4})
			})
		}
	})
}

// The parameters' gradients are summed over the axes along which they were repeated.
func TestGradients_OfRepeatedParameters(t *testing.T) {
	x := []float64{0.1, -0.4, 0.9, 2.5, -6, 40}
	parameters := map[string][2][]int{
		"scalars": {nil, nil}, "a row and a column": {{3}, {2, 1}}, "ones": {{1, 1}, {1}}, "each": {{2, 3}, {2, 3}},
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for name, dimensions := range parameters {
			t.Run(name, func(t *testing.T) {
				parameter := func(dimensions []int, values ...float64) *tensors.Tensor {
					n := 1
					for _, dim := range dimensions {
						n *= dim
					}
					return testkit.Tensor(t, dtypes.Float64, values[:n], dimensions...)
				}
				testkit.CheckGradient(t, backend, func(in []*Node) *Node { return Loss(in[0], in[1], in[2]) }, []*tensors.Tensor{
					testkit.Tensor(t, dtypes.Float64, x, 2, 3),
					parameter(dimensions[0], 0.5, -2, 1.7, 1, 0.1, 3),
					parameter(dimensions[1], 0.6, 1.5, 1, 2, 0.3, 1.1),
				}, testkit.Tolerance{Step: 1e-4, Abs: 1e-7})
			})
		}
	})
}

// ∂²ρ/∂x∂α = ∂ψ/∂α, whichever is taken first.
func TestGradients_MixedDerivativesCommute(t *testing.T) {
	d := draw(2000)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := d.run(t, backend, func(x, alpha, scale *Node) []*Node {
			var mixed []*Node
			for _, pair := range [][2]int{{0, 1}, {1, 0}, {0, 2}, {2, 0}, {1, 2}, {2, 1}} {
				mixed = append(mixed, lossFunction(Loss).derivative(pair[0]).derivative(pair[1])(x, alpha, scale))
			}
			return mixed
		})
		for i := 0; i < len(got); i += 2 {
			d.holds(t, "mixed derivatives commute", func(k int) bool {
				return testkit.Close(got[i][k], got[i+1][k], 1e-12*math.Max(1, math.Abs(math.Log(math.Abs(got[i][k])))), 0)
			})
		}
	})
}

// Where the gradient of the loss is infinite but nobody asks for it, it doesn't turn into 0·∞.
func TestGradients_InfiniteButMaskedAreZero(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Exec(t, backend, func(x, alpha, scale, factor *Node) []*Node {
			return Gradient(ReduceAllSum(Mul(Loss(x, alpha, scale), factor)), x, alpha, scale)
		}, []float64{1, 1e9, 1e3}, math.Inf(1), []float64{1, 1, 1}, []float64{0, 0, 0})
		for i, gradient := range got {
			for _, v := range testkit.Floats(t, gradient) {
				if v != 0 {
					t.Errorf("gradient %d: %v, want zeros", i, gradient.Value())
				}
			}
		}
	})
}

func TestGradients_SecondInAlphaPanics(t *testing.T) {
	backend := testkit.Backend(t, "go")
	exec := MustNewExec(backend, func(x, alpha *Node) *Node {
		return lossFunction(Loss).derivative(1).derivative(1)(x, alpha, Scalar(x.Graph(), dtypes.Float64, 1))
	})
	defer exec.Finalize()
	if err := exceptions.TryCatch[error](func() { exec.MustCall(1.0, 1.0) }); err == nil {
		t.Error("∂²ρ/∂α² isn't implemented, but its graph was built")
	}
}

// A function of the data and of a weight that is 0, differentiated in both: ∂²(w·f)/∂w∂x = ∂f/∂x, whatever w is. And where
// f is a square that is 0, ∂²(f−f₀)²/∂x² = 2(∂f/∂x)². The adjoint that arrives at f is 0 in both.
func TestGradients_SecondWhereTheFirstAdjointIsZero(t *testing.T) {
	functions := map[string]struct {
		f       lossFunction
		input   int // to differentiate in
		squared bool
	}{
		"Loss in x":         {Loss, 0, true},
		"Loss in α":         {Loss, 1, false}, // ∂²ρ/∂α² isn't implemented
		"Loss in c":         {Loss, 2, true},
		"LossSquared in x²": {LossSquared, 0, true},
		"Influence in x":    {Influence, 0, false},
		"Weight in x":       {Weight, 0, false},
		"NLL in x":          {NLL, 0, true},
		"NLL in c":          {NLL, 2, true},
		"StudentsTNLL in x": {StudentsTNLL, 0, false},
		"StudentsTNLL in ν": {StudentsTNLL, 1, false},
		"StudentsTNLL in s": {StudentsTNLL, 2, false},
		"Sample in c": {func(x, alpha, scale *Node) *Node {
			_, samples := Sample(RNGStateFromSeedForGraph(x.Graph(), 3), alpha, scale)
			return samples
		}, 2, true},
		"LogPartition": {func(_, alpha, _ *Node) *Node { return LogPartition(alpha) }, 1, true},
	}
	x := []float64{0.3, -1, 2, 7}
	alpha := []float64{0.2, 1.3, 1.8, 2.7}
	scale := []float64{0.5, 1, 3, 2}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for name, c := range functions {
			t.Run(name, func(t *testing.T) {
				got := testkit.Exec(t, backend, func(x, alpha, scale, weight *Node) []*Node {
					inputs := []*Node{x, alpha, scale}
					input := inputs[c.input]
					derivative := func(value *Node) *Node { return Gradient(ReduceAllSum(value), input)[0] }
					value := c.f(x, alpha, scale)
					weighted := Gradient(ReduceAllSum(derivative(Mul(weight, value))), weight)[0]
					results := []*Node{derivative(value), weighted}
					if c.squared {
						squared := derivative(Square(Sub(value, StopGradient(value))))
						results = append(results, Gradient(ReduceAllSum(squared), input)[0])
					}
					return results
				}, x, alpha, scale, []float64{0, 0, 0, 2})
				first := testkit.Floats(t, got[0])
				testkit.CheckClose(t, "∂²(w·f)/∂w∂x", testkit.Floats(t, got[1]), first, 1e-14, 0)
				if c.squared {
					want := make([]float64, len(first))
					for k, v := range first {
						want[k] = 2 * v * v
					}
					testkit.CheckClose(t, "∂²(f−f₀)²/∂x²", testkit.Floats(t, got[2]), want, 1e-13, 0)
				}
			})
		}
	})
}

// The same for parameters that are repeated, and for the mean, whose adjoint is a repeated scalar.
func TestGradients_SecondOfRepeatedParametersWhereTheFirstAdjointIsZero(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Exec(t, backend, func(x, scale, weight *Node) []*Node {
			alpha := Scalar(x.Graph(), x.DType(), 0.7)
			inScale := Gradient(Mul(weight, ReduceAllMean(Loss(x, alpha, scale))), scale)[0]
			second := Gradient(ReduceAllSum(Mul(inScale, ConstAsDType(x.Graph(), x.DType(), []float64{1, 10, 100}))), weight)[0]
			want := Gradient(ReduceAllMean(Loss(x, alpha, scale)), scale)[0]
			return []*Node{second, ReduceAllSum(Mul(want, ConstAsDType(x.Graph(), x.DType(), []float64{1, 10, 100})))}
		}, [][]float64{{1, -2, 3}, {0.5, 8, -1}}, []float64{0.4, 1, 2}, 0.0)
		testkit.CheckClose(t, "∂²/∂w∂c", testkit.Floats(t, got[0]), testkit.Floats(t, got[1]), 1e-14, 0)
	})
}

// product's exception holds for its derivatives: a 0 in front of an infinite one stays 0, in the second derivatives, too.
func TestGradients_InfiniteButMaskedAreZeroInSecondDerivatives(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Exec(t, backend, func(x, factor, mask *Node) []*Node {
			infinite, one := Scalar(x.Graph(), x.DType(), math.Inf(1)), Scalar(x.Graph(), x.DType(), 1.0)
			first := Gradient(ReduceAllSum(Mul(Loss(x, infinite, one), factor)), x)[0]
			return Gradient(ReduceAllSum(Mul(first, mask)), x, factor)
		}, []float64{1e9, 1e3, 2}, []float64{0, 0, 0}, []float64{0, 0, 1})
		testkit.CheckClose(t, "in x", testkit.Floats(t, got[0]), []float64{0, 0, 0}, 0, 0)
		testkit.CheckClose(t, "in the factor", testkit.Floats(t, got[1]), []float64{0, 0, 2 * math.Exp(2)}, 1e-14, 0)
	})
}
