package robustloss

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

func TestLoss_PanicsNamingBothShapes(t *testing.T) {
	backend := testkit.Backend(t, "go")
	float := func(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }
	for _, test := range []struct {
		x, alpha, scale shapes.Shape
		want            []string
	}{
		{float(2, 3), float(2), float(), []string{"alpha", "(Float32)[2]", "(Float32)[2, 3]", "broadcast"}},
		{float(2, 3), float(), float(1, 2, 3), []string{"scale", "(Float32)[1, 2, 3]", "(Float32)[2, 3]"}},
		{float(), float(1), float(), []string{"alpha", "(Float32)[1]", "x=(Float32)"}},
		{float(3), shapes.Make(dtypes.Float64), float(), []string{"alpha", "dtype", "(Float64)", "(Float32)[3]"}},
		{shapes.Make(dtypes.Int32, 3), float(), float(), []string{"float dtype", "(Int32)[3]"}},
	} {
		for name, f := range map[string]lossFunction{"Loss": Loss, "LossSquared": LossSquared, "Influence": Influence, "Weight": Weight} {
			g := NewGraph(backend, "panics")
			err := exceptions.TryCatch[error](func() {
				f(Parameter(g, "x", test.x), Parameter(g, "alpha", test.alpha), Parameter(g, "scale", test.scale))
			})
			if err == nil {
				t.Errorf("%s(%s, %s, %s) doesn't panic", name, test.x, test.alpha, test.scale)
				continue
			}
			for _, want := range append(test.want, "robustloss."+name) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%s(%s, %s, %s): %q doesn't say %q", name, test.x, test.alpha, test.scale, err, want)
				}
			}
		}
	}
}

// Parameters of fewer axes, or with axes of size 1, act as if they had been written out.
func TestLoss_Broadcasts(t *testing.T) {
	x := []float64{0.1, -0.4, 0.9, 2.5, -6, 40}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Exec(t, backend, func(x, row, column *Node) []*Node {
			shape := x.Shape()
			return []*Node{
				Loss(x, row, column),
				Loss(x, BroadcastToShape(ExpandLeftToRank(row, 2), shape), BroadcastToShape(column, shape)),
			}
		}, testkit.Tensor(t, dtypes.Float64, x, 2, 3), []float64{math.Inf(-1), 0.5, 2}, testkit.Tensor(t, dtypes.Float64, []float64{1, 3}, 2, 1))
		testkit.CheckClose(t, "repeated", testkit.Floats(t, got[0]), testkit.Floats(t, got[1]), 1e-14, 0)
	})
}

// Empty tensors give empty tensors, and gradients of zero.
func TestFunctions_OfNothing(t *testing.T) {
	cases := [][2][]int{{{0, 3}, {}}, {{0, 3}, {3}}, {{2, 0}, {0}}, {{0}, {0}}}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for name, f := range everyFunction {
			got := testkit.Exec(t, backend, func(one *Node) (results []*Node) {
				for _, dtype := range floatDTypes {
					for _, dims := range cases {
						fill := func(dims []int) *Node { return BroadcastToDims(ConvertDType(one, dtype), dims...) }
						x, alpha := fill(dims[0]), fill(dims[1])
						values := f(x, alpha, alpha)
						if !values.Shape().Equal(x.Shape()) {
							t.Errorf("%s of %s: %s", name, x.Shape(), values.Shape())
						}
						sum := ReduceAllSum(values)
						results = append(results, sum, ReduceAllSum(Gradient(sum, alpha)[0]))
					}
				}
				return results
			}, 1.0)
			for _, output := range got {
				testkit.CheckClose(t, name+" of nothing", testkit.Floats(t, output), []float64{0}, 0, 0)
			}
		}
	})
}

// A scale that isn't positive gives NaN, in all the functions, and in their gradients in x.
func TestFunctions_AreNaNWhereScaleIsNotPositive(t *testing.T) {
	scale := []float64{0, math.Copysign(0, -1), -1, math.Inf(-1), math.NaN(), 0x1p-1023, 0x1p-1074, 1}
	x := []float64{3, 0, -1, 2, 1, 0, 1, 1}
	alphas := []float64{1e-3, 1.5, 2, 3, math.Inf(1)}
	n := len(scale)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for name, f := range everyFunction {
			if name == "LogPartition" {
				continue
			}
			got := testkit.Exec(t, backend, func(x, alpha, scale *Node) (results []*Node) {
				for _, dtype := range floatDTypes {
					x, alpha, scale := ConvertDType(x, dtype), ConvertDType(alpha, dtype), ConvertDType(scale, dtype)
					x = BroadcastToDims(x, len(alphas), n)
					values := f(x, alpha, scale)
					gradient := Gradient(ReduceAllSum(values), x)[0]
					if name == "Sample" { // It takes its shape from x, and nothing else.
						gradient = values
					}
					results = append(results, values, gradient)
				}
				return results
			}, [][]float64{x}, testkit.Tensor(t, dtypes.Float64, alphas, len(alphas), 1), scale)
			check := func(what string, alpha, c, v float64) {
				if math.IsNaN(v) == (c == 1) {
					t.Errorf("%s, %s: %g at α=%g, c=%g", name, what, v, alpha, c)
				}
			}
			for i, dtype := range floatDTypes {
				values, gradients := testkit.Floats(t, got[2*i]), testkit.Floats(t, got[2*i+1])
				for k := range values {
					check(dtype.String(), alphas[k/n], scale[k%n], values[k])
					check(dtype.String()+" gradient", alphas[k/n], scale[k%n], gradients[k])
				}
			}
			call := testkit.Compile(t, backend, (func(x, alpha, scale *Node) *Node)(f)) // a scalar scale goes another way
			for k := range n {
				check("scalar scale", alphas[1], scale[k], testkit.Floats(t, call([][]float64{x[k : k+1]}, [][]float64{alphas[1:2]}, scale[k])[0])[0])
			}
		}
	})
}

// everyFunction of the package that has a result for each element.
var everyFunction = map[string]lossFunction{
	"Loss": Loss, "LossSquared": LossSquared, "Influence": Influence, "Weight": Weight, "NLL": NLL, "StudentsTNLL": StudentsTNLL,
	"LogPartition": func(x, _, _ *Node) *Node { return LogPartition(x) },
	"Sample": func(x, alpha, scale *Node) *Node {
		scale = BroadcastToDims(expandTo(scale, x.Rank()), x.Shape().Dimensions...)
		_, samples := Sample(RNGStateFromSeedForGraph(x.Graph(), 3), alpha, scale)
		return samples
	},
}

var floatDTypes = []dtypes.DType{dtypes.Float64, dtypes.Float32, dtypes.Float16, dtypes.BFloat16}

// The half floats are computed in float32: what comes out is the rounded result of the rounded input.
func TestLoss_HalfFloats(t *testing.T) {
	var x, alpha, scale []float64
	for _, a := range []float64{math.Inf(-1), -2, -0.01, 0, 0.01, 1, 1.98, 2, 2.02, 4} {
		for _, r := range []float64{0, 0.01, -0.5, 1, 3, -9} {
			for _, c := range []float64{0.25, 1, 3} {
				x, alpha, scale = append(x, r), append(alpha, a), append(scale, c)
			}
		}
	}
	for _, half := range []struct {
		dtype       dtypes.DType
		digit, most float64
	}{{dtypes.Float16, 0x1p-10, 65504}, {dtypes.BFloat16, 0x1p-7, math.MaxFloat32}} {
		t.Run(half.dtype.String(), func(t *testing.T) {
			testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
				got := testkit.Exec(t, backend, func(x, alpha, scale *Node) []*Node {
					in := []*Node{ConvertDType(x, half.dtype), ConvertDType(alpha, half.dtype), ConvertDType(scale, half.dtype)}
					rounded := []*Node{ConvertDType(in[0], dtypes.Float64), ConvertDType(in[1], dtypes.Float64), ConvertDType(in[2], dtypes.Float64)}
					return append(lossAndGradients(in[0], in[1], in[2]), lossAndGradients(rounded[0], rounded[1], rounded[2])...)
				}, x, alpha, scale)
				for i, name := range []string{"ρ", "∂x", "∂α", "∂c", "w"} {
					if got[i].DType() != half.dtype {
						t.Errorf("%s is of dtype %s", name, got[i].DType())
					}
					values, want := testkit.Floats(t, got[i]), testkit.Floats(t, got[5+i])
					for k := range want {
						if name == "∂α" && alpha[k] == 2 {
							want[k] = values[k] // another choice in float64
						}
						if math.Abs(want[k]) > half.most {
							want[k] = math.Inf(int(want[k]))
						}
						if !testkit.Close(values[k], want[k], half.digit, 1e-4) {
							t.Errorf("%s at x=%g α=%g c=%g: got %g, want %g", name, x[k], alpha[k], scale[k], values[k], want[k])
						}
					}
				}
			})
		})
	}
}
