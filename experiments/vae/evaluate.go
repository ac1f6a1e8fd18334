package vae

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Model is a trained autoencoder, or one in training.
type Model struct {
	autoencoder
	Seed int64
	Step int // of the checkpoint that it was loaded from

	store   *model.Store
	backend compute.Backend
}

// Load loads the model of the latest checkpoint of the run in dir.
func Load(backend compute.Backend, dir string) (*Model, error) {
	manifest, err := run.ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	m := &Model{Seed: manifest.Seed, store: model.NewStore(), backend: backend}
	if manifest.Experiment != experiment {
		return nil, fmt.Errorf("the run in %s is one of the experiment %q, not of %q", dir, manifest.Experiment, experiment)
	}
	if err := manifest.DecodeConfig(&m.Config); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	checkpoint, step, err := run.LatestCheckpoint(dir)
	if err != nil {
		return nil, err
	}
	m.Step = step
	return m, run.LoadStore(m.store, checkpoint)
}

// graphFunction builds a graph on the model's variables.
type graphFunction func(scope *model.Scope, inputs []*Node) []*Node

// exec compiles a graph function, when it is first called, for the model's variables.
func (m *Model) exec(function graphFunction) (*model.Exec, error) {
	exec, err := model.NewExec(m.backend, m.store, (func(*model.Scope, []*Node) []*Node)(function))
	if err != nil {
		return nil, fmt.Errorf("cannot build the model: %w", err)
	}
	return exec, nil
}

// call runs a graph function once.
func (m *Model) call(function graphFunction, inputs ...any) ([]*tensors.Tensor, error) {
	exec, err := m.exec(function)
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	return exec.Call(inputs...)
}

// evaluationBatch is how many images are evaluated at a time.
const evaluationBatch = 32

// Evaluate returns the means over the images, in nats an image: "elbo" (one latent sample an image), its parts "rate" and
// "distortion", and "iwae", the importance-weighted bound. The latent samples depend on the image's number only. Images
// that do not fill a batch at the end are left out.
func (m *Model) Evaluate(images celeba.Source) (run.Values, error) {
	e, err := m.newEvaluator()
	if err != nil {
		return nil, err
	}
	defer e.exec.Finalize()
	return e.evaluate(images, m.ImportanceSamples)
}

// evaluator is what Evaluate compiles. A training keeps one: what XLA compiles again for each evaluation, it does not give back whole.
type evaluator struct {
	model *Model
	exec  *model.Exec
}

func (m *Model) newEvaluator() (*evaluator, error) {
	exec, err := m.exec(func(scope *model.Scope, inputs []*Node) []*Node {
		distortion, rate := m.terms(scope, inputs[0], inputs[1])
		first := func(v *Node) *Node { return Slice(v, AxisRange(), AxisRange(0, 1)) }
		return []*Node{Stack([]*Node{
			ReduceAllSum(elbo(distortion, rate)), ReduceAllSum(first(rate)), ReduceAllSum(first(distortion)),
			ReduceAllSum(importanceBound(distortion, rate)),
		}, 0)}
	})
	return &evaluator{m, exec}, err
}

// evaluate is Evaluate, with the variables as they are now, and a number of latent samples an image. "iwae" alone depends on it.
func (e *evaluator) evaluate(images celeba.Source, samples int) (run.Values, error) {
	m, batch := e.model, min(evaluationBatch, images.Len())
	names := []string{"elbo", "rate", "distortion", "iwae"}
	sums := make([]float64, len(names))
	batches := images.Len() / batch
	for b := range batches {
		items := make([]int, batch)
		for k := range items {
			items[k] = b*batch + k
		}
		x, err := celeba.ReadBatch(images, items)
		if err != nil {
			return nil, err
		}
		noise := m.noise(items, samples)
		outputs, err := e.exec.Call(x, noise)
		if err != nil {
			return nil, fmt.Errorf("evaluation: %w", err)
		}
		for i, v := range tensors.MustCopyFlatData[float32](outputs[0]) {
			sums[i] += float64(v)
		}
		for _, t := range []*tensors.Tensor{x, noise, outputs[0]} {
			if err := t.FinalizeAll(); err != nil {
				return nil, fmt.Errorf("evaluation: %w", err)
			}
		}
	}
	values := run.Values{}
	for i, name := range names {
		values[name] = sums[i] / float64(batches*batch)
	}
	return values, nil
}

// noise returns standard normal numbers for some images, `[len(items), samples, latent]`.
func (m *Model) noise(items []int, samples int) *tensors.Tensor {
	per := samples * m.Network.Latent
	values := make([]float32, len(items)*per)
	for k, item := range items {
		rng := rand.New(rand.NewPCG(0x9e3779b97f4a7c15, uint64(item)))
		for i := range per {
			values[k*per+i] = float32(rng.NormFloat64())
		}
	}
	return tensors.FromFlatDataAndDimensions(values, len(items), samples, m.Network.Latent)
}

// Parameters are the likelihood's learned parameters, one of each per coefficient: Side·Side·channels values, row by row, the
// channels of the representation (red, green, blue, or Y, U, V, or grey alone) interleaved.
type Parameters struct {
	Side int
	// Shape is α of the general distribution (2 for the normal, 0 for the Cauchy one), or Student's degrees of freedom.
	Shape []float32
	// Scale is c, in the units of the coefficients.
	Scale []float32
}

// Parameters returns the likelihood's learned parameters.
func (m *Model) Parameters() (Parameters, error) {
	side, channels := m.Side(), m.Images.channels()
	outputs, err := m.call(func(scope *model.Scope, inputs []*Node) []*Node {
		f := score(scope, m.Config, inputs[0])
		return []*Node{f.shape, f.scale}
	}, tensors.FromFlatDataAndDimensions(make([]float32, side*side*channels), 1, side, side, channels))
	if err != nil {
		return Parameters{}, fmt.Errorf("cannot read the likelihood's parameters: %w", err)
	}
	return Parameters{
		Side:  side,
		Shape: tensors.MustCopyFlatData[float32](outputs[0]),
		Scale: tensors.MustCopyFlatData[float32](outputs[1]),
	}, nil
}

// quantileNames and quantileLevels say which quantiles a result keeps.
var (
	quantileNames  = []string{"min", "q05", "q25", "median", "q75", "q95", "max"}
	quantileLevels = []float64{0, .05, .25, .5, .75, .95, 1}
)

// quantiles summarises values over the coefficients: of n sorted values the p-quantile is that at the place p·(n−1), rounded. It is
// none of the kinds of gonum's stat.Quantile; the kept results were made with it.
func quantiles(values []float32) map[string]float64 {
	sorted := slices.Sorted(slices.Values(values))
	q := map[string]float64{}
	for i, name := range quantileNames {
		q[name] = float64(sorted[int(quantileLevels[i]*float64(len(sorted)-1)+.5)])
	}
	return q
}

// finish returns what a result holds beside its values: how the learned parameters are spread over the coefficients.
func (s *session) finish() (details any, err error) {
	p, err := s.model.Parameters()
	if err != nil {
		return nil, err
	}
	return map[string]any{"shape": quantiles(p.Shape), "scale": quantiles(p.Scale)}, nil
}
