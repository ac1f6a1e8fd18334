package run

import (
	"encoding/json"
	"errors"
	"fmt"
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
	if r.metrics == nil {
		return Result{}, fmt.Errorf("the run in %s is finished or closed already", r.dir)
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
	if err := WriteJSON(result.Path, result); err != nil {
		return Result{}, err
	}
	r.result = &result
	err := r.metrics.Close()
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
	data, err := os.ReadFile(path)
	if err != nil {
		return Result{}, err
	}
	result := Result{Path: path}
	if err := json.Unmarshal(data, &result); err != nil {
		return Result{}, fmt.Errorf("cannot read %s: %w", path, err)
	}
	if result.Experiment == "" || result.Values == nil {
		return Result{}, fmt.Errorf("cannot read %s: it is not the result of a run", path)
	}
	return result, nil
}

func readResultIfAny(path string) (*Result, error) {
	result, err := ReadResult(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return &result, err
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
		data, err := fs.ReadFile(fsys, path)
		if err != nil {
			return err
		}
		result := Result{Path: filepath.Join(root, path)}
		if err := json.Unmarshal(data, &result); err != nil {
			return fmt.Errorf("cannot read %s: %w", result.Path, err)
		}
		results = append(results, result)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read results below %q: %w", root, err)
	}
	return results, nil
}

// DecodeConfig fills config, a pointer to the experiment's configuration, from the result.
func (r Result) DecodeConfig(config any) error {
	if err := json.Unmarshal(r.Config, config); err != nil {
		return fmt.Errorf("cannot read the configuration in %s: %w", r.Path, err)
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
		result.Path = ""
		if err := WriteJSON(filepath.Join(to, relative), result); err != nil {
			return 0, err
		}
	}
	return len(results), nil
}
