package depth

import (
	"context"
	"fmt"
	"io"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/robustloss/gomlx-robustloss/experiments/adam"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Experiment is the name of this experiment in the runs' records.
const Experiment = "depth"

// Job is one run: a row of the table with one seed.
type Job struct {
	Row      string
	Config   Config
	Seed     int64
	Source   Source
	Dir      string // of the run
	Backend  compute.Backend
	Device   string
	Command  string
	Restart  bool
	Devices  int // of the backend that share each batch; 0 means 1
	Progress io.Writer
}

// record is what stands as the configuration in the run's files.
type record struct {
	Row string `json:"row"`
	Config
}

// recordOf reads the configuration of a result. Some of the kept studies name a learning rate for the variables below the scope
// "/loss", in rows that have none: "adam.groups" is retired.
func recordOf(r run.Result) (c record, err error) {
	err = r.DecodeConfig(&c, "adam.groups")
	return c, err
}

// Trained is a finished run, open for figures and further evaluation.
type Trained struct {
	Result    run.Result
	Predictor *Predictor
	Tests     *TestSet
	Store     *model.Store
	run       *run.Run
}

// Close gives the run's directory back.
func (t *Trained) Close() error {
	t.Predictor.Close()
	return t.run.Close()
}

// Train makes the run, goes on with it where it stopped, or, where it is finished, only opens it.
func (j Job) Train(ctx context.Context) (trained *Trained, err error) {
	if err := run.CheckDevices(j.Backend, j.Devices, j.Config.Batch); err != nil {
		return nil, err
	}
	j.Config.Data.Train, j.Config.Data.Test = len(j.Source.Train), len(j.Source.Test)
	r, err := run.Open(run.Spec{
		Experiment: Experiment, Dir: j.Dir, Config: record{j.Row, j.Config}, Seed: j.Seed,
		Device: j.Device, Command: j.Command, Restart: j.Restart, Warnings: j.Progress,
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = r.Close()
		}
	}()
	store := model.NewStore()
	if step, err := r.AttachStore(store); err != nil {
		return nil, err
	} else if step == 0 {
		if err := store.SetRNGStateFromSeed(j.Seed); err != nil {
			return nil, err
		}
	}
	return j.train(ctx, r, store)
}

func (j Job) train(ctx context.Context, r *run.Run, store *model.Store) (*Trained, error) {
	_, tests, err := j.Source.loaders(j.Config, j.Seed)
	if err != nil {
		return nil, err
	}
	batches, err := j.Source.batches(j.Config, j.Seed)
	if err != nil {
		return nil, err
	}
	t := &Trained{Store: store, run: r}
	if t.Tests, err = readTestSet(tests); err != nil {
		return nil, err
	}
	c := j.Config
	trainer := NewTrainer(j.Backend, store, c)
	if t.Predictor, err = NewPredictor(j.Backend, store, c); err != nil {
		return nil, err
	}
	var finished bool
	if t.Result, finished = r.Result(); finished {
		return t, nil
	}
	training := run.Training{
		Trainer: trainer, Terms: terms, Batches: batches, Steps: c.Steps, Devices: j.Devices,
		LogEvery: c.LogEvery, EvalEvery: c.EvalEvery, CheckpointEvery: c.CheckpointEvery,
		Evaluate: func(int) (run.Values, error) { return t.evaluate(c.Protocol) },
		Progress: j.Progress, Title: fmt.Sprintf("%s, seed %d", j.Row, j.Seed), Show: terms[0],
	}
	values, err := training.Run(ctx, r)
	if err != nil {
		return nil, err
	}
	details, err := t.details(j.Backend, c)
	if err != nil {
		return nil, err
	}
	t.Result, err = r.Finish(c.Steps, values, details)
	return t, err
}

// NewTrainer returns the trainer of a run of this configuration, whose variables are in the store. A batch is what the loaders of
// the configuration's view give: for stereo pairs the left and the right images, `[batch, height, width, 3]`.
func NewTrainer(backend compute.Backend, store *model.Store, c Config) *train.Trainer {
	return train.NewTrainer(backend, store, c.trainingGraph, nil, adam.New(c.Adam), run.TermMetrics(terms...), nil)
}

func (t *Trained) evaluate(p Protocol) (run.Values, error) {
	predictions, err := t.Tests.Predict(t.Predictor)
	if err != nil {
		return nil, err
	}
	return t.Tests.Score(predictions, p)
}

// Curve returns the logged values of a term, for example "photometric", and their steps.
func (t *Trained) Curve(term string) (steps, values []float64, err error) {
	metrics, err := t.run.Metrics()
	for _, m := range metrics {
		if v, ok := m.Values[term]; ok {
			steps, values = append(steps, float64(m.Step)), append(values, v)
		}
	}
	return steps, values, err
}

// details sums up what an adaptive loss has learned.
func (t *Trained) details(backend compute.Backend, c Config) (any, error) {
	if c.Loss.Kind != KindAdaptive {
		return nil, nil
	}
	alphas, err := c.Alphas(backend, t.Store)
	if err != nil {
		return nil, err
	}
	var mean float64
	for _, a := range alphas {
		mean += float64(a) / float64(len(alphas))
	}
	return details{MeanAlpha: &mean, Bands: c.bandAlphas(alphas)}, nil
}

// Config returns the run's configuration.
func (t *Trained) Config() (Config, error) {
	c, err := recordOf(t.Result)
	return c.Config, err
}
