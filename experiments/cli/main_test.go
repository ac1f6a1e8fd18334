package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/gomlx/compute"

	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

type grammar struct {
	cli.Flags
	Wait   waitCommand   `cmd:"" help:"Wait for Ctrl-C."`
	Panic  panicCommand  `cmd:"" help:"Panic."`
	Fail   failCommand   `cmd:"" help:"Fail."`
	Cancel cancelCommand `cmd:"" help:"Be cancelled."`
}

type waitCommand struct {
	Term bool `help:"Wait for SIGTERM."`
}

func (w waitCommand) Run(ctx context.Context, s *cli.Session) error {
	s.Notef("waiting")
	process, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	signal := syscall.SIGINT
	if w.Term {
		signal = syscall.SIGTERM
	}
	if err := process.Signal(signal); err != nil {
		return err
	}
	<-ctx.Done()
	return fmt.Errorf("%w after step 3", run.ErrInterrupted)
}

type panicCommand struct{}

func (panicCommand) Run() error { panic(errors.New("x is [2, 3], want [2]")) }

type cancelCommand struct{}

func (cancelCommand) Run() error { return fmt.Errorf("packing images: %w", context.Canceled) }

type failCommand struct{}

func (failCommand) Run() error { return errors.New("no such file") }

func main(args ...string) (code int, stderr string) {
	var (
		g        grammar
		out, err bytes.Buffer
	)
	code = cli.Main(cli.Program{Name: "test"}, &g, &g.Flags, args, &out, &err)
	return code, err.String()
}

func TestInterruptEndsTheContextAndGivesItsExitCode(t *testing.T) {
	for _, args := range [][]string{{"wait"}, {"wait", "--term"}} {
		code, stderr := main(args...)
		if code != cli.CodeInterrupted || !strings.Contains(stderr, "waiting\ntest: interrupted after step 3\n") {
			t.Errorf("%q: code %d, stderr %q", args, code, stderr)
		}
	}
	if code, stderr := main("cancel"); code != cli.CodeInterrupted || !strings.Contains(stderr, "interrupted: packing images") {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
	if _, stderr := main("wait", "--quiet"); strings.Contains(stderr, "waiting") {
		t.Errorf("--quiet shows %q", stderr)
	}
}

func TestFailureAndPanicAreOneLine(t *testing.T) {
	for command, want := range map[string]string{"fail": "test: no such file\n", "panic": "test: x is [2, 3], want [2]\n"} {
		if code, stderr := main(command); code != cli.CodeFailed || stderr != want {
			t.Errorf("%s: code %d, stderr %q, want %q", command, code, stderr, want)
		}
	}
	if _, stderr := main("panic", "--trace"); !strings.Contains(stderr, "main_test.go") {
		t.Errorf("--trace does not show where: %q", stderr)
	}
}

// described is a backend that only describes itself.
type described struct {
	compute.Backend
	description string
}

func (d described) Name() string        { return "xla" }
func (d described) Description() string { return d.description }

func TestDescriptionHoldsNoFolders(t *testing.T) {
	for description, want := range map[string]string{
		"xla:/opt/a-b/c_1/cpu.so - PJRT plugin (/opt/a-b/c_1/cpu.so) v0.81 [4 device(s)]": "xla: xla:cpu.so - PJRT plugin (cpu.so) v0.81 [4 device(s)]",
		"Go backend (parallelism=2)": "xla: Go backend (parallelism=2)",
	} {
		if got := cli.Describe(described{description: description}); got != want {
			t.Errorf("%q becomes %q, want %q", description, got, want)
		}
	}
}

func TestComputeOpensTheBackendThatIsAskedFor(t *testing.T) {
	var s cli.Session
	defer s.Close()
	b, err := cli.Compute{Backend: "go"}.Open(&s)
	if err != nil || !strings.Contains(cli.Describe(b), "Go ") {
		t.Errorf("%v, %v", b, err)
	}
	if got := (cli.Runs{Runs: "runs"}).Dir("vae", "quick"); got != "runs/vae/quick" {
		t.Errorf("folder %q", got)
	}
	var other cli.Session
	defer other.Close()
	if _, err := (cli.Compute{Backend: "abacus"}).Open(&other); err == nil || !strings.Contains(err.Error(), "abacus") {
		t.Errorf("error %v", err)
	}
}
