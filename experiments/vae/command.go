package vae

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/robustloss/gomlx-robustloss/data/synth"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Command is the experiment's command line.
type Command struct {
	Train   TrainCommand   `cmd:"" help:"Train one cell of the table, or go on with it, and print its ELBO."`
	Table   TableCommand   `cmd:"" help:"Train the cells of the table that are not trained yet, and print the table."`
	Eval    EvalCommand    `cmd:"" help:"Evaluate a trained cell again, and print its ELBO and importance-weighted bound."`
	Samples SamplesCommand `cmd:"" help:"Draw a trained cell's reconstructions, samples, interpolations and learned parameters as PNG files."`
	Linear  LinearCommand  `cmd:"" help:"Make the table with principal components in place of a network: seconds, no training."`
	Faces   FacesCommand   `cmd:"" help:"Write synthetic faces in CelebA's folders and formats."`
}

// preset is the flags that say on which images which model is trained.
type preset struct {
	Preset string `help:"tiny: seconds, quick: minutes on two cores, paper: a GPU." enum:"tiny,quick,paper" default:"quick"`
	Data   string `help:"CelebA's folder. Without it, synthetic faces in the same format." type:"path" placeholder:"DIR"`
	Steps  int    `help:"Training steps, in place of the preset's." placeholder:"N"`
}

// cell is the flags that name one cell of the table.
type cell struct {
	preset
	Likelihood     string `help:"normal, cauchy, t or general." enum:"normal,cauchy,t,general" default:"general" short:"l"`
	Representation string `help:"pixel, dct or wavelet." enum:"pixel,dct,wavelet" default:"wavelet" short:"r"`
	Seed           int64  `help:"Seed of the network, the order of the images and the latent samples." default:"1"`
}

func (p preset) config(likelihood, representation string) (Config, error) {
	c, err := NewConfig(p.Preset, likelihood, representation)
	if err != nil {
		return c, err
	}
	if p.Data != "" {
		c.Images.Source, c.Images.FaceSeed, c.Images.Train, c.Images.Validation = "celeba", 0, 0, 0
	}
	if p.Steps < 0 {
		return c, errors.New("--steps must be positive")
	}
	if p.Steps > 0 {
		c.Training.Steps = p.Steps
	}
	return c, nil
}

// dir is where a configuration's run is kept.
func dir(s *cli.Session, c Config, seed int64) string {
	return filepath.Join(tableDir(s, c), c.Representation+"-"+c.Likelihood, fmt.Sprintf("seed-%d", seed))
}

// tableDir is where the runs of one table are kept: those on CelebA, and those of another length, apart.
func tableDir(s *cli.Session, c Config) string {
	name := c.Preset
	if c.Images.Source != "synthetic" {
		name += "-" + c.Images.Source
	}
	if usual, err := NewConfig(c.Preset, c.Likelihood, c.Representation); err == nil && usual.Training.Steps != c.Training.Steps {
		name += fmt.Sprintf("-%d-steps", c.Training.Steps)
	}
	return s.Dir("vae", name)
}

// open opens the images of a configuration.
func (p preset) open(ctx context.Context, s *cli.Session, c Config) (*Data, error) {
	return OpenData(ctx, c.Images, p.Data, s.Dir("vae", "data"), func(text string) { s.Notef("%s", text) })
}

// every is how often a long training is evaluated and saved, in steps.
func every(c Config) int { return max(c.Training.Steps/10, 1) }

// trainCell makes one run.
func trainCell(ctx context.Context, s *cli.Session, data *Data, c Config, seed int64) (run.Result, error) {
	backend, err := s.Compute()
	if err != nil {
		return run.Result{}, err
	}
	return Train(ctx, backend, data, Job{
		Config: c, Seed: seed, Dir: dir(s, c, seed), Restart: s.Restart,
		EvalEvery: every(c), CheckpointEvery: every(c), Progress: s.Progress(),
	})
}

// TrainCommand trains one cell.
type TrainCommand struct{ cell }

// Run trains the cell.
func (t *TrainCommand) Run(ctx context.Context, s *cli.Session) error {
	c, err := t.config(t.Likelihood, t.Representation)
	if err != nil {
		return err
	}
	data, err := t.open(ctx, s, c)
	if err != nil {
		return err
	}
	defer func() { _ = data.Close() }()
	result, err := trainCell(ctx, s, data, c, t.Seed)
	if err != nil {
		return err
	}
	printValues(s, result.Values)
	_, err = fmt.Fprintln(s.Out, filepath.Dir(result.Path))
	return err
}

func printValues(s *cli.Session, v run.Values) {
	_, _ = fmt.Fprintf(s.Out, "ELBO %.1f (rate %.1f, distortion %.1f), importance-weighted bound %.1f nats an image\n",
		v["elbo"], v["rate"], v["distortion"], v["iwae"])
}

// TableCommand trains the whole table.
type TableCommand struct {
	preset
	Seeds  []int64 `name:"seed" help:"Seeds: each cell is trained once for each." default:"1" placeholder:"N,…"`
	Only   string  `help:"Train only this row (a likelihood) or column (a representation)." placeholder:"KEY"`
	Value  string  `help:"What the table shows: elbo, iwae, rate or distortion." enum:"elbo,iwae,rate,distortion" default:"elbo"`
	Format string  `help:"markdown, csv or json." enum:"markdown,csv,json" default:"markdown"`
	From   string  `help:"Train nothing: make the table of the results below this folder." type:"path" placeholder:"DIR"`
	Keep   string  `help:"Copy the results there afterwards, without metrics and checkpoints." type:"path" placeholder:"DIR"`
}

// Run trains what is missing and prints the table.
func (t *TableCommand) Run(ctx context.Context, s *cli.Session) error {
	from := t.From
	if from == "" {
		var err error
		if from, err = t.train(ctx, s); err != nil {
			return err
		}
	} else if _, err := os.Stat(from); err != nil {
		return err
	}
	results, err := run.ReadResults(from)
	if err != nil {
		return err
	}
	if len(results) == 0 {
		return fmt.Errorf("there is no result.json below %s", from)
	}
	table, err := run.NewTable(Layout(t.Preset, t.Value), results)
	if err != nil {
		return err
	}
	if t.Keep != "" {
		if _, err := run.Keep(from, t.Keep); err != nil {
			return err
		}
	}
	return table.Write(s.Out, t.Format)
}

// train makes the runs of all cells and seeds, and returns the folder that they are in.
func (t *TableCommand) train(ctx context.Context, s *cli.Session) (from string, err error) {
	c, err := t.config(Likelihoods[0].Key, Representations[0].Key)
	if err != nil {
		return "", err
	}
	data, err := t.open(ctx, s, c)
	if err != nil {
		return "", err
	}
	defer func() { _ = data.Close() }()
	trained := 0
	for _, seed := range t.Seeds {
		for _, representation := range RepresentationKeys() {
			for _, likelihood := range LikelihoodKeys() {
				if t.Only != "" && t.Only != representation && t.Only != likelihood {
					continue
				}
				if c, err = t.config(likelihood, representation); err != nil {
					return "", err
				}
				if _, err := trainCell(ctx, s, data, c, seed); err != nil {
					return "", err
				}
				trained++
			}
		}
	}
	if trained == 0 {
		return "", fmt.Errorf("--only %s names no row and no column of the table", t.Only)
	}
	return tableDir(s, c), nil
}

// EvalCommand evaluates a trained cell.
type EvalCommand struct {
	cell
	ImportanceSamples int `help:"Latent samples an image for the importance-weighted bound." default:"16"`
}

// Run evaluates the cell's latest checkpoint.
func (e *EvalCommand) Run(ctx context.Context, s *cli.Session) error {
	m, data, err := e.load(ctx, s)
	if err != nil {
		return err
	}
	defer func() { _ = data.Close() }()
	if m.ImportanceSamples = e.ImportanceSamples; m.ImportanceSamples < 1 {
		return errors.New("--importance-samples must be positive")
	}
	values, err := m.Evaluate(data.Validation)
	if err != nil {
		return err
	}
	printValues(s, values)
	return nil
}

// load loads the cell's model and opens its images.
func (c cell) load(ctx context.Context, s *cli.Session) (*Model, *Data, error) {
	config, err := c.config(c.Likelihood, c.Representation)
	if err != nil {
		return nil, nil, err
	}
	backend, err := s.Compute()
	if err != nil {
		return nil, nil, err
	}
	m, err := Load(backend, dir(s, config, c.Seed))
	if err != nil {
		return nil, nil, fmt.Errorf("%w; train it first: go run ./experiments vae train --help", err)
	}
	data, err := c.open(ctx, s, m.Config)
	return m, data, err
}

// SamplesCommand draws what a trained cell has learned.
type SamplesCommand struct {
	cell
	Out string `help:"Folder for the PNG files; the default is the run's." type:"path" placeholder:"DIR"`
}

// Run draws the figures.
func (c *SamplesCommand) Run(ctx context.Context, s *cli.Session) error {
	m, data, err := c.load(ctx, s)
	if err != nil {
		return err
	}
	defer func() { _ = data.Close() }()
	out := c.Out
	if out == "" {
		out = dir(s, m.Config, c.Seed)
	}
	paths, err := m.WriteFigures(data, out)
	for _, path := range paths {
		_, _ = fmt.Fprintln(s.Out, path)
	}
	return err
}

// LinearCommand makes the table of a linear model.
type LinearCommand struct {
	preset
	Train      int    `help:"Training images." default:"1000"`
	Validation int    `help:"Validation images." default:"500"`
	Stride     int    `help:"Fit every n-th coefficient only." default:"7" placeholder:"N"`
	Format     string `help:"markdown, csv or json." enum:"markdown,csv,json" default:"markdown"`
}

// Run fits the distributions and prints the table.
func (l *LinearCommand) Run(ctx context.Context, s *cli.Session) error {
	c, err := l.config(Likelihoods[0].Key, Representations[0].Key)
	if err != nil {
		return err
	}
	if l.Train < 2 || l.Validation < 1 || l.Stride < 1 {
		return errors.New("--train must be at least 2, --validation and --stride at least 1")
	}
	c.Images.Train, c.Images.Validation = l.Train, l.Validation
	data, err := l.open(ctx, s, c)
	if err != nil {
		return err
	}
	defer func() { _ = data.Close() }()
	backend, err := s.Compute()
	if err != nil {
		return err
	}
	values, err := LinearCheck(ctx, backend, data.Train, data.Validation, c.Network.Latent, l.Stride)
	if err != nil {
		return err
	}
	table, err := LinearTable(values, c)
	if err != nil {
		return err
	}
	return table.Write(s.Out, l.Format)
}

// FacesCommand writes synthetic faces.
type FacesCommand struct {
	Dir        string `arg:"" help:"Folder to write to." type:"path"`
	Train      int    `help:"Training images." default:"4096"`
	Validation int    `help:"Validation images." default:"512"`
	Test       int    `help:"Test images." default:"0"`
	Seed       uint64 `help:"Seed: the same seed gives the same files." default:"1"`
}

// Run writes the faces.
func (c *FacesCommand) Run(ctx context.Context, s *cli.Session) error {
	options := synth.FacesOptions{Train: c.Train, Validation: c.Validation, Test: c.Test, Seed: c.Seed}
	if err := synth.WriteFaces(ctx, c.Dir, options); err != nil {
		return err
	}
	s.Notef("%d faces in %s", c.Train+c.Validation+c.Test, c.Dir)
	return nil
}
