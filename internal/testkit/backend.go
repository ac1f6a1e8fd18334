package testkit

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/robustloss/gomlx-robustloss/gomlxops/backend"
)

// RequireXLAVariable is the environment variable that, set to 1, makes a missing XLA backend a failure, not a skip.
const RequireXLAVariable = "ROBUSTLOSS_REQUIRE_XLA"

// Backends are the names of the backends that everything is tested on.
var Backends = []string{"go", "xla"}

type opened struct {
	backend compute.Backend
	err     error
}

var (
	openMutex sync.Mutex
	open      = map[string]opened{} // one of each for the whole test binary
)

// Backend returns the backend "go" or "xla". It skips the test where there is no XLA, and fails it where there should
// be.
func Backend(tb testing.TB, name string) compute.Backend {
	tb.Helper()
	openMutex.Lock()
	defer openMutex.Unlock()
	o, ok := open[name]
	if !ok {
		o.backend, o.err = backend.NewWithConfig(name)
		open[name] = o
	}
	switch {
	case o.err == nil:
		return o.backend
	case errors.Is(o.err, backend.ErrNoXLA) && os.Getenv(RequireXLAVariable) != "1":
		tb.Skipf("%v: make setup installs it", o.err)
	default:
		tb.Fatal(o.err)
	}
	return nil
}

// CompileQuickly lets XLA compile without optimising the machine code, in two thirds of the time: for binaries whose tests train for a few
// steps. It must be called before the first backend is opened. Where XLA_FLAGS is set it changes nothing.
func CompileQuickly() {
	if _, set := os.LookupEnv("XLA_FLAGS"); !set {
		_ = os.Setenv("XLA_FLAGS", "--xla_backend_optimization_level=0")
	}
}

// ForEachBackend runs test as a subtest for each of [Backends].
func ForEachBackend(t *testing.T, test func(t *testing.T, backend compute.Backend)) {
	for _, name := range Backends {
		t.Run(name, func(t *testing.T) { test(t, Backend(t, name)) })
	}
}

// ForEachDType runs test as a subtest for float64 and float32.
func ForEachDType(t *testing.T, test func(t *testing.T, dtype dtypes.DType)) {
	for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
		t.Run(dtype.String(), func(t *testing.T) { test(t, dtype) })
	}
}

// Exec builds, compiles and runs the graph function once. Inputs are tensors or Go values.
func Exec[F graph.ExecGraphFn](tb testing.TB, backend compute.Backend, function F, inputs ...any) []*tensors.Tensor {
	tb.Helper()
	call, finalize := compile(tb, backend, function)
	defer finalize()
	return call(inputs...)
}

// Compile returns the graph function for as many calls as the test makes. It is compiled once for each shape of the inputs.
func Compile[F graph.ExecGraphFn](tb testing.TB, backend compute.Backend, function F) func(inputs ...any) []*tensors.Tensor {
	tb.Helper()
	call, finalize := compile(tb, backend, function)
	tb.Cleanup(finalize)
	return call
}

func compile[F graph.ExecGraphFn](tb testing.TB, backend compute.Backend, function F) (call func(inputs ...any) []*tensors.Tensor, finalize func()) {
	tb.Helper()
	exec, err := graph.NewExec(backend, function)
	if err != nil {
		tb.Fatal(err)
	}
	return func(inputs ...any) []*tensors.Tensor {
		tb.Helper()
		outputs, err := exec.Call(inputs...)
		if err != nil {
			tb.Fatalf("%+v", err)
		}
		return outputs
	}, exec.Finalize
}
