package depth

import (
	"math"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// Split over 2 and 4 devices, 20 steps lose what they lose on one.
func TestSeveralDevicesLoseWhatOneLoses(t *testing.T) {
	backend := testkit.Backend(t, "xla")
	if backend.NumDevices() < 4 {
		t.Skipf("the backend has %d devices", backend.NumDevices())
	}
	const steps = 20
	c, err := NewConfig("tiny", RowAdaptive)
	if err != nil {
		t.Fatal(err)
	}
	c.Steps, c.LogEvery, c.EvalEvery, c.CheckpointEvery = steps, 1, 0, 0
	source, err := c.Data.Streets(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	job := Job{Row: RowAdaptive, Config: c, Seed: 1, Source: source, Backend: backend, Device: cli.Describe(backend)}
	losses := func(devices int) []float64 {
		job := job
		job.Dir, job.Devices = t.TempDir(), devices
		trained, err := job.Train(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = trained.Close() }()
		_, values, err := trained.Curve("loss")
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	want := losses(1)
	for _, devices := range []int{2, 4} {
		got := losses(devices)
		if len(got) != steps || len(want) != steps {
			t.Fatalf("%d devices: %d and %d losses, want %d", devices, len(got), len(want), steps)
		}
		worst := 0.0
		for i := range want {
			worst = max(worst, math.Abs(got[i]-want[i])/math.Abs(want[i]))
		}
		t.Logf("%d devices: largest relative difference %.2g", devices, worst)
		if !(worst <= 1e-5) {
			t.Errorf("%d devices: the losses differ by %.2g of their size", devices, worst)
		}
	}
	job.Dir, job.Devices = t.TempDir(), 3
	if _, err := job.Train(t.Context()); err == nil || !strings.Contains(err.Error(), "does not split evenly over 3") {
		t.Errorf("3 devices: %v", err)
	}
}
