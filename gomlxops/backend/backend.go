package backend

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // the backend "go"
)

const goName = "go"

// xlaNames are the names under which a configuration may ask for XLA.
var xlaNames = []string{"xla", "stablehlo", "shlo", "hlo"}

// ErrNoXLA is wrapped by the errors that say that XLA was not built in, or has no plugin installed, rather than that
// something is broken.
var ErrNoXLA = errors.New("XLA is not available")

// stderr is where the fall-back to pure Go is announced. Tests replace it.
var stderr io.Writer = os.Stderr

// New opens the backend that suits this machine; see the package's comment for how it is chosen.
//
// It returns an error where GOMLX_BACKEND asks for something that cannot be had. It does not return an error where
// XLA is missing or broken and nobody asked for it: then it gives the pure-Go backend, and says so on stderr.
//
// Where it opens a CUDA plugin it sets the environment variables XLA_FLAGS and GOPJRT_CUDA_CHECKS of the process: see the
// package's comment.
func New() (compute.Backend, error) {
	if config := os.Getenv(compute.ConfigEnvVar); config != "" {
		b, err := NewWithConfig(config)
		if err != nil {
			return nil, fmt.Errorf("%s=%s: %w", compute.ConfigEnvVar, config, err)
		}
		return b, nil
	}
	b, err := openXLA("", "")
	if err == nil {
		return b, nil
	}
	fmt.Fprintf(stderr, "robustloss: computing on the pure-Go backend, which is slower than XLA: %s. "+
		"For XLA run make setup in the project's folder, or pip install xla-cpu-pjrt into a virtual environment and "+
		"activate it; %s=go silences this line.\n", oneLine(err), compute.ConfigEnvVar)
	return NewWithConfig(goName)
}

// NewWithConfig opens the backend that config names:
//
//	go                pure Go; what follows a colon is passed on to it
//	xla               XLA with the first plugin that works, CUDA before CPU
//	xla:cpu           XLA with the installed plugin for the CPU; likewise xla:cuda
//	xla:<path>        XLA with the plugin in that file
//	xla:<…>,<options> the same with go-xla's options, for example xla:cuda,preallocate
func NewWithConfig(config string) (compute.Backend, error) {
	name, rest, _ := strings.Cut(config, ":")
	switch {
	case name == goName:
		return construct(config)
	case slices.Contains(xlaNames, name):
		plugin, options, _ := strings.Cut(rest, ",")
		return openXLA(plugin, options)
	default:
		return nil, fmt.Errorf("there is no backend called %q: it must be %s, xla, xla:cpu, xla:cuda or xla:<path of a PJRT plugin>", name, goName)
	}
}

// construct opens a registered backend. What panics there comes back as an error.
func construct(config string) (b compute.Backend, err error) {
	defer func() {
		if r := recover(); r != nil {
			b, err = nil, fmt.Errorf("cannot open the backend %s: %v", config, r)
		}
	}()
	b, err = compute.NewWithConfig(config)
	if err != nil {
		return nil, fmt.Errorf("cannot open the backend %s: %w", config, err)
	}
	return b, nil
}

// openXLA opens XLA with the plugin: "" for any, the name of an installed one, or a path.
func openXLA(plugin, options string) (compute.Backend, error) {
	if !slices.Contains(compute.List(), xlaNames[0]) {
		return nil, fmt.Errorf("%w: this program was built without it (it needs cgo, a platform that go-xla supports, and no build tag noxla)", ErrNoXLA)
	}
	candidates, err := candidatesFor(plugin)
	if err != nil {
		return nil, err
	}
	var failures []error
	for _, c := range candidates {
		b, err := c.open(options)
		if err == nil {
			return b, nil
		}
		failures = append(failures, err)
	}
	return nil, errors.Join(failures...)
}

// oneLine puts an error on one line, without the full stop that may end it.
func oneLine(err error) string {
	return strings.TrimSuffix(strings.Join(strings.Fields(err.Error()), " "), ".")
}
