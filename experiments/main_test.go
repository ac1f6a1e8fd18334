package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/cli"
)

// run executes a command line, checks its exit code and returns what it printed.
func run(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	if got := execute(args, &out, &err); got != code {
		t.Fatalf("experiments %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), err.String())
	}
	return out.String(), err.String()
}

func TestHelpListsTheExperimentsAndTheSharedFlags(t *testing.T) {
	out, _ := run(t, cli.CodeOK, "--help")
	for _, want := range []string{"vae", "--version", "--quiet", "--trace"} {
		if !strings.Contains(out, want) {
			t.Errorf("the help does not say %q:\n%s", want, out)
		}
	}
}

func TestUsageErrorsNameTheProblemAndTheHelp(t *testing.T) {
	for _, args := range [][]string{{}, {"nothing"}, {"vae", "faces"}, {"vae", "faces", "x", "--train", "many"}, {"vae", "--wrong"}} {
		_, stderr := run(t, cli.CodeUsage, args...)
		if !strings.Contains(stderr, "--help") || strings.Contains(stderr, "goroutine") {
			t.Errorf("experiments %v:\n%s", args, stderr)
		}
	}
	_, stderr := run(t, cli.CodeUsage, "vae", "faces", "x", "--train", "many")
	if !strings.Contains(stderr, "experiments vae faces --help") {
		t.Errorf("the message does not name the command's help:\n%s", stderr)
	}
}

func TestFailuresAreOneLineWithoutAStackTrace(t *testing.T) {
	_, stderr := run(t, cli.CodeFailed, "vae", "table", "--from", filepath.Join(t.TempDir(), "nowhere"))
	if strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, "goroutine") || !strings.HasPrefix(stderr, "experiments: ") {
		t.Errorf("stderr:\n%s", stderr)
	}
}

func TestFacesAreWritten(t *testing.T) {
	dir := t.TempDir()
	run(t, cli.CodeOK, "vae", "faces", dir, "--train", "2", "--validation", "1")
	if _, err := os.Stat(filepath.Join(dir, "Img", "img_align_celeba", "000003.jpg")); err != nil {
		t.Error(err)
	}
}
