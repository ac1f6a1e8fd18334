package clustering

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
)

// Config is the configuration of a run: one table, or several seeds of a synthetic one, and the methods.
type Config struct {
	Preset        string   `json:"preset"`
	Table         string   `json:"table"` // "digits", a kind of tabular.Synth, or a file's name
	Rows          int      `json:"rows"`  // of a file: only the first; of synthetic tables: of each cluster; 0 for all, or the default
	Seeds         int      `json:"seeds"` // synthetic tables
	Normalisation string   `json:"normalisation"`
	Components    int      `json:"components,omitempty"` // principal components that stand for the columns; 0 for the columns themselves
	Metric        string   `json:"metric"`
	Neighbours    int      `json:"neighbours"`
	Methods       []string `json:"methods"`
}

// Presets returns the runs of a preset: tiny in seconds, quick in minutes on two cores, paper with more seeds. The data
// sets of the paper are files that the user brings.
func Presets(preset string) ([]Config, error) {
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
	case slices.Contains(tabular.SynthKinds(), c.Table):
		return tabular.Synth(tabular.SynthOptions{Kind: c.Table, PerCluster: c.Rows, Seed: seed})
	}
	return nil, fmt.Errorf("clustering: no table %q: want digits, one of %q, or a file", c.Table, tabular.SynthKinds())
}

// shape normalises the table and reduces its columns.
func (c Config) shape(t *tabular.Table) error {
	if err := Normalise(t, c.Normalisation); err != nil {
		return err
	}
	if c.Components == 0 {
		return nil
	}
	_, err := Reduce(t, c.Components)
	return err
}

// nameOf is how a file is called in tables and folders.
func nameOf(path string) string { return filepath.Base(path) }
