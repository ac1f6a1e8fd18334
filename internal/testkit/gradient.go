package testkit

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Tolerance says how close a gradient must be to its finite difference. The zero value means the defaults.
type Tolerance struct {
	Rel  float64 // relative error; default 1e-7 for float64, 1e-4 for float32
	Abs  float64 // or absolute error; default 1e-8 for float64, 1e-5 for float32
	Step float64 // step of the difference, relative to max(1, |input|); default 1e-3
}

func (tol Tolerance) orDefault(dtype dtypes.DType) Tolerance {
	rel, abs := 1e-7, 1e-8
	if dtype != dtypes.Float64 {
		rel, abs = 1e-4, 1e-5
	}
	if tol.Rel == 0 {
		tol.Rel = rel
	}
	if tol.Abs == 0 {
		tol.Abs = abs
	}
	if tol.Step == 0 {
		tol.Step = 1e-3
	}
	return tol
}

// CheckGradient compares the gradient of Σ wᵢ·f(inputs)ᵢ, with fixed random weights w, in every element of every input
// with the fourth-order central difference
//
//	(F(x−2h) − 8F(x−h) + 8F(x+h) − F(x+2h)) / 12h.
//
// The gradient is taken in the inputs' dtype, the difference always in float64, at the same (already rounded) inputs: so
// f must work in both, and the inputs must be tensors of float64 or float32.
func CheckGradient(t *testing.T, backend compute.Backend, f func(inputs []*graph.Node) *graph.Node, inputs []*tensors.Tensor, tolerance Tolerance) {
	t.Helper()
	dtype := inputs[0].DType()
	tolerance = tolerance.orDefault(dtype)
	gradients := Exec(t, backend, func(nodes []*graph.Node) []*graph.Node {
		return graph.Gradient(weightedSum(f(nodes)), nodes...)
	}, asAny(inputs)...)
	differences := finiteDifferences(t, backend, f, inputs, tolerance.Step)
	for i := range inputs {
		CheckClose(t, fmt.Sprintf("gradient in input %d (%s)", i, inputs[i].Shape()), Floats(t, gradients[i]), differences[i], tolerance.Rel, tolerance.Abs)
	}
}

// weightsOf returns weights that are uniform in ±[½, 1], always the same for a number of outputs.
func weightsOf(outputs int) []float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	weights := make([]float64, outputs)
	for i := range weights {
		weights[i] = 0.5 + 0.5*rng.Float64()
		if rng.IntN(2) == 0 {
			weights[i] = -weights[i]
		}
	}
	return weights
}

// weightedSum returns Σ wᵢ·yᵢ, see [weightsOf].
func weightedSum(y *graph.Node) *graph.Node {
	size := y.Shape().Size()
	w := graph.ConstAsDType(y.Graph(), y.DType(), weightsOf(size))
	return graph.ReduceAllSum(graph.Mul(graph.Reshape(y, size), w))
}

// finiteDifferences returns, for each input, the difference quotient in each of its elements. The outputs are subtracted
// before they are summed, so that the rounding of a large one that does not depend on the element has no part in it.
func finiteDifferences(t *testing.T, backend compute.Backend, f func(inputs []*graph.Node) *graph.Node, inputs []*tensors.Tensor, step float64) [][]float64 {
	t.Helper()
	values := make([][]float64, len(inputs))
	for i, input := range inputs {
		values[i] = Floats(t, input)
	}
	exec, err := graph.NewExec(backend, f)
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	at := func() []float64 {
		wide := make([]any, len(inputs))
		for i, input := range inputs {
			wide[i] = Tensor(t, dtypes.Float64, values[i], input.Shape().Dimensions...)
		}
		outputs, err := exec.Call(wide...)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		return Floats(t, outputs[0])
	}
	weights := weightsOf(len(at()))
	differences := make([][]float64, len(inputs))
	for i := range inputs {
		for j, x := range values[i] {
			h := step * max(1, x, -x)
			sums := make([]float64, len(weights))
			for _, term := range []struct{ shift, factor float64 }{{-2, 1}, {-1, -8}, {1, 8}, {2, -1}} {
				values[i][j] = x + term.shift*h
				for k, y := range at() {
					sums[k] += term.factor * y
				}
			}
			values[i][j] = x
			difference := 0.0
			for k, sum := range sums {
				difference += weights[k] * sum / (12 * h)
			}
			differences[i] = append(differences[i], difference)
		}
	}
	return differences
}

func asAny(inputs []*tensors.Tensor) []any {
	all := make([]any, len(inputs))
	for i, input := range inputs {
		all[i] = input
	}
	return all
}
