package depth

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/synth"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Command is the experiment's command line.
type Command struct {
	Train   TrainCommand   `cmd:"" help:"Train rows of the table that are not trained yet, and print their metrics."`
	Table   TableCommand   `cmd:"" help:"Train what is missing of the rows and print the table."`
	Eval    EvalCommand    `cmd:"" help:"Evaluate trained rows again, with another cap, crop or scaling."`
	Figures FiguresCommand `cmd:"" help:"Write depth maps, error maps and learned α of trained rows into their folders."`
	Streets StreetsCommand `cmd:"" help:"Write synthetic streets in the layout of KITTI's raw recordings."`
}

// Selection says which runs a command is about.
type Selection struct {
	cli.Selection
	cli.Compute
	cli.Devices
	cli.Expansion
	Data       string `help:"Folder of KITTI's raw recordings. Without it, synthetic streets are made." type:"existingdir" placeholder:"DIR"`
	TrainSplit string `help:"File that lists the recordings' training frames." type:"existingfile" placeholder:"FILE"`
	TestSplit  string `help:"File that lists their test frames." type:"existingfile" placeholder:"FILE"`
	Variant
}

// Help is shown below the flags.
func (Selection) Help() string {
	return "A run is kept in RUNS/depth/PRESET/ROW/seed-SEED, where RUNS is the folder of --runs; flags that change the preset are " +
		"named after PRESET. Rows are " + strings.Join(TrainedRows(), ", ") + "."
}

// folder returns where the runs of the selection are: below it, a folder for each row and seed.
func (s Selection) folder() string {
	folder := s.Dir(Experiment, s.Preset)
	if name := s.name(); name != "" {
		folder += "-" + name
	}
	return folder
}

// config returns the preset's configuration of a row for the view that was asked for.
func (s Selection) config(row string) (Config, error) {
	if s.View == ViewTemporal {
		return newTemporalConfig(s.Preset, row)
	}
	return NewConfig(s.Preset, row)
}

// plan returns the runs that are selected, seed by seed. note is told what is left out of recordings.
func (s Selection) plan(note func(format string, args ...any)) (plan []run.Spec, err error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	rows, err := s.Pick(TrainedRows())
	if err != nil {
		return nil, err
	}
	seeds, err := s.Seeds(1)
	if err != nil {
		return nil, err
	}
	var recordings Source
	if s.Data != "" {
		if recordings, err = s.recordings(note); err != nil {
			return nil, err
		}
	}
	for _, seed := range seeds {
		for _, row := range rows[0] {
			c, err := s.config(row)
			if err != nil {
				return nil, err
			}
			c = s.apply(c)
			switch {
			case s.Data != "":
				c.Data.Name, c.Data.Seed, c.Data.Train, c.Data.Test = "kitti", 0, len(recordings.Train), len(recordings.Test)
			case c.Data.Name == "kitti":
				return nil, errors.New("the preset \"paper\" needs KITTI's recordings: give --data, --train-split and --test-split (see data/kitti/README.md)")
			}
			one := s
			one.Only, one.Seed = []string{row}, []cli.Seed{cli.Seed(seed)}
			plan = append(plan, run.Spec{
				Experiment: Experiment, Config: record{row, c}, Seed: seed,
				Dir:     filepath.Join(s.folder(), row, fmt.Sprintf("seed-%d", seed)),
				Command: cli.Line("depth train", &TrainCommand{Selection: one}),
			})
		}
	}
	return plan, nil
}

// recordings reads what the split files list.
func (s Selection) recordings(note func(format string, args ...any)) (Source, error) {
	if s.TrainSplit == "" || s.TestSplit == "" {
		return Source{}, errors.New("--data needs --train-split and --test-split: files that list frames below it")
	}
	source, err := readSource(s.Data, s.TrainSplit, s.TestSplit)
	source.MaxExpanded = s.ExpandedBytes()
	if err != nil || s.View != ViewTemporal {
		return source, err
	}
	source, skipped, err := source.withNeighbours()
	if skipped > 0 && err == nil {
		note("%d training frames have no frame before or after them and are left out, %d are used", skipped, len(source.Train))
	}
	return source, err
}

// each makes or opens every run of a plan and gives it to do.
func (s Selection) each(ctx context.Context, session *cli.Session, plan []run.Spec, restart bool, do func(*Trained) error) error {
	backend, err := s.Open(session)
	if err != nil {
		return err
	}
	for _, spec := range plan {
		c := spec.Config.(record)
		var source Source
		if s.Data != "" {
			source, err = s.recordings(func(string, ...any) {})
		} else {
			source, err = c.Data.Streets(ctx, s.Dir(Experiment, "data"))
		}
		if err != nil {
			return err
		}
		trained, err := Job{
			Row: c.Row, Config: c.Config, Seed: spec.Seed, Source: source, Backend: backend, Device: cli.Describe(backend),
			Restart: restart, Devices: int(s.Devices.Devices), Dir: spec.Dir, Progress: session.Progress(), Command: spec.Command,
		}.Train(ctx)
		if err != nil {
			return err
		}
		err = do(trained)
		if err := errors.Join(err, trained.Close()); err != nil {
			return err
		}
	}
	return nil
}

// trained opens every run of the selection, all of which must be finished, and gives it to do.
func (s Selection) trained(ctx context.Context, session *cli.Session, do func(*Trained) error) error {
	plan, err := s.plan(session.Notef)
	if err == nil {
		err = cli.RequireFinished(plan)
	}
	if err != nil {
		return err
	}
	return s.each(ctx, session, plan, false, do)
}

// TrainCommand trains rows.
type TrainCommand struct {
	Selection
	cli.Making
}

// Run trains and prints a line of metrics and the folder of each run.
func (c *TrainCommand) Run(ctx context.Context, s *cli.Session) error {
	plan, err := c.plan(s.Notef)
	if err != nil {
		return err
	}
	if done, err := c.Preview(s, plan); done || err != nil {
		return err
	}
	return c.each(ctx, s, plan, c.Restart, func(t *Trained) error {
		if err := printValues(s, t.Result, t.Result.Values); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.Out, t.run.Dir())
		return err
	})
}

func printValues(s *cli.Session, r run.Result, values run.Values) error {
	c, err := recordOf(r)
	if err != nil {
		return err
	}
	line := fmt.Sprintf("%-9s seed %d ", c.Row, r.Seed)
	for _, metric := range Metrics {
		line += fmt.Sprintf("  %s %.3f", metric.Title, values[metric.Key])
	}
	_, err = fmt.Fprintf(s.Out, "%s  (%.0f s)\n", line, r.Timing.Seconds)
	return err
}

// EvalCommand evaluates with another protocol.
type EvalCommand struct {
	Selection
	Cap           float64 `help:"Depths at or above it do not count, in metres." default:"80"`
	Crop          bool    `help:"Compare inside Garg's crop only." default:"true" negatable:""`
	MedianScaling bool    `help:"Scale each prediction to the truth's median." default:"true" negatable:""`
}

// Run prints a line of metrics for each run.
func (c *EvalCommand) Run(ctx context.Context, s *cli.Session) error {
	if c.View == ViewTemporal && !c.MedianScaling {
		return errors.New("--view temporal leaves the scale of depths open: it cannot be evaluated with --no-median-scaling")
	}
	protocol := PublicProtocol()
	protocol.MaxDepth, protocol.GargCrop, protocol.MedianScaling = c.Cap, c.Crop, c.MedianScaling
	return c.trained(ctx, s, func(t *Trained) error {
		values, err := t.evaluate(protocol)
		if err != nil {
			return err
		}
		return printValues(s, t.Result, values)
	})
}

// TableCommand makes the table.
type TableCommand struct {
	Selection
	cli.Making
	cli.Tables
}

// Run trains what is missing, and prints the table of all results of the preset that are there. Kept are three tables: that of
// the preset quick, that of the studies, and that of training on neighbouring frames.
func (c *TableCommand) Run(ctx context.Context, s *cli.Session) error {
	return c.Print(s, cli.TableSource{
		Experiment: Experiment,
		Make: func() (string, error) {
			plan, err := c.plan(s.Notef)
			if err != nil {
				return "", err
			}
			if done, err := c.Preview(s, plan); done || err != nil {
				return "", err
			}
			return c.folder(), c.each(ctx, s, plan, c.Restart, func(*Trained) error { return nil })
		},
		Kept: func() (tables []*run.Table, err error) {
			for _, kept := range []func() (*run.Table, error){keptTable("quick"), studiesTable, keptTable("temporal")} {
				table, err := kept()
				if err != nil {
					return nil, err
				}
				tables = append(tables, table)
			}
			return tables, nil
		},
		Tables: func(results []run.Result) ([]*run.Table, error) {
			table, err := NewTable(results)
			return []*run.Table{table}, err
		},
	})
}

func keptTable(name string) func() (*run.Table, error) {
	return func() (*run.Table, error) {
		results, err := Kept(name)
		if err != nil {
			return nil, err
		}
		return NewTable(results)
	}
}

// StreetsCommand writes synthetic streets.
type StreetsCommand struct {
	Dir         string    `arg:"" help:"Folder to write to." type:"path"`
	Train       cli.Count `help:"Streets for training." default:"600"`
	Test        cli.Count `help:"Streets for tests." default:"64"`
	Height      cli.Count `help:"Pixels." default:"32"`
	Width       cli.Count `help:"Pixels." default:"96"`
	Seed        uint64    `help:"The same seed gives the same streets." default:"1"`
	RandomLanes bool      `help:"Lane marks that differ from street to street."`
	Neighbours  bool      `help:"Write the frames before and after each street too, for --view temporal."`
}

// Run writes the streets.
func (c *StreetsCommand) Run(ctx context.Context, s *cli.Session) error {
	o := synth.StreetOptions{Height: int(c.Height), Width: int(c.Width), Seed: c.Seed, RandomLanes: c.RandomLanes, Neighbours: c.Neighbours}
	if err := synth.WriteStreets(ctx, c.Dir, int(c.Train), int(c.Test), o, nil); err != nil {
		return err
	}
	s.Notef("%d streets in %s", c.Train+c.Test, c.Dir)
	return nil
}
