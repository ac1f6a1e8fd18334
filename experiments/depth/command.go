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
	Eval    EvalCommand    `cmd:"" help:"Evaluate trained rows again, with another cap, crop or scaling."`
	Table   TableCommand   `cmd:"" help:"Train what is missing of the seven rows and print the table."`
	Figures FiguresCommand `cmd:"" help:"Write depth maps, error maps and learned α of trained rows into their folders."`
	Kept    KeptCommand    `cmd:"" help:"Print the tables of the results that are kept with the code."`
	Streets StreetsCommand `cmd:"" help:"Write synthetic streets in the layout of KITTI's raw recordings."`
}

// Selection says which runs a command is about.
type Selection struct {
	Preset     string   `help:"Sizes and schedule: ${enum}." enum:"tiny,quick,paper" default:"quick"`
	Row        []string `help:"Rows of the table: ${enum}." enum:"l1,alpha1,alpha0,alpha2,anneal,adaptive" default:"l1,alpha1,alpha0,alpha2,anneal,adaptive"`
	Seed       []int64  `help:"Seeds of the network and of the order of the pairs." default:"1"`
	Data       string   `help:"Folder of KITTI's raw recordings. Without it, synthetic streets are made." type:"existingdir" placeholder:"DIR"`
	TrainSplit string   `help:"File that lists the recordings' training frames." type:"existingfile" placeholder:"FILE"`
	TestSplit  string   `help:"File that lists their test frames." type:"existingfile" placeholder:"FILE"`
	Variant
}

// Variant changes a preset, for studies. Runs of a variant have a folder of their own.
type Variant struct {
	View        string  `help:"What the image is made from to train: the other view of a stereo pair, or the frames before and after, with a pose network: ${enum}." enum:"stereo,temporal" default:"stereo"`
	Steps       int     `help:"Training steps; the schedule is stretched." placeholder:"N"`
	Scale       float64 `help:"Scale c of the general distribution." placeholder:"C"`
	Sharing     string  `help:"What shares an adaptive α: each coefficient its own, or a band one." enum:"coefficient,band" default:"coefficient"`
	Scales      int     `help:"Predictions at so many sizes are trained." placeholder:"N"`
	Smoothness  float64 `help:"Weight of the smoothness of disparities." placeholder:"W"`
	SSIM        float64 `name:"ssim" help:"Share of structural similarity in the L1 row; 0.85 is usual." placeholder:"W"`
	RandomLanes bool    `help:"Streets whose lane marks differ."`
	Flip        float64 `help:"Probability that a training pair is mirrored." placeholder:"P"`
	DataSeed    uint64  `help:"Seed of the synthetic streets." placeholder:"N"`
}

// name returns what names the variant's folder, "" for none.
func (v Variant) name() string {
	return strings.ReplaceAll(strings.TrimPrefix(strings.ReplaceAll(v.flags(), " --", " "), " "), " ", "-")
}

// flags returns the variant as it is given on the command line.
func (v Variant) flags() string {
	var b strings.Builder
	add := func(name string, value float64) {
		if value != 0 {
			fmt.Fprintf(&b, " --%s %g", name, value)
		}
	}
	if v.View == ViewTemporal {
		b.WriteString(" --view temporal")
	}
	add("steps", float64(v.Steps))
	add("scale", v.Scale)
	if v.Sharing == PerBand {
		b.WriteString(" --sharing band")
	}
	add("scales", float64(v.Scales))
	add("smoothness", v.Smoothness)
	add("ssim", v.SSIM)
	add("flip", v.Flip)
	if v.RandomLanes {
		b.WriteString(" --random-lanes")
	}
	add("data-seed", float64(v.DataSeed))
	return b.String()
}

// apply changes a configuration. Each option changes the rows that it means something to.
func (v Variant) apply(c Config) Config {
	if v.Steps > 0 {
		c = c.WithSteps(v.Steps)
	}
	general, l1 := c.Loss.Kind != KindL1, c.Loss.Kind == KindL1
	if v.Scale > 0 && general {
		c.Loss.Scale = v.Scale
	}
	if v.Sharing == PerBand && c.Loss.Kind == KindAdaptive {
		c.Loss.Sharing = PerBand
	}
	if v.Scales > 0 {
		c.Network.Scales = v.Scales
	}
	if v.SSIM > 0 && l1 {
		c.Loss.SSIM = v.SSIM
	}
	c.Loss.Smoothness = v.Smoothness
	if v.Flip > 0 {
		c.Data.Augmentation.Flip = v.Flip
	}
	c.Data.RandomLanes = v.RandomLanes
	if v.DataSeed > 0 {
		c.Data.Seed = v.DataSeed
	}
	return c
}

// folder returns where the runs of the selection are: below it, a folder for each row and seed.
func (s *Selection) folder(session *cli.Session) string {
	folder := session.Dir(Experiment, s.Preset)
	if name := s.name(); name != "" {
		folder += "-" + name
	}
	return folder
}

// config returns the preset's configuration of a row for the view that was asked for.
func (s *Selection) config(row string) (Config, error) {
	if s.View == ViewTemporal {
		return NewTemporalConfig(s.Preset, row)
	}
	return NewConfig(s.Preset, row)
}

// source returns the pairs, which synthetic streets are written for where no recordings are given.
func (s *Selection) source(ctx context.Context, session *cli.Session, c *Config) (Source, error) {
	if s.Data == "" {
		if c.Data.Name == "kitti" {
			return Source{}, errors.New("the preset \"paper\" needs KITTI's recordings: give --data, --train-split and --test-split (see data/kitti/README.md)")
		}
		return c.Data.Streets(ctx, session.Dir(Experiment, "data"))
	}
	if s.TrainSplit == "" || s.TestSplit == "" {
		return Source{}, errors.New("--data needs --train-split and --test-split: files that list frames below it")
	}
	c.Data.Name, c.Data.Seed = "kitti", 0
	source, err := ReadSource(s.Data, s.TrainSplit, s.TestSplit)
	if err != nil || s.View != ViewTemporal {
		return source, err
	}
	source, skipped, err := source.WithNeighbours()
	if skipped > 0 && err == nil {
		session.Notef("%d training frames have no frame before or after them and are left out, %d are used", skipped, len(source.Train))
	}
	return source, err
}

// each trains or opens every run of the selection, seed by seed, and gives it to do.
func (s *Selection) each(ctx context.Context, session *cli.Session, do func(*Trained) error) error {
	backend, err := session.Compute()
	if err != nil {
		return err
	}
	device, err := session.Device()
	if err != nil {
		return err
	}
	for _, seed := range s.Seed {
		for _, row := range s.Row {
			config, err := s.config(row)
			if err != nil {
				return err
			}
			config = s.apply(config)
			source, err := s.source(ctx, session, &config)
			if err != nil {
				return err
			}
			job := Job{
				Row: row, Config: config, Seed: seed, Source: source, Backend: backend, Device: device, Restart: session.Restart,
				Dir:      filepath.Join(s.folder(session), row, fmt.Sprintf("seed-%d", seed)),
				Progress: session.Progress(),
				Command:  fmt.Sprintf("experiments depth train --preset %s --row %s --seed %d%s", s.Preset, row, seed, s.flags()),
			}
			trained, err := job.Train(ctx)
			if err != nil {
				return err
			}
			err = do(trained)
			if err := errors.Join(err, trained.Close()); err != nil {
				return err
			}
		}
	}
	return nil
}

// TrainCommand trains rows.
type TrainCommand struct{ Selection }

// Run trains and prints a line of metrics for each run.
func (c *TrainCommand) Run(ctx context.Context, s *cli.Session) error {
	return c.each(ctx, s, func(t *Trained) error { return printValues(s, t.Result, t.Result.Values) })
}

func printValues(s *cli.Session, r run.Result, values run.Values) error {
	var c record
	if err := r.DecodeConfig(&c); err != nil {
		return err
	}
	line := fmt.Sprintf("%-9s seed %d ", c.Row, r.Seed)
	for _, metric := range Metrics {
		line += fmt.Sprintf("  %s %.3f", metric.Title, values[metric.Key])
	}
	_, err := fmt.Fprintf(s.Out, "%s  (%.0f s)\n", line, r.Timing.Seconds)
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
	return c.each(ctx, s, func(t *Trained) error {
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
	Format string `help:"Format of the table: ${enum}." enum:"markdown,csv,json" default:"markdown"`
	Keep   string `help:"Copy the results to this folder." type:"path" placeholder:"DIR"`
}

// Run trains what is missing, and prints the table of all results of the preset that are there.
func (c *TableCommand) Run(ctx context.Context, s *cli.Session) error {
	if err := c.each(ctx, s, func(*Trained) error { return nil }); err != nil {
		return err
	}
	results, err := run.ReadResults(c.folder(s))
	if err != nil {
		return err
	}
	if c.Keep != "" {
		if _, err := run.Keep(c.folder(s), c.Keep); err != nil {
			return err
		}
	}
	table, err := NewTable(results)
	if err != nil {
		return err
	}
	return table.Write(s.Out, c.Format)
}

// KeptCommand prints kept tables.
type KeptCommand struct {
	Format string `help:"Format of the tables: ${enum}." enum:"markdown,csv,json" default:"markdown"`
}

// Run prints the table of the preset quick, that of the studies, and that of training on neighbouring frames.
func (c *KeptCommand) Run(s *cli.Session) error {
	for i, kept := range []func() (*run.Table, error){keptTable("quick"), StudiesTable, keptTable("temporal")} {
		table, err := kept()
		if err != nil {
			return err
		}
		if i > 0 {
			if _, err := fmt.Fprintln(s.Out); err != nil {
				return err
			}
		}
		if err := table.Write(s.Out, c.Format); err != nil {
			return err
		}
	}
	return nil
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
	Dir         string `arg:"" help:"Folder to write to." type:"path"`
	Train       int    `help:"Streets for training." default:"600"`
	Test        int    `help:"Streets for tests." default:"64"`
	Height      int    `help:"Pixels." default:"32"`
	Width       int    `help:"Pixels." default:"96"`
	Seed        uint64 `help:"The same seed gives the same streets." default:"1"`
	RandomLanes bool   `help:"Lane marks that differ from street to street."`
	Neighbours  bool   `help:"Write the frames before and after each street too, for --view temporal."`
}

// Run writes the streets.
func (c *StreetsCommand) Run(ctx context.Context, s *cli.Session) error {
	o := synth.StreetOptions{Height: c.Height, Width: c.Width, Seed: c.Seed, RandomLanes: c.RandomLanes, Neighbours: c.Neighbours}
	if err := synth.WriteStreets(ctx, c.Dir, c.Train, c.Test, o); err != nil {
		return err
	}
	s.Notef("%d streets in %s", c.Train+c.Test, c.Dir)
	return nil
}
