package robustloss_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/dataset"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/robustloss/gomlx-robustloss/gomlxops/backend"
	"github.com/robustloss/gomlx-robustloss/robustloss"
)

// must returns v, or panics with the error.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The losses of one residual, four times the scale, along α.
func ExampleLoss() {
	engine := must(backend.NewWithConfig("go"))
	defer engine.Finalize()
	rho := MustNewExec(engine, robustloss.Loss)
	alphas := []float64{2, 1, 0, -2, math.Inf(-1)}
	residuals := []float64{2, 2, 2, 2, 2}
	for i, v := range must(tensors.CopyFlatData[float64](rho.MustCall(residuals, alphas, 0.5)[0])) {
		fmt.Printf("α = %4g   ρ = %.4f\n", alphas[i], v)
	}
	// Output:
	// α =    2   ρ = 8.0000
	// α =    1   ρ = 3.1231
	// α =    0   ρ = 2.1972
	// α =   -2   ρ = 1.6000
	// α = -Inf   ρ = 0.9997
}

// Depths in units of 1 m, squeezed into [0, 2) by λ = −2 for a network to predict, and brought back by λ = 2.
func ExamplePowerTransform() {
	engine := must(backend.NewWithConfig("go"))
	defer engine.Finalize()
	depths := []float64{0.5, 2, 20, 200}
	out := must(CallOnceN(engine, func(s, lambda *Node) []*Node {
		f := robustloss.PowerTransform(s, lambda)
		return []*Node{f, Gradient(ReduceAllSum(f), s)[0], robustloss.PowerTransform(f, Neg(lambda))}
	}, depths, -2.0))
	f, slope, back := out[0].Value().([]float64), out[1].Value().([]float64), out[2].Value().([]float64)
	for i, s := range depths {
		fmt.Printf("%5.1f m: f = %.4f, slope %.4f, back at %.1f m\n", s, f[i], slope[i], back[i])
	}
	// Output:
	//   0.5 m: f = 0.4000, slope 0.6400, back at 0.5 m
	//   2.0 m: f = 1.0000, slope 0.2500, back at 2.0 m
	//  20.0 m: f = 1.8182, slope 0.0083, back at 20.0 m
	// 200.0 m: f = 1.9802, slope 0.0001, back at 200.0 m
}

// How a residual pulls, and the weight that it has in least squares: an outlier loses both.
func ExampleInfluence() {
	engine := must(backend.NewWithConfig("go"))
	defer engine.Finalize()
	both := MustNewExec(engine, func(x *Node) []*Node {
		alpha, scale := Const(x.Graph(), -2.0), Const(x.Graph(), 1.0)
		return []*Node{robustloss.Influence(x, alpha, scale), robustloss.Weight(x, alpha, scale)}
	})
	residuals := []float64{0, 0.5, 1, 10}
	out := both.MustCall(residuals)
	pulls, weights := must(tensors.CopyFlatData[float64](out[0])), must(tensors.CopyFlatData[float64](out[1]))
	for i, r := range residuals {
		fmt.Printf("x = %4g   ψ = %.4f   w = %.4f\n", r, pulls[i], weights[i])
	}
	// Output:
	// x =    0   ψ = 0.0000   w = 1.0000
	// x =  0.5   ψ = 0.4429   w = 0.8858
	// x =    1   ψ = 0.6400   w = 0.6400
	// x =   10   ψ = 0.0148   w = 0.0015
}

// The distance of points from where they should be, robustified as one: its gradient is finite where it is 0.
func ExampleLossSquared() {
	engine := must(backend.NewWithConfig("go"))
	defer engine.Finalize()
	exec := MustNewExec(engine, func(offsets *Node) []*Node { // [numPoints, 3]
		squared := ReduceSum(Square(offsets), -1)
		alpha, scale := Const(offsets.Graph(), 0.0), Const(offsets.Graph(), 1.0)
		rho := robustloss.LossSquared(squared, alpha, scale)
		return append([]*Node{rho}, Gradient(ReduceAllSum(rho), offsets)...)
	})
	out := exec.MustCall([][]float64{{0, 0, 0}, {3, 4, 0}})
	fmt.Printf("%.4f\n%.4f\n", out[0].Value(), out[1].Value())
	// Output:
	// [0.0000 2.6027]
	// [[0.0000 0.0000 0.0000] [0.2222 0.2963 0.0000]]
}

// A line through points of which every fifth is an outlier of +10, in a train.Trainer: by least squares, and with α = 0.
func ExampleMakeLoss() {
	engine := must(backend.NewWithConfig("go"))
	defer engine.Finalize()
	rng := rand.New(rand.NewPCG(1, 2))
	x, y := make([][]float64, 100), make([][]float64, 100)
	for i := range x {
		x[i] = []float64{2*rng.Float64() - 1}
		y[i] = []float64{3*x[i][0] - 1 + 0.1*rng.NormFloat64()}
		if i%5 == 0 {
			y[i][0] += 10
		}
	}
	line := func(scope *model.Scope, _ any, inputs []*Node) []*Node {
		slope := scope.VariableWithValue("slope", 0.0).NodeValue(inputs[0])
		intercept := scope.VariableWithValue("intercept", 0.0).NodeValue(inputs[0])
		return []*Node{Add(Mul(inputs[0], slope), intercept)}
	}
	for _, alpha := range []float64{2, 0} {
		data := must(dataset.InMemoryFromData(engine, "line", []any{x}, []any{y}))
		data.BatchSize(len(x), true).Infinite(true)
		store := model.NewStore()
		adam := optimizer.Adam().LearningRate(0.1).Done()
		trainer := train.NewTrainer(engine, store, line, robustloss.MakeLoss(alpha, 0.1), adam, nil, nil)
		must(train.NewLoop(trainer).RunSteps(data, 300))
		value := func(name string) any { return store.RootScope().GetVariable(name).MustValue().Value() }
		fmt.Printf("α = %g: y = %.1f x %+.1f\n", alpha, value("slope"), value("intercept"))
	}
	// Output:
	// α = 2: y = 2.9 x +1.0
	// α = 0: y = 3.0 x -1.0
}
