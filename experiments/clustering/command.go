package clustering

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Command is the experiment's command line.
type Command struct {
	Table   TableCommand   `cmd:"" help:"Make the runs that are not made yet, and print the table."`
	Cluster ClusterCommand `cmd:"" help:"Cluster one table, and print the scores and the clusters' sizes."`
	Figures FiguresCommand `cmd:"" help:"Draw the digits before and after in two dimensions, and the sweep over α, as PNG files."`
}

// file is the flags that say how a file is read.
type file struct {
	cli.Expansion
	Data          string     `help:"A table: csv, tsv, npy, npz, IDX or mat (level 5); plain or gzipped where text or IDX. Without it, the digits and the synthetic tables." type:"path" placeholder:"FILE"`
	Fashion       string     `help:"Fashion-MNIST, as make data fetches it: the images of its part test (10,000) or train (60,000), in the place of --data." enum:"none,test,train" default:"none"`
	Label         string     `help:"Where the label is in text: last, first, none, a column's number from 0 or its name." default:"last"`
	Labels        string     `help:"A file with the labels." type:"path" placeholder:"FILE"`
	Drop          []string   `help:"Columns of text to leave out, by number from 0 or by name." placeholder:"COLUMN,…"`
	Header        string     `help:"Whether the first line of text names the columns: yes, no, or auto, which stops where it could be either." enum:"auto,yes,no" default:"auto"`
	Array         string     `help:"Of .npz and .mat: the array of the data. Without it, X or the only one." placeholder:"NAME"`
	LabelArray    string     `help:"Of .npz and .mat: the array of the labels. Without it, gtlabels, labels, label, y, Y or target." placeholder:"NAME"`
	Transposed    bool       `help:"The samples are the array's columns."`
	Normalisation string     `help:"minmax, standard, unit or none." enum:"minmax,standard,unit,none" default:"minmax"`
	Components    *cli.Count `help:"Principal components that stand for the columns, for large tables. Without it, the columns themselves." placeholder:"N"`
	Metric        string     `help:"Of the neighbours: cosine (of the directions of the rows), euclidean, or auto: cosine for the digits, euclidean for a file." enum:"auto,cosine,euclidean" default:"auto"`
	Neighbours    cli.Count  `help:"Neighbours of each row." default:"10"`
	Rows          *cli.Count `help:"Only the first rows of the file." placeholder:"N"`
}

func (f file) options() tabular.Options {
	return tabular.Options{
		Header: f.Header, Label: f.Label, LabelFile: f.Labels, Drop: f.Drop, Array: f.Array, LabelArray: f.LabelArray, Transposed: f.Transposed,
		MaxExpanded: f.ExpandedBytes(),
	}
}

// config is the configuration of a file.
func (f file) config(preset string, methods []string) Config {
	c := Config{
		Preset: preset, Table: nameOf(f.Data), Seeds: 1, Normalisation: f.Normalisation, Metric: f.Metric, Neighbours: int(f.Neighbours),
		Methods: methods,
	}
	if f.Fashion != "none" {
		c.Table = fashionPrefix + f.Fashion
	}
	if f.Metric == "auto" {
		c.Metric = "cosine"
		if f.Data != "" {
			c.Metric = "euclidean" // rows in the same direction need not be alike
		}
	}
	if f.Rows != nil {
		c.Rows = int(*f.Rows)
	}
	if f.Components != nil {
		c.Components = int(*f.Components)
	}
	return c
}

// TableCommand makes the experiment.
type TableCommand struct {
	cli.Selection
	cli.Making
	cli.Tables
	file
	Value string `help:"ami, ami-arithmetic, nmi, nmi-arithmetic, ari or clusters." enum:"ami,ami-arithmetic,nmi,nmi-arithmetic,ari,clusters" default:"ami"`
}

// Help is shown below the flags.
func (TableCommand) Help() string {
	return "A run is kept in RUNS/clustering/PRESET/seed-SEED/TABLE, where RUNS is the folder of --runs. Columns are digits, " +
		strings.Join(tabular.SynthKinds(), ", ") + "; rows are " + strings.Join(methodKeys(), ", ") + " (write --only=-2). " +
		"SEED is that of the first synthetic table and of k-means."
}

// Run makes what is missing and prints the table.
func (t *TableCommand) Run(ctx context.Context, s *cli.Session) error {
	tables := func(results []run.Result) ([]*run.Table, error) {
		table, err := NewTable(t.Value, results)
		return []*run.Table{table}, err
	}
	return t.Print(s, cli.TableSource{
		Experiment: "clustering",
		Make:       func() (string, error) { return t.make(ctx, s) },
		Kept: func() ([]*run.Table, error) {
			results, err := Kept(t.Preset)
			if err != nil {
				return nil, err
			}
			return tables(results)
		},
		Tables: tables,
	})
}

// methodKeys are the keys of all methods.
func methodKeys() (keys []string) {
	for _, m := range Methods() {
		keys = append(keys, m.Key)
	}
	return keys
}

var errBothData = errors.New("--data and --fashion are both given: which table is it?")

// configs returns the configurations of the preset's tables, or that of the file, and how many items their runs have at most.
func (t *TableCommand) configs() (configs []Config, items int, err error) {
	if configs, err = presets(t.Preset); err != nil {
		return nil, 0, err
	}
	switch {
	case t.Data != "" && t.Fashion != "none":
		return nil, 0, errBothData
	case t.Fashion != "none":
		configs = []Config{t.config(t.Preset, configs[0].Methods)}
	case t.Data != "":
		c := t.config(t.Preset, configs[0].Methods)
		table, err := c.open(t.Data, t.options(), 0)
		if err != nil {
			return nil, 0, err
		}
		c.Data = checksum(table)
		configs = []Config{c}
	}
	for _, c := range configs {
		items = max(items, c.Seeds*len(c.Methods))
	}
	return configs, items, nil
}

// plan returns the runs that are selected, and the folder that they are in.
func (t *TableCommand) plan() (plan []run.Spec, folder string, err error) {
	configs, items, err := t.configs()
	if err != nil {
		return nil, "", err
	}
	seeds, err := t.Seeds(items)
	if err != nil {
		return nil, "", err
	}
	var names []string
	for _, c := range configs {
		names = append(names, c.Table)
	}
	picked, err := t.Pick(names, methodKeys())
	if err != nil {
		return nil, "", err
	}
	name, all := t.Preset, len(picked[1]) == len(methodKeys())
	if !all {
		name += "-" + strings.Join(picked[1], "_")
	}
	if t.Data != "" {
		name += "-" + nameOf(t.Data)
	}
	if t.Fashion != "none" {
		name += "-" + configs[0].Table
	}
	folder = t.Dir("clustering", name)
	for _, seed := range seeds {
		dir := filepath.Join(folder, fmt.Sprintf("seed-%d", seed))
		for _, c := range configs {
			if !slices.Contains(picked[0], c.Table) {
				continue
			}
			one := *t
			one.Seed, one.Only = []cli.Seed{cli.Seed(seed)}, []string{c.Table}
			if !all {
				c.Methods = picked[1]
				one.Only = append(one.Only, picked[1]...)
			}
			plan = append(plan, run.Spec{
				Experiment: "clustering", Config: c, Seed: seed, Dir: filepath.Join(dir, c.Table), Command: cli.Line("clustering table", &one),
			})
		}
		if len(seeds) == 1 {
			folder = dir
		}
	}
	return plan, folder, nil
}

// make makes the runs that are missing, and returns the folder that they are in.
func (t *TableCommand) make(ctx context.Context, s *cli.Session) (string, error) {
	plan, dir, err := t.plan()
	if err != nil {
		return "", err
	}
	if done, err := t.Preview(s, plan); done || err != nil {
		return "", err
	}
	for _, spec := range plan {
		job := Job{
			Dir: spec.Dir, Seed: spec.Seed, Command: spec.Command, Restart: t.Restart, Path: t.Data, Options: t.options(), Progress: s.Progress(),
		}
		if _, err := Run(ctx, spec.Config.(Config), job); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// ClusterCommand clusters one table.
type ClusterCommand struct {
	file
	Method string   `help:"fitted, kmeans, or a shape such as -2." default:"-2"`
	Seed   cli.Seed `help:"Seed of k-means." default:"1"`
}

// Run clusters the file, or the digits.
func (c *ClusterCommand) Run(ctx context.Context, s *cli.Session) error {
	method, err := findMethod(c.Method)
	if err != nil {
		return err
	}
	if c.Data != "" && c.Fashion != "none" {
		return errBothData
	}
	config := c.config("", []string{c.Method})
	if c.Data == "" && c.Fashion == "none" {
		config.Table = "digits"
	}
	t, err := config.open(c.Data, c.options(), uint64(c.Seed))
	if err != nil {
		return err
	}
	if err := config.shape(t); err != nil {
		return err
	}
	labels, err := c.labels(ctx, s, t, config, method)
	if err != nil {
		return err
	}
	sizes := map[int]int{}
	for _, l := range labels {
		sizes[l]++
	}
	_, _ = fmt.Fprintf(s.Out, "%d rows in %d clusters\n", t.Rows, len(sizes))
	if t.Labels == nil {
		return nil
	}
	score, err := Score(t.Labels, labels)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "AMI %.4f (arithmetic %.4f), NMI %.4f (arithmetic %.4f), ARI %.4f over %d rows\n",
		score.AMIGeometric, score.AMIArithmetic, score.NMIGeometric, score.NMIArithmetic, score.ARI, score.Rows)
	return err
}

func (c *ClusterCommand) labels(ctx context.Context, s *cli.Session, t *tabular.Table, config Config, m Method) ([]int, error) {
	if m.Shape == nil {
		if t.Labels == nil {
			return nil, errors.New("k-means must be told the number of clusters, and the table has no labels to count")
		}
		return KMeans(t, len(t.Classes), uint64(c.Seed))
	}
	graph, err := graphOf(t, config)
	if err != nil {
		return nil, err
	}
	s.Notef("%d edges between %d rows, in %d parts", len(graph.Edges), graph.Rows, graph.Parts)
	found, err := Cluster(ctx, t, graph, m.Shape, func(i Iteration) {
		s.Notef("μ = %.4g, α = %.3g, λ = %.4g: objective %.6g, %d solver steps", i.Mu, i.Alpha, i.Lambda, i.Objective, i.SolverSteps)
	})
	if err != nil {
		return nil, err
	}
	if !found.Converged {
		warn(s, fmt.Sprintf("the clustering has not converged in %d iterations", len(found.Trace)))
	}
	advice, err := Advise(ctx, t, found, m.Shape, config.Neighbours, config.Metric)
	if err != nil {
		return nil, err
	}
	if advice != "" {
		warn(s, advice)
	}
	return found.Labels, nil
}

// warn tells the user what is doubtful, even where no progress is to be shown.
func warn(s *cli.Session, text string) { _, _ = fmt.Fprintln(s.Err, "warning:", text) }
