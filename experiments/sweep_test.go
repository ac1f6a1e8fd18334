package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	runs "github.com/robustloss/gomlx-robustloss/experiments/run"
)

// programArgs tells the test binary to be the program with these arguments, one a line.
const programArgs = "ROBUSTLOSS_TEST_SWEEP_ARGS"

func TestMain(m *testing.M) {
	if args := os.Getenv(programArgs); args != "" {
		os.Exit(execute(strings.Split(args, "\n"), os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// task starts the program as a scheduler does: in a process of its own, with an index in its environment.
func task(variable, index string, args ...string) (code int, output string) {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), programArgs+"="+strings.Join(args, "\n"), variable+"="+index)
	out, _ := command.CombinedOutput()
	return command.ProcessState.ExitCode(), string(out)
}

// Two processes, one told its index by Slurm and one by Kubernetes, make two runs in one folder at the same time. The table
// merges them, and the list names what is missing.
func TestSweepOfProcessesFillsOneFolder(t *testing.T) {
	dir := t.TempDir()
	sweep := []string{"sweep", "--preset", "tiny", "--experiment", "depth", "--runs", dir, "--backend", "go", "--only", "l1,alpha1,alpha0"}
	list, _ := run(t, cli.CodeOK, append(sweep, "--list")...)
	if lines := strings.Split(strings.TrimSpace(list), "\n"); len(lines) != 3 || !strings.HasPrefix(lines[2], "2\tmissing\tgo run ./experiments depth train") {
		t.Fatalf("the list:\n%s", list)
	}
	var tasks sync.WaitGroup
	for index, variable := range map[string]string{"0": "SLURM_ARRAY_TASK_ID", "2": "JOB_COMPLETION_INDEX"} {
		tasks.Go(func() {
			if code, output := task(variable, index, sweep...); code != cli.CodeOK {
				t.Errorf("%s=%s: code %d\n%s", variable, index, code, output)
			}
		})
	}
	tasks.Wait()
	missing, _ := run(t, cli.CodeOK, append(sweep, "--missing")...)
	if !strings.HasPrefix(missing, "1\tmissing\t") || strings.Count(missing, "\n") != 1 || !strings.Contains(missing, "alpha1") {
		t.Errorf("missing is\n%swant run 1 alone", missing)
	}
	table, stderr := run(t, cli.CodeOK, "depth", "table", "--preset", "tiny", "--from", filepath.Join(dir, "depth", "tiny"))
	if !strings.Contains(table, "α = 0") || !strings.Contains(stderr, "missing: ") || !strings.Contains(stderr, "alpha1; alpha2; anneal; ") ||
		strings.Contains(stderr, "alpha0") {
		t.Errorf("the table:\n%s%s", table, stderr)
	}
}

// A sweep over real data hands the folder on, also one whose name a shell would cut, and makes the run that the list names.
func TestSweepOfRealData(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "Celeb A's")
	run(t, cli.CodeOK, "vae", "faces", data, "--train", "32", "--validation", "8")
	sweep := []string{"sweep", "--preset", "tiny", "--experiment", "vae", "--data", data, "--runs", dir, "--backend", "go", "--only", "normal,pixel"}
	list, _ := run(t, cli.CodeOK, append(sweep, "--list")...)
	if !strings.HasPrefix(list, "0\tmissing\t") || strings.Count(list, "\n") != 1 || !strings.Contains(list, "--data ") {
		t.Fatalf("the list:\n%s", list)
	}
	if code, output := task("SLURM_ARRAY_TASK_ID", "0", sweep...); code != cli.CodeOK {
		t.Fatalf("code %d\n%s", code, output)
	}
	if missing, _ := run(t, cli.CodeOK, append(sweep, "--missing")...); missing != "" {
		t.Errorf("missing is\n%s", missing)
	}
	if _, stderr := run(t, cli.CodeFailed, "sweep", "--list", "--data", data); !strings.Contains(stderr, "--data is the folder of one experiment") {
		t.Error(stderr)
	}
}

// A second process on one run says so, leaves with a status of its own, and the run is not touched.
func TestSecondProcessOnARunLeaves(t *testing.T) {
	dir := t.TempDir()
	held := filepath.Join(dir, "depth", "tiny", "l1", "seed-1")
	r, err := runs.Open(runs.Spec{Experiment: "depth", Dir: held, Config: map[string]int{"x": 1}, Seed: 1, Device: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	code, output := task("SLURM_ARRAY_TASK_ID", "0", "sweep", "--preset", "tiny", "--experiment", "depth", "--runs", dir, "--backend", "go", "--only", "l1")
	if code != cli.CodeBusy || !strings.Contains(output, "another process (pid") {
		t.Errorf("code %d, want %d\n%s", code, cli.CodeBusy, output)
	}
}

func TestSweepRefusesAnIndexThatNamesNoRun(t *testing.T) {
	sweep := []string{"sweep", "--preset", "tiny", "--experiment", "depth", "--runs", t.TempDir()}
	for index, want := range map[string]string{"7": "the sweep's runs are 0 to 6", "-1": "is -1", "one": "want a whole number"} {
		if code, output := task("JOB_COMPLETION_INDEX", index, sweep...); code != cli.CodeFailed || !strings.Contains(output, want) {
			t.Errorf("index %s: code %d, want %q in\n%s", index, code, want, output)
		}
	}
	for _, name := range indexVariables {
		t.Setenv(name, "") // brings back at the end what is unset now
		_ = os.Unsetenv(name)
	}
	if _, stderr := run(t, cli.CodeFailed, sweep...); !strings.Contains(stderr, "which run?") {
		t.Error(stderr)
	}
}

// The scheduler's files ask for as many tasks as the sweep has runs.
func TestSchedulersAskForEveryRun(t *testing.T) {
	list, _ := run(t, cli.CodeOK, "sweep", "--list", "--runs", t.TempDir())
	count := strings.Count(list, "\n")
	for file, want := range map[string]string{
		"sweep.slurm": fmt.Sprintf("sbatch --array=0-%d ", count-1), "sweep.yaml": fmt.Sprintf("\n  completions: %d\n", count),
	} {
		text, err := os.ReadFile(filepath.Join("deploy", file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("deploy/%s has not %q, for the sweep's %d runs", file, want, count)
		}
	}
}
