// Package lesson holds what the notebooks compute with and do not teach: small trainings of a few parameters that are
// watched step by step, and recorded data to compare with.
package lesson

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// Loss builds a loss to minimise, a scalar, from the data, and the values to watch meanwhile, float64 of any shape.
type Loss func(scope *model.Scope, data []*graph.Node) (loss *graph.Node, watch []*graph.Node)

// Record is what was watched after a number of steps.
type Record struct {
	Step  int
	Loss  float64
	Watch [][]float64 // the values of each watched node, row by row
}

// Records are records in the order of their steps.
type Records []Record

// At returns the record after a number of steps. It panics if there is none.
func (r Records) At(step int) Record {
	i := slices.IndexFunc(r, func(r Record) bool { return r.Step == step })
	if i < 0 {
		panic(fmt.Sprintf("lesson: no record of step %d", step))
	}
	return r[i]
}

// Every returns the steps 0, interval, 2·interval, … up to last.
func Every(interval, last int) (steps []int) {
	for s := 0; s <= last; s += interval {
		steps = append(steps, s)
	}
	return steps
}

// Learn minimises the loss from fresh variables with Adam (β = 0.9, 0.999, ε = 1e-8) at the learning rate, each step on all
// of the data, and records the state after the given numbers of steps, in increasing order; the last one ends it. It returns
// an error for an empty or unordered list of steps, and for what fails in GoMLX.
func Learn(backend compute.Backend, loss Loss, rate float64, steps []int, data ...*tensors.Tensor) (Records, error) {
	if len(steps) == 0 || !slices.IsSorted(steps) || steps[0] < 0 {
		return nil, fmt.Errorf("lesson: steps %v are not increasing numbers", steps)
	}
	store := model.NewStore()
	adam := optimizer.Adam().LearningRate(rate).Betas(0.9, 0.999).Epsilon(1e-8).Done()
	trainer := train.NewTrainer(backend, store, func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		value, _ := loss(scope, in)
		train.AddMainLoss(value)
		return nil
	}, nil, adam, nil, nil)
	look, err := model.NewExec(backend, store, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		value, watch := loss(scope.ResetVisited(), in)
		return append([]*graph.Node{value}, watch...)
	})
	if err != nil {
		return nil, err
	}
	var records Records
	for step := 0; ; step++ {
		if slices.Contains(steps, step) {
			r, err := record(look, step, data)
			if err != nil {
				return nil, err
			}
			records = append(records, r)
		}
		if step == steps[len(steps)-1] {
			return records, nil
		}
		if err := advance(trainer, data); err != nil {
			return nil, err
		}
	}
}

// record executes the loss as it stands.
func record(look *model.Exec, step int, data []*tensors.Tensor) (Record, error) {
	inputs := make([]any, len(data))
	for i, t := range data {
		inputs[i] = t
	}
	outputs, err := look.Exec(inputs...)
	if err != nil {
		return Record{}, err
	}
	r := Record{Step: step}
	for i, t := range outputs {
		values, err := tensors.CopyFlatData[float64](t)
		if err != nil {
			return Record{}, fmt.Errorf("lesson: output %d of the loss: %w", i, err)
		}
		if i == 0 {
			r.Loss = values[0]
		} else {
			r.Watch = append(r.Watch, values)
		}
		t.MustFinalizeAll()
	}
	return r, nil
}

// advance takes one step.
func advance(trainer *train.Trainer, data []*tensors.Tensor) error {
	batch := train.Batch{}
	for _, t := range data { // the trainer finalizes what it gets
		c, err := t.Clone()
		if err != nil {
			return err
		}
		batch.Inputs = append(batch.Inputs, c)
	}
	metrics, err := trainer.TrainStep(batch)
	for _, m := range metrics {
		m.MustFinalizeAll()
	}
	return err
}
