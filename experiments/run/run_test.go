package run_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

type config struct {
	Rate  float64 `json:"rate"`
	Inner struct {
		Size int `json:"size"`
	} `json:"inner"`
}

func spec(dir string) run.Spec {
	return run.Spec{Experiment: "test", Dir: dir, Config: config{Rate: 0.1}, Seed: 1, Device: "none", Command: "test"}
}

func mustOpen(t *testing.T, s run.Spec) *run.Run {
	t.Helper()
	r, err := run.Open(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func TestFinishedRunOpensWithItsResult(t *testing.T) {
	dir := t.TempDir()
	r := mustOpen(t, spec(dir))
	if _, ok := r.Result(); ok {
		t.Fatal("a new run has a result")
	}
	if _, err := r.Finish(3, run.Values{"score": 1.25}, map[string]int{"rows": 2}); err != nil {
		t.Fatal(err)
	}
	_ = r.Close()

	again := mustOpen(t, spec(dir))
	result, ok := again.Result()
	if !ok || result.Values["score"] != 1.25 || result.Steps != 3 || string(result.Details) == "" {
		t.Fatalf("result %+v, %v", result, ok)
	}
	var got config
	if err := result.DecodeConfig(&got); err != nil || got.Rate != 0.1 {
		t.Errorf("config %+v, %v", got, err)
	}
	if err := again.Log(4, run.Values{"x": 1}); err == nil {
		t.Error("a finished run can be logged to")
	}
	if result.Versions["go"] == "" || result.Device != "none" || result.Command != "test" {
		t.Errorf("manifest %+v", result.Manifest)
	}
}

func TestOtherConfigurationIsAnErrorThatListsTheDifferences(t *testing.T) {
	dir := t.TempDir()
	_ = mustOpen(t, spec(dir)).Close()
	other := spec(dir)
	c := config{Rate: 0.2}
	c.Inner.Size = 5
	other.Config, other.Seed = c, 2
	_, err := run.Open(other)
	wantError(t, err, "rate is 0.1 there and 0.2 here", "inner.size is 0 there and 5 here", "seed is 1 there and 2 here")
	if !errors.Is(err, run.ErrConflict) {
		t.Errorf("%v is no ErrConflict", err)
	}
	other.Restart = true
	_ = mustOpen(t, other)
}

// Another version is worth a warning where the run goes on, not where it is finished and only read.
func TestOtherVersionsAreToldWhereTheRunGoesOn(t *testing.T) {
	dir := t.TempDir()
	_ = mustOpen(t, spec(dir)).Close()
	path := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), `"platform": "`, `"platform": "plan9/`, 1)
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	r := mustOpen(t, spec(dir))
	if w := r.Warnings(); len(w) != 1 || !strings.Contains(w[0], `was started with platform "plan9/`) {
		t.Errorf("warnings %q", w)
	}
	if _, err := r.Finish(1, run.Values{"x": 1}, nil); err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	if w := mustOpen(t, spec(dir)).Warnings(); len(w) != 0 {
		t.Errorf("a finished run is told of %q", w)
	}
}

func TestTwoRunsInOneDirectoryAreRefused(t *testing.T) {
	dir := t.TempDir()
	r := mustOpen(t, spec(dir))
	_, err := run.Open(spec(dir))
	wantError(t, err, "another process", "pid", dir)
	_ = r.Close()
	_ = mustOpen(t, spec(dir))
}

func TestConfigurationMustBeAnObject(t *testing.T) {
	s := spec(t.TempDir())
	s.Config = 3
	_, err := run.Open(s)
	wantError(t, err, "JSON object")
}

func TestNonFiniteValuesNameStepAndTerm(t *testing.T) {
	r := mustOpen(t, spec(t.TempDir()))
	err := r.Log(7, run.Values{"rate": 1, "distortion": math.NaN()})
	wantError(t, err, "step 7", `"distortion"`, "NaN")
	var nonFinite *run.NonFiniteError
	if !errors.As(err, &nonFinite) || nonFinite.Step != 7 || nonFinite.Term != "distortion" {
		t.Errorf("error %#v", err)
	}
	if metrics, err := r.Metrics(); err != nil || len(metrics) != 0 {
		t.Errorf("the failed line was written: %v, %v", metrics, err)
	}
	if _, err := r.Finish(7, run.Values{"elbo": math.Inf(-1)}, nil); err == nil {
		t.Error("a result of −Inf was written")
	}
	blamed := run.CheckFinite(1, run.Values{"loss": math.NaN(), "rate": math.Inf(1)}, "rate", "loss")
	wantError(t, blamed, `"rate"`)
}

func TestMetricsAreCutBackToTheCheckpoint(t *testing.T) {
	dir := t.TempDir()
	r := mustOpen(t, spec(dir))
	log := func(r *run.Run, step int) {
		t.Helper()
		if err := r.Log(step, run.Values{"x": float64(step) / 3}); err != nil {
			t.Fatal(err)
		}
	}
	log(r, 1)
	if err := r.SaveState(1, map[string]float64{"sum": 1. / 3}); err != nil {
		t.Fatal(err)
	}
	log(r, 2)
	_ = r.Close()
	appendTo(t, filepath.Join(dir, "metrics.jsonl"), `{"step":3,"x":`) // a line torn by a crash

	r = mustOpen(t, spec(dir))
	var state map[string]float64
	if step, err := r.LoadState(&state); step != 1 || err != nil || state["sum"] != 1./3 {
		t.Fatalf("state %v of step %d, %v", state, step, err)
	}
	log(r, 2)
	metrics, err := r.Metrics()
	want := []run.Metric{{Step: 1, Values: run.Values{"x": 1. / 3}}, {Step: 2, Values: run.Values{"x": 2. / 3}}}
	if err != nil || !reflect.DeepEqual(metrics, want) {
		t.Errorf("metrics %v, %v, want %v", metrics, err, want)
	}
}

func TestRunWithoutCheckpointStartsAnew(t *testing.T) {
	dir := t.TempDir()
	r := mustOpen(t, spec(dir))
	_ = r.Log(1, run.Values{"x": 1})
	_ = r.Close()
	r = mustOpen(t, spec(dir))
	if metrics, err := r.Metrics(); err != nil || len(metrics) != 0 || r.Step() != 0 {
		t.Errorf("step %d, metrics %v, %v", r.Step(), metrics, err)
	}
}

func TestDamagedCheckpointFallsBackToTheOneBefore(t *testing.T) {
	dir := t.TempDir()
	r := mustOpen(t, spec(dir))
	for step := 1; step <= 4; step++ {
		_ = r.Log(step, run.Values{"x": float64(step)})
		if err := r.SaveState(step, step); err != nil {
			t.Fatal(err)
		}
	}
	_ = r.Close()
	kept, _ := filepath.Glob(filepath.Join(dir, "checkpoints", "step-*"))
	if len(kept) != 2 {
		t.Fatalf("kept %v, want two checkpoints", kept)
	}
	if err := os.Truncate(filepath.Join(kept[1], "solver.json"), 0); err != nil {
		t.Fatal(err)
	}

	r = mustOpen(t, spec(dir))
	var state int
	if step, err := r.LoadState(&state); step != 3 || state != 3 || err != nil {
		t.Errorf("state %d of step %d, %v", state, step, err)
	}
	if len(r.Warnings()) != 1 || !strings.Contains(r.Warnings()[0], "damaged") {
		t.Errorf("warnings %q", r.Warnings())
	}
	if err := r.SaveState(4, 40); err != nil { // takes the damaged one's place
		t.Fatal(err)
	}
	if err := r.SaveState(4, 41); err == nil {
		t.Error("a step's checkpoint can be saved twice")
	}
}

func TestRunIsReadWithoutItsLock(t *testing.T) {
	dir := t.TempDir()
	_, err := run.ReadManifest(dir)
	wantError(t, err, dir, "config.json")
	r := mustOpen(t, spec(dir))
	_, _, err = run.LatestCheckpoint(dir)
	wantError(t, err, dir, "no checkpoint yet")
	for step := 1; step <= 2; step++ {
		if err := r.SaveState(step, step); err != nil {
			t.Fatal(err)
		}
	}
	checkpoint, step, err := run.LatestCheckpoint(dir)
	if own, _ := r.CheckpointDir(); err != nil || step != 2 || checkpoint != own {
		t.Errorf("checkpoint %s of step %d, %v; the run says %s", checkpoint, step, err, own)
	}
	manifest, err := run.ReadManifest(dir)
	if err != nil || manifest.Experiment != "test" || manifest.Seed != 1 {
		t.Errorf("manifest %+v, %v", manifest, err)
	}
	for _, number := range []string{"1", "2"} {
		damaged := filepath.Join(dir, "checkpoints", "step-0000000"+number, "solver.json")
		if err := os.Truncate(damaged, 0); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err = run.LatestCheckpoint(dir)
	wantError(t, err, "no intact checkpoint", "step-00000002")
}

func TestKeepCopiesResultsOnly(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	r := mustOpen(t, spec(filepath.Join(from, "cell", "seed-1")))
	_ = r.Log(1, run.Values{"x": 1})
	if _, err := r.Finish(1, run.Values{"x": 1}, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := run.Keep(from, to); n != 1 || err != nil {
		t.Fatalf("kept %d, %v", n, err)
	}
	results, err := run.ReadResults(to)
	if err != nil || len(results) != 1 || results[0].Values["x"] != 1 {
		t.Fatalf("results %v, %v", results, err)
	}
	entries, _ := os.ReadDir(filepath.Dir(results[0].Path))
	if len(entries) != 1 {
		t.Errorf("more than the result was copied: %v", entries)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func TestKeptResults(t *testing.T) {
	kept := fstest.MapFS{
		"results/quick/a/result.json": {Data: []byte(`{"experiment": "test", "seed": 3, "config": {}, "values": {"x": 1}}`)},
		"results/quick/README.md":     {Data: []byte("no result")},
	}
	results, err := run.KeptResults(kept, "quick")
	if err != nil || len(results) != 1 || results[0].Seed != 3 || results[0].Path != filepath.Join("a", "result.json") {
		t.Errorf("quick: %v, %v", results, err)
	}
	for _, name := range []string{"paper", "../quick"} {
		if _, err := run.KeptResults(kept, name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: the error is %v", name, err)
		}
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
