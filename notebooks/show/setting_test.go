package show

import (
	"strings"
	"testing"
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
