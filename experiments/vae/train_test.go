package vae_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gomlx/compute"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/experiments/vae"
	"github.com/robustloss/gomlx-robustloss/gomlxops/backend"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// programArgs tells the test binary to be the program with these arguments, one a line.
const programArgs = "ROBUSTLOSS_TEST_VAE_ARGS"

// victimDir tells the test binary to be the training that TestKilledTraining… kills, victimStep after which step it waits for
// that.
const (
	victimDir  = "ROBUSTLOSS_TEST_VAE_DIR"
	victimStep = "ROBUSTLOSS_TEST_VAE_STEP"
)

func TestMain(m *testing.M) {
	testkit.CompileQuickly()
	if dir := os.Getenv(victimDir); dir != "" {
		if err := trainVictim(dir); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if args := os.Getenv(programArgs); args != "" {
		os.Exit(program(strings.Split(args, "\n"), os.Stdout, os.Stderr))
	}
	os.Exit(withCache(m.Run))
}

// cacheDir holds the faces of all tests of this process. A process that plays another part, or is killed in it, has none.
var cacheDir string

// withCache runs something while there is a cache.
func withCache(do func() int) int {
	var err error
	if cacheDir, err = os.MkdirTemp("", "vae-test-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(cacheDir) //nolint:errcheck // nothing can be done about it
	return do()
}

// shortConfig is preset tiny with few steps.
func shortConfig(t *testing.T, likelihood, representation string, steps int) vae.Config {
	t.Helper()
	c, err := vae.NewConfig("tiny", likelihood, representation)
	if err != nil {
		t.Fatal(err)
	}
	c.Training.Steps = steps
	return c
}

func mustData(t *testing.T, c vae.Config) *vae.Data {
	t.Helper()
	data, err := vae.OpenData(t.Context(), c.Images, "", cacheDir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = data.Close() })
	return data
}

func mustTrain(t *testing.T, backend compute.Backend, data *vae.Data, job vae.Job) run.Result {
	t.Helper()
	result, err := vae.Train(t.Context(), backend, data, job)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// stopping is a source that ends a context once it has been read a number of times.
type stopping struct {
	celeba.Source
	left chan struct{}
	stop context.CancelFunc
}

func (s stopping) Read(i int, dst []float32) error {
	select {
	case <-s.left:
	default:
		s.stop()
	}
	return s.Source.Read(i, dst)
}

func TestInterruptedTrainingGoesOnToTheSameNumbers(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		c := shortConfig(t, "general", "wavelet", 14)
		data := mustData(t, c)
		var reported []int
		job := vae.Job{Config: c, Seed: 3, Dir: t.TempDir(), EvalEvery: 5}
		job.Report = func(step int, terms run.Values) {
			if terms["elbo"] != 0 {
				reported = append(reported, step)
			}
		}
		unbroken := mustTrain(t, backend, data, job)

		if len(reported) != 14 || reported[0] != 1 || reported[13] != 14 {
			t.Errorf("reported steps %v", reported)
		}

		job.Dir = t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		broken := stopping{data.Train, make(chan struct{}, 1000), cancel}
		for range c.Images.Train + 5*c.Training.Batch { // the first images are read for the mean
			broken.left <- struct{}{}
		}
		_, err := vae.Train(ctx, backend, &vae.Data{Train: broken, Validation: data.Validation}, job)
		if !errors.Is(err, run.ErrInterrupted) || !strings.Contains(err.Error(), "start it again") {
			t.Fatalf("error %v, want an interruption", err)
		}
		_, step, err := run.LatestCheckpoint(job.Dir)
		if err != nil || step < 1 || step >= c.Training.Steps {
			t.Fatalf("interrupted at step %d, %v", step, err)
		}
		resumed := mustTrain(t, backend, data, job)
		if !reflect.DeepEqual(unbroken.Values, resumed.Values) || !bytes.Equal(unbroken.Details, resumed.Details) {
			t.Errorf("interrupted after step %d: %v %s, unbroken: %v %s", step, resumed.Values, resumed.Details, unbroken.Values, unbroken.Details)
		}
		compareMetrics(t, filepath.Dir(unbroken.Path), job.Dir)
	})
}

func compareMetrics(t *testing.T, dirA, dirB string) {
	t.Helper()
	a, errA := os.ReadFile(filepath.Join(dirA, "metrics.jsonl"))
	b, errB := os.ReadFile(filepath.Join(dirB, "metrics.jsonl"))
	if errA != nil || errB != nil || len(a) == 0 {
		t.Fatal(len(a), errA, errB)
	}
	if !bytes.Equal(a, b) {
		t.Errorf("the metrics differ:\n%s\nand\n%s", a, b)
	}
}

// victimJob is the training that is killed; it saves a checkpoint every third step.
func victimJob(dir string) (vae.Job, error) {
	c, err := vae.NewConfig("tiny", "general", "dct")
	c.Training.Steps = 40
	return vae.Job{Config: c, Seed: 5, Dir: filepath.Join(dir, "run"), CheckpointEvery: 3}, err
}

func trainVictim(dir string) error {
	job, err := victimJob(dir)
	if err != nil {
		return err
	}
	b, err := backend.NewWithConfig("go")
	if err != nil {
		return err
	}
	data, err := vae.OpenData(context.Background(), job.Config.Images, "", filepath.Join(dir, "data"), nil)
	if err != nil {
		return err
	}
	if last, err := strconv.Atoi(os.Getenv(victimStep)); err == nil {
		job.Report = func(step int, _ run.Values) {
			if step == last {
				fmt.Println("waiting")
				select {}
			}
		}
	}
	_, err = vae.Train(context.Background(), b, data, job)
	return err
}

func TestKilledTrainingEndsWithTheNumbersOfAnUnbrokenOne(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, step := range []int{7, 20} { // killed after so many steps
		command := exec.Command(program)
		command.Env = append(os.Environ(), victimDir+"="+dir, victimStep+"="+strconv.Itoa(step))
		command.Stderr = os.Stderr
		said, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := said.Read(make([]byte, 1)); err != nil {
			t.Fatalf("it ended before step %d: %v", step, err)
		}
		if err := command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := command.Wait(); err == nil {
			t.Fatal("it was killed and ended well")
		}
	}
	if err := trainVictim(dir); err != nil {
		t.Fatal(err)
	}
	unbroken := t.TempDir()
	if err := trainVictim(unbroken); err != nil {
		t.Fatal(err)
	}
	compareMetrics(t, filepath.Join(unbroken, "run"), filepath.Join(dir, "run"))
	a, errA := run.ReadResult(filepath.Join(unbroken, "run", "result.json"))
	b, errB := run.ReadResult(filepath.Join(dir, "run", "result.json"))
	if errA != nil || errB != nil || !reflect.DeepEqual(a.Values, b.Values) {
		t.Errorf("unbroken %v %v, after two kills %v %v", a.Values, errA, b.Values, errB)
	}
}

// SIGINT and SIGTERM end the step, save and leave with the exit code of an interruption; started again, the training goes on to
// the numbers of an unbroken one.
func TestSignalsEndTheProgramBetweenSteps(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	broken, unbroken := t.TempDir(), t.TempDir()
	cell := []string{"train", "--preset", "tiny", "--steps", "60", "--only", "normal,pixel"}
	folder := filepath.Join("vae", "tiny-60-steps", "pixel-normal", "seed-1")
	for i, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		args := append([]string{"vae"}, append(cell, "--runs", broken, "--backend", "go")...)
		process := exec.Command(self)
		process.Env = append(os.Environ(), programArgs+"="+strings.Join(args, "\n"))
		var stderr bytes.Buffer
		process.Stderr = &stderr
		if err := process.Start(); err != nil {
			t.Fatal(err)
		}
		waitForLines(filepath.Join(broken, folder, "metrics.jsonl"), 3+10*i)
		if err := process.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := process.Wait(); !errors.As(err, &exit) || exit.ExitCode() != cli.CodeInterrupted || !strings.Contains(stderr.String(), "interrupted after step") {
			t.Fatalf("%v: %v: %s", signal, err, stderr.String())
		}
		if _, _, err := run.LatestCheckpoint(filepath.Join(broken, folder)); err != nil {
			t.Errorf("%v: %v", signal, err)
		}
	}
	command(t, cli.CodeOK, broken, cell...)
	command(t, cli.CodeOK, unbroken, cell...)
	compareMetrics(t, filepath.Join(unbroken, folder), filepath.Join(broken, folder))
}

// waitForLines waits until a file has so many lines, for ten minutes at most, on a busy machine.
func waitForLines(path string, lines int) {
	for deadline := time.Now().Add(10 * time.Minute); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if text, _ := os.ReadFile(path); bytes.Count(text, []byte("\n")) >= lines {
			return
		}
	}
}

// α and c start at one value for all coefficients. Training moves each of them its own way, and they come back from the
// checkpoint to the last bit.
func TestShapesAndScalesMoveAndComeBackFromTheCheckpoint(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, likelihood := range []string{"general", "t"} {
			c := shortConfig(t, likelihood, "wavelet", 10)
			data := mustData(t, c)
			job := vae.Job{Config: c, Seed: 1, Dir: t.TempDir()}
			result := mustTrain(t, backend, data, job)
			load := func() (*vae.Model, vae.Parameters) {
				m, err := vae.Load(backend, job.Dir)
				if err != nil {
					t.Fatal(err)
				}
				p, err := m.Parameters()
				if err != nil {
					t.Fatal(err)
				}
				return m, p
			}
			m, first := load()
			if m.Step != 10 || m.Likelihood != likelihood || first.Side != 16 || len(first.Shape) != 16*16*3 {
				t.Fatalf("loaded step %d of %s, side %d, %d shapes", m.Step, m.Likelihood, first.Side, len(first.Shape))
			}
			moved(t, likelihood+" shape", first.Shape, float32(c.Loss.AlphaInit)) // df starts at 1 too
			moved(t, likelihood+" scale", first.Scale, float32(c.Loss.ScaleInit))
			if _, second := load(); !reflect.DeepEqual(first, second) {
				t.Errorf("%s: two loads of one checkpoint differ", likelihood)
			}
			values, err := m.Evaluate(data.Validation)
			if err != nil || !reflect.DeepEqual(values, result.Values) {
				t.Errorf("%s: the loaded model scores %v, %v; the run said %v", likelihood, values, err, result.Values)
			}
		}
	})
}

// On the way a training evaluates with one latent sample an image, which gives the same ELBO as the many at the end, where nothing is
// learned in between.
func TestEvaluationsOnTheWayTakeOneSample(t *testing.T) {
	c := shortConfig(t, "general", "wavelet", 4)
	c.Training.Rate = 1e-30
	data := mustData(t, c)
	job := vae.Job{Config: c, Seed: 1, Dir: t.TempDir(), EvalEvery: 2}
	end := mustTrain(t, testkit.Backend(t, "go"), data, job).Values
	metrics, err := run.ReadMetrics(filepath.Join(job.Dir, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(metrics, func(m run.Metric) bool { _, train := m.Values["loss"]; return m.Step == 2 && !train })
	if at < 0 {
		t.Fatalf("no evaluation after step 2 in %v", metrics)
	}
	if _, many := metrics[at].Values["iwae"]; many {
		t.Error("the importance-weighted bound is computed on the way")
	}
	for _, name := range []string{"elbo", "rate", "distortion"} {
		if got, want := metrics[at].Values[name], end[name]; math.Abs(got-want) > 1e-4*math.Abs(want) {
			t.Errorf("%s is %v on the way, %v at the end", name, got, want)
		}
	}
}

// moved checks that nearly all values left their common start, and not all by the same step.
func moved(t *testing.T, what string, values []float32, start float32) {
	t.Helper()
	stayed, distinct := 0, map[float32]bool{}
	for _, v := range values {
		if d := v/start - 1; d < .01 && d > -.01 {
			stayed++
		}
		distinct[v] = true
	}
	if stayed > len(values)/10 || len(distinct) < len(values)/10 {
		t.Errorf("%s: %d of %d values are within 1 %% of their start %v, %d distinct values", what, stayed, len(values), start, len(distinct))
	}
}

func TestTrainingLowersTheLossOfEveryCell(t *testing.T) {
	b := testkit.Backend(t, "go")
	for _, likelihood := range vae.LikelihoodKeys() {
		for _, representation := range vae.RepresentationKeys() {
			c := shortConfig(t, likelihood, representation, 12)
			data := mustData(t, c)
			job := vae.Job{Config: c, Seed: 1, Dir: t.TempDir()}
			result := mustTrain(t, b, data, job)
			metrics, err := run.ReadMetrics(filepath.Join(job.Dir, "metrics.jsonl"))
			if err != nil || len(metrics) != c.Training.Steps+1 {
				t.Fatalf("%d lines of metrics, %v", len(metrics), err)
			}
			if start := metrics[0].Values["elbo"]; result.Values["elbo"] <= start+10 {
				t.Errorf("%s on %s: ELBO %v at the start, %v at the end", likelihood, representation, start, result.Values["elbo"])
			}
			if v := result.Values; v["iwae"] < v["elbo"]-1 || v["elbo"]+v["rate"]+v["distortion"] > .01 {
				t.Errorf("%s on %s: values %v do not fit together", likelihood, representation, v)
			}
		}
	}
}

func TestDivergingTrainingNamesStepAndTerm(t *testing.T) {
	c := shortConfig(t, "normal", "pixel", 20)
	c.Training.Rate, c.Training.WarmUp = 1e30, 0
	data := mustData(t, c)
	job := vae.Job{Config: c, Seed: 1, Dir: t.TempDir(), CheckpointEvery: 1}
	_, err := vae.Train(t.Context(), testkit.Backend(t, "go"), data, job)
	var nonFinite *run.NonFiniteError
	if !errors.As(err, &nonFinite) || nonFinite.Step < 2 || nonFinite.Step > 5 || nonFinite.Term == "" {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"normal on pixel, seed 1", fmt.Sprintf("step %d", nonFinite.Step), nonFinite.Term} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(job.Dir, "result.json")); err == nil {
		t.Error("a diverged run has a result")
	}
}

func TestFinishedRunIsNotMadeAgain(t *testing.T) {
	c := shortConfig(t, "normal", "pixel", 3)
	data := mustData(t, c)
	b := testkit.Backend(t, "go")
	job := vae.Job{Config: c, Seed: 1, Dir: t.TempDir()}
	first := mustTrain(t, b, data, job)
	if again := mustTrain(t, b, data, job); again.Timing != first.Timing || !reflect.DeepEqual(again.Values, first.Values) {
		t.Errorf("made again: %v, first %v", again.Timing, first.Timing)
	}
	job.Seed = 2
	if _, err := vae.Train(t.Context(), b, data, job); !errors.Is(err, run.ErrConflict) {
		t.Errorf("another seed in the same directory: %v", err)
	}
}
