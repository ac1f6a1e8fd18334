package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Result is the content of result.json: the outcome of a finished run, with all that is needed to make it again.
type Result struct {
	Manifest
	Steps   int             `json:"steps"`
	Values  Values          `json:"values"`
	Details json.RawMessage `json:"details,omitempty"` // what does not fit in Values: curves, per-item rows, …
	Timing  Timing          `json:"timing"`

	// Path is the file that the result was read from.
	Path string `json:"-"`
}

// Timing is how long a run took, the time of earlier processes up to their last checkpoint included.
type Timing struct {
	Seconds        float64 `json:"seconds"`
	SecondsPerStep float64 `json:"seconds_per_step,omitempty"`
}

// Finish writes result.json and ends the run. steps is how many steps were made, details is anything that marshals to
// JSON, or nil. A value that is not finite is an error and leaves the run unfinished.
func (r *Run) Finish(steps int, values Values, details any) (Result, error) {
	if err := r.writable(); err != nil {
		return Result{}, err
	}
	if err := CheckFinite(steps, values); err != nil {
		return Result{}, err
	}
	result := Result{Manifest: r.manifest, Steps: steps, Values: values, Path: r.Path(resultName)}
	result.Timing.Seconds = r.seconds()
	if steps > 0 {
		result.Timing.SecondsPerStep = result.Timing.Seconds / float64(steps)
	}
	if details != nil {
		raw, err := json.Marshal(details)
		if err != nil {
			return Result{}, fmt.Errorf("cannot write the result's details as JSON: %w", err)
		}
		result.Details = raw
	}
	if err := r.metrics.Sync(); err != nil {
		return Result{}, err
	}
	if err := replaceFile(result.Path, jsonWriter(result)); err != nil {
		return Result{}, err
	}
	r.result = &result
	err := errors.Join(r.metrics.Close(), r.sweep())
	r.metrics = nil
	return result, err
}

// Result returns the outcome of a finished run; ok is false while the run is unfinished.
func (r *Run) Result() (result Result, ok bool) {
	if r.result == nil {
		return Result{}, false
	}
	return *r.result, true
}

// ReadResult reads one result.json.
func ReadResult(path string) (Result, error) {
	return readResult(os.DirFS(filepath.Dir(path)), filepath.Base(path), path)
}

// readResult reads and checks the file of a result; path is what it is called in messages.
func readResult(fsys fs.FS, name, path string) (Result, error) {
	result := Result{Path: path}
	data, err := readFile(fsys, name, maxResultBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return Result{}, err
	}
	if err == nil {
		err = decodeStrictly(data, &result)
	}
	if err == nil {
		err = result.check()
	}
	if err != nil {
		return Result{}, fmt.Errorf("cannot read %s: %w", path, err)
	}
	return result, nil
}

// check reports what makes a file no result of a run.
func (r Result) check() error {
	if err := r.Manifest.check(); err != nil {
		return err
	}
	switch {
	case len(r.Values) == 0:
		return errors.New("it has no values")
	case r.Steps < 0 || r.Timing.Seconds < 0 || r.Timing.SecondsPerStep < 0:
		return errors.New("its steps or times are negative")
	}
	return nil
}

func readResultIfAny(path string) (*Result, error) {
	result, err := ReadResult(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &result, nil
}

// ReadResults reads all files called result.json below root, in the order of their paths.
func ReadResults(root string) ([]Result, error) {
	return readResults(os.DirFS(root), root)
}

// KeptResults reads the results that an experiment keeps under a name, a preset or a study, in its embedded folder results.
// None at all is an error.
func KeptResults(kept fs.FS, name string) ([]Result, error) {
	folder, err := fs.Sub(kept, "results/"+name)
	if err != nil {
		return nil, err
	}
	results, err := readResults(folder, "")
	if err == nil && len(results) == 0 {
		err = errors.New("there are none")
	}
	if err != nil {
		return nil, fmt.Errorf("results kept as %q: %w", name, err)
	}
	return results, nil
}

func readResults(fsys fs.FS, root string) ([]Result, error) {
	var results []Result
	err := fs.WalkDir(fsys, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || entry.Name() != resultName {
			return nil
		}
		result, err := readResult(fsys, path, filepath.Join(root, path))
		if err != nil {
			return err
		}
		results = append(results, result)
		return nil
	})
	return results, err
}

// DecodeConfig is [Manifest.DecodeConfig] with the file in its errors.
func (r Result) DecodeConfig(config any, retired ...string) error {
	if err := r.Manifest.DecodeConfig(config, retired...); err != nil {
		return fmt.Errorf("%s: %w", r.Path, err)
	}
	return nil
}

// Keep copies the result.json files below from to the same places below to, and nothing else: metrics and checkpoints
// stay behind. It returns how many it copied.
func Keep(from, to string) (int, error) {
	results, err := ReadResults(from)
	if err != nil {
		return 0, err
	}
	for _, result := range results {
		relative, err := filepath.Rel(from, result.Path)
		if err != nil {
			return 0, err
		}
		if err := WriteFile(filepath.Join(to, relative), jsonWriter(result)); err != nil {
			return 0, err
		}
	}
	return len(results), nil
}

// Item is one of several independent parts of a run: a pair of scans, a problem, a data set's seed.
type Item struct {
	Name   string `json:"name"`
	Values Values `json:"values"`
}

// Items makes a run of independent items: it calls item for 0…n−1, logs the values of each, and saves a checkpoint
// between them, so that a run that was stopped goes on with the next one. It finishes the run: the items are the result's
// details, and the values of the result say how many there are. A finished run returns its result at once.
//
// Where ctx ends, it returns an error that wraps [ErrInterrupted]. progress may be nil.
func (r *Run) Items(ctx context.Context, n int, progress io.Writer, title string, item func(i int) (Item, error)) (Result, error) {
	if result, finished := r.Result(); finished {
		return result, nil
	}
	var items []Item
	start, err := r.LoadState(&items)
	if err != nil {
		return Result{}, err
	}
	bar := NewProgress(progress, title, n, start)
	defer bar.Stop()
	for i := start; i < n; i++ {
		if ctx.Err() != nil {
			return Result{}, fmt.Errorf("%w after item %d of %d, in %s; start it again to go on", ErrInterrupted, i, n, r.Dir())
		}
		made, err := item(i)
		if err != nil {
			return Result{}, fmt.Errorf("%s: item %d of %d: %w", title, i+1, n, err)
		}
		if err := r.Log(i+1, made.Values); err != nil {
			return Result{}, err
		}
		items = append(items, made)
		if i+1 < n { // the last one is followed by the result itself
			if err := r.SaveState(i+1, items); err != nil {
				return Result{}, err
			}
		}
		bar.Step(i+1, made.Name)
	}
	return r.Finish(n, Values{"items": float64(n)}, items)
}

// Items returns the items of a result that [Run.Items] made, each as a result of its own with the seeds seed,
// seed + 1, …, so that a table takes them as repetitions.
func (r Result) Items() ([]Result, error) {
	var items []Item
	if err := json.Unmarshal(r.Details, &items); err != nil {
		return nil, fmt.Errorf("%s: cannot read the items: %w", r.Path, err)
	}
	results := make([]Result, len(items))
	for i, item := range items {
		results[i] = r
		results[i].Seed, results[i].Values, results[i].Details = r.Seed+int64(i), item.Values, nil
	}
	return results, nil
}
