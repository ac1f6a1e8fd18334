package robustloss

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// BenchmarkLoss times the loss of n float32 residuals, standard normal, on each backend: forward; forward and ∂x, with a
// scalar α; and forward with ∂x, ∂α and ∂c, with an α in (0, 2) for each element, c once a scalar, once for each element
// too. The gradients are of the sum of the losses. Compilation isn't counted.
func BenchmarkLoss(b *testing.B) {
	cases := []struct {
		name             string
		alphas, scales   bool // one for each element
		gradientsInInput int
	}{
		{"forward", false, false, 0},
		{"forward+dx", false, false, 1},
		{"forward+dx+dalpha+dc", true, false, 3},
		{"forward+dx+dalpha+dc/c=each", true, true, 3},
	}
	for _, name := range testkit.Backends {
		for _, n := range []int{1e4, 1e6, 1e7} {
			for _, c := range cases {
				b.Run(fmt.Sprintf("%s/n=%.0e/%s", name, float64(n), c.name), func(b *testing.B) {
					benchmarkLoss(b, name, n, c.alphas, c.scales, c.gradientsInInput)
				})
			}
		}
	}
}

func benchmarkLoss(b *testing.B, backendName string, n int, alphas, scales bool, gradients int) {
	backend := testkit.Backend(b, backendName)
	exec, err := NewExec(backend, func(inputs []*Node) []*Node {
		rho := Loss(inputs[0], inputs[1], inputs[2])
		return append([]*Node{rho}, Gradient(ReduceAllSum(rho), inputs[:gradients]...)...)
	})
	if err != nil {
		b.Fatal(err)
	}
	defer exec.Finalize()
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func(each bool, draw func() float64) any {
		if !each {
			return testkit.Tensor(b, dtypes.Float32, []float64{draw()})
		}
		values := make([]float64, n)
		for i := range values {
			values[i] = draw()
		}
		return testkit.Tensor(b, dtypes.Float32, values, n)
	}
	inputs := []any{
		draw(true, rng.NormFloat64),
		draw(alphas, func() float64 { return 2 * rng.Float64() }),
		draw(scales, func() float64 { return 0.5 + rng.Float64() }),
	}
	run := func() {
		outputs, err := exec.Call(inputs...)
		if err != nil {
			b.Fatal(err)
		}
		for _, output := range outputs {
			output.MustFinalizeAll()
		}
	}
	run() // compiles, and moves the inputs to the device
	for b.Loop() {
		run()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/element")
}
