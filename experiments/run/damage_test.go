package run_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// checkpointed makes an unfinished run with the checkpoints of the steps 1 … steps, of which the last two are kept.
func checkpointed(t *testing.T, s run.Spec, steps int) {
	t.Helper()
	r := mustOpen(t, s)
	for step := 1; step <= steps; step++ {
		if err := r.Log(step, run.Values{"x": float64(step) / 3}); err != nil {
			t.Fatal(err)
		}
		if err := r.SaveState(step, step); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// mustFinish finishes a run and closes it.
func mustFinish(t *testing.T, s run.Spec) {
	t.Helper()
	r := mustOpen(t, s)
	if _, err := r.Finish(2, run.Values{"x": 1}, nil); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// checkpoint is the path of a file in a checkpoint.
func checkpoint(dir, step, name string) string {
	return filepath.Join(dir, "checkpoints", "step-0000000"+step, name)
}

func mustWrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Whatever stands in a checkpoint's files, the run goes on from the one before, and says so in one line.
func TestDamagedStateFallsBackToTheOtherCheckpoint(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, dir string, state string) string{
		"empty":      func(*testing.T, string, string) string { return "" },
		"an object":  func(*testing.T, string, string) string { return "{}" },
		"cut":        func(_ *testing.T, _, state string) string { return state[:len(state)/2] },
		"other step": func(_ *testing.T, _, state string) string { return strings.Replace(state, `"step": 4`, `"step": 9`, 1) },
		"huge length": func(_ *testing.T, _, state string) string {
			return strings.Replace(state, `"bytes": `, `"bytes": 400000000000`, 1)
		},
		"two values": func(_ *testing.T, _, state string) string { return state + "{}" },
		"null":       func(*testing.T, string, string) string { return "null" },
		"of step 3":  func(t *testing.T, dir, _ string) string { return mustRead(t, checkpoint(dir, "3", "state.json")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			checkpointed(t, spec(dir), 4)
			path := checkpoint(dir, "4", "state.json")
			damaged := damage(t, dir, mustRead(t, path))
			if damaged == mustRead(t, path) {
				t.Fatal("nothing was damaged")
			}
			mustWrite(t, path, damaged)
			if _, step, err := run.LatestCheckpoint(dir); err != nil || step != 3 {
				t.Errorf("the latest checkpoint is of step %d, %v", step, err)
			}
			var told strings.Builder
			asked := spec(dir)
			asked.Warnings = &told
			r := mustOpen(t, asked)
			if want := strings.Join(r.Warnings(), "\n") + "\n"; told.String() != want {
				t.Errorf("told %q, want %q", told.String(), want)
			}
			var state int
			if step, err := r.LoadState(&state); err != nil || step != 3 || state != 3 {
				t.Errorf("state %d of step %d, %v", state, step, err)
			}
			if w := r.Warnings(); len(w) != 1 || !strings.Contains(w[0], "step-00000004 is damaged and not used") || strings.Contains(w[0], "\n") {
				t.Errorf("warnings %q", w)
			}
			if metrics, err := r.Metrics(); err != nil || len(metrics) != 3 {
				t.Errorf("%d lines of metrics, %v", len(metrics), err)
			}
		})
	}
}

// A checkpoint that was put there from a run of another configuration or seed is not taken, by a run or by an evaluation.
func TestCheckpointOfAnotherRunIsNotUsed(t *testing.T) {
	other := spec(t.TempDir())
	other.Seed = 2
	checkpointed(t, other, 5)
	dir := t.TempDir()
	checkpointed(t, spec(dir), 4)
	if err := os.CopyFS(filepath.Join(dir, "checkpoints", "step-00000005"), os.DirFS(filepath.Join(other.Dir, "checkpoints", "step-00000005"))); err != nil {
		t.Fatal(err)
	}
	if _, step, err := run.LatestCheckpoint(dir); err != nil || step != 4 {
		t.Errorf("the latest checkpoint is of step %d, %v", step, err)
	}
	r := mustOpen(t, spec(dir))
	if w := r.Warnings(); r.Step() != 4 || len(w) != 1 || !strings.Contains(w[0], "another configuration or seed") {
		t.Errorf("step %d, warnings %q", r.Step(), w)
	}
}

// Two damaged checkpoints with later steps must not push out each new good one.
func TestDamagedCheckpointsDoNotCount(t *testing.T) {
	dir := t.TempDir()
	for _, step := range []string{"8", "9"} {
		mustWrite(t, checkpoint(dir, step, "state.json"), "{}")
		mustWrite(t, checkpoint(dir, step, "solver.json"), "9")
	}
	for step := 1; step <= 4; step++ { // one process a step
		r := mustOpen(t, spec(dir))
		if got := r.Step(); got != step-1 {
			t.Fatalf("goes on from step %d, want %d", got, step-1)
		}
		if err := r.SaveState(step, step); err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
	}
	kept, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*"))
	if err != nil || len(kept) != 2 || filepath.Base(kept[0]) != "step-00000003" || filepath.Base(kept[1]) != "step-00000004" {
		t.Errorf("kept %q, %v", kept, err)
	}
}

// metrics.jsonl is never padded or taken as it comes: it has what the checkpoint says, or the checkpoint is not used.
func TestMetricsAreCheckedAgainstTheCheckpoint(t *testing.T) {
	line := func(n string) string { return `{"step":` + n + `,"x":` }
	for name, c := range map[string]struct {
		damage func(text string) (string, bool)
		step   int // goes on from there; −1: it refuses
	}{
		"a torn line more":  {func(text string) (string, bool) { return text + line("5"), true }, 4},
		"a whole line more": {func(text string) (string, bool) { return text + line("5") + "1}\n", true }, 4},
		"a line less":       {func(text string) (string, bool) { return text[:strings.LastIndex(text, line("4"))], true }, 3},
		"most is gone":      {func(text string) (string, bool) { return text[:5], true }, -1},
		"all is gone":       {func(string) (string, bool) { return "", false }, -1},
		"another number": {func(text string) (string, bool) {
			return strings.Replace(text, line("1")+"0.33", line("1")+"0.34", 1), true
		}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			checkpointed(t, spec(dir), 4)
			path := filepath.Join(dir, "metrics.jsonl")
			whole := mustRead(t, path)
			text, there := c.damage(whole)
			mustWrite(t, path, text)
			if !there {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
			r, err := run.Open(spec(dir))
			if c.step < 0 {
				wantError(t, err, "cannot go on", "metrics.jsonl", "--restart")
				mustWrite(t, path, whole) // put back, it goes on
				if r = mustOpen(t, spec(dir)); r.Step() != 4 {
					t.Errorf("goes on from step %d", r.Step())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.Close() }()
			metrics, err := r.Metrics()
			if err != nil || r.Step() != c.step || len(metrics) != c.step {
				t.Errorf("step %d, %d lines, %v; want %d of both", r.Step(), len(metrics), err, c.step)
			}
			if got := mustRead(t, path); !strings.HasPrefix(whole, got) {
				t.Errorf("the file is %q", got)
			}
		})
	}
}

func TestRemovedDirectoryIsAnError(t *testing.T) {
	for name, write := range map[string]func(r *run.Run) error{
		"log":        func(r *run.Run) error { return r.Log(3, run.Values{"x": 1}) },
		"checkpoint": func(r *run.Run) error { return r.SaveState(3, 3) },
		"result":     func(r *run.Run) error { _, err := r.Finish(3, run.Values{"x": 1}, nil); return err },
	} {
		for _, replaced := range []bool{false, true} {
			dir := filepath.Join(t.TempDir(), "run")
			r := mustOpen(t, spec(dir))
			if err := r.SaveState(2, 2); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if replaced {
				_ = mustOpen(t, spec(dir))
			}
			wantError(t, write(r), dir, "was removed or replaced")
			if _, err := os.Stat(dir); !replaced && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: the directory is there again: %v", name, err)
			}
		}
	}
}

func TestOrphansAreSwept(t *testing.T) {
	for _, finished := range []bool{false, true} {
		dir := t.TempDir()
		checkpointed(t, spec(dir), 2)
		if finished {
			mustFinish(t, spec(dir))
		}
		for _, orphan := range []string{".tmp-result.json-123", ".tmp-examples.png-4", "checkpoints/.staging/solver.json", "checkpoints/.variables/x.bin"} {
			mustWrite(t, filepath.Join(dir, orphan), "{")
		}
		r := mustOpen(t, spec(dir))
		if _, ok := r.Result(); ok != finished || r.Step() != 2 {
			t.Errorf("finished %v, step %d", ok, r.Step())
		}
		for _, pattern := range []string{".tmp-*", "checkpoints/.*"} {
			if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		}
	}
}

// On read-only media no lock can be taken. A finished run needs none; an unfinished one says so.
func TestFinishedRunOpensWithoutItsLock(t *testing.T) {
	dir := t.TempDir()
	checkpointed(t, spec(dir), 2)
	lock := filepath.Join(dir, "lock")
	if err := errors.Join(os.Remove(lock), os.Mkdir(lock, 0o755)); err != nil { // what no process can lock, not even root's
		t.Fatal(err)
	}
	_, err := run.Open(spec(dir))
	wantError(t, err, "cannot lock the run")
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	mustFinish(t, spec(dir))
	if err := errors.Join(os.Remove(lock), os.Mkdir(lock, 0o755)); err != nil {
		t.Fatal(err)
	}
	r := mustOpen(t, spec(dir))
	var state int
	if result, ok := r.Result(); !ok || result.Values["x"] != 1 {
		t.Errorf("result %+v", result)
	}
	if step, err := r.LoadState(&state); step != 2 || state != 2 || err != nil {
		t.Errorf("state %d of step %d, %v", state, step, err)
	}
}

// A result without its config.json is not taken for that of another configuration.
func TestResultOfAnotherRunIsRefused(t *testing.T) {
	dir := t.TempDir()
	mustFinish(t, spec(dir))
	if err := os.Remove(filepath.Join(dir, "config.json")); err != nil {
		t.Fatal(err)
	}
	other := spec(dir)
	other.Seed = 7
	_, err := run.Open(other)
	wantError(t, err, "seed is 1 there and 7 here")
}

// badJSON is what no reader takes, by what the message says.
var badJSON = map[string]string{
	"unexpected EOF":                `{"experiment": "test"`,
	"unexpected end":                "",
	"invalid character":             "\x00\x01\x02",
	"unknown field \"nonsense\"":    `{"experiment": "test", "config": {}, "nonsense": 1}`,
	"\"seed\" occurs twice":         `{"experiment": "test", "seed": 1, "config": {}, "seed": 2}`,
	"more after the JSON value":     `{"experiment": "test", "config": {}}{}`,
	"cannot unmarshal string":       `{"experiment": "test", "seed": "1", "config": {}}`,
	"cannot unmarshal number 1e999": `{"experiment": "test", "seed": 1e999, "config": {}}`,
	"names no experiment":           `{}`,
	"has no configuration":          `{"experiment": "test", "config": [1]}`,
	"it is larger than":             `{"experiment": "` + strings.Repeat("x", 65<<20) + `"}`,
	"more than 100 arrays":          `{"experiment": ` + strings.Repeat("[", 20_000),
}

func TestBadConfigAndResultFilesAreRefused(t *testing.T) {
	dir := t.TempDir()
	config, result := filepath.Join(dir, "config.json"), filepath.Join(dir, "result.json")
	check := func(name, text, want string) {
		t.Helper()
		mustWrite(t, config, text)
		if _, err := run.ReadManifest(dir); name == "config" {
			wantError(t, err, want, "config.json")
		}
		mustWrite(t, result, text)
		if _, err := run.ReadResult(result); err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "EOF") {
			t.Errorf("result with %.60q: %v, want %q", text, err, want)
		} else if _, all := run.ReadResults(dir); all == nil || !strings.Contains(all.Error(), "result.json") {
			t.Errorf("read with others: %v", all)
		}
	}
	for want, text := range badJSON {
		if want == "unexpected end" {
			want = "unexpected EOF"
		}
		check("config", text, want)
	}
	const head = `{"experiment": "test", "config": {}, `
	for want, text := range map[string]string{
		"it has no values":        head + `"steps": 3}`,
		"\"x\" is null":           head + `"values": {"x": null}}`,
		"cannot unmarshal bool":   head + `"values": {"x": true}}`,
		"number 1e400":            head + `"values": {"x": 1e400}}`,
		"times are negative":      head + `"values": {"x": 1}, "timing": {"seconds": -1}}`,
		"steps or times":          head + `"values": {"x": 1}, "steps": -1}`,
		"\"x\" occurs twice":      head + `"values": {"x": 1, "x": 2}}`,
		"invalid character '\\n'": head + "\"values\": {\"x\n\": 1}}",
	} {
		check("result", text, want)
	}
	for _, broken := range []string{"config.json", "result.json"} {
		if err := os.Remove(filepath.Join(dir, broken)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(broken, filepath.Join(dir, broken)); err != nil { // a loop
			t.Fatal(err)
		}
	}
	if _, err := run.ReadManifest(dir); err == nil {
		t.Error("a link to itself is read")
	}
	if _, err := run.ReadResult(result); err == nil {
		t.Error("a link to itself is read")
	}
	if err := errors.Join(os.Remove(result), os.Mkdir(result, 0o755)); err != nil {
		t.Fatal(err)
	}
	_, err := run.ReadResult(result)
	wantError(t, err, "not a regular file")
}

func TestBadMetricsNameTheLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metrics.jsonl")
	for want, line := range map[string]string{
		`want a whole number as "step"`:  `{"x": 1}`,
		`want a whole number as "step" `: `{"step": 1.5}`,
		`want an object with a step`:     `null`,
		`want an object with a step `:    `[1]`,
		"invalid character":              "{\x00\x00\x00",
		`"x" is null`:                    `{"step": 2, "x": null}`,
		`"x" occurs twice`:               `{"step": 2, "x": 1, "x": 2}`,
		"more after the JSON value":      `{"step": 2} {"step": 3}`,
		"longer than":                    `{"step": 2, "` + strings.Repeat("x", 2<<20) + `": 1}`,
		"cannot unmarshal number 1e999 ": `{"step": 2, "x": 1e999}`,
	} {
		mustWrite(t, path, `{"step":1,"x":0.5}`+"\n"+line+"\n")
		_, err := run.ReadMetrics(path)
		wantError(t, err, strings.TrimSpace(want), "metrics.jsonl, line 2:")
	}
}

// Fields that a configuration no longer has are refused, but for those that are named.
func TestRetiredFieldsAreNamed(t *testing.T) {
	m := run.Manifest{Config: []byte(`{"rate": 0.25, "inner": {"size": 3, "old": [1]}}`)}
	var c config
	wantError(t, m.DecodeConfig(&c), `unknown field "old"`)
	if err := m.DecodeConfig(&c, "inner.old", "elsewhere.old"); err != nil || c.Rate != .25 || c.Inner.Size != 3 {
		t.Errorf("%+v, %v", c, err)
	}
}

// What a reader takes it understands: written again and read again, it is the same.
func FuzzResult(f *testing.F) {
	for _, text := range badJSON {
		if len(text) < 1<<10 {
			f.Add([]byte(text))
		}
	}
	f.Add([]byte(`{"experiment": "a", "seed": 1, "device": "d", "command": "c", "versions": {"go": "1"}, "config": {"x": [1, {}]}, "steps": 2, "values": {"y": 1e-3}, "details": [1], "timing": {"seconds": 1}}`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "result.json")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		result, err := run.ReadResult(path)
		if err != nil {
			if !strings.Contains(err.Error(), path) {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		again, err := json.Marshal(result)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, again, 0o644); err != nil {
			t.Fatal(err)
		}
		second, err := run.ReadResult(path)
		if err != nil {
			t.Fatalf("%q is written as %q, which is not read: %v", data, again, err)
		}
		if third, err := json.Marshal(second); err != nil || !bytes.Equal(again, third) {
			t.Errorf("%q becomes %q (%v)", again, third, err)
		}
	})
}

func FuzzMetrics(f *testing.F) {
	f.Add([]byte("{\"step\":1,\"x\":0.5}\n{\"step\":2}\n{\"step\":3,\"x\":"))
	f.Add([]byte("{\"step\":1,\"x\":null}\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "metrics.jsonl")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		metrics, err := run.ReadMetrics(path)
		if err != nil && !strings.Contains(err.Error(), "metrics.jsonl, line ") {
			t.Errorf("the error names no line: %v", err)
		}
		if err == nil && len(metrics) != bytes.Count(data, []byte("\n")) {
			t.Errorf("%d lines of %d are read", len(metrics), bytes.Count(data, []byte("\n")))
		}
	})
}

// A run whose config.json is damaged or whose state is anything at all opens or says why; nothing panics.
func FuzzState(f *testing.F) {
	f.Add([]byte("{}"), []byte(`{"experiment":"test"}`))
	f.Add([]byte(`{"step":4,"run":"","metrics":{"bytes":4000000000000,"sha256":""},"seconds":1,"files":{"../../etc":"x"},"sha256":""}`), []byte(nil))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, state, config []byte) {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		mustWrite(t, checkpoint(dir, "4", "state.json"), string(state))
		if len(config) > 0 {
			mustWrite(t, filepath.Join(dir, "config.json"), string(config))
		}
		r, err := run.Open(spec(dir))
		if err != nil {
			return
		}
		if r.Step() != 0 {
			t.Errorf("%q is taken for a checkpoint", state)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}
