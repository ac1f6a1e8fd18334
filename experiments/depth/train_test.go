package depth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

func TestMain(m *testing.M) {
	testkit.CompileQuickly()
	m.Run()
}

// command runs one command line of the experiment on the pure-Go backend, which need not compile graphs.
func command(t *testing.T, runs string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var g struct {
		cli.Flags
		Command
	}
	var out, err bytes.Buffer
	if args[0] != "streets" {
		args = append(args, "--runs", runs, "--backend", "go")
	}
	code = cli.Main(cli.Program{Name: "test"}, &g, &g.Flags, args, &out, &err)
	return code, out.String(), err.String()
}

// One command makes the table; a second one finds everything done; figures and other protocols take what is there.
func TestTableCommandMakesAllRows(t *testing.T) {
	runs := t.TempDir()
	code, stdout, stderr := command(t, runs, "table", "--preset", "tiny")
	if code != cli.CodeOK {
		t.Fatalf("code %d: %s", code, stderr)
	}
	if rows := strings.Count(stdout, "\n| ") - 1; rows != 8 || strings.Count(stdout, "–") != len(Metrics) {
		t.Errorf("the table has %d rows, want 8, the first without a number of its own:\n%s", rows, stdout)
	}
	kept := filepath.Join(runs, "kept")
	code, again, stderr := command(t, runs, "table", "--preset", "tiny", "--keep", kept)
	if code != cli.CodeOK || again != stdout || strings.Contains(stderr, "12/12") {
		t.Errorf("code %d, the table changed or was made again: %s\n%s", code, stderr, again)
	}
	if results, err := run.ReadResults(kept); err != nil || len(results) != 7 {
		t.Errorf("%d results kept, %v, want 7", len(results), err)
	}
	code, stdout, stderr = command(t, runs, "figures", "--preset", "tiny", "--only", "adaptive", "--examples", "2")
	if code != cli.CodeOK || !strings.Contains(stdout, "alpha.png") {
		t.Fatalf("code %d: %s%s", code, stdout, stderr)
	}
	for path := range strings.Lines(stdout) {
		f, err := os.Open(strings.TrimSpace(path))
		if err != nil {
			t.Fatal(err)
		}
		if im, err := png.Decode(f); err != nil || im.Bounds().Dx() < 300 {
			t.Errorf("%s: %v", path, err)
		}
		_ = f.Close()
	}
	_, public, _ := command(t, runs, "eval", "--preset", "tiny", "--only", "l1")
	_, other, _ := command(t, runs, "eval", "--preset", "tiny", "--only", "l1", "--no-median-scaling", "--no-crop", "--cap", "50")
	if !strings.Contains(public, "l1        seed 1") || public == other {
		t.Errorf("evaluations %q and %q", public, other)
	}
}

// interrupted is a context that ends when it has been asked so many times.
type interrupted struct {
	context.Context
	left int
}

func (c *interrupted) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func tinyJob(t *testing.T, row, dir string, streets Source) Job {
	t.Helper()
	config, err := NewConfig("tiny", row)
	if err != nil {
		t.Fatal(err)
	}
	return Job{Row: row, Config: config, Seed: 3, Source: streets, Dir: dir, Backend: testkit.Backend(t, "go"), Device: "test", Command: "test"}
}

func tinyStreets(t *testing.T) Source {
	t.Helper()
	config, err := NewConfig("tiny", RowBaseline)
	if err != nil {
		t.Fatal(err)
	}
	streets, err := config.Data.Streets(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return streets
}

// Training that is interrupted twice ends with the numbers of unbroken training, bit for bit.
func TestInterruptedTrainingEndsWithTheSameNumbers(t *testing.T) {
	streets, root := tinyStreets(t), t.TempDir()
	train := func(ctx context.Context, dir string) (*Trained, error) {
		return tinyJob(t, RowAdaptive, filepath.Join(root, dir), streets).Train(ctx)
	}
	unbroken, err := train(t.Context(), "unbroken")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := train(&interrupted{t.Context(), 4}, "broken"); !errors.Is(err, run.ErrInterrupted) {
			t.Fatalf("error %v, want an interruption", err)
		}
	}
	resumed, err := train(t.Context(), "broken")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(resumed.Result.Values, unbroken.Result.Values) || !reflect.DeepEqual(resumed.Result.Details, unbroken.Result.Details) {
		t.Errorf("resumed: %v\n%s\nunbroken: %v\n%s", resumed.Result.Values, resumed.Result.Details, unbroken.Result.Values, unbroken.Result.Details)
	}
	a, errA := unbroken.run.Metrics()
	b, errB := resumed.run.Metrics()
	if errA != nil || errB != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("metrics %v, %v, want %v, %v", b, errB, a, errA)
	}
	if err := errors.Join(unbroken.Close(), resumed.Close()); err != nil {
		t.Error(err)
	}
}

// The exact depth of the streets, put in as a prediction, has no error; the true disparity of each pixel gives it back.
func TestExactDepthHasNoError(t *testing.T) {
	streets := tinyStreets(t)
	config, _ := NewConfig("tiny", RowBaseline)
	_, loader, err := streets.loaders(config, 1)
	if err != nil {
		t.Fatal(err)
	}
	tests, err := readTestSet(loader)
	if err != nil {
		t.Fatal(err)
	}
	var predictions []*kitti.Depth
	for i, truth := range tests.Truths {
		fb := tests.Pairs[i].FocalBaseline()
		disparities := make([]float32, len(truth.Metres))
		for k, z := range truth.Metres {
			disparities[k] = .01
			if z > 0 {
				disparities[k] = float32(fb) / z
			}
		}
		predictions = append(predictions, Depth(disparities, truth.Height, truth.Width, fb))
	}
	values, err := tests.Score(predictions, config.Protocol)
	if err != nil {
		t.Fatal(err)
	}
	if values["abs_rel"] > 1e-6 || values["rms"] > 1e-4 || values["delta1"] < 1-1e-9 {
		t.Errorf("%v, want no error", values)
	}
}

// Commands that read trained rows do not train: they name the command that does.
func TestEvalAndFiguresRefuseRowsThatAreNotTrained(t *testing.T) {
	for _, name := range []string{"eval", "figures"} {
		runs := t.TempDir()
		code, stdout, stderr := command(t, runs, name, "--preset", "tiny", "--only", "l1")
		if code != cli.CodeFailed || stdout != "" || !strings.Contains(stderr, "not started; train it first: go run ./experiments depth train --preset tiny --only l1") {
			t.Errorf("%s: code %d: %s%s", name, code, stdout, stderr)
		}
		if entries, err := os.ReadDir(runs); err != nil || len(entries) > 0 {
			t.Errorf("%s left %v (%v)", name, entries, err)
		}
	}
}

func TestWrongNumbersAreRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"--steps: must be 1 or more, it is -5":     {"table", "--steps=-5"},
		"--flip must be in [0, 1], it is 2":        {"train", "--preset", "tiny", "--flip", "2"},
		"--scale must be in":                       {"train", "--preset", "tiny", "--scale", "0"},
		"--ssim must be in [0, 1], it is NaN":      {"train", "--preset", "tiny", "--ssim", "NaN"},
		"--eval-every must not be negative, it is": {"train", "--preset", "tiny", "--eval-every=-1"},
	} {
		if code, _, stderr := command(t, t.TempDir(), args...); code == cli.CodeOK || !strings.Contains(stderr, want) {
			t.Errorf("%v: code %d: %s, want %q", args, code, stderr, want)
		}
	}
}

func TestPaperPresetAsksForTheRecordings(t *testing.T) {
	code, _, stderr := command(t, t.TempDir(), "train", "--preset", "paper", "--only", "l1")
	if code != cli.CodeFailed || !strings.Contains(stderr, "--train-split") {
		t.Errorf("code %d, %q", code, stderr)
	}
}

// The streets that are written pass through the path of real recordings: --data and split files.
func TestRecordingsAreReadFromSplitFiles(t *testing.T) {
	root := t.TempDir()
	if code, _, stderr := command(t, root, "streets", filepath.Join(root, "raw"), "--train", "6", "--test", "2", "--height", "40", "--width", "120"); code != cli.CodeOK {
		t.Fatal(stderr)
	}
	code, stdout, stderr := command(t, root, "train", "--preset", "tiny", "--only", "l1", "--data", filepath.Join(root, "raw"),
		"--train-split", filepath.Join(root, "raw", "train_files.txt"), "--test-split", filepath.Join(root, "raw", "test_files.txt"))
	if code != cli.CodeOK || !strings.Contains(stdout, "AbsRel") {
		t.Errorf("code %d: %s%s", code, stdout, stderr)
	}
}

func temporalJob(t *testing.T, row, dir string, backend compute.Backend) Job {
	t.Helper()
	config, err := newTemporalConfig("tiny", row)
	if err != nil {
		t.Fatal(err)
	}
	streets, err := config.Data.Streets(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return Job{Row: row, Config: config, Seed: 3, Source: streets, Dir: dir, Backend: backend, Device: "test", Command: "test"}
}

// Training on neighbouring frames runs on both backends, moves the pose network, and ends the same when it is interrupted.
func TestTemporalTrainingRunsAndResumes(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		root := t.TempDir()
		train := func(ctx context.Context, dir string) (*Trained, error) {
			return temporalJob(t, RowAdaptive, filepath.Join(root, dir), backend).Train(ctx)
		}
		unbroken, err := train(t.Context(), "unbroken")
		if err != nil {
			t.Fatalf("%+v", err)
		}
		if _, err := train(&interrupted{t.Context(), 4}, "broken"); !errors.Is(err, run.ErrInterrupted) {
			t.Fatalf("error %v, want an interruption", err)
		}
		resumed, err := train(t.Context(), "broken")
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(resumed.Result.Values, unbroken.Result.Values) || !reflect.DeepEqual(resumed.Result.Details, unbroken.Result.Details) {
			t.Errorf("resumed: %v\nunbroken: %v", resumed.Result.Values, unbroken.Result.Values)
		}
		_, photometric, err := unbroken.Curve("photometric")
		if err != nil || len(photometric) < 3 || photometric[len(photometric)-1] >= photometric[0] {
			t.Errorf("losses %v, %v, want them to fall", photometric, err)
		}
		if n := unbroken.Store.Scope("/" + poseScope).NumParameters(); n == 0 {
			t.Error("there is no pose network")
		}
		if err := errors.Join(unbroken.Close(), resumed.Close()); err != nil {
			t.Error(err)
		}
	})
}

// All kinds of loss and all options work with several sources.
func TestTemporalViewTakesEveryLoss(t *testing.T) {
	root := t.TempDir()
	for row, change := range map[string]func(*Config){
		RowBaseline: func(c *Config) { c.Loss.SSIM, c.Loss.Smoothness = .85, .1 },
		RowAnneal:   func(c *Config) { c.Network.Scales, c.Network.Output = 2, 2 },
		RowAlpha0:   func(*Config) {},
	} {
		job := temporalJob(t, row, filepath.Join(root, row), testkit.Backend(t, "go"))
		change(&job.Config)
		trained, err := job.Train(t.Context())
		if err != nil {
			t.Fatalf("%s: %+v", row, err)
		}
		if avg := trained.Result.Values["avg"]; !(avg > 0 && avg < 2) {
			t.Errorf("%s: Avg %g", row, avg)
		}
		if err := trained.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTemporalViewOnTheCommandLine(t *testing.T) {
	root := t.TempDir()
	raw := filepath.Join(root, "raw")
	if code, _, stderr := command(t, root, "streets", raw, "--train", "6", "--test", "2", "--height", "40", "--width", "120", "--neighbours"); code != cli.CodeOK {
		t.Fatal(stderr)
	}
	split := filepath.Join(raw, "train_files.txt")
	lines, err := os.ReadFile(split)
	if err != nil {
		t.Fatal(err)
	}
	// The frame before the first street has none before it.
	alone := strings.ReplaceAll(strings.SplitAfter(string(lines), "\n")[0], "0000000001", "0000000000")
	if err := os.WriteFile(split, append(lines, alone...), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"--preset", "tiny", "--only", "l1", "--view", "temporal", "--data", raw, "--train-split", split, "--test-split", filepath.Join(raw, "test_files.txt")}
	code, stdout, stderr := command(t, root, append([]string{"train"}, args...)...)
	if code != cli.CodeOK || !strings.Contains(stdout, "AbsRel") || !strings.Contains(stderr, "1 training frames have no frame before or after them and are left out, 6 are used") {
		t.Errorf("code %d: %s%s", code, stdout, stderr)
	}
	if _, err := os.Stat(filepath.Join(root, Experiment, "tiny-view-temporal", "l1", "seed-1")); err != nil {
		t.Error(err)
	}
	code, _, stderr = command(t, root, append([]string{"eval", "--no-median-scaling"}, args...)...)
	if code == cli.CodeOK || !strings.Contains(stderr, "scale") {
		t.Errorf("code %d: %s", code, stderr)
	}
	if err := os.WriteFile(split, []byte(alone), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, stderr = command(t, root, append([]string{"train", "--restart"}, args...)...)
	if code == cli.CodeOK || !strings.Contains(stderr, "none of the 1 training frames") {
		t.Errorf("code %d: %s", code, stderr)
	}
}

// Configurations of stereo pairs are written as they were before there was another view, so that kept results stay theirs.
func TestStereoConfigurationsDoNotMentionTheView(t *testing.T) {
	stereo, err := NewConfig("quick", RowAlpha0)
	if err != nil {
		t.Fatal(err)
	}
	temporal, err := newTemporalConfig("quick", RowAlpha0)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		Config
		mentions bool
	}{"stereo": {stereo, false}, "temporal": {temporal, true}} {
		text, err := json.Marshal(c.Config)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{`"view"`, `"pose"`} {
			if strings.Contains(string(text), word) != c.mentions {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
	if _, err := newTemporalConfig("huge", RowAlpha0); err == nil {
		t.Error("no error")
	}
	if got := (Variant{View: ViewTemporal, Steps: new(cli.Count(10))}).name(); got != "view-temporal-steps-10" {
		t.Errorf("name %q", got)
	}
}
