package run_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// solverDir tells the test binary to be the solver that TestKilledSolver… kills.
const solverDir = "ROBUSTLOSS_TEST_SOLVER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(solverDir); dir != "" {
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

func TestKilledSolverEndsWithTheNumbersOfAnUnbrokenOne(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	unbroken, broken := t.TempDir(), t.TempDir()
	if err := solve(unbroken); err != nil {
		t.Fatal(err)
	}
	kills := 0
	for attempt := 0; ; attempt++ {
		if attempt > 400 {
			t.Fatal("the solver does not come to an end")
		}
		command := exec.Command(program)
		command.Env = append(os.Environ(), solverDir+"="+broken)
		var stderr bytes.Buffer
		command.Stderr = &stderr
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		// From 1 ms on, so that some kills fall into the start, the writing of a checkpoint, and the end.
		timer := time.AfterFunc(time.Duration(1+attempt)*time.Millisecond, func() { _ = command.Process.Kill() })
		err := command.Wait()
		timer.Stop()
		if err == nil {
			break
		}
		kills++
		if stderr.Len() > 0 {
			t.Fatalf("after %d kills: %s", kills, stderr.String())
		}
	}
	if kills == 0 {
		t.Error("the solver was never killed")
	}
	compareFiles(t, unbroken, broken, "metrics.jsonl")
	a, errA := run.ReadResult(filepath.Join(unbroken, "result.json"))
	b, errB := run.ReadResult(filepath.Join(broken, "result.json"))
	if errA != nil || errB != nil || a.Values["position"] != b.Values["position"] {
		t.Errorf("unbroken %v %v, broken %v %v", a.Values, errA, b.Values, errB)
	}
}

func compareFiles(t *testing.T, dirA, dirB, name string) {
	t.Helper()
	a, errA := os.ReadFile(filepath.Join(dirA, name))
	b, errB := os.ReadFile(filepath.Join(dirB, name))
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if !bytes.Equal(a, b) {
		t.Errorf("%s differs:\n%s\nand\n%s", name, a, b)
	}
}
