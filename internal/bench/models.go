package main

import (
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/robustloss/gomlx-robustloss/experiments/depth"
	"github.com/robustloss/gomlx-robustloss/experiments/vae"
	"github.com/robustloss/gomlx-robustloss/robustloss"
)

// lossWork is a graph on a model's variables.
type lossWork struct {
	exec    *model.Exec
	input   *tensors.Tensor
	outputs []*tensors.Tensor
}

// newImage is the author's image loss of 8 residuals of 64×64×3: its mean, and the gradients in the residuals and in the latents of
// α and c.
func newImage(b compute.Backend, _ int, dtype dtypes.DType) (work, error) {
	const batch, side = 8, 64
	exec, err := model.NewExec(b, model.NewStore(), func(scope *model.Scope, x *Node) []*Node {
		loss := ReduceAllMean(robustloss.NewImageAdaptive(scope, x).AlphaRange(0, 3).AlphaInit(1).ScaleFloor(1e-8).ScaleInit(.01).Done())
		at := []*Node{x}
		for _, latent := range []string{"alpha_latent_step", "scale_latent_step"} {
			at = append(at, scope.GetVariable(latent).NodeValue(x.Graph()))
		}
		return append([]*Node{loss}, Gradient(loss, at...)...)
	})
	x := pictures(dtype, batch, side, side, func(batch, row, column, channel int) float64 {
		return pixel(batch, row, column, channel, 0) - pixel(batch, row, column, channel, .7)
	})
	return &lossWork{exec: exec, input: x}, err
}

func (w *lossWork) run() (err error) {
	for _, output := range w.outputs {
		output.MustFinalizeAll()
	}
	if w.outputs, err = w.exec.Call(w.input); err != nil {
		return err
	}
	return w.outputs[0].ConstFlatData(func(any) {})
}

func (w *lossWork) check() (sums []float64, err error) {
	for _, output := range w.outputs {
		sum, err := sumOfSizes(output)
		if err != nil {
			return nil, err
		}
		sums = append(sums, sum)
	}
	return sums, nil
}

// stepWork is training steps of an experiment. Each gets its batch from the host's memory, as in a run.
type stepWork struct {
	trainer *train.Trainer
	inputs  []*tensors.Tensor
	// weights says which variables are the network's, by their paths.
	weights []string
}

// newVAE is a step of the VAE's preset paper, with half of its batch: the general distribution on wavelets.
func newVAE(b compute.Backend, _ int, dtype dtypes.DType) (work, error) {
	const batch, side = 16, 64
	c, err := vae.NewConfig("paper", "general", "wavelet")
	c.Training.Batch = batch
	images := pictures(dtype, batch, side, side, func(batch, row, column, channel int) float64 {
		return pixel(batch, row, column, channel, 0)
	})
	return &stepWork{
		trainer: vae.NewTrainer(b, model.NewStore(), c), weights: []string{"/encoder", "/decoder", "/prior"},
		inputs: []*tensors.Tensor{images},
	}, err
}

// newDepth is a step of the depth experiment's preset quick, with an α for each wavelet coefficient that is learned.
func newDepth(b compute.Backend, _ int, dtype dtypes.DType) (work, error) {
	c, err := depth.NewConfig("quick", depth.RowAdaptive)
	view := func(shift float64) *tensors.Tensor {
		return pictures(dtype, c.Batch, c.Data.Height, c.Data.Width, func(batch, row, column, channel int) float64 {
			return pixel(batch, row, column, channel, shift)
		})
	}
	left, right := view(0), view(2)
	return &stepWork{
		trainer: depth.NewTrainer(b, model.NewStore(), c), weights: []string{"/network"},
		inputs: []*tensors.Tensor{left, right},
	}, err
}

func (w *stepWork) run() error {
	_, err := w.step()
	return err
}

// step makes one step and returns the loss before it.
func (w *stepWork) step() (loss float64, err error) {
	var batch train.Batch
	for _, input := range w.inputs {
		clone, err := input.LocalClone() // the trainer takes it
		if err != nil {
			return 0, err
		}
		batch.Inputs = append(batch.Inputs, clone)
	}
	metrics, err := w.trainer.TrainStep(batch)
	if err != nil {
		return 0, err
	}
	loss = shapes.ConvertTo[float64](metrics[0].Value())
	for _, m := range metrics {
		m.MustFinalizeAll()
	}
	return loss, nil
}

// check returns the loss with weights that other programs can make too: see weight. Biases and latents are 0.
func (w *stepWork) check() ([]float64, error) {
	for v := range w.trainer.Store().IterVariables() {
		if v.DType() != dtypes.Float32 || !v.Trainable {
			continue
		}
		dims := v.Shape().Dimensions
		value := func(int) float64 { return 0 }
		if name := v.Name(); (name == "weights" || name == "kernel" || name == "location" || name == "raw_scale") && w.isWeight(v.Path()) {
			fanIn := 1
			for _, d := range dims[:len(dims)-1] {
				fanIn *= d
			}
			value = func(i int) float64 { return weight(i, fanIn) }
		}
		if err := v.SetValue(fill(v.DType(), value, dims...)); err != nil {
			return nil, err
		}
	}
	loss, err := w.step()
	return []float64{loss}, err
}

func (w *stepWork) isWeight(path string) bool {
	for _, prefix := range w.weights {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}
