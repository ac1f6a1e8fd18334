package depth

import (
	"fmt"
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
	if len(want) != steps {
		t.Fatalf("%d losses, want %d", len(want), steps)
	}
	for _, devices := range []int{2, 4} {
		testkit.CheckClose(t, fmt.Sprintf("losses on %d devices", devices), losses(devices), want, 1e-5, 0)
	}
	job.Dir, job.Devices = t.TempDir(), 3
	if _, err := job.Train(t.Context()); err == nil || !strings.Contains(err.Error(), "does not split evenly over 3") {
		t.Errorf("3 devices: %v", err)
	}
}
