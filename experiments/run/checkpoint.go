package run

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// keepCheckpoints is how many checkpoints a run keeps: the latest, and one to fall back to should it be damaged.
const keepCheckpoints = 2

const (
	checkpointPrefix = "step-"
	stagingName      = ".staging"
	stateName        = "state.json"
)

// checkpointState stands in each checkpoint as state.json.
type checkpointState struct {
	Step         int               `json:"step"`
	MetricsBytes int64             `json:"metrics_bytes"`
	Seconds      float64           `json:"seconds"`
	SHA256       map[string]string `json:"sha256"` // of the checkpoint's other files
}

type savedStep struct {
	dir   string
	state checkpointState
}

// SaveCheckpoint saves what write puts into the folder that it is given, as the checkpoint of the step. The checkpoint
// appears at once and whole, or not at all. The step must be greater than that of the latest checkpoint.
func (r *Run) SaveCheckpoint(step int, write func(dir string) error) error {
	if r.metrics == nil {
		return fmt.Errorf("the run in %s is finished or closed: no checkpoint can be saved", r.dir)
	}
	if r.latest != nil && step <= r.latest.state.Step {
		return fmt.Errorf("checkpoint of step %d: there is one of step %d already", step, r.latest.state.Step)
	}
	wrap := func(err error) error { return fmt.Errorf("cannot save the checkpoint of step %d: %w", step, err) }
	staging := r.Path(checkpointsName, stagingName)
	if err := errors.Join(os.RemoveAll(staging), os.MkdirAll(staging, 0o755)); err != nil {
		return wrap(err)
	}
	if err := write(staging); err != nil {
		return wrap(err)
	}
	state, err := r.sealCheckpoint(step, staging)
	if err != nil {
		return wrap(err)
	}
	final := r.Path(checkpointsName, fmt.Sprintf("%s%08d", checkpointPrefix, step))
	if err := os.RemoveAll(final); err != nil { // a damaged one that was passed over when the run was opened
		return wrap(err)
	}
	if err := os.Rename(staging, final); err != nil {
		return wrap(err)
	}
	if err := syncPath(r.Path(checkpointsName)); err != nil {
		return wrap(err)
	}
	r.latest = &savedStep{dir: final, state: state}
	return r.dropOldCheckpoints()
}

// sealCheckpoint syncs the metrics and the staged files, and adds state.json.
func (r *Run) sealCheckpoint(step int, staging string) (state checkpointState, err error) {
	if err := r.metrics.Sync(); err != nil {
		return state, err
	}
	length, err := r.metrics.Seek(0, io.SeekCurrent)
	if err != nil {
		return state, err
	}
	state = checkpointState{Step: step, MetricsBytes: length, Seconds: r.seconds()}
	if state.SHA256, err = hashFiles(staging); err != nil {
		return state, err
	}
	for name := range state.SHA256 {
		if err := syncPath(filepath.Join(staging, name)); err != nil {
			return state, err
		}
	}
	return state, WriteJSON(filepath.Join(staging, stateName), state)
}

// hashFiles returns the SHA-256 of the files below dir, state.json left out, by path relative to dir.
func hashFiles(dir string) (map[string]string, error) {
	sums := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Base(path) == stateName {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		hash := sha256.New()
		if _, err := io.Copy(hash, f); err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		sums[filepath.ToSlash(relative)] = hex.EncodeToString(hash.Sum(nil))
		return err
	})
	return sums, err
}

// findCheckpoint sets r.latest to the latest intact checkpoint and says in a warning which ones are damaged.
func (r *Run) findCheckpoint() error {
	latest, warnings, err := latestCheckpoint(r.dir)
	if err != nil {
		return err
	}
	r.warnings = append(r.warnings, warnings...)
	if latest != nil {
		r.latest, r.earlier = latest, latest.state.Seconds
	}
	return nil
}

// latestCheckpoint returns the latest intact checkpoint of the run in dir, nil where there is none, and says which ones
// are damaged.
func latestCheckpoint(dir string) (latest *savedStep, warnings []string, err error) {
	names, err := checkpointNames(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range slices.Backward(names) {
		path := filepath.Join(dir, checkpointsName, name)
		c, err := readCheckpoint(path)
		if err == nil {
			return c, warnings, nil
		}
		warnings = append(warnings, fmt.Sprintf("checkpoint %s is damaged and not used: %v", path, err))
	}
	return nil, warnings, nil
}

// LatestCheckpoint returns the folder and the step of the latest intact checkpoint of the run in dir, for [LoadStore]. It
// needs no lock: it may be called while the run goes on. A run without a checkpoint is an error.
func LatestCheckpoint(dir string) (checkpoint string, step int, err error) {
	latest, warnings, err := latestCheckpoint(dir)
	if err == nil && latest == nil {
		err = fmt.Errorf("the run in %s has no checkpoint yet", dir)
		if len(warnings) > 0 {
			err = fmt.Errorf("the run in %s has no intact checkpoint: %s", dir, strings.Join(warnings, "; "))
		}
	}
	if err != nil {
		return "", 0, err
	}
	return latest.dir, latest.state.Step, nil
}

// readCheckpoint reads state.json and checks the files against it.
func readCheckpoint(dir string) (*savedStep, error) {
	data, err := os.ReadFile(filepath.Join(dir, stateName))
	if err != nil {
		return nil, err
	}
	c := &savedStep{dir: dir}
	if err := json.Unmarshal(data, &c.state); err != nil {
		return nil, err
	}
	sums, err := hashFiles(dir)
	if err != nil {
		return nil, err
	}
	for name, sum := range c.state.SHA256 {
		if sums[name] != sum {
			return nil, fmt.Errorf("%s is missing or changed", name)
		}
	}
	return c, nil
}

// checkpointNames lists the checkpoints' folders of the run in dir, oldest first.
func checkpointNames(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, checkpointsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list checkpoints: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() && strings.HasPrefix(entry.Name(), checkpointPrefix) {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

func (r *Run) dropOldCheckpoints() error {
	names, err := checkpointNames(r.dir)
	if err != nil {
		return err
	}
	for len(names) > keepCheckpoints {
		if err := os.RemoveAll(r.Path(checkpointsName, names[0])); err != nil {
			return fmt.Errorf("cannot remove an old checkpoint: %w", err)
		}
		names = names[1:]
	}
	return nil
}

// Step returns the step of the latest checkpoint: how many steps are done. It is 0 at a fresh start.
func (r *Run) Step() int {
	if r.latest == nil {
		return 0
	}
	return r.latest.state.Step
}

// CheckpointDir returns the folder of the latest checkpoint; ok is false where there is none.
func (r *Run) CheckpointDir() (dir string, ok bool) {
	if r.latest == nil {
		return "", false
	}
	return r.latest.dir, true
}
