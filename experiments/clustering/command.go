package clustering

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
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
	Data          string   `help:"A table: csv, tsv, npy, npz, IDX or mat (level 5); plain or gzipped where text or IDX. Without it, the digits and the synthetic tables." type:"path" placeholder:"FILE"`
	Label         string   `help:"Where the label is in text: last, first, none, a column's number from 0 or its name." default:"last"`
	Labels        string   `help:"A file with the labels." type:"path" placeholder:"FILE"`
	Drop          []string `help:"Columns of text to leave out." placeholder:"COLUMN,…"`
	Normalisation string   `help:"minmax, standard, unit or none." enum:"minmax,standard,unit,none" default:"minmax"`
	Components    int      `help:"Principal components that stand for the columns, for large tables. Without it, the columns themselves." placeholder:"N"`
	Metric        string   `help:"Of the neighbours: cosine or euclidean." enum:"cosine,euclidean" default:"cosine"`
	Neighbours    int      `help:"Neighbours of each row." default:"10"`
	Rows          int      `help:"Only the first rows of the file." placeholder:"N"`
}

func (f file) options() tabular.Options {
	return tabular.Options{Label: f.Label, LabelFile: f.Labels, Drop: f.Drop}
}

// config is the configuration of a file.
func (f file) config(preset string, methods []string) Config {
	return Config{
		Preset: preset, Table: nameOf(f.Data), Rows: f.Rows, Seeds: 1, Normalisation: f.Normalisation, Components: f.Components,
		Metric: f.Metric, Neighbours: f.Neighbours, Methods: methods,
	}
}

// TableCommand makes the experiment.
type TableCommand struct {
	file
	Preset  string   `help:"tiny: seconds, quick: minutes on two cores, paper: more seeds." enum:"tiny,quick,paper" default:"quick"`
	Seed    int64    `help:"Seed of the first synthetic table and of k-means." default:"1"`
	Methods []string `help:"Only these rows: kmeans, fitted, or a shape such as -2." placeholder:"KEY,…"`
	Value   string   `help:"ami, ami-arithmetic, nmi, nmi-arithmetic, ari or clusters." enum:"ami,ami-arithmetic,nmi,nmi-arithmetic,ari,clusters" default:"ami"`
	Format  string   `help:"markdown, csv or json." enum:"markdown,csv,json" default:"markdown"`
	From    string   `help:"Run nothing: make the table of the results below this folder." type:"path" placeholder:"DIR"`
	Keep    string   `help:"Copy the results there afterwards, without metrics and checkpoints." type:"path" placeholder:"DIR"`
}

// Run makes what is missing and prints the table.
func (t *TableCommand) Run(ctx context.Context, s *cli.Session) error {
	from := t.From
	if from == "" {
		var err error
		if from, err = t.make(ctx, s); err != nil {
			return err
		}
	}
	results, err := run.ReadResults(from)
	if err != nil {
		return err
	}
	if len(results) == 0 {
		return fmt.Errorf("there is no result.json below %s", from)
	}
	table, err := NewTable(t.Value, results)
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

// make runs the preset, or the file, and returns the folder of the runs.
func (t *TableCommand) make(ctx context.Context, s *cli.Session) (string, error) {
	configs, err := Presets(t.Preset)
	if err != nil {
		return "", err
	}
	if t.Seed < 0 {
		return "", errors.New("--seed must not be negative")
	}
	name := t.Preset
	if t.Methods != nil {
		name += "-" + strings.Join(t.Methods, "_")
		for i := range configs {
			configs[i].Methods = t.Methods
		}
	}
	if t.Data != "" {
		configs = []Config{t.config(t.Preset, configs[0].Methods)}
		name += "-" + nameOf(t.Data)
	}
	dir := filepath.Join(s.Dir("clustering", name), fmt.Sprintf("seed-%d", t.Seed))
	for _, c := range configs {
		job := Job{
			Dir: filepath.Join(dir, c.Table), Seed: t.Seed, Restart: s.Restart, Path: t.Data, Options: t.options(), Progress: s.Progress(),
		}
		if _, err := Run(ctx, c, job); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// ClusterCommand clusters one table.
type ClusterCommand struct {
	file
	Method string `help:"fitted, kmeans, or a shape such as -2." default:"-2"`
	Seed   uint64 `help:"Seed of k-means." default:"1"`
}

// Run clusters the file, or the digits.
func (c *ClusterCommand) Run(ctx context.Context, s *cli.Session) error {
	method, err := findMethod(c.Method)
	if err != nil {
		return err
	}
	config := c.config("", []string{c.Method})
	if c.Data == "" {
		config.Table = "digits"
	}
	t, err := config.open(c.Data, c.options(), c.Seed)
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
		return KMeans(t, len(t.Classes), c.Seed)
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
	return found.Labels, nil
}
