package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	runs "github.com/robustloss/gomlx-robustloss/experiments/run"
)

// report is all measurements of one machine and one revision.
type report struct {
	Command  string            `json:"command"`
	Date     string            `json:"date"`
	Versions map[string]string `json:"versions"`
	Cores    int               `json:"cores"`
	Rounds   int               `json:"rounds"`
	// Measurements are in the order of the cases.
	Measurements []*measurement `json:"measurements"`
}

// report returns the report that goes on: the file's, if it is of the same machine, revision and number of rounds.
func (b bench) report() (*report, error) {
	fresh := &report{
		Command: "make bench " + strings.Join(b.variables(), " "), Date: time.Now().UTC().Format(time.DateOnly),
		Versions: runs.Versions(), Cores: runtime.NumCPU(), Rounds: b.rounds,
	}
	fresh.Command = strings.TrimSpace(fresh.Command)
	if b.fresh {
		return fresh, nil
	}
	old, err := readReport(b.out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fresh, nil
	case err != nil:
		return nil, err
	case !maps.Equal(old.Versions, fresh.Versions) || old.Cores != fresh.Cores || old.Rounds != fresh.Rounds:
		return nil, fmt.Errorf("%s holds measurements of another revision, machine or number of rounds: name another file with "+
			"OUT=, or measure all again with FRESH=1", b.out)
	}
	return old, nil
}

// variables are the make variables that select what is measured.
func (b bench) variables() (set []string) {
	if pattern := b.bench.String(); pattern != "" {
		set = append(set, "BENCH='"+pattern+"'")
	}
	var sizes []string
	for _, size := range b.sizes {
		sizes = append(sizes, strings.Replace(fmt.Sprintf("%.0e", float64(size)), "e+0", "e", 1))
	}
	return append(set, "SIZES="+strings.Join(sizes, ","), "DTYPES="+strings.Join(b.dtypes, ","), "WITH="+b.peers(),
		"ROUNDS="+strconv.Itoa(b.rounds))
}

// peers is the value of WITH.
func (b bench) peers() string {
	if len(b.with) == 0 {
		return "none"
	}
	return strings.Join(b.with, ",")
}

func readReport(path string) (*report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, m := range r.Measurements {
		if _, err := caseOf(m.Job.Case); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return r, nil
}

// save writes the report to a file, at once.
func (r *report) save(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	partial := path + ".partial"
	if err := os.WriteFile(partial, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(partial, path)
}

// of returns the measurement of a job, nil where there is none.
func (r *report) of(j job) *measurement {
	for _, m := range r.Measurements {
		if m.Job == j {
			return m
		}
	}
	return nil
}

// has says whether a job was measured in all these forms.
func (r *report) has(j job, forms []string) bool {
	m := r.of(j)
	return m != nil && !slices.ContainsFunc(forms, func(name string) bool { return m.Forms[name] == nil })
}

// add puts a measurement in its place.
func (r *report) add(m *measurement) {
	r.Measurements = slices.DeleteFunc(r.Measurements, func(old *measurement) bool { return old.Job == m.Job })
	r.Measurements = append(r.Measurements, m)
	place := func(j job) int { return slices.IndexFunc(cases, func(c benchCase) bool { return c.name == j.Case }) }
	slices.SortStableFunc(r.Measurements, func(a, b *measurement) int {
		if d := place(a.Job) - place(b.Job); d != 0 {
			return d
		}
		if d := strings.Compare(a.Job.DType, b.Job.DType); d != 0 {
			return d
		}
		return a.Job.Size - b.Job.Size
	})
}
