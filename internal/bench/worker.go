package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/gomlxops/backend"
)

// A worker is a process that times one job in one form. It prints a line when it has computed the job once, a line with the
// seconds for each line with a number of repetitions that it reads, and a line with the memory when its input ends:
//
//	→ {"first": 1.52, "check": [12.5, 3.25], "program": "…"}
//	← 100
//	→ {"seconds": 0.0817, "cpu": 0.1603}
//	→ {"peak": 25165824}
//
// peers/common.py is a worker in Python.

// ready is what a worker says when it has computed the job once.
type ready struct {
	First   float64   `json:"first"` // seconds of the first call: building the graph, compiling, one execution
	Check   []float64 `json:"check"` // sums over what was computed: they must agree among the programs
	Program string    `json:"program"`
}

// timed is what a worker says of some repetitions.
type timed struct {
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu"` // seconds of all its threads on a processor
}

// used is what a worker says at its end.
type used struct {
	Peak int64 `json:"peak"` // bytes: the most that the process held, less what it held before the job
}

// work is a job in one form, ready to run.
type work interface {
	// run computes the job once and waits for the result.
	run() error
	// check returns sums over the result of the latest run.
	check() ([]float64, error)
}

// serve is the worker of this library.
func serve(form string, j job, in io.Reader, out io.Writer) error {
	dtype, err := dtypes.DTypeString(map[string]string{"float32": "Float32", "float64": "Float64"}[j.DType])
	if err != nil {
		return err
	}
	b, err := backend.NewWithConfig(form)
	if err != nil {
		return err
	}
	defer b.Finalize()
	before := memory("VmRSS")
	start := time.Now()
	w, err := newWork(b, j, dtype)
	if err != nil {
		return err
	}
	start = start.Add(w.prepared)
	if err := w.run(); err != nil {
		return err
	}
	first := time.Since(start).Seconds()
	sums, err := w.check()
	if err != nil {
		return err
	}
	answer := json.NewEncoder(out)
	if err := answer.Encode(ready{first, sums, cli.Describe(b)}); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		repeats, err := strconv.Atoi(strings.TrimSpace(lines.Text()))
		if err != nil {
			return err
		}
		start, cpu := time.Now(), processorTime()
		for range repeats {
			if err := w.run(); err != nil {
				return err
			}
		}
		if err := answer.Encode(timed{time.Since(start).Seconds(), processorTime() - cpu}); err != nil {
			return err
		}
	}
	return answer.Encode(used{memory("VmHWM") - before})
}

// prepared is work, and how long it took to make its inputs, which does not count.
type preparedWork struct {
	work
	prepared time.Duration
}

func newWork(b compute.Backend, j job, dtype dtypes.DType) (preparedWork, error) {
	start := time.Now()
	create, ok := map[string]func(compute.Backend, int, dtypes.DType) (work, error){
		"copy": newCopy, "rho": newRho, "rho-dx": newRhoDX, "rho-all": newRhoAll, "nll": newNLL, "sample": newSample,
		"image": newImage, "vae": newVAE, "depth": newDepth,
	}[j.Case]
	if !ok {
		return preparedWork{}, fmt.Errorf("there is no case %q", j.Case)
	}
	w, err := create(b, j.Size, dtype)
	return preparedWork{w, time.Since(start)}, err
}

// memory returns a number of /proc/self/status in bytes, 0 where there is none: VmRSS, what the process holds now, or VmHWM,
// the most that it has held.
func memory(name string) int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kilobytes, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}

// sumOfSizes returns Σ|v| of a tensor of float32 or float64.
func sumOfSizes(t *tensors.Tensor) (sum float64, err error) {
	err = t.ConstFlatData(func(flat any) {
		switch values := flat.(type) {
		case []float32:
			for _, v := range values {
				sum += math.Abs(float64(v))
			}
		case []float64:
			for _, v := range values {
				sum += math.Abs(v)
			}
		}
	})
	return sum, err
}
