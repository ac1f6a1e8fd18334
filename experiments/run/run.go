// Package run keeps an experiment's runs on disk: what was asked, what was measured, where to continue, what came out.
//
// A run is a directory:
//
//	config.json     what was asked: experiment, hyperparameters, seed, versions, device, command
//	metrics.jsonl   one JSON object a line, appended as the run goes
//	checkpoints/    step-00000500/…: everything that the next step depends on
//	result.json     the outcome, with the whole config in it; it is there if and only if the run is finished
//	*.png, …        figures
//	lock            held by the one process that works here
//
// Everything but metrics.jsonl is written to a temporary name, synced and renamed, so a reader never sees half a file. A
// checkpoint holds the length and the checksum of metrics.jsonl at its step, its own checksum, and whose it is; resuming
// takes the latest one that fits and cuts metrics.jsonl back to it. So a run that is killed at any point and started again
// ends with the numbers of a run that was never killed: bit for bit with the same backend and seed, provided that a step
// depends on nothing but the checkpoint and the step's number.
//
// Two processes compute the same bits, too, with any GOMAXPROCS: in pure Go, and with XLA on the CPU. What rounds differently is
// another backend, another version of XLA's plugin, a processor with other instructions, for which XLA compiles, and a program that
// is built without GOEXPERIMENT=simd. Graphics cards were not compared: their sums may be made in any order.
//
// Tables are made from result.json files only: see [ReadResults] and [Table].
package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

const (
	configName      = "config.json"
	metricsName     = "metrics.jsonl"
	checkpointsName = "checkpoints"
	resultName      = "result.json"
	lockName        = "lock"
)

// Run is an open run directory, locked for this process while it is not finished. It is not safe for concurrent use.
type Run struct {
	dir      string
	manifest Manifest
	lock     *flock.Flock // nil for a finished run, which is only read
	metrics  *metricsFile // nil for a finished run

	result   *Result      // of a finished run
	latest   *savedStep   // where to continue from; nil at a fresh start
	intact   []*savedStep // the checkpoints that are known to be whole, oldest first
	earlier  float64      // seconds spent by earlier processes up to the latest checkpoint
	started  time.Time
	warnings []string

	store *storeSaver
}

// Open creates the run that spec describes, or opens it where it stopped.
//
// It fails where another process works in the directory, and where the directory holds a run of another experiment,
// configuration, seed or device (the error wraps [ErrConflict] and lists the differences). A finished run opens with
// its [Run.Result], on read-only media too. An unfinished one is set back to its latest intact checkpoint.
func Open(spec Spec) (*Run, error) {
	r, err := open(spec)
	if err == nil && spec.Warnings != nil {
		for _, warning := range r.warnings {
			_, _ = fmt.Fprintln(spec.Warnings, warning)
		}
	}
	return r, err
}

func open(spec Spec) (*Run, error) {
	asked, err := newManifest(spec)
	if err != nil {
		return nil, err
	}
	r := &Run{dir: spec.Dir, manifest: asked, started: time.Now()}
	if !spec.Restart {
		if finished, err := r.openFinished(asked); err != nil {
			return nil, err
		} else if finished {
			return r, nil
		}
	}
	if err := os.MkdirAll(spec.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot create the run directory: %w", err)
	}
	if r.lock, err = takeLock(filepath.Join(spec.Dir, lockName)); err != nil {
		return nil, err
	}
	if err := r.open(asked, spec.Restart); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// openFinished opens the run for reading where it is finished.
func (r *Run) openFinished(asked Manifest) (finished bool, err error) {
	if _, err := os.Stat(r.Path(resultName)); err != nil {
		return false, nil
	}
	if found, err := r.adoptManifest(asked); err != nil || !found {
		return false, err
	}
	if r.result, err = r.finishedResult(); err != nil || r.result == nil {
		return false, err
	}
	r.warnings = nil // it does not go on
	// The last process may have been killed after it wrote the result, before it swept. On read-only media there is no lock.
	if lock, err := takeLock(r.Path(lockName)); err == nil {
		err = errors.Join(r.sweep(), lock.Close())
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// open brings the directory, which is locked, to where the run can go on.
func (r *Run) open(asked Manifest, restart bool) error {
	if err := r.sweep(); err != nil {
		return err
	}
	if restart {
		if err := r.clear(); err != nil {
			return err
		}
	}
	found, err := r.adoptManifest(asked)
	if err != nil {
		return err
	}
	if !found {
		if err := replaceFile(r.Path(configName), jsonWriter(asked)); err != nil {
			return err
		}
	}
	// Another process may have finished the run before this one got the lock.
	if r.result, err = r.finishedResult(); err != nil {
		return err
	}
	if r.result != nil {
		r.warnings = nil
		return nil
	}
	if err := r.findCheckpoint(); err != nil {
		return err
	}
	if err := os.MkdirAll(r.Path(checkpointsName), 0o755); err != nil {
		return fmt.Errorf("cannot create the run directory: %w", err)
	}
	return r.openMetrics()
}

// finishedResult reads result.json, if there is one, and checks that it is this run's.
func (r *Run) finishedResult() (*Result, error) {
	result, err := readResultIfAny(r.Path(resultName))
	if err == nil && result != nil {
		err = result.conflictWith(r.manifest, r.dir)
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

// ErrBusy is wrapped by the error of [Open] where another process works in the run's directory.
var ErrBusy = errors.New("is working in this run directory: wait for it, or choose another directory")

// takeLock takes the lock file at path for this process. The system gives it back when the process ends, however it ends.
func takeLock(path string) (*flock.Flock, error) {
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o644))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("cannot lock the run: %w", err)
	}
	if !locked {
		holder, _ := os.ReadFile(path)
		return nil, fmt.Errorf("another process (%s) %w (lock file %s)", strings.TrimSpace(string(holder)), ErrBusy, path)
	}
	_ = os.WriteFile(path, fmt.Appendf(nil, "pid %d\n", os.Getpid()), 0o644) // for the message above only
	return lock, nil
}

// writable returns an error where nothing can be written: the run is finished or closed, or its directory is gone.
func (r *Run) writable() error {
	if r.metrics == nil {
		return fmt.Errorf("the run in %s is finished or closed: nothing can be written to it", r.dir)
	}
	held, err := r.lock.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Stat(r.lock.Path()); err != nil || !os.SameFile(held, there) {
		return fmt.Errorf("the run directory %s was removed or replaced while the run was going on: start it again", r.dir)
	}
	return nil
}

// adoptManifest checks that config.json, if there is one, describes the same run, and takes it over.
func (r *Run) adoptManifest(asked Manifest) (found bool, err error) {
	have, found, err := readManifest(r.Path(configName))
	if err != nil || !found {
		return false, err
	}
	if err := have.conflictWith(asked, r.dir); err != nil {
		return false, err
	}
	r.warnings = nil
	for name, version := range asked.Versions {
		if have.Versions[name] != version {
			r.warnings = append(r.warnings, fmt.Sprintf("%s was started with %s %q and goes on with %q: the numbers may differ in the last digits",
				r.dir, name, have.Versions[name], version))
		}
	}
	have.Config = asked.Config
	r.manifest = have
	return true, nil
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

// sweep deletes what processes that were killed left half written.
func (r *Run) sweep() error {
	var orphans []string
	for _, dir := range []string{r.dir, r.Path(checkpointsName)} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		for _, entry := range entries {
			if name := entry.Name(); strings.HasPrefix(name, temporaryPrefix) || name == stagingName || name == variablesStaging {
				orphans = append(orphans, filepath.Join(dir, name))
			}
		}
	}
	for _, orphan := range orphans {
		if err := os.RemoveAll(orphan); err != nil {
			return fmt.Errorf("cannot sweep what an earlier process left: %w", err)
		}
	}
	return nil
}

// Close gives the directory back to other processes. It is safe to call more than once.
func (r *Run) Close() error {
	var errs []error
	if r.metrics != nil {
		errs = append(errs, r.metrics.Close())
		r.metrics = nil
	}
	if r.lock != nil {
		errs = append(errs, r.lock.Close())
		r.lock = nil
	}
	return errors.Join(errs...)
}

// Dir returns the run's directory.
func (r *Run) Dir() string { return r.dir }

// Path returns the path of a file in the run's directory.
func (r *Run) Path(elem ...string) string {
	return filepath.Join(append([]string{r.dir}, elem...)...)
}

// Warnings returns what the user should know about this run, for example that it goes on with other versions than
// it was started with.
func (r *Run) Warnings() []string { return r.warnings }

// WriteFigure writes a figure, or any other file, into the run's directory, atomically.
func (r *Run) WriteFigure(name string, write func(io.Writer) error) error {
	return replaceFile(r.Path(name), write)
}

// seconds returns the time spent on the numbers that stand now: by this process and by those before it.
func (r *Run) seconds() float64 { return r.earlier + time.Since(r.started).Seconds() }
