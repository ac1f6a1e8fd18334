package depth

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

func temporalJob(t *testing.T, row, dir string, backend compute.Backend) Job {
	t.Helper()
	config, err := NewTemporalConfig("tiny", row)
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
	temporal, err := NewTemporalConfig("quick", RowAlpha0)
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
	if _, err := NewTemporalConfig("huge", RowAlpha0); err == nil {
		t.Error("no error")
	}
	if got := (Variant{View: ViewTemporal, Steps: new(cli.Count(10))}).name(); got != "view-temporal-steps-10" {
		t.Errorf("name %q", got)
	}
}
