package main

import (
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/robustloss/gomlx-robustloss/robustloss"
)

// graphWork is a compiled graph with its inputs.
type graphWork struct {
	exec    *Exec
	inputs  []any
	outputs []*tensors.Tensor
	sums    func(outputs []*tensors.Tensor) ([]float64, error)
}

func newGraphWork(b compute.Backend, graph func(inputs []*Node) []*Node, inputs ...any) (work, error) {
	exec, err := NewExec(b, graph)
	return &graphWork{exec: exec, inputs: inputs}, err
}

func (w *graphWork) run() (err error) {
	for _, output := range w.outputs {
		output.MustFinalizeAll()
	}
	if w.outputs, err = w.exec.Call(w.inputs...); err != nil {
		return err
	}
	return w.outputs[0].ConstFlatData(func(any) {}) // waits for it
}

func (w *graphWork) check() (sums []float64, err error) {
	if w.sums != nil {
		return w.sums(w.outputs)
	}
	for _, output := range w.outputs {
		sum, err := sumOfSizes(output)
		if err != nil {
			return nil, err
		}
		sums = append(sums, sum)
	}
	return sums, nil
}

// same is a formula that gives every element one value.
func same(value float64) func(int) float64 { return func(int) float64 { return value } }

func newCopy(b compute.Backend, n int, dtype dtypes.DType) (work, error) {
	return newGraphWork(b, func(inputs []*Node) []*Node { return []*Node{Neg(inputs[0])} }, fill(dtype, residual, n))
}

func newRho(b compute.Backend, n int, dtype dtypes.DType) (work, error) {
	return newLoss(b, dtype, 0, fill(dtype, residual, n), fill(dtype, same(sharedShape)), fill(dtype, same(sharedScale)))
}

func newRhoDX(b compute.Backend, n int, dtype dtypes.DType) (work, error) {
	return newLoss(b, dtype, 1, fill(dtype, residual, n), fill(dtype, same(sharedShape)), fill(dtype, same(sharedScale)))
}

func newRhoAll(b compute.Backend, n int, dtype dtypes.DType) (work, error) {
	return newLoss(b, dtype, 3, fill(dtype, residual, n), fill(dtype, shapeOf, n), fill(dtype, scaleOf, n))
}

// newLoss is ρ, and the gradients of its sum in the first inputs.
func newLoss(b compute.Backend, _ dtypes.DType, gradients int, inputs ...any) (work, error) {
	return newGraphWork(b, func(inputs []*Node) []*Node {
		rho := robustloss.Loss(inputs[0], inputs[1], inputs[2])
		return append([]*Node{rho}, Gradient(ReduceAllSum(rho), inputs[:gradients]...)...)
	}, inputs...)
}

// columns is how many α and c the negative log-likelihood has: as of a model with so many outputs.
const columns = 100

func newNLL(b compute.Backend, n int, dtype dtypes.DType) (work, error) {
	return newGraphWork(b, func(inputs []*Node) []*Node {
		nll := robustloss.NLL(inputs[0], inputs[1], inputs[2])
		return append([]*Node{nll}, Gradient(ReduceAllSum(nll), inputs...)...)
	}, fill(dtype, residual, n/columns, columns), fill(dtype, shapeOf, 1, columns), fill(dtype, scaleOf, 1, columns))
}

// newSample draws n samples with α = 1 and c = 1. The check is the mean of log(1 + |x|), which programs with other random
// numbers share to about 1/√n.
func newSample(b compute.Backend, n int, dtype dtypes.DType) (work, error) {
	state, err := RNGStateFromSeed(1)
	if err != nil {
		return nil, err
	}
	w, err := newGraphWork(b, func(inputs []*Node) []*Node {
		one := Scalar(inputs[0].Graph(), dtype, 1.0)
		state, samples := robustloss.Sample(inputs[0], one, BroadcastToDims(one, n))
		return []*Node{samples, state}
	}, state)
	if err != nil {
		return nil, err
	}
	w.(*graphWork).sums = func(outputs []*tensors.Tensor) ([]float64, error) {
		var values []float64
		err := outputs[0].ConstFlatData(func(flat any) {
			switch data := flat.(type) {
			case []float64:
				values = append(values, data...)
			case []float32:
				for _, v := range data {
					values = append(values, float64(v))
				}
			}
		})
		mean := 0.0
		for _, v := range values {
			mean += math.Log1p(math.Abs(v)) / float64(len(values))
		}
		return []float64{mean}, err
	}
	return w, nil
}
