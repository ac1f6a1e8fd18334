package robustloss

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// perElement reports the time per element of a graph function, which is compiled before.
func perElement[F ExecGraphFn](b *testing.B, backendName string, elements int, f F, inputs ...any) {
	b.Helper()
	exec, err := NewExec(testkit.Backend(b, backendName), f)
	if err != nil {
		b.Fatal(err)
	}
	run := func() {
		outputs, err := exec.Call(inputs...)
		if err != nil {
			b.Fatalf("%+v", err)
		}
		for _, o := range outputs {
			o.MustFinalizeAll()
		}
	}
	run()
	for b.Loop() {
		run()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(elements), "ns/element")
	b.ReportMetric(0, "ns/op")
}

// The parameters of 1024 columns for 1000 rows, as of a loss per coefficient, or of every element.
func BenchmarkNLL(b *testing.B) {
	const rows, columns = 1000, 1024
	rng := rand.New(rand.NewPCG(1, 2))
	fill := func(n int, low, high float64) []float64 {
		values := make([]float64, n)
		for i := range values {
			values[i] = low + (high-low)*rng.Float64()
		}
		return values
	}
	for _, name := range testkit.Backends {
		for _, parameters := range []struct {
			name string
			dims []int
		}{{"perColumn", []int{1, columns}}, {"perElement", []int{rows, columns}}} {
			n := parameters.dims[0] * parameters.dims[1]
			inputs := func() []any {
				return []any{
					asTensor(fill(rows*columns, -3, 3), rows, columns),
					asTensor(fill(n, 0.1, 1.9), parameters.dims...), asTensor(fill(n, 0.5, 2), parameters.dims...),
				}
			}
			b.Run(fmt.Sprintf("%s/%s/forward", name, parameters.name), func(b *testing.B) {
				perElement(b, name, rows*columns, func(x, alpha, scale *Node) *Node { return ReduceAllSum(NLL(x, alpha, scale)) }, inputs()...)
			})
			b.Run(fmt.Sprintf("%s/%s/gradients", name, parameters.name), func(b *testing.B) {
				perElement(b, name, rows*columns, func(x, alpha, scale *Node) []*Node {
					return Gradient(ReduceAllSum(NLL(x, alpha, scale)), x, alpha, scale)
				}, inputs()...)
			})
		}
	}
}

func asTensor(values []float64, dims ...int) *tensors.Tensor {
	rounded := make([]float32, len(values))
	for i, v := range values {
		rounded[i] = float32(v)
	}
	return tensors.FromFlatDataAndDimensions(rounded, dims...)
}

// log Z and its slope for 12,288 shapes, those of an image of 64×64×3 coefficients.
func BenchmarkLogPartition(b *testing.B) {
	const n = 12_288
	values := make([]float64, n)
	for i := range values {
		values[i] = 3 * float64(i) / n
	}
	for _, name := range testkit.Backends {
		b.Run(name+"/withSlope", func(b *testing.B) {
			perElement(b, name, n, func(alpha *Node) []*Node {
				y := LogPartition(alpha)
				return []*Node{y, Gradient(ReduceAllSum(y), alpha)[0]}
			}, asTensor(values, n))
		})
	}
}

// A million samples at one α, and 100 of each of 10,000.
func BenchmarkSample(b *testing.B) {
	for _, name := range testkit.Backends {
		for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
			b.Run(fmt.Sprintf("%s/%s/alpha=1", name, dtype), func(b *testing.B) {
				const n = 1_000_000
				perElement(b, name, n, func(state *Node) []*Node {
					one := Scalar(state.Graph(), dtype, 1.0)
					state, x := Sample(state, one, BroadcastToDims(one, n))
					return []*Node{state, x}
				}, benchState(b))
			})
			b.Run(fmt.Sprintf("%s/%s/perColumn", name, dtype), func(b *testing.B) {
				const rows, columns = 100, 10_000
				perElement(b, name, rows*columns, func(state *Node) []*Node {
					g := state.Graph()
					alpha := MulScalar(Iota(g, testkit.Tensor(b, dtype, make([]float64, columns), columns).Shape(), 0), 2.0/columns)
					state, x := Sample(state, alpha, BroadcastToDims(Scalar(g, dtype, 1.0), rows, columns))
					return []*Node{state, x}
				}, benchState(b))
			})
		}
	}
}

func benchState(b *testing.B) *tensors.Tensor {
	state, err := RNGStateFromSeed(1)
	if err != nil {
		b.Fatal(err)
	}
	return state
}
