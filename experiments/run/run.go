package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

const (
	configName      = "config.json"
	metricsName     = "metrics.jsonl"
	checkpointsName = "checkpoints"
	resultName      = "result.json"
	lockName        = "lock"
)

// Run is an open run directory, locked for this process. It is not safe for concurrent use.
type Run struct {
	dir      string
	manifest Manifest
	lock     *os.File
	metrics  *os.File

	result   *Result    // of a finished run
	latest   *savedStep // where to continue from; nil at a fresh start
	earlier  float64    // seconds spent by earlier processes up to the latest checkpoint
	started  time.Time
	warnings []string

	store *storeSaver
}

// Open creates the run that spec describes, or opens it where it stopped.
//
// It fails where another process works in the directory, and where the directory holds a run of another experiment,
// configuration, seed or device (the error wraps [ErrConflict] and lists the differences). A finished run opens with
// its [Run.Result]. An unfinished one is set back to its latest intact checkpoint.
func Open(spec Spec) (*Run, error) {
	asked, err := newManifest(spec)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(spec.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot create the run directory: %w", err)
	}
	lock, err := lockFile(filepath.Join(spec.Dir, lockName))
	if err != nil {
		return nil, err
	}
	r := &Run{dir: spec.Dir, manifest: asked, lock: lock, started: time.Now()}
	if err := r.open(asked, spec.Restart); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// open brings the directory, which is locked, to where the run can go on.
func (r *Run) open(asked Manifest, restart bool) (err error) {
	if restart {
		if err := r.clear(); err != nil {
			return err
		}
	}
	if err := r.adoptManifest(asked); err != nil {
		return err
	}
	if r.result, err = readResultIfAny(r.Path(resultName)); err != nil {
		return err
	}
	if err := r.findCheckpoint(); err != nil || r.result != nil {
		return err
	}
	return r.openMetrics()
}

// adoptManifest writes config.json, or checks that the one there describes the same run.
func (r *Run) adoptManifest(asked Manifest) error {
	path := r.Path(configName)
	have, found, err := readManifest(path)
	if err != nil {
		return err
	}
	if !found {
		return WriteJSON(path, asked)
	}
	if err := have.conflictWith(asked, r.dir); err != nil {
		return err
	}
	for name, version := range asked.Versions {
		if have.Versions[name] != version {
			r.warnings = append(r.warnings, fmt.Sprintf("%s was started with %s %q and goes on with %q: the numbers may differ in the last digits",
				r.dir, name, have.Versions[name], version))
		}
	}
	have.Config = asked.Config
	r.manifest = have
	return nil
}

// clear deletes what earlier runs left.
func (r *Run) clear() error {
	for _, name := range []string{resultName, checkpointsName, metricsName, configName} {
		if err := os.RemoveAll(r.Path(name)); err != nil {
			return fmt.Errorf("cannot restart the run: %w", err)
		}
	}
	return nil
}

// Close gives the directory back to other processes. It is safe to call more than once.
func (r *Run) Close() error {
	var errs []error
	for _, f := range []**os.File{&r.metrics, &r.lock} {
		if *f != nil {
			errs = append(errs, (*f).Close())
			*f = nil
		}
	}
	return errors.Join(errs...)
}

// Dir returns the run's directory.
func (r *Run) Dir() string { return r.dir }

// Path returns the path of a file in the run's directory.
func (r *Run) Path(elem ...string) string {
	return filepath.Join(append([]string{r.dir}, elem...)...)
}

// Manifest returns what config.json holds.
func (r *Run) Manifest() Manifest { return r.manifest }

// Warnings returns what the user should know about this run, for example that it goes on with other versions than
// it was started with.
func (r *Run) Warnings() []string { return r.warnings }

// WriteFigure writes a figure, or any other file, into the run's directory, atomically.
func (r *Run) WriteFigure(name string, write func(io.Writer) error) error {
	return writeAtomically(r.Path(name), write)
}

// seconds returns the time spent on the numbers that stand now: by this process and by those before it.
func (r *Run) seconds() float64 { return r.earlier + time.Since(r.started).Seconds() }
