//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss"
)

// steps is how long the long runs are.
const steps = 20_000

// growth is how much of the memory that a run has at half of its length it may gain until its end.
const growth = .02

// residentBytes reads how much memory a process holds.
func residentBytes(pid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kilobytes, err := strconv.Atoi(strings.Fields(rest + " x")[0])
	return 1024 * kilobytes, err
}

// flat fails the test where memory grows in the second half. The garbage collector lets it swing, so that medians of
// quarters are compared.
func flat(t *testing.T, name string, samples []int) {
	t.Helper()
	if len(samples) < 8 {
		t.Fatalf("%s: only %d samples of memory", name, len(samples))
	}
	third, last := median(samples[len(samples)/2:len(samples)*3/4]), median(samples[len(samples)*3/4:])
	t.Logf("%s: %.1f MB in the third quarter, %.1f MB in the last", name, float64(third)/1e6, float64(last)/1e6)
	if float64(last) > (1+growth)*float64(third) {
		t.Errorf("%s: memory grows from %d to %d bytes", name, third, last)
	}
}

func median(samples []int) int {
	return slices.Sorted(slices.Values(samples))[len(samples)/2]
}

// linesOfMetrics counts the lines that the runs in a folder have logged.
func linesOfMetrics(t *testing.T, runs string) (lines int) {
	t.Helper()
	err := filepath.WalkDir(runs, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Base(path) == "metrics.jsonl" {
			var content []byte
			content, err = os.ReadFile(path)
			lines += bytes.Count(content, []byte("\n"))
		}
		if errors.Is(err, fs.ErrNotExist) { // Files come and go while a checkpoint is written.
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestStress_MemoryOfALongTrainingIsFlat(t *testing.T) {
	stress(t)
	if runtime.GOOS != "linux" {
		t.Skip("memory is read from /proc")
	}
	testkit.ForEachBackend(t, func(t *testing.T, _ compute.Backend) { // the program opens it by its name
		backend := filepath.Base(t.Name())
		e := experiment{"vae on " + backend, strings.Fields(fmt.Sprintf("vae train --preset tiny --only general,wavelet --steps %d --backend %s", steps, backend))}
		runs := t.TempDir()
		cmd, said := e.command(runs)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		var samples []int
		for running, logged := true, 0; running; {
			select {
			case err := <-ended:
				if err != nil {
					t.Fatalf("%v\n%s", err, said)
				}
				running = false
			case <-time.After(50 * time.Millisecond):
				// A sample for each line of the metrics, so that a quarter of the samples is one of the steps, however busy the machine.
				lines := linesOfMetrics(t, runs)
				if n, err := residentBytes(cmd.Process.Pid); err == nil && lines > logged {
					samples, logged = append(samples, n), lines
				}
			}
		}
		flat(t, e.name, samples)
	})
}

func TestStress_MemoryOfTheLossIsFlat(t *testing.T) {
	stress(t)
	if runtime.GOOS != "linux" {
		t.Skip("memory is read from /proc")
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		exec, err := NewExec(backend, func(x, alpha, scale *Node) []*Node {
			nll := robustloss.NLL(x, alpha, scale)
			return append([]*Node{nll}, Gradient(ReduceAllSum(nll), x, alpha, scale)...)
		})
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, 1000)
		for i := range x {
			x[i] = float32(i-500) / 100
		}
		var samples []int
		before := runtime.NumGoroutine()
		for step := range steps {
			out, err := exec.Call(x, float32(1), float32(.5))
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range out {
				if err := o.FinalizeAll(); err != nil {
					t.Fatal(err)
				}
			}
			if step%200 == 0 {
				runtime.GC()
				n, err := residentBytes(os.Getpid())
				if err != nil {
					t.Fatal(err)
				}
				samples = append(samples, n)
			}
		}
		flat(t, "the loss", samples)
		if after := runtime.NumGoroutine(); after > before+2 {
			t.Errorf("there were %d goroutines, and are %d", before, after)
		}
	})
}
