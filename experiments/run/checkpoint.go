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
	solverStateName  = "solver.json"
)

// checkpointState stands in each checkpoint as state.json.
type checkpointState struct {
	Step    int               `json:"step"`
	Run     string            `json:"run"`     // whose it is: [Manifest.identity]
	Metrics mark              `json:"metrics"` // the part of metrics.jsonl that goes with it
	Seconds float64           `json:"seconds"`
	Files   map[string]string `json:"files"`  // SHA-256 of the checkpoint's other files
	SHA256  string            `json:"sha256"` // of this file's other fields
}

// sum returns the checksum of the fields before it.
func (s checkpointState) sum() (string, error) {
	s.SHA256 = ""
	data, err := json.Marshal(s)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), err
}

type savedStep struct {
	dir   string
	state checkpointState
}

// SaveCheckpoint saves what write puts into the folder that it is given, as the checkpoint of the step. The checkpoint
// appears at once and whole, or not at all. The step must be greater than that of the latest checkpoint.
func (r *Run) SaveCheckpoint(step int, write func(dir string) error) error {
	if err := r.writable(); err != nil {
		return err
	}
	if r.latest != nil && step <= r.latest.state.Step {
		return fmt.Errorf("checkpoint of step %d: there is one of step %d already", step, r.latest.state.Step)
	}
	wrap := func(err error) error { return fmt.Errorf("cannot save the checkpoint of step %d: %w", step, err) }
	staging := r.Path(checkpointsName, stagingName)
	if err := os.RemoveAll(staging); err != nil {
		return wrap(err)
	}
	if err := os.Mkdir(staging, 0o755); err != nil {
		return wrap(err)
	}
	if err := write(staging); err != nil {
		_ = os.RemoveAll(staging) // it may be what fills the disk
		return wrap(err)
	}
	state, err := r.sealCheckpoint(step, staging)
	if err != nil {
		_ = os.RemoveAll(staging)
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
	r.intact = append(r.intact, r.latest)
	return r.dropOldCheckpoints()
}

// sealCheckpoint syncs the metrics and the staged files, and adds state.json.
func (r *Run) sealCheckpoint(step int, staging string) (state checkpointState, err error) {
	state = checkpointState{Step: step, Seconds: r.seconds()}
	if state.Metrics, err = r.metrics.mark(); err != nil {
		return state, err
	}
	if state.Run, err = r.manifest.identity(); err != nil {
		return state, err
	}
	if state.Files, err = hashFiles(staging); err != nil {
		return state, err
	}
	for name := range state.Files {
		if err := syncPath(filepath.Join(staging, name)); err != nil {
			return state, err
		}
	}
	if state.SHA256, err = state.sum(); err != nil {
		return state, err
	}
	return state, replaceFile(filepath.Join(staging, stateName), jsonWriter(state))
}

// hashFiles returns the SHA-256 of the files below dir, state.json left out, by path relative to dir.
func hashFiles(dir string) (map[string]string, error) {
	sums := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Base(path) == stateName {
			return err
		}
		if !entry.Type().IsRegular() {
			return fmt.Errorf("%s is not a regular file", path)
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

// findCheckpoint sets r.latest to the latest checkpoint that fits the run and its metrics, and says in a warning which ones
// do not and why. Where there are whole ones but metrics.jsonl fits none of them, it is an error: to start anew would throw
// them away.
func (r *Run) findCheckpoint() error {
	whole, warnings, err := wholeCheckpoints(r.dir, r.manifest)
	if err != nil {
		return err
	}
	r.warnings = append(r.warnings, warnings...)
	var mismatch error
	for _, c := range whole {
		if r.result == nil {
			if err := c.state.Metrics.check(r.Path(metricsName)); err != nil {
				mismatch = err
				r.warnings = append(r.warnings, fmt.Sprintf("checkpoint %s is not used: %v", c.dir, err))
				continue
			}
		}
		r.intact = append(r.intact, c)
	}
	if len(r.intact) == 0 {
		if mismatch != nil {
			return fmt.Errorf("the run in %s cannot go on: %w; put the file back as it was, or start the run anew with --restart", r.dir, mismatch)
		}
		return nil
	}
	r.latest = r.intact[len(r.intact)-1]
	r.earlier = r.latest.state.Seconds
	return nil
}

// wholeCheckpoints returns the checkpoints in dir that are whole and belong to the run that m describes, oldest first, and
// says of the others why they are not used.
func wholeCheckpoints(dir string, m Manifest) (whole []*savedStep, warnings []string, err error) {
	names, err := checkpointNames(dir)
	if err != nil {
		return nil, nil, err
	}
	identity, err := m.identity()
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		path := filepath.Join(dir, checkpointsName, name)
		c, err := readCheckpoint(path)
		if err == nil && c.state.Run != identity {
			err = errors.New("it belongs to a run of another configuration or seed")
		}
		if err == nil && name != fmt.Sprintf("%s%08d", checkpointPrefix, c.state.Step) {
			err = fmt.Errorf("it is that of step %d", c.state.Step)
		}
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("checkpoint %s is damaged and not used: %v", path, err))
			continue
		}
		whole = append(whole, c)
	}
	return whole, warnings, nil
}

// LatestCheckpoint returns the folder and the step of the latest intact checkpoint of the run in dir, for [LoadStore]. It
// needs no lock: it may be called while the run goes on. A run without a checkpoint is an error.
func LatestCheckpoint(dir string) (checkpoint string, step int, err error) {
	manifest, err := ReadManifest(dir)
	if err != nil {
		return "", 0, err
	}
	whole, warnings, err := wholeCheckpoints(dir, manifest)
	if err != nil {
		return "", 0, err
	}
	if len(whole) == 0 {
		if len(warnings) > 0 {
			return "", 0, fmt.Errorf("the run in %s has no intact checkpoint: %s", dir, strings.Join(warnings, "; "))
		}
		return "", 0, fmt.Errorf("the run in %s has no checkpoint yet", dir)
	}
	latest := whole[len(whole)-1]
	return latest.dir, latest.state.Step, nil
}

// readCheckpoint reads state.json and checks it and the files.
func readCheckpoint(dir string) (*savedStep, error) {
	c := &savedStep{dir: dir}
	data, err := readFile(os.DirFS(dir), stateName, maxConfigBytes)
	if err == nil {
		err = decodeStrictly(data, &c.state)
	}
	if err == nil {
		var sum string
		if sum, err = c.state.sum(); err == nil && sum != c.state.SHA256 {
			err = errors.New("its checksum is wrong")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", stateName, err)
	}
	sums, err := hashFiles(dir)
	if err != nil {
		return nil, err
	}
	for name, sum := range c.state.Files {
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

// dropOldCheckpoints keeps the newest checkpoints that are known to be whole and, once there are enough of them, deletes all
// others, the damaged ones with them.
func (r *Run) dropOldCheckpoints() error {
	if len(r.intact) < keepCheckpoints {
		return nil
	}
	r.intact = r.intact[len(r.intact)-keepCheckpoints:]
	names, err := checkpointNames(r.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		path := r.Path(checkpointsName, name)
		if slices.ContainsFunc(r.intact, func(c *savedStep) bool { return c.dir == path }) {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("cannot remove an old checkpoint: %w", err)
		}
	}
	return nil
}

// last returns the latest intact checkpoint, nil where there is none. Those of a finished run are looked for when they are
// first asked for: most commands read the result only.
func (r *Run) last() (*savedStep, error) {
	if r.result != nil && r.latest == nil {
		if err := r.findCheckpoint(); err != nil {
			return nil, err
		}
	}
	return r.latest, nil
}

// Step returns the step of the latest checkpoint: how many steps are done. It is 0 at a fresh start.
func (r *Run) Step() int {
	if latest, err := r.last(); err == nil && latest != nil {
		return latest.state.Step
	}
	return 0
}

// CheckpointDir returns the folder of the latest checkpoint; ok is false where there is none.
func (r *Run) CheckpointDir() (dir string, ok bool) {
	if latest, err := r.last(); err == nil && latest != nil {
		return latest.dir, true
	}
	return "", false
}

// SaveState saves a solver's state as the checkpoint of the step: v as JSON, which keeps finite float64 exactly.
// For states that JSON does not fit, use [Run.SaveCheckpoint].
func (r *Run) SaveState(step int, v any) error {
	return r.SaveCheckpoint(step, func(dir string) error {
		return replaceFile(filepath.Join(dir, solverStateName), jsonWriter(v))
	})
}

// LoadState fills v, a pointer, from the latest checkpoint that [Run.SaveState] wrote and returns its step. At a fresh
// start v is left as it is and the step is 0.
func (r *Run) LoadState(v any) (step int, err error) {
	dir, ok := r.CheckpointDir()
	if !ok {
		return 0, nil
	}
	data, err := readFile(os.DirFS(dir), solverStateName, maxResultBytes)
	if err == nil {
		err = decodeStrictly(data, v)
	}
	if err != nil {
		return 0, fmt.Errorf("cannot read the checkpoint %s: %w", dir, err)
	}
	return r.Step(), nil
}
