//go:build unix

package run_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// solverDir tells the test binary to be the solver that TestKilledSolver… kills.
const solverDir = "ROBUSTLOSS_TEST_SOLVER_DIR"

// solverLimit is the most bytes that the solver may write into a file, as on a disk that is full.
const solverLimit = "ROBUSTLOSS_TEST_SOLVER_LIMIT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(solverDir); dir != "" {
		if limit, err := strconv.ParseUint(os.Getenv(solverLimit), 10, 64); err == nil {
			signal.Ignore(syscall.SIGXFSZ)
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
				panic(err)
			}
		}
		if err := solve(dir); err != nil {
			_, _ = os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// solve is a small solver: a random walk that logs each step and saves a checkpoint at each third.
func solve(dir string) error {
	r, err := run.Open(spec(dir))
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	if _, ok := r.Result(); ok {
		return nil
	}
	var position float64
	done, err := r.LoadState(&position)
	if err != nil {
		return err
	}
	const steps = 60
	for step := done + 1; step <= steps; step++ {
		position += rand.New(rand.NewPCG(1, uint64(step))).NormFloat64()
		if err := r.Log(step, run.Values{"position": position}); err != nil {
			return err
		}
		if step%3 == 0 {
			if err := r.SaveState(step, position); err != nil {
				return err
			}
		}
	}
	_, err = r.Finish(steps, run.Values{"position": position}, nil)
	return err
}

// solver is the command that solves in dir in a process of its own.
func solver(t *testing.T, dir string, environment ...string) (command *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command, stderr = exec.Command(program), &bytes.Buffer{}
	command.Env = append(append(os.Environ(), solverDir+"="+dir), environment...)
	command.Stderr = stderr
	return command, stderr
}

// unbrokenSolver solves in one go and returns the folder.
func unbrokenSolver(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := solve(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func compareRuns(t *testing.T, dirA, dirB string) {
	t.Helper()
	compareFiles(t, dirA, dirB, "metrics.jsonl")
	a, errA := run.ReadResult(filepath.Join(dirA, "result.json"))
	b, errB := run.ReadResult(filepath.Join(dirB, "result.json"))
	if errA != nil || errB != nil || a.Values["position"] != b.Values["position"] {
		t.Errorf("%v %v and %v %v", a.Values, errA, b.Values, errB)
	}
}

func TestKilledSolverEndsWithTheNumbersOfAnUnbrokenOne(t *testing.T) {
	unbroken, broken := unbrokenSolver(t), t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	const wanted = 25
	kills := 0
	for kills < wanted {
		command, stderr := solver(t, broken)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		// From its start on, so that some kills fall into the opening, the writing of a checkpoint, and the end.
		started := filepath.Join(broken, "lock")
		for deadline := time.Now().Add(10 * time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if pid, _ := os.ReadFile(started); bytes.Contains(pid, []byte(strconv.Itoa(command.Process.Pid))) {
				break
			}
		}
		timer := time.AfterFunc(time.Duration(rng.IntN(20))*time.Millisecond, func() { _ = command.Process.Kill() })
		err := command.Wait()
		timer.Stop()
		if stderr.Len() > 0 {
			t.Fatalf("after %d kills: %s", kills, stderr.String())
		}
		if err != nil {
			kills++
			continue
		}
		compareRuns(t, unbroken, broken)
		broken = t.TempDir() // the solver came to its end: the next kills are those of another
	}
	if command, stderr := solver(t, broken); command.Run() != nil {
		t.Fatal(stderr.String())
	}
	compareRuns(t, unbroken, broken)
}

// A disk that is full: the run ends with one line, nothing is half written, and with room it goes on to the same numbers.
func TestFullDiskLeavesNothingHalfWritten(t *testing.T) {
	unbroken := unbrokenSolver(t)
	for _, limit := range []string{"100", "300", "500", "1000", "2000"} {
		dir := t.TempDir()
		command, stderr := solver(t, dir, solverLimit+"="+limit)
		if err := command.Run(); err == nil || strings.Count(stderr.String(), "\n") > 0 || !strings.Contains(stderr.String(), "file too large") {
			t.Errorf("limit %s: %v: %s", limit, err, stderr.String())
		}
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".json" {
				return err
			}
			if data, err := os.ReadFile(path); err != nil || !json.Valid(data) {
				t.Errorf("limit %s: %s holds %q (%v)", limit, path, data, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if command, stderr := solver(t, dir); command.Run() != nil {
			t.Fatalf("limit %s: %s", limit, stderr.String())
		}
		compareRuns(t, unbroken, dir)
	}
}

// The second process says who works there and leaves; the first one's run is not touched.
func TestSecondProcessLeaves(t *testing.T) {
	dir := t.TempDir()
	r := mustOpen(t, spec(dir))
	if err := r.Log(1, run.Values{"position": 1}); err != nil {
		t.Fatal(err)
	}
	command, stderr := solver(t, dir)
	if err := command.Run(); err == nil {
		t.Error("the second process ends without an error")
	}
	if want := fmt.Sprintf("another process (pid %d) is working in this run directory", os.Getpid()); !strings.Contains(stderr.String(), want) {
		t.Errorf("%q, want %q", stderr.String(), want)
	}
	if metrics, err := r.Metrics(); err != nil || len(metrics) != 1 {
		t.Errorf("%d lines of metrics, %v", len(metrics), err)
	}
}
