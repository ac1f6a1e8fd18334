package vae_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/experiments/vae"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// Split over 2 and 4 devices, 20 steps lose what they lose on one, and so does a run that changes the number of devices on its way.
func TestSeveralDevicesLoseWhatOneLoses(t *testing.T) {
	backend := testkit.Backend(t, "xla")
	if backend.NumDevices() < 4 {
		t.Skipf("the backend has %d devices", backend.NumDevices())
	}
	const steps = 20
	c := shortConfig(t, "general", "pixel", steps)
	data := mustData(t, c)
	losses := func(dir string, devices, until int) (losses []float64) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		_, err := vae.Train(ctx, backend, data, vae.Job{
			Config: c, Seed: 1, Dir: dir, Devices: devices,
			Report: func(step int, terms run.Values) {
				losses = append(losses, terms["loss"])
				if step == until {
					stop()
				}
			},
		})
		if err != nil && !(until < steps && errors.Is(err, run.ErrInterrupted)) {
			t.Fatal(err)
		}
		return losses
	}
	want := losses(t.TempDir(), 1, steps)
	if len(want) != steps {
		t.Fatalf("%d losses, want %d", len(want), steps)
	}
	same := func(name string, got []float64) {
		t.Helper()
		testkit.CheckClose(t, "losses on "+name, got, want, 1e-5, 0)
	}
	same("2 devices", losses(t.TempDir(), 2, steps))
	same("4 devices", losses(t.TempDir(), 4, steps))
	dir := filepath.Join(t.TempDir(), "changing")
	same("4, then 1, then 2 devices", slices.Concat(losses(dir, 4, 7), losses(dir, 1, 14), losses(dir, 2, steps)))
}

func TestDevicesThatCannotShareABatchAreRefused(t *testing.T) {
	c := shortConfig(t, "general", "wavelet", 2)
	data := mustData(t, c)
	for devices, want := range map[int]string{3: "does not split evenly over 3", 999: "999 devices are asked for", -1: "must not be negative"} {
		_, err := vae.Train(t.Context(), testkit.Backend(t, "xla"), data, vae.Job{Config: c, Seed: 1, Dir: t.TempDir(), Devices: devices})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d devices: %v, want %q in it", devices, err, want)
		}
	}
}
