package vae

import (
	"context"
	"fmt"
	"io"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
	"github.com/robustloss/gomlx-robustloss/data/order"
	"github.com/robustloss/gomlx-robustloss/experiments/adam"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// experiment is the name of this experiment in the runs' records.
const experiment = "vae"

// Job is one run: a cell of the table for one seed.
type Job struct {
	Config  Config
	Seed    int64
	Dir     string // the run's directory
	Command string // the command line that makes it, for its record; empty where there is none
	Restart bool   // make it anew
	Devices int    // of the backend that share each batch; 0 means 1
	// EvalEvery and CheckpointEvery are in steps; 0 means at the end only.
	EvalEvery, CheckpointEvery int
	Progress                   io.Writer // may be nil
	// Report is told the terms of each step: "elbo", "rate", "distortion". It may be nil.
	Report func(step int, terms run.Values)
}

// trainTerms are logged at each step, and blamed in this order where one becomes NaN: a rate that is not finite points at
// the encoder or the prior, a distortion at the decoder or the likelihood.
var trainTerms = []string{"rate", "distortion", "elbo"}

// Train makes the run, or goes on with it where it stopped, and returns its result. A finished run is not made again.
func Train(ctx context.Context, backend compute.Backend, data *Data, job Job) (run.Result, error) {
	if err := run.CheckDevices(backend, job.Devices, job.Config.Training.Batch); err != nil {
		return run.Result{}, err
	}
	r, err := run.Open(run.Spec{
		Experiment: experiment, Dir: job.Dir, Config: job.Config, Seed: job.Seed, Device: cli.Describe(backend),
		Command: job.Command, Restart: job.Restart, Warnings: job.Progress,
	})
	if err != nil {
		return run.Result{}, err
	}
	defer func() { _ = r.Close() }()
	if result, ok := r.Result(); ok {
		return result, nil
	}
	s, err := newSession(r, backend, data, job)
	if err != nil {
		return run.Result{}, err
	}
	values, err := s.train(ctx)
	if err != nil {
		return run.Result{}, fmt.Errorf("%s on %s, seed %d: %w", job.Config.Likelihood, job.Config.Representation, job.Seed, err)
	}
	details, err := s.finish()
	if err != nil {
		return run.Result{}, err
	}
	return r.Finish(job.Config.Training.Steps, values, details)
}

// session is one process's work on a run.
type session struct {
	job     Job
	run     *run.Run
	backend compute.Backend
	data    *Data
	model   *Model
}

// newSession prepares the model, from the run's latest checkpoint where there is one.
func newSession(r *run.Run, backend compute.Backend, data *Data, job Job) (*session, error) {
	bias, err := data.MeanLogits()
	if err != nil {
		return nil, err
	}
	store := model.NewStore()
	step, err := r.AttachStore(store)
	if err == nil && step == 0 {
		err = store.SetRNGStateFromSeed(job.Seed)
	}
	if err != nil {
		return nil, err
	}
	m := &Model{autoencoder: autoencoder{Config: job.Config, bias: bias}, Step: step, store: store, backend: backend}
	return &session{job: job, run: r, backend: backend, data: data, model: m}, nil
}

func (s *session) train(ctx context.Context) (run.Values, error) {
	c := s.job.Config
	t := c.Training
	trainer := s.model.trainer(s.backend, s.model.store)
	evaluator, err := s.model.newEvaluator()
	if err != nil {
		return nil, err
	}
	defer evaluator.exec.Finalize()
	items := order.New(s.job.Seed, s.data.Train.Len())
	return run.Training{
		Trainer: trainer, Terms: trainTerms, Steps: t.Steps, Devices: s.job.Devices,
		Batches:         celeba.Batches(s.data.Train, items.Batch, t.Batch),
		LogEvery:        max(t.Steps/100, 1),
		EvalEvery:       s.job.EvalEvery,
		CheckpointEvery: s.job.CheckpointEvery,
		Evaluate: func(step int) (run.Values, error) {
			if step == t.Steps {
				return evaluator.evaluate(s.data.Validation, c.ImportanceSamples)
			}
			values, err := evaluator.evaluate(s.data.Validation, 1)
			delete(values, "iwae") // of one sample it is the ELBO; of many it takes as many times as long
			return values, err
		},
		Progress: s.job.Progress,
		Title:    fmt.Sprintf("%-8s %-8s seed %d", c.Representation, c.Likelihood, s.job.Seed),
		Show:     "elbo",
		Report:   s.job.Report,
	}.Run(ctx, s.run)
}

// NewTrainer returns the trainer of a run of this configuration, whose variables are in the store, for programs that time its
// steps. A batch is images in [0, 1], `[batch, side, side, channels]`, as the only input. A dense network starts at grey.
func NewTrainer(backend compute.Backend, store *model.Store, c Config) *train.Trainer {
	return autoencoder{Config: c}.trainer(backend, store)
}

func (a autoencoder) trainer(backend compute.Backend, store *model.Store) *train.Trainer {
	t := a.Training
	optimiser := adam.New(adam.Config{
		Rate: t.Rate, Beta1: .9, Beta2: .999, Epsilon: 1e-8,
		WarmUp: t.WarmUp, Constant: int(t.Constant * float64(t.Steps)), Steps: t.Steps,
	})
	return train.NewTrainer(backend, store, a.trainGraph, nil, optimiser, run.TermMetrics(trainTerms...), nil)
}

// trainGraph is the model function of a training step. The loss is distortion + w·rate, averaged over the batch, where w
// grows from 0 to 1 in the first KLWarmUp steps; the terms that it returns are without w.
func (a autoencoder) trainGraph(scope *model.Scope, x *Node) []*Node {
	g := x.Graph()
	noise := scope.RandomNormal(g, shapeOf(x.Shape().Dimensions[0], 1, a.Network.Latent))
	distortion, rate := a.terms(scope, x, noise)
	distortion, rate = ReduceAllMean(distortion), ReduceAllMean(rate)
	weight := ScalarOne(g, dtype)
	if a.Training.KLWarmUp > 0 {
		step := ConvertDType(optimizer.GetGlobalStepVar(scope.Store()).NodeValue(g), dtype)
		weight = MinScalar(DivScalar(step, float64(a.Training.KLWarmUp)), 1)
	}
	train.AddMainLoss(Add(distortion, Mul(weight, rate)))
	return []*Node{rate, distortion, Neg(Add(distortion, rate))}
}
