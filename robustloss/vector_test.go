package robustloss

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition"
)

// The graph computes what package partition does, whose values are tested against quadrature and mpmath, and its slope.
func TestVectorLogPartition_IsThatOfTheTables(t *testing.T) {
	alphas := []float64{1e-6, 1e-3, 0.02, 0.1, 0.2, 0.3, 0.45, 0.4999, 0.5, 0.6, 0.8, 1, 1.3, 1.6, 1.9, 1.99, 1.9999, 2, 2.0001, 2.1, 2.5, 3, 4, 7, 20, 1e3, 1e6, math.Inf(1)}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			in := testkit.Tensor(t, dtype, alphas, len(alphas))
			rounded := testkit.Floats(t, in)
			out := testkit.Exec(t, backend, func(alpha *Node) []*Node {
				var all []*Node
				for d := 1; d <= partition.MaxVector; d++ {
					y := VectorLogPartition(alpha, d)
					all = append(all, y, Gradient(ReduceAllSum(y), alpha)[0])
				}
				return all
			}, in)
			tolerance, slopeTolerance := 1e-13, 1e-8
			if dtype == dtypes.Float32 {
				tolerance, slopeTolerance = 2e-6, 2e-4
			}
			for d := 1; d <= partition.MaxVector; d++ {
				var want, slope []float64
				for _, a := range rounded {
					want, slope = append(want, partition.LogZVector(d, a)), append(slope, partition.DLogZVector(d, a))
				}
				at2 := 17
				if dtype == dtypes.Float32 { // the next number below 2 is another one
					slope[at2] = partition.DLogZVector(d, float64(math.Nextafter32(2, 0)))
				}
				testkit.CheckClose(t, fmt.Sprintf("d = %d: log Z", d), testkit.Floats(t, out[2*d-2]), want, tolerance, tolerance)
				testkit.CheckClose(t, fmt.Sprintf("d = %d: slope", d), testkit.Floats(t, out[2*d-1]), slope, slopeTolerance, 1e-12)
			}
		})
	})
}

func TestVectorLogPartition_OutsideItsDomain(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Floats(t, testkit.Exec(t, backend, func(alpha *Node) *Node { return VectorLogPartition(alpha, 3) },
			[]float64{0, -1, math.NaN(), math.Inf(-1)})[0])
		testkit.CheckClose(t, "log Z₃", got, []float64{math.Inf(1), math.NaN(), math.NaN(), math.NaN()}, 0, 0)
	})
}

// vectorCase is what the tests of VectorNLL take: four vectors of three numbers, and L.
func vectorCase(t *testing.T, dtype dtypes.DType) (x, factor *tensors.Tensor) {
	t.Helper()
	return testkit.Tensor(t, dtype, []float64{1, -2, 0.3, 0.1, 0.2, -0.1, 0, 0, 0, 30, -4, 12}, 4, 3),
		testkit.Tensor(t, dtype, []float64{0.7, 9, 9, -0.4, 1.2, 9, 0.3, 0.5, 2}, 3, 3) // the 9s are ignored
}

// For α = 2 it is gonum's multivariate normal distribution, for d = 1 the NLL of scalars, and for a diagonal L and α = 2 their sum.
func TestVectorNLL_SpecialCases(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			tolerance := map[dtypes.DType]float64{dtypes.Float64: 1e-13, dtypes.Float32: 2e-6}[dtype]
			x, factor := vectorCase(t, dtype)
			out := testkit.Exec(t, backend, func(x, factor *Node) []*Node {
				g := x.Graph()
				constant := func(v float64) *Node { return Scalar(g, dtype, v) }
				column := SliceAxis(x, 1, AxisRange(0, 1))
				alphas := ConstAsDType(g, dtype, []float64{0, 0.5, 2, 4})
				diagonal := ConstAsDType(g, dtype, [][]float64{{0.5, 0, 0}, {0, 2, 0}, {0, 0, 3}})
				scales := ConstAsDType(g, dtype, [][]float64{{0.5, 2, 3}})
				return []*Node{
					VectorNLL(x, constant(2), factor),
					VectorNLL(column, alphas, ConstAsDType(g, dtype, [][]float64{{0.7}})),
					NLL(Squeeze(column, 1), alphas, constant(0.7)),
					VectorNLL(x, constant(2), diagonal), ReduceSum(NLL(x, constant(2), scales), 1),
					VectorNLL(x, constant(0.8), factor), VectorNLL(x, constant(0.8), BroadcastToDims(ExpandDims(factor, 0), 4, 3, 3)),
				}
			}, x, factor)
			rows, l := testkit.Floats(t, x), testkit.Floats(t, factor)
			lower := mat.NewTriDense(3, mat.Lower, nil)
			for i := range 3 {
				for j := range i + 1 {
					lower.SetTri(i, j, l[3*i+j])
				}
			}
			var covariance mat.SymDense
			covariance.SymOuterK(1, lower)
			normal, ok := distmv.NewNormal(make([]float64, 3), &covariance, nil)
			if !ok {
				t.Fatal("not positive definite")
			}
			var want []float64
			for i := range 4 {
				want = append(want, -normal.LogProb(rows[3*i:3*i+3]))
			}
			testkit.CheckClose(t, "α = 2", testkit.Floats(t, out[0]), want, tolerance, tolerance)
			testkit.CheckClose(t, "d = 1", testkit.Floats(t, out[1]), testkit.Floats(t, out[2]), tolerance, tolerance)
			testkit.CheckClose(t, "diagonal", testkit.Floats(t, out[3]), testkit.Floats(t, out[4]), tolerance, tolerance)
			testkit.CheckClose(t, "L of each vector", testkit.Floats(t, out[6]), testkit.Floats(t, out[5]), tolerance, tolerance)
		})
	})
}

func TestVectorNLL_Gradient(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			x, factor := vectorCase(t, dtype)
			for _, alphas := range [][]float64{{0.3, 0.7, 1.2, 3}, {1.4}} {
				dims := []int{len(alphas)}
				if len(alphas) == 1 {
					dims = nil
				}
				testkit.CheckGradient(t, backend, func(in []*Node) *Node { return VectorNLL(in[0], in[1], in[2]) },
					[]*tensors.Tensor{x, testkit.Tensor(t, dtype, alphas, dims...), factor}, testkit.Tolerance{Rel: map[dtypes.DType]float64{dtypes.Float32: 3e-4}[dtype]})
			}
		})
	})
}

// The density of the plane adds up to 1 on a grid of polar coordinates.
func TestVectorNLL_IsADensity(t *testing.T) {
	const radii, angles = 4000, 64
	var x [][]float64
	var area []float64
	for i := range radii {
		s := 12*(float64(i)+0.5)/radii - 6 // log r
		r := math.Exp(s)
		for k := range angles {
			phi := 2 * math.Pi * (float64(k) + 0.5) / angles
			x = append(x, []float64{r * math.Cos(phi), r * math.Sin(phi)})
			area = append(area, r*r*12/radii*2*math.Pi/angles)
		}
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Floats(t, testkit.Exec(t, backend, func(x, area *Node) *Node {
			g := x.Graph()
			factor := Const(g, [][]float64{{0.8, 0}, {0.5, 1.1}})
			var totals []*Node
			for _, alpha := range []float64{0.6, 1, 2, 5, math.Inf(1)} {
				density := Exp(Neg(VectorNLL(x, Const(g, alpha), factor)))
				totals = append(totals, ReduceAllSum(Mul(density, area)))
			}
			return Stack(totals, 0)
		}, x, area)[0])
		testkit.CheckClose(t, "∫ p", got, []float64{1, 1, 1, 1, 1}, 2e-5, 0)
	})
}

func TestVectorNLL_IsNaNOutsideItsDomain(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Floats(t, testkit.Exec(t, backend, VectorNLL,
			[][]float64{{1, 2}, {1, 2}, {1, 2}, {1, 2}}, []float64{1, -1, 0, 1},
			[][][]float64{{{1, 0}, {0, 0}}, {{1, 0}, {0, 1}}, {{1, 0}, {0, 1}}, {{-1, 0}, {0, 1}}})[0])
		testkit.CheckClose(t, "NLL", got, []float64{math.NaN(), math.NaN(), math.Inf(1), math.NaN()}, 0, 0)
	})
}

func TestVectors_Panic(t *testing.T) {
	for name, c := range map[string]struct {
		f     func(g *Graph)
		words []string
	}{
		"scalar": {func(g *Graph) { VectorNLL(Const(g, 1.0), Const(g, 1.0), Const(g, [][]float64{{1}})) }, []string{"VectorNLL", "vectors [..., d]"}},
		"nine":   {func(g *Graph) { VectorNLL(Const(g, make([]float64, 9)), Const(g, 1.0), Const(g, 1.0)) }, []string{"1 to 8", "got 9", "[9]"}},
		"factor": {func(g *Graph) { VectorNLL(Const(g, []float64{1, 2}), Const(g, 1.0), Const(g, []float64{1, 2})) }, []string{"must be [2, 2]", "factor=(Float64)[2]"}},
		"batch": {func(g *Graph) {
			VectorNLL(Const(g, [][]float64{{1}, {2}}), Const(g, 1.0), Const(g, [][][]float64{{{1}}, {{2}}, {{3}}}))
		}, []string{"factor=(Float64)[3, 1, 1]"}},
		"alpha": {func(g *Graph) {
			VectorNLL(Const(g, [][]float64{{1}, {2}}), Const(g, []float64{1, 2, 3}), Const(g, [][]float64{{1}}))
		}, []string{"alpha", "[3]"}},
		"dims":    {func(g *Graph) { VectorLogPartition(Const(g, 1.0), 9) }, []string{"VectorLogPartition", "1 to 8", "got 9"}},
		"integer": {func(g *Graph) { VectorLogPartition(Const(g, 1), 2) }, []string{"float"}},
	} {
		message := panicOf(func() { c.f(NewGraph(testkit.Backend(t, "go"), name)) })
		for _, word := range c.words {
			if !strings.Contains(message, word) {
				t.Errorf("%s: panicked with %q, which does not say %q", name, message, word)
			}
		}
	}
}
