package robustloss_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/robustloss/gomlx-robustloss/robustloss"
)

// errors3D are n errors of positions in space. Their coordinates are correlated, or not; one in ten is an outlier, fifteen times as far
// off, as a whole or in each coordinate independently.
func errors3D(n int, correlated, whole bool, seed uint64) [][]float32 {
	rng := rand.New(rand.NewPCG(seed, 7))
	gross := func() float64 {
		if rng.IntN(10) == 0 {
			return 15
		}
		return 1
	}
	x := make([][]float32, n)
	for i := range x {
		common, factor := rng.NormFloat64(), gross()
		for range 3 {
			v := rng.NormFloat64()
			if correlated {
				v = 0.9*common + 0.44*v
			}
			if !whole {
				factor = gross()
			}
			x[i] = append(x[i], float32(factor*v))
		}
	}
	return x
}

// advantage trains one α with a covariance, and an α and a c for each coordinate, on the same errors, and returns by how many nats a
// vector the first is the likelier on others.
func advantage(correlated, whole bool) float32 {
	both := func(scope *model.Scope, x *Node) []*Node {
		vectors := robustloss.NewVectorAdaptive(scope.In("vectors"), x).Done()
		coordinates := robustloss.NewAdaptive(scope.In("coordinates"), x).Done()
		return []*Node{ReduceAllMean(vectors), ReduceAllMean(ReduceSum(coordinates, 1))}
	}
	store := model.NewStore()
	trainer := train.NewTrainer(gobackend.GetBackend(), store, func(scope *model.Scope, _ any, inputs []*Node) []*Node {
		nll := both(scope, inputs[0])
		train.AddMainLoss(Add(nll[0], nll[1]))
		return nil
	}, nil, optimizer.Adam().LearningRate(0.1).Done(), nil, nil)
	x := tensors.FromValue(errors3D(500, correlated, whole, 1))
	for range 250 {
		must(trainer.TrainStep(train.Batch{Inputs: []*tensors.Tensor{x}}))
	}
	nll := model.MustNewExec(gobackend.GetBackend(), store, both).MustCall(errors3D(2000, correlated, whole, 2))
	return nll[1].Value().(float32) - nll[0].Value().(float32)
}

// When is one α with a full covariance better than an α for each coordinate? Where coordinates go together, in their inliers, in their
// outliers, or in both; where each coordinate fails on its own, it is worse. In nats a vector, on errors that the losses have not seen:
//
//	                              correlated    not correlated
//	outliers are whole vectors      +1.35          +0.23
//	each coordinate fails alone     +0.10          −0.51
func Example_vectors() {
	for _, whole := range []bool{true, false} {
		for _, correlated := range []bool{true, false} {
			verdict := "better"
			if advantage(correlated, whole) < 0 {
				verdict = "worse"
			}
			fmt.Printf("whole vectors fail: %-5v  correlated: %-5v  a covariance is %s\n", whole, correlated, verdict)
		}
	}
	// Output:
	// whole vectors fail: true   correlated: true   a covariance is better
	// whole vectors fail: true   correlated: false  a covariance is better
	// whole vectors fail: false  correlated: true   a covariance is better
	// whole vectors fail: false  correlated: false  a covariance is worse
}
