package vae

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gomlx/compute"

	"github.com/robustloss/gomlx-robustloss/data/synth"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Command is the experiment's command line.
type Command struct {
	Train   TrainCommand   `cmd:"" help:"Train cells of the table that are not trained yet, and print their ELBOs."`
	Table   TableCommand   `cmd:"" help:"Train the cells of the table that are not trained yet, and print the table."`
	Eval    EvalCommand    `cmd:"" help:"Evaluate trained cells again, and print their ELBOs and importance-weighted bounds."`
	Figures FiguresCommand `cmd:"" help:"Draw trained cells' reconstructions, samples, interpolations and learned parameters as PNG files."`
	Linear  LinearCommand  `cmd:"" help:"Print the table with principal components in place of a network: seconds, no training."`
	Faces   FacesCommand   `cmd:"" help:"Write synthetic faces in CelebA's folders and formats."`
}

// runsHelp names the folder of the runs in the commands' help.
const runsHelp = "A run is kept in RUNS/vae/PRESET/REPRESENTATION-LIKELIHOOD/seed-SEED, where RUNS is the folder of --runs. " +
	"Rows are normal, cauchy, t and general, columns are pixel, dct and wavelet."

// images is the flag that says which images are learned.
type images struct {
	Data    string `help:"CelebA's folder. Without it, synthetic faces in the same format." type:"path" placeholder:"DIR"`
	Fashion bool   `help:"Fashion-MNIST in place of faces, grey images of clothes: from the folder where make data puts it, or from that of --data."`
	cli.Expansion
}

// Selection says which cells of the table a command is about, and on which images they are trained.
type Selection struct {
	cli.Selection
	cli.Compute
	cli.Devices
	images
	Steps *cli.Count `help:"Training steps, in place of the preset's." placeholder:"N"`
}

// Help is shown below the flags.
func (Selection) Help() string { return runsHelp }

// config returns the configuration of a cell.
func (s Selection) config(likelihood, representation string) (Config, error) {
	c, err := NewConfig(s.Preset, likelihood, representation)
	if s.Steps != nil {
		c.Training.Steps = int(*s.Steps)
	}
	return c, err
}

// plan returns the runs that are selected, seed by seed and column by column.
func (s Selection) plan() (plan []run.Spec, err error) {
	axes, err := s.Pick(LikelihoodKeys(), RepresentationKeys())
	if err != nil {
		return nil, err
	}
	seeds, err := s.Seeds(1)
	if err != nil {
		return nil, err
	}
	usual, err := NewConfig(s.Preset, Likelihoods[0].Key, Representations[0].Key)
	if err != nil {
		return nil, err
	}
	if err := usual.Images.describe(s.Preset, s.Data, s.Fashion); err != nil {
		return nil, err
	}
	for _, seed := range seeds {
		for _, representation := range axes[1] {
			for _, likelihood := range axes[0] {
				c, err := s.config(likelihood, representation)
				if err != nil {
					return nil, err
				}
				c.Images = usual.Images
				cell := s
				cell.Only, cell.Seed = []string{likelihood, representation}, []cli.Seed{cli.Seed(seed)}
				plan = append(plan, run.Spec{
					Experiment: experiment, Config: c, Seed: seed,
					Dir:     filepath.Join(s.tableDir(c), representation+"-"+likelihood, fmt.Sprintf("seed-%d", seed)),
					Command: cli.Line("vae train", &TrainCommand{Selection: cell}),
				})
			}
		}
	}
	return plan, nil
}

// tableDir is where the runs of one table are kept: those on other images, and those of another length, apart.
func (s Selection) tableDir(c Config) string {
	name := setName(c)
	if usual, err := NewConfig(c.Preset, c.Likelihood, c.Representation); err == nil && usual.Training.Steps != c.Training.Steps {
		name += fmt.Sprintf("-%d-steps", c.Training.Steps)
	}
	return s.Dir("vae", name)
}

// open opens the images of a configuration. runs is the folder that keeps the synthetic and the packed ones.
func (i images) open(ctx context.Context, s *cli.Session, runs cli.Runs, c Config) (*Data, error) {
	c.Images.MaxExpanded = i.ExpandedBytes()
	return OpenData(ctx, c.Images, i.Data, runs.Dir("vae", "data"), func(text string) { s.Notef("%s", text) })
}

// begin opens the images of a plan, whose runs all have the same, and what computes.
func (s Selection) begin(ctx context.Context, session *cli.Session, plan []run.Spec) (*Data, compute.Backend, error) {
	data, err := s.open(ctx, session, s.Runs, plan[0].Config.(Config))
	if err != nil {
		return nil, nil, err
	}
	backend, err := s.Open(session)
	if err != nil {
		return nil, nil, errors.Join(err, data.Close())
	}
	return data, backend, nil
}

// train makes the runs of a plan, or goes on with them, and gives each result to done.
func (s Selection) train(ctx context.Context, session *cli.Session, plan []run.Spec, restart bool, done func(run.Result) error) error {
	if len(plan) == 0 {
		return nil
	}
	data, backend, err := s.begin(ctx, session, plan)
	if err != nil {
		return err
	}
	defer func() { _ = data.Close() }()
	for _, spec := range plan {
		c := spec.Config.(Config)
		every := max(c.Training.Steps/10, 1)
		result, err := Train(ctx, backend, data, Job{
			Config: c, Seed: spec.Seed, Dir: spec.Dir, Command: spec.Command, Restart: restart, Devices: int(s.Devices.Devices),
			EvalEvery: every, CheckpointEvery: every, Progress: session.Progress(),
		})
		if err != nil {
			return err
		}
		if err := done(result); err != nil {
			return err
		}
	}
	return nil
}

// TrainCommand trains cells.
type TrainCommand struct {
	Selection
	cli.Making
}

// Run trains the cells and prints a line and the folder of each.
func (t *TrainCommand) Run(ctx context.Context, s *cli.Session) error {
	plan, err := t.plan()
	if err != nil {
		return err
	}
	if done, err := t.Preview(s, plan); done || err != nil {
		return err
	}
	return t.train(ctx, s, plan, t.Restart, func(r run.Result) error {
		var c Config
		if err := r.DecodeConfig(&c); err != nil {
			return err
		}
		printValues(s, c, r.Seed, r.Values)
		_, err := fmt.Fprintln(s.Out, filepath.Dir(r.Path))
		return err
	})
}

func printValues(s *cli.Session, c Config, seed int64, v run.Values) {
	_, _ = fmt.Fprintf(s.Out, "%s on %s, seed %d: ELBO %.1f (rate %.1f, distortion %.1f), importance-weighted bound %.1f nats an image\n",
		c.Likelihood, c.Representation, seed, v["elbo"], v["rate"], v["distortion"], v["iwae"])
}

// TableCommand trains cells and prints the table.
type TableCommand struct {
	Selection
	cli.Making
	cli.Tables
	Value string `help:"What the table shows: elbo, iwae, rate, distortion, or shape: the median of the learned shapes." enum:"elbo,iwae,rate,distortion,shape" default:"elbo"`
}

// Run trains what is missing and prints the table.
func (t *TableCommand) Run(ctx context.Context, s *cli.Session) error {
	set := t.Preset
	if t.Fashion {
		set += "-" + fashionSource
	}
	return t.Print(s, cli.TableSource{
		Experiment: experiment,
		Make: func() (string, error) {
			plan, err := t.plan()
			if err != nil {
				return "", err
			}
			if done, err := t.Preview(s, plan); done || err != nil {
				return "", err
			}
			if err := t.train(ctx, s, plan, t.Restart, func(run.Result) error { return nil }); err != nil {
				return "", err
			}
			return t.tableDir(plan[0].Config.(Config)), nil
		},
		Kept: func() ([]*run.Table, error) {
			table, err := KeptTable(set, t.Value)
			return []*run.Table{table}, err
		},
		Tables: func(results []run.Result) ([]*run.Table, error) {
			table, err := newTable(results, t.Value)
			return []*run.Table{table}, err
		},
	})
}

// EvalCommand evaluates trained cells.
type EvalCommand struct {
	Selection
	ImportanceSamples cli.Count `help:"Latent samples an image for the importance-weighted bound." default:"16"`
}

// Run evaluates each cell's latest checkpoint.
func (e *EvalCommand) Run(ctx context.Context, s *cli.Session) error {
	return e.each(ctx, s, func(m *Model, data *Data, _ string) error {
		m.ImportanceSamples = int(e.ImportanceSamples)
		values, err := m.Evaluate(data.Validation)
		if err != nil {
			return err
		}
		printValues(s, m.Config, m.Seed, values)
		return nil
	})
}

// each loads the models of the selected runs and gives them to do, with the images and the run's folder.
func (s Selection) each(ctx context.Context, session *cli.Session, do func(m *Model, data *Data, dir string) error) error {
	plan, err := s.plan()
	if err != nil {
		return err
	}
	for _, spec := range plan { // before anything is computed
		if state, err := spec.State(); err != nil {
			return err
		} else if !state.Finished && state.Step == 0 {
			return cli.NotTrained(spec, state)
		}
	}
	data, backend, err := s.begin(ctx, session, plan)
	if err != nil {
		return err
	}
	defer func() { _ = data.Close() }()
	for _, spec := range plan {
		m, err := Load(backend, spec.Dir)
		if err != nil {
			return err
		}
		if err := do(m, data, spec.Dir); err != nil {
			return err
		}
	}
	return nil
}

// FiguresCommand draws what trained cells have learned.
type FiguresCommand struct {
	Selection
	Out string `help:"Folder for the PNG files, with a folder for each run in it. Without it, each run's own." type:"path" placeholder:"DIR"`
}

// Run draws the figures and prints their paths.
func (c *FiguresCommand) Run(ctx context.Context, s *cli.Session) error {
	return c.each(ctx, s, func(m *Model, data *Data, dir string) error {
		if c.Out != "" {
			dir = filepath.Join(c.Out, filepath.Base(filepath.Dir(dir)), filepath.Base(dir))
		}
		paths, err := m.writeFigures(data, dir)
		for _, path := range paths {
			_, _ = fmt.Fprintln(s.Out, path)
		}
		return err
	})
}

// LinearCommand makes the table of a linear model.
type LinearCommand struct {
	cli.Size
	cli.Runs
	cli.Compute
	images
	Train      cli.Count `help:"Training images, 2 at least." default:"1000"`
	Validation cli.Count `help:"Validation images." default:"500"`
	Stride     cli.Count `help:"Fit every n-th coefficient only." default:"7" placeholder:"N"`
	Format     string    `help:"markdown, csv or json." enum:"markdown,csv,json" default:"markdown"`
}

// Run fits the distributions and prints the table.
func (l *LinearCommand) Run(ctx context.Context, s *cli.Session) error {
	c, err := NewConfig(l.Preset, Likelihoods[0].Key, Representations[0].Key)
	if err != nil {
		return err
	}
	if l.Train < 2 {
		return errors.New("--train must be at least 2")
	}
	if err := c.Images.describe(l.Preset, l.Data, l.Fashion); err != nil {
		return err
	}
	c.Images.Train, c.Images.Validation = int(l.Train), int(l.Validation)
	data, err := l.open(ctx, s, l.Runs, c)
	if err != nil {
		return err
	}
	defer func() { _ = data.Close() }()
	backend, err := l.Open(s)
	if err != nil {
		return err
	}
	values, err := LinearCheck(ctx, backend, data.Train, data.Validation, c.Network.Latent, int(l.Stride))
	if err != nil {
		return err
	}
	table, err := linearTable(values, c)
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
	if err := synth.WriteFaces(ctx, c.Dir, options, inTenths(func(text string) { s.Notef("%s", text) }, "drawing faces")); err != nil {
		return err
	}
	s.Notef("%d faces in %s", c.Train+c.Validation+c.Test, c.Dir)
	return nil
}
