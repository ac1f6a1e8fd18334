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
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// linePoints returns 200 points of y = 0.7x + 0.15 with noise of 0.02, every tenth of them far off the line.
func linePoints() (x, y [][]float32) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		at := rng.Float64()
		value := 0.7*at + 0.15 + 0.02*rng.NormFloat64()
		if i%10 == 0 {
			value = 3 * rng.Float64()
		}
		x, y = append(x, []float32{float32(at)}), append(y, []float32{float32(value)})
	}
	return x, y
}

// A line through points of which a tenth are outliers: the loss learns from the residuals what an outlier is, while the model
// learns the line.
func ExampleNewAdaptive() {
	engine, err := backend.NewWithConfig("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	line := func(scope *model.Scope, x *Node) *Node {
		slope := scope.VariableWithValue("slope", float32(0)).NodeValue(x.Graph())
		offset := scope.VariableWithValue("offset", float32(0)).NodeValue(x.Graph())
		return Add(Mul(x, slope), offset)
	}
	store := model.NewStore()
	trainer := train.NewTrainer(engine, store, func(scope *model.Scope, _ any, inputs []*Node) []*Node {
		residuals := Sub(line(scope, inputs[0]), inputs[1])
		nll := robustloss.NewAdaptive(scope.In("loss"), residuals).Done()
		train.AddMainLoss(ReduceAllMean(nll))
		return nil
	}, nil, optimizer.Adam().LearningRate(0.05).Done(), nil, nil)

	x, y := linePoints()
	for range 400 {
		batch := train.Batch{Inputs: []*tensors.Tensor{tensors.FromValue(x), tensors.FromValue(y)}}
		if _, err := trainer.TrainStep(batch); err != nil {
			fmt.Println(err)
			return
		}
	}
	learned := func(name string) float64 {
		return float64(tensors.ToScalar[float32](store.GetVariable("/" + name).MustValue()))
	}
	fmt.Printf("slope near 0.7: %t, offset near 0.15: %t\n", math.Abs(learned("slope")-0.7) < 0.01, math.Abs(learned("offset")-0.15) < 0.01)
	// Output: slope near 0.7: true, offset near 0.15: true
}

// Annealing: the loss starts as L2, and lets go of the outliers as α goes down to −2.
func ExampleAttachSchedule() {
	engine, err := backend.NewWithConfig("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	store := model.NewStore()
	trainer := train.NewTrainer(engine, store, func(scope *model.Scope, _ any, inputs []*Node) []*Node {
		x, y := inputs[0], inputs[1]
		g := x.Graph()
		slope := scope.VariableWithValue("slope", float32(0)).NodeValue(g)
		offset := scope.VariableWithValue("offset", float32(0)).NodeValue(g)
		residuals := Sub(Add(Mul(x, slope), offset), y)
		alpha := robustloss.AlphaVariable(scope, g, x.DType())
		train.AddMainLoss(ReduceAllMean(robustloss.Loss(residuals, alpha, Scalar(g, x.DType(), 0.05))))
		return nil
	}, nil, optimizer.Adam().LearningRate(0.05).Done(), nil, nil)

	loop := train.NewLoop(trainer)
	robustloss.AttachSchedule(loop, store.RootScope(), scalar.LinearSchedule{From: 2, To: -2, Steps: 200})

	x, y := linePoints()
	points, err := dataset.InMemoryFromData(engine, "points", []any{x, y}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := loop.RunSteps(points.BatchSize(len(x), false).Infinite(true), 400); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("slope %.2f, offset %.2f\n",
		tensors.ToScalar[float32](store.GetVariable("/slope").MustValue()),
		tensors.ToScalar[float32](store.GetVariable("/offset").MustValue()))
	// Output: slope 0.70, offset 0.15
}

// The two ends of the family, and its samples: half of them are within the quartiles.
func ExampleSample() {
	engine, err := backend.NewWithConfig("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	inside := MustExecOnce(engine, func(g *Graph) *Node {
		alpha := Const(g, []float64{0, 2})
		scale := BroadcastToDims(Const(g, 1.0), 100_000, 2)
		state := RNGStateFromSeedForGraph(g, 42)
		_, x := robustloss.Sample(state, alpha, scale)
		quartile := Const(g, []float64{1.4142135623730951, 0.6744897501960817}) // of Cauchy's of scale √2, and the normal
		return ReduceMean(ConvertDType(LessThan(Abs(x), ExpandLeftToRank(quartile, 2)), x.DType()), 0)
	})
	fmt.Printf("%.2f\n", inside.Value())
	// Output: [0.50 0.50]
}

// The normaliser falls as α rises: the Cauchy distribution has more of its mass far out than the normal one.
func ExampleLogPartition() {
	engine := must(backend.NewWithConfig("go"))
	defer engine.Finalize()
	logZ := must(CallOnce(engine, robustloss.LogPartition, []float64{0, 1, 2}))
	fmt.Printf("log Z = %.4f\n", logZ.Value())
	// Output:
	// log Z = [1.4913 1.1855 0.9189]
}

// What a distribution says of a residual of three scales: the normal one is far more surprised by it.
func ExampleNLL() {
	engine := must(backend.NewWithConfig("go"))
	defer engine.Finalize()
	nll := must(CallOnce(engine, robustloss.NLL, []float64{3, 3, 3}, []float64{0, 1, 2}, 1.0))
	fmt.Printf("−log p(3) = %.4f for α = 0, 1, 2\n", nll.Value())
	// Output:
	// −log p(3) = [3.1961 3.3478 5.4189] for α = 0, 1, 2
}

// The hyperparameters of a model choose its loss.
func ExampleMakeLossFromScope() {
	engine := must(backend.NewWithConfig("go"))
	defer engine.Finalize()
	scope := model.NewStore().RootScope()
	scope.SetParam(robustloss.ParamAlpha, 1.0)
	scope.SetParam(robustloss.ParamScale, 0.5)
	lossFn := robustloss.MakeLossFromScope(scope)
	value := must(CallOnce(engine, func(label, prediction *Node) *Node {
		return lossFn([]*Node{label}, []*Node{prediction})
	}, []float64{0, 0}, []float64{1, 0}))
	fmt.Printf("mean ρ = %.4f\n", value.Value())
	// Output:
	// mean ρ = 0.6180
}
