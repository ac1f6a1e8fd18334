package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// makeCommand is a command that makes runs and tables.
type makeCommand struct {
	cli.Selection
	cli.Making
	cli.Tables
	Rate  *float64   `help:"A rate."`
	Steps *cli.Count `help:"Steps."`
	Crop  bool       `default:"true" negatable:""`
	Fast  bool
	Names []string `help:"Names."`
	Data  string   `type:"path"`
}

func (c *makeCommand) Run(s *cli.Session) error {
	return c.Print(s, cli.TableSource{Experiment: "test", Make: func() (string, error) {
		plan := []run.Spec{{Experiment: "test", Dir: c.Dir("test", "one"), Seed: int64(c.Seed[0]), Config: map[string]int{"x": 1}, Command: cli.Line("make", c)}}
		if done, err := c.Preview(s, plan); done || err != nil {
			return "", err
		}
		r, err := run.Open(plan[0])
		if err != nil {
			return "", err
		}
		defer func() { _ = r.Close() }()
		if _, finished := r.Result(); !finished {
			_, err = r.Finish(1, run.Values{"score": 2}, nil)
		}
		return c.Dir("test"), err
	}, Tables: func(results []run.Result) ([]*run.Table, error) {
		table, err := run.NewTable(run.Layout{
			Corner: "Row", Rows: []run.Label{{Key: "a", Title: "A"}}, Columns: []run.Label{{Key: "score", Title: "Score"}},
			Entries: func(r run.Result) ([]run.Entry, error) {
				return []run.Entry{{Row: "a", Column: "score", Value: r.Values["score"]}}, nil
			},
		}, results)
		return []*run.Table{table}, err
	}, Kept: func() ([]*run.Table, error) { return nil, errors.New("nothing is kept") }})
}

// execute runs a command line of a program whose one command is makeCommand.
func execute(args ...string) (code int, stdout, stderr string) {
	var g struct {
		cli.Flags
		Make makeCommand `cmd:""`
	}
	var out, err bytes.Buffer
	code = cli.Main(cli.Program{Name: "test"}, &g, &g.Flags, append([]string{"make"}, args...), &out, &err)
	return code, out.String(), err.String()
}

// A line holds what differs from the defaults and changes numbers, and a shell and the parser read it back.
func TestLineIsReadBackByAShell(t *testing.T) {
	folder := filepath.Join(t.TempDir(), `it's "here" $HOME`)
	for want, args := range map[string][]string{
		"":                             {"--seed", "1", "--preset", "quick", "--quiet", "--runs", "elsewhere", "--restart", "--format", "csv"},
		" --preset tiny --seed 3,4":    {"--seed", "3", "--seed", "4", "--preset=tiny"},
		" --rate 0 --no-crop --fast":   {"--rate", "0", "--no-crop", "--fast"},
		" --rate 1e-300 --steps 5":     {"--rate", "1e-300", "--steps", "5"},
		" --only=-2,a":                 {"--only=-2,a"},
		` --names 'a b,c\,d,it'\''s'`:  {"--names", `a b,c\,d,it's`},
		" --data sub/folder":           {"--data", "sub/folder"},
		" --data " + cli.Quote(folder): {"--data", folder},
	} {
		code, listed, stderr := execute(append(args, "--dry-run")...)
		_, line, _ := strings.Cut(strings.TrimSpace(listed), "\n    ")
		if code != cli.CodeOK || line != "go run ./experiments make"+want {
			t.Errorf("%q: %q, want …%q (%s)", args, line, want, stderr)
			continue
		}
		read, err := exec.Command("sh", "-c", "for word in "+strings.TrimPrefix(line, "go run ./experiments make")+`; do printf '%s\0' "$word"; done`).Output()
		if err != nil {
			t.Fatal(err)
		}
		again := strings.Split(strings.TrimSuffix(string(read), "\x00"), "\x00")
		if len(read) == 0 {
			again = nil
		}
		if words, err := cli.Words(line); err != nil || !slices.Equal(words[4:], again) {
			t.Errorf("%q has the words %q (%v), want %q", line, words[4:], err, again)
		}
		if _, relisted, stderr := execute(append(again, "--dry-run")...); !strings.HasSuffix(relisted, "\n    "+line+"\n") {
			t.Errorf("%q is read back as %q (%s)", line, relisted, stderr)
		}
	}
}

// A folder in the user's home is named so that another user can repeat the command.
func TestLineNamesTheHomeFolder(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip(err)
	}
	_, listed, _ := execute("--data", filepath.Join(home, "some data"), "--dry-run")
	if want := " --data ~/'some data'\n"; !strings.HasSuffix(listed, want) {
		t.Errorf("%q, want …%q", listed, want)
	}
	if words, err := cli.Words(strings.TrimSpace(listed)); err != nil || words[len(words)-1] != filepath.Join(home, "some data") {
		t.Errorf("the words %q (%v)", words, err)
	}
	if _, err := cli.Words("vae train --data 'open"); err == nil || !strings.Contains(err.Error(), "a quote is not closed") {
		t.Error(err)
	}
}

func TestDryRunTellsHowFarTheRunsAre(t *testing.T) {
	runs := t.TempDir()
	for _, want := range []string{"/test/one: not started\n", "/test/one: finished\n"} {
		if code, listed, stderr := execute("--runs", runs, "--dry-run"); code != cli.CodeOK || !strings.Contains(listed, runs+want) {
			t.Errorf("code %d: %s%s, want …%q", code, listed, stderr, want)
		}
		if code, _, stderr := execute("--runs", runs, "-q"); code != cli.CodeOK {
			t.Fatal(stderr)
		}
	}
	code, listed, _ := execute("--runs", runs, "--dry-run", "--seed", "2")
	if code != cli.CodeOK || !strings.Contains(listed, "seed is 1 there and 2 here") {
		t.Errorf("code %d: %s", code, listed)
	}
	if code, _, stderr := execute("--dry-run", "--print-config"); code != cli.CodeUsage || !strings.Contains(stderr, "can't be used together") {
		t.Errorf("code %d: %s", code, stderr)
	}
}

func TestTablesComeFromRunsOrFromAFolderOfThisExperiment(t *testing.T) {
	runs, kept, empty := t.TempDir(), t.TempDir(), t.TempDir()
	code, table, stderr := execute("--runs", runs, "--keep", kept)
	if code != cli.CodeOK || !strings.Contains(table, "| A | 2 |") || !strings.Contains(stderr, "results in "+filepath.Join(runs, "test")) {
		t.Fatalf("code %d: %s%s", code, table, stderr)
	}
	if _, again, _ := execute("--from", kept); again != table {
		t.Errorf("the table of the kept results differs:\n%s", again)
	}
	other := filepath.Join(empty, "other")
	r, err := run.Open(run.Spec{Experiment: "depth", Dir: other, Config: struct{}{}})
	if err == nil {
		_, err = r.Finish(1, run.Values{"score": 1}, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	for want, from := range map[string]string{
		`is a result of the experiment "depth", not of "test"`: empty,
		"there is no folder":            filepath.Join(empty, "nowhere"),
		"is not a folder":               filepath.Join(other, "result.json"),
		"there is no result.json below": t.TempDir(),
	} {
		if code, _, stderr := execute("--from", from); code != cli.CodeFailed || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("code %d: %s, want %q", code, stderr, want)
		}
	}
}

func TestHelpShowsDefaultsAndOnlyWhatTheCommandHas(t *testing.T) {
	_, help, _ := execute("--help")
	for _, want := range []string{"Default: runs.", "Default: 1.", `--preset="quick"`, "Default: true.", "--dry-run", "--version"} {
		if !strings.Contains(strings.Join(strings.Fields(help), " "), want) {
			t.Errorf("the help does not say %q:\n%s", want, help)
		}
	}
	if strings.Contains(help, "--backend") {
		t.Error("the help shows a backend that the command does not use")
	}
}

func TestVersionNamesWhatTheProgramIsMadeOf(t *testing.T) {
	code, version, stderr := execute("--version")
	if code != cli.CodeOK || !strings.Contains(version, "go go1.") || !strings.Contains(version, "platform ") {
		t.Errorf("code %d: %s%s", code, version, stderr)
	}
}

// GoMLX says first what it was doing: our words on what is wrong come before that.
func TestMessagePutsTheCauseFirst(t *testing.T) {
	b := testkit.Backend(t, "go")
	exec, err := graph.NewExec(b, func(x *graph.Node) *graph.Node {
		exceptions.Panicf("vae: x has 3 axes, want 4")
		return x
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = exec.Call([]float32{1})
	if err == nil || strings.HasPrefix(err.Error(), "vae:") {
		t.Fatalf("GoMLX's error is %v", err)
	}
	got := cli.Message(fmt.Errorf("seed 1: %w", err))
	if want := "seed 1: vae: x has 3 axes, want 4 (in GoMLX: failed during graph construction/compilation"; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, plain := range []error{errors.New("a"), fmt.Errorf("a: %w", os.ErrExist), fmt.Errorf("%w: %w", run.ErrInterrupted, context.Canceled)} {
		if got := cli.Message(plain); got != plain.Error() {
			t.Errorf("%q becomes %q", plain, got)
		}
	}
}
