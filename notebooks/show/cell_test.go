package show

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

type fakeBackend struct{ name, description string }

func (f fakeBackend) Name() string        { return f.name }
func (f fakeBackend) Description() string { return f.description }

func TestSetting_NamesWhatTheNumbersDependOn(t *testing.T) {
	t.Setenv(PresetVariable, "tiny")
	r := record(t)
	Setting(fakeBackend{"xla", "/some/where/pjrt_c_api_cpu_plugin.so"}, 42)
	text := r.last(t).plain
	for _, want := range []string{"go1.", "backend xla on the CPU", "preset tiny", "seed 42"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
	if strings.Contains(text, "/some/where") {
		t.Errorf("%q shows a path of the machine", text)
	}
}

func TestNameOf(t *testing.T) {
	for want, b := range map[string]fakeBackend{
		"xla on CUDA":    {"xla", "PJRT /x/xla_cuda_plugin.so"},
		"xla on the CPU": {"xla", "PJRT cpu"},
		"go on the CPU":  {"go", "Simple Go"},
		"other":          {"other", "?"},
	} {
		if got := nameOf(b); got != want {
			t.Errorf("nameOf(%v) = %q, want %q", b, got, want)
		}
	}
}

func TestSeed_ObeysTheEnvironment(t *testing.T) {
	r := record(t)
	t.Setenv(SeedVariable, "")
	if got := Seed(7); got != 7 || r.status != -1 {
		t.Errorf("without the variable Seed(7) = %d, status %d", got, r.status)
	}
	t.Setenv(SeedVariable, "12")
	if got := Seed(7); got != 12 || r.status != -1 {
		t.Errorf("with 12 Seed(7) = %d, status %d", got, r.status)
	}
	t.Setenv(SeedVariable, "-1")
	Seed(7)
	r.wantFailure(t, SeedVariable+" is &#34;-1&#34;: it must be a whole number")
}

func TestPick_FollowsThePreset(t *testing.T) {
	for value, want := range map[string]int{"": 2, "tiny": 1, "quick": 2, "paper": 3} {
		t.Setenv(PresetVariable, value)
		if got := Pick(1, 2, 3); got != want {
			t.Errorf("%s=%q picks %d, want %d", PresetVariable, value, got, want)
		}
	}
	r := record(t)
	t.Setenv(PresetVariable, "huge")
	Preset()
	r.wantFailure(t, "huge", "tiny, quick or paper")
}

func TestKeep_GivesBackWhatWasKept(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(protocol.GONB_TMP_DIR_ENV, dir)
	r := record(t)
	type result struct {
		Name   string
		Values []float64
	}
	want := result{"fit", []float64{0, math.Inf(-1), 0.1, math.NaN()}}
	Keep("fit", result{"older", nil})
	Keep("fit", want)
	got := Kept[result]("fit")
	if r.status != -1 {
		t.Fatalf("the cell ended: %v", r.messages)
	}
	if got.Name != want.Name || len(got.Values) != 4 || got.Values[1] != want.Values[1] || got.Values[2] != 0.1 || !math.IsNaN(got.Values[3]) {
		t.Errorf("got %v, want %v", got, want)
	}
	files, err := os.ReadDir(filepath.Join(dir, "kept"))
	if err != nil || len(files) != 1 {
		t.Errorf("%d files are left (%v), want the one value", len(files), err)
	}
}

func TestKept_SaysWhatIsWrong(t *testing.T) {
	t.Setenv(protocol.GONB_TMP_DIR_ENV, t.TempDir())
	r := record(t)
	Kept[float64]("nothing")
	r.wantFailure(t, `nothing is kept under &#34;nothing&#34;`, "run the cell above")
	r = record(t)
	Keep("text", "a string")
	Kept[float64]("text")
	r.wantFailure(t, "cannot read")
	r = record(t)
	Keep("function", func() {})
	r.wantFailure(t, "cannot keep")
}
