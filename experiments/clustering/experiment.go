package clustering

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Job says where a run is kept, what it reads and what it shows.
type Job struct {
	Dir      string
	Seed     int64
	Restart  bool
	Path     string          // a file, if the table is one
	Options  tabular.Options // how to read it
	Command  string          // the command line that makes the run, for its record
	Progress io.Writer       // nil for none
}

// Run clusters the table with each method and compares the outcome with the true classes. An item of the result is one
// method on one seed's table, with the values "ami KEY", "ami-arithmetic KEY", "nmi KEY", "nmi-arithmetic KEY", "ari KEY",
// "clusters KEY" and, where they are, "iterations KEY" and "alpha KEY" (the last α; −∞ is left out).
func Run(ctx context.Context, c Config, j Job) (run.Result, error) {
	if err := c.check(); err != nil {
		return run.Result{}, err
	}
	r, err := run.Open(run.Spec{
		Experiment: "clustering", Dir: j.Dir, Config: c, Seed: j.Seed, Restart: j.Restart, Command: j.Command,
		Device: fmt.Sprintf("plain Go on %s/%s", runtime.GOOS, runtime.GOARCH),
	})
	if err != nil {
		return run.Result{}, err
	}
	defer r.Close()
	w := &workplace{config: c, job: j}
	return r.Items(ctx, c.Seeds*len(c.Methods), j.Progress, c.Table, func(i int) (run.Item, error) {
		method, err := findMethod(c.Methods[i%len(c.Methods)])
		if err != nil {
			return run.Item{}, err
		}
		if err := w.prepare(uint64(j.Seed) + uint64(i/len(c.Methods))); err != nil {
			return run.Item{}, err
		}
		values, err := w.cluster(ctx, method)
		return run.Item{Name: fmt.Sprintf("seed %d, %s", w.seed, method.Title), Values: values}, err
	})
}

// workplace keeps the table and the graph of a seed for all its methods.
type workplace struct {
	config Config
	job    Job
	seed   uint64
	table  *tabular.Table
	graph  *Graph
}

func (w *workplace) prepare(seed uint64) error {
	if w.table != nil && w.seed == seed {
		return nil
	}
	t, err := w.config.open(w.job.Path, w.job.Options, seed)
	if err != nil {
		return err
	}
	if t.Labels == nil {
		return fmt.Errorf("clustering: %s has no labels to compare with", t.Name)
	}
	if err := w.config.shape(t); err != nil {
		return err
	}
	w.seed, w.table = seed, t
	w.graph, err = graphOf(t, w.config)
	return err
}

// graphOf uses the edges that the table brings, if any.
func graphOf(t *tabular.Table, c Config) (*Graph, error) {
	if t.Edges != nil {
		return GraphOfEdges(t)
	}
	neighbours, err := Neighbours(t, c.Neighbours, c.Metric)
	if err != nil {
		return nil, err
	}
	return NewGraph(neighbours), nil
}

func (w *workplace) cluster(ctx context.Context, m Method) (run.Values, error) {
	values := run.Values{"edges": float64(len(w.graph.Edges)), "parts": float64(w.graph.Parts)}
	var labels []int
	if m.Shape == nil {
		var err error
		if labels, err = KMeans(w.table, len(w.table.Classes), w.seed); err != nil {
			return nil, err
		}
		values["clusters "+m.Key] = float64(len(w.table.Classes))
	} else {
		c, err := Cluster(ctx, w.table, w.graph, m.Shape, nil)
		if err != nil {
			return nil, err
		}
		labels = c.Labels
		values["clusters "+m.Key], values["iterations "+m.Key] = float64(c.Count), float64(len(c.Trace))
		if alpha := c.Trace[len(c.Trace)-1].Alpha; alpha > -1e300 {
			values["alpha "+m.Key] = alpha
		}
	}
	s, err := Score(w.table.Labels, labels)
	if err != nil {
		return nil, err
	}
	values["ami "+m.Key], values["ami-arithmetic "+m.Key] = s.AMIGeometric, s.AMIArithmetic
	values["nmi "+m.Key], values["nmi-arithmetic "+m.Key] = s.NMIGeometric, s.NMIArithmetic
	values["ari "+m.Key] = s.ARI
	return values, nil
}
