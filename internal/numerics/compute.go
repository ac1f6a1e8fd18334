package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// computation carries out a plan and collects what came of it.
type computation struct {
	plan
	sources  string            // digest of the Go files
	digests  map[string]string // of what each notebook depends on
	outcomes []outcome
	tests    []testRun
}

// testRun is what became of the tests in one arithmetic.
type testRun struct {
	Sources    string `json:"sources"`
	Arithmetic string `json:"arithmetic"`
	Failure    string `json:"failure"` // "" where all passed
	// Closeness holds for each test program and each comparison of its tests the part of the tolerance that was used up.
	Closeness map[string]map[string]float64 `json:"closeness"`
}

// testsPreset stands in the place of the preset for what comes from tests.
const testsPreset = "tests"

// outcomes are the comparisons of a run as checks: at most all of the tolerance may be used up.
func (r testRun) outcomes() (all []outcome) {
	for program, comparisons := range r.Closeness {
		o := outcome{preset: testsPreset, notebook: program, run: r.Arithmetic, failure: r.Failure, byClaim: true}
		for claim, used := range comparisons {
			got, lo, hi := number(used), number(math.Inf(-1)), number(1)
			o.checks = append(o.checks, check{Claim: claim, Kind: "live", Form: "close", OK: used <= 1, Got: &got, Lo: &lo, Hi: &hi})
		}
		all = append(all, o)
	}
	return all
}

// readCloseness reads what tests recorded in a folder, see ClosenessVariable in internal/testkit. Of comparisons with one name
// the worst counts.
func readCloseness(folder string) (map[string]map[string]float64, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	found := map[string]map[string]float64{}
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		program, _, _ := strings.Cut(filepath.Base(path), "-")
		if found[program] == nil {
			found[program] = map[string]float64{}
		}
		for line := range bytes.Lines(content) {
			var c struct {
				Test, What string
				Used       float64
			}
			if err := json.Unmarshal(line, &c); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			claim := c.Test + ": " + c.What
			found[program][claim] = max(found[program][claim], c.Used)
		}
	}
	return found, nil
}

// record is what is kept of one execution of a notebook.
type record struct {
	Sources string  `json:"sources"`
	Failure string  `json:"failure"`
	Checks  []check `json:"checks"`
}

// notebooksIn executes the notebooks of the plan at a preset in one setting, but for those that are done.
func (c *computation) notebooksIn(ctx context.Context, preset string, s setting) error {
	folder := filepath.Join(c.out, preset, s.arithmetic.name, "seed-"+s.seed)
	var open []string
	var said string
	for _, name := range c.notebooks {
		if _, done := c.recorded(folder, name); !done {
			open = append(open, name)
		}
	}
	if len(open) > 0 {
		tell("%s, %s: %s", preset, s, strings.Join(open, " "))
		for _, name := range open {
			if err := remove(factsFile(folder, name)); err != nil {
				return err
			}
		}
		line := s.arithmetic.command(append([]string{filepath.Join(c.root, ".venv", "bin", "python"), "internal/reports", "--no-pages", "--out", folder}, open...)...)
		env := []string{"ROBUSTLOSS_PRESET=" + preset, "ROBUSTLOSS_SEED="}
		if s.seed != standardSeed {
			env[1] += s.seed
		}
		var err error
		said, err = c.execute(ctx, s.arithmetic.environ(env...), line)
		if harvestErr := c.harvest(folder, open); harvestErr != nil {
			return harvestErr
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if failed := new(exec.ExitError); err != nil && !errors.As(err, &failed) {
			return err
		}
		for _, line := range strings.Split(said, "\nreports: ") {
			if strings.HasPrefix(line, "FAILED") {
				tell("%s, %s: %s", preset, s, line)
			}
		}
	}
	for _, name := range c.notebooks {
		r, done := c.recorded(folder, name)
		if !done {
			return fmt.Errorf("%s, %s: the execution of %s left no result; it ended with\n%s", preset, s, name, lastLines(said, 4))
		}
		c.outcomes = append(c.outcomes, outcome{preset: preset, notebook: name, run: s.String(), failure: r.Failure, checks: r.Checks})
	}
	return nil
}

// lastLines returns the end of a text.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// factsFile is where internal/reports leaves what it knows of an execution.
func factsFile(folder, name string) string {
	return filepath.Join(folder, ".facts", name+".json")
}

// harvest turns the facts of executions that have ended into records.
func (c *computation) harvest(folder string, names []string) error {
	for _, name := range names {
		content, err := os.ReadFile(factsFile(folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		r := record{}
		if err := json.Unmarshal(content, &r); err != nil {
			return fmt.Errorf("%s: %w", factsFile(folder, name), err)
		}
		r.Sources = c.digests[name]
		if err := writeJSON(filepath.Join(folder, name+".json"), r); err != nil {
			return err
		}
	}
	return nil
}

// recorded returns the record of a notebook's execution. It is done where it was made from the sources that are there.
func (c *computation) recorded(folder, name string) (r record, done bool) {
	content, err := os.ReadFile(filepath.Join(folder, name+".json"))
	if err != nil || json.Unmarshal(content, &r) != nil {
		return record{}, false // what cannot be read is computed anew
	}
	return r, c.keep || r.Sources == c.digests[name]
}

// testsIn runs the tests of the plan's packages in one arithmetic, unless they passed there already.
func (c *computation) testsIn(ctx context.Context, a arithmetic) error {
	if len(c.packages) == 0 {
		return nil
	}
	path := filepath.Join(c.out, "tests", a.name+".json")
	want := c.sources + " " + strings.Join(c.packages, " ")
	var r testRun
	if content, err := os.ReadFile(path); err == nil && json.Unmarshal(content, &r) == nil && r.Failure == "" && (r.Sources == want || c.keep) {
		c.finishTests(r)
		return nil
	}
	closeness := filepath.Join(c.out, "tests", a.name)
	if err := errors.Join(os.RemoveAll(closeness), os.MkdirAll(closeness, 0o755)); err != nil {
		return err
	}
	tell("tests, %s: %s", a.name, strings.Join(c.packages, " "))
	line := append([]string{"go", "test", "-count=1", "-timeout=60m"}, c.packages...)
	said, err := c.execute(ctx, a.environ("ROBUSTLOSS_CLOSENESS="+closeness), a.command(line...))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r = testRun{Sources: want, Arithmetic: a.name}
	if err != nil {
		r.Failure = failedTests(said)
		tell("tests, %s: FAILED %s", a.name, r.Failure)
	}
	if r.Closeness, err = readCloseness(closeness); err != nil {
		return err
	}
	c.finishTests(r)
	if err := os.WriteFile(strings.TrimSuffix(path, ".json")+".log", []byte(said), 0o644); err != nil {
		return err
	}
	return errors.Join(writeJSON(path, r), os.RemoveAll(closeness))
}

func (c *computation) finishTests(r testRun) {
	c.tests = append(c.tests, r)
	c.outcomes = append(c.outcomes, r.outcomes()...)
}

// failedTests names what failed in the output of go test.
func failedTests(said string) string {
	var failed []string
	for line := range strings.Lines(said) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: "); ok {
			failed = append(failed, strings.Fields(name)[0])
		}
	}
	if len(failed) == 0 {
		return "see the log"
	}
	return strings.Join(failed, " ")
}

// execute runs a command line in the clone, and returns what it said. An interruption is passed on to it: it stops its
// kernels then.
func (c *computation) execute(ctx context.Context, env, line []string) (said string, err error) {
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Dir, cmd.Env = c.root, env
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	err = cmd.Run()
	return output.String(), err
}

// digestNotebooks identifies what the execution of each notebook depends on.
func digestNotebooks(p plan, sources string) (map[string]string, error) {
	digests := map[string]string{}
	for _, name := range p.notebooks {
		content, err := os.ReadFile(filepath.Join(p.root, "notebooks", name+".ipynb"))
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(append([]byte(sources), content...))
		digests[name] = hex.EncodeToString(sum[:])
	}
	return digests, nil
}

// writeJSON writes a value into a file, whole or not at all.
func writeJSON(path string, value any) error {
	content, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path+".partial", append(content, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".partial", path)
}

// remove removes a file that may not be there.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
