package clustering

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Config is the configuration of a run: one table, or several seeds of a synthetic one, and the methods.
type Config struct {
	Preset        string   `json:"preset"`
	Table         string   `json:"table"`          // "digits", "fashion-test", "fashion-train", a kind of tabular.Synth, or a file's name
	Data          string   `json:"data,omitempty"` // of a file: what was read of it, as a checksum
	Rows          int      `json:"rows"`           // of a file: only the first; of synthetic tables: of each cluster; 0 for all, or the default
	Seeds         int      `json:"seeds"`          // synthetic tables
	Normalisation string   `json:"normalisation"`
	Components    int      `json:"components,omitempty"` // principal components that stand for the columns; 0 for the columns themselves
	Metric        string   `json:"metric"`
	Neighbours    int      `json:"neighbours"`
	Methods       []string `json:"methods"`
}

// presets returns the runs of a preset: tiny in seconds, quick in minutes on two cores, paper with more seeds. The data
// sets of the paper are files that the user brings.
func presets(preset string) ([]Config, error) {
	c := Config{Preset: preset, Seeds: 1, Neighbours: 10}
	rows, seeds := 0, 1
	switch preset {
	case "tiny":
		c.Methods, rows = []string{kmeansKey, "0", rccKey}, 25
	case "quick":
		seeds = 3
	case "paper":
		seeds = 10
	default:
		return nil, fmt.Errorf("clustering: unknown preset %q: want tiny, quick or paper", preset)
	}
	if c.Methods == nil {
		for _, m := range Methods() {
			c.Methods = append(c.Methods, m.Key)
		}
	}
	digits := c
	digits.Table, digits.Normalisation, digits.Metric = "digits", "minmax", "cosine"
	if preset == "tiny" {
		digits.Rows = 300
	}
	configs := []Config{digits}
	for _, kind := range tabular.SynthKinds() {
		c.Table, c.Normalisation, c.Metric, c.Rows, c.Seeds = kind, "none", "euclidean", rows, seeds
		configs = append(configs, c)
	}
	return configs, nil
}

// check reports a configuration that names what there is not.
func (c Config) check() error {
	if len(c.Methods) == 0 || c.Seeds < 1 {
		return fmt.Errorf("clustering: %d methods and %d seeds: want one of each at least", len(c.Methods), c.Seeds)
	}
	for _, key := range c.Methods {
		if _, err := findMethod(key); err != nil {
			return err
		}
	}
	return nil
}

func findMethod(key string) (Method, error) {
	var keys []string
	for _, m := range Methods() {
		if m.Key == key {
			return m, nil
		}
		keys = append(keys, m.Key)
	}
	return Method{}, fmt.Errorf("clustering: unknown method %q: want one of %q", key, keys)
}

// Fashion-MNIST is where make data puts it in the clone, from which the experiments are run.
const (
	fashionDir    = ".cache/data/fashion-mnist"
	fashionPrefix = "fashion-" // of the table's name, before the name of the part
)

// open makes or reads the table of a seed. path is the file, if the table is one.
func (c Config) open(path string, o tabular.Options, seed uint64) (*tabular.Table, error) {
	switch {
	case path != "":
		t, err := tabular.Read(path, o)
		if err != nil || c.Rows == 0 {
			return t, err
		}
		return t.Head(c.Rows), nil
	case c.Table == "digits":
		t, err := tabular.Digits()
		if err != nil || c.Rows == 0 {
			return t, err
		}
		return t.Head(c.Rows), nil
	case strings.HasPrefix(c.Table, fashionPrefix):
		t, err := tabular.FashionMNIST(fashionDir, strings.TrimPrefix(c.Table, fashionPrefix))
		if err != nil || c.Rows == 0 {
			return t, err
		}
		return t.Head(c.Rows), nil
	case slices.Contains(tabular.SynthKinds(), c.Table):
		return tabular.Synth(tabular.SynthOptions{Kind: c.Table, PerCluster: c.Rows, Seed: seed})
	}
	return nil, fmt.Errorf("clustering: no table %q: want digits, fashion-test, fashion-train, one of %q, or a file", c.Table, tabular.SynthKinds())
}

// checksum tells tables apart: it is the start of a SHA-256 of the rows, the classes and the edges.
func checksum(t *tabular.Table) string {
	h := sha256.New()
	for _, part := range []any{int64(t.Rows), int64(t.Cols), t.X} {
		_ = binary.Write(h, binary.LittleEndian, part) // a hash takes everything
	}
	_, _ = fmt.Fprint(h, t.Labels, t.Classes, t.Edges)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// shape normalises the table and reduces its columns.
func (c Config) shape(t *tabular.Table) error {
	if err := Normalise(t, c.Normalisation); err != nil {
		return err
	}
	if c.Components == 0 {
		return nil
	}
	return reduce(t, c.Components)
}

// nameOf is how a file is called in tables and folders.
func nameOf(path string) string { return filepath.Base(path) }

// Method is one row of the table: k-means, or robust continuous clustering with some shape.
type Method struct {
	run.Label
	Shape Shape // nil for k-means
	swept bool  // whether the tuned row may choose it
}

const (
	kmeansKey = "kmeans"
	rccKey    = "-2"
	tunedKey  = "tuned"
)

// Methods lists the rows.
func Methods() []Method {
	methods := []Method{{Label: run.Label{Key: kmeansKey, Title: "k-means, told the number of clusters"}}}
	for _, s := range []struct {
		key, title string
		alpha      float64
	}{
		{"1", "α = 1", 1},
		{"0.5", "α = 0.5", .5},
		{"0", "α = 0", 0},
		{"-0.5", "α = −0.5", -.5},
		{"-1", "α = −1", -1},
		{rccKey, "RCC: α = −2", -2},
		{"-4", "α = −4", -4},
		{"-8", "α = −8", -8},
		{"-32", "α = −32", -32},
		{"-inf", "α = −∞", math.Inf(-1)},
	} {
		methods = append(methods, Method{Label: run.Label{Key: s.key, Title: s.title}, Shape: Constant(s.alpha), swept: true})
	}
	return append(methods, Method{Label: run.Label{Key: "fitted", Title: "α from the edge lengths"}, Shape: Fitted{}})
}

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
// "clusters KEY" and, where they are, "iterations KEY", "alpha KEY" (the last α; −∞ is left out) and, if the method did not
// converge, "unconverged KEY". Of Fashion-MNIST there is "processor-seconds KEY", too, the time from the graph to the groups on
// all processors together, where the system tells it.
func Run(ctx context.Context, c Config, j Job) (run.Result, error) {
	if err := c.check(); err != nil {
		return run.Result{}, err
	}
	r, err := run.Open(run.Spec{
		Experiment: "clustering", Dir: j.Dir, Config: c, Seed: j.Seed, Restart: j.Restart, Command: j.Command, Warnings: j.Progress,
		Device: fmt.Sprintf("plain Go on %s/%s", runtime.GOOS, runtime.GOARCH),
	})
	if err != nil {
		return run.Result{}, err
	}
	defer r.Close()
	in := &input{config: c, job: j}
	return r.Items(ctx, c.Seeds*len(c.Methods), j.Progress, c.Table, func(i int) (run.Item, error) {
		method, err := findMethod(c.Methods[i%len(c.Methods)])
		if err != nil {
			return run.Item{}, err
		}
		if err := in.load(uint64(j.Seed) + uint64(i/len(c.Methods))); err != nil {
			return run.Item{}, err
		}
		values, err := in.cluster(ctx, method)
		return run.Item{Name: fmt.Sprintf("seed %d, %s", in.seed, method.Title), Values: values}, err
	})
}

// input is the table of a seed and its graph, kept for all methods of the seed.
type input struct {
	config Config
	job    Job
	seed   uint64
	table  *tabular.Table
	graph  *Graph
}

// load makes the table of a seed, unless it is there already.
func (in *input) load(seed uint64) error {
	if in.table != nil && in.seed == seed {
		return nil
	}
	t, err := in.config.open(in.job.Path, in.job.Options, seed)
	if err != nil {
		return err
	}
	if t.Labels == nil {
		return fmt.Errorf("clustering: %s has no labels to compare with", t.Name)
	}
	if err := in.config.shape(t); err != nil {
		return err
	}
	in.seed, in.table = seed, t
	in.graph, err = graphOf(t, in.config)
	return err
}

// graphOf uses the edges that the table brings, if any.
func graphOf(t *tabular.Table, c Config) (*Graph, error) {
	if t.Edges != nil {
		return graphOfEdges(t)
	}
	neighbours, err := Neighbours(t, c.Neighbours, c.Metric)
	if err != nil {
		return nil, err
	}
	return NewGraph(neighbours), nil
}

// cluster runs one method and scores it.
func (in *input) cluster(ctx context.Context, m Method) (run.Values, error) {
	values := run.Values{"edges": float64(len(in.graph.Edges)), "parts": float64(in.graph.Parts)}
	var labels []int
	began, measured := processorSeconds()
	if m.Shape == nil {
		var err error
		if labels, err = KMeans(in.table, len(in.table.Classes), in.seed); err != nil {
			return nil, err
		}
		values["clusters "+m.Key] = float64(len(in.table.Classes))
	} else {
		c, err := Cluster(ctx, in.table, in.graph, m.Shape, nil)
		if err != nil {
			return nil, err
		}
		labels = c.Labels
		values["clusters "+m.Key], values["iterations "+m.Key] = float64(c.Count), float64(len(c.Trace))
		if !c.Converged {
			values["unconverged "+m.Key] = 1
		}
		if alpha := c.Trace[len(c.Trace)-1].Alpha; alpha > -1e300 {
			values["alpha "+m.Key] = alpha
		}
	}
	if ended, _ := processorSeconds(); measured && strings.HasPrefix(in.config.Table, fashionPrefix) {
		values["processor-seconds "+m.Key] = ended - began
	}
	s, err := Score(in.table.Labels, labels)
	if err != nil {
		return nil, err
	}
	values["ami "+m.Key], values["ami-arithmetic "+m.Key] = s.AMIGeometric, s.AMIArithmetic
	values["nmi "+m.Key], values["nmi-arithmetic "+m.Key] = s.NMIGeometric, s.NMIArithmetic
	values["ari "+m.Key] = s.ARI
	return values, nil
}
