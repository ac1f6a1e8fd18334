package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/robustloss/gomlx-robustloss/internal/testkit/sources"
)

// figureCell draws a plot and checks a claim.
const figureCell = `import "github.com/robustloss/gomlx-robustloss/notebooks/show"

func half(x float64) float64 { return x * x / 2 }

%%
show.NewPlot("half a square", "x", "ρ").XRange(-2, 2).Func("L2", half).Show()
show.CheckNear("ρ(2) = 2", half(2), 2, 0)`

// A notebook fails for each of these reasons, with a message that names the cell and the reason. Its page says so, shows
// what ran and what did not, and the index lists it as failed; a good one beside them is not touched by that.
func TestReports_FailWhereANotebookFails(t *testing.T) {
	t.Parallel()
	root := root(t)
	sources.Depend(t, root)
	dir, out := cloneFolder(t, root), t.TempDir()
	show := `import "github.com/robustloss/gomlx-robustloss/notebooks/show"` + "\n\n"
	cases := map[string]struct{ code, want string }{
		"check":   {show + "%%\nshow.CheckNear(\"one is two\", 1, 2, 0.5)", "check failed: one is two: got 1, want 2 ± 0.5 (live)"},
		"compile": {"%%\nvar unused int", "declared and not used"},
		"panic":   {"%%\npanic(\"out of order\")", "out of order"},
		"exit":    {"import \"os\"\n\n%%\nos.Exit(3)", "exit status 3"},
		"shell":   {"!ls /nowhere/at/all", "exit status"},
		"inner":   {"!*false", "exit status 1"},
		"bash":    {"%%bash\nexit 7", "exit status 7"},
		"dead":    {"!kill -9 $PPID", "the kernel died"},
		"magic":   {"%nosuchmagic", `"%nosuchmagic" unknown`},
		"good":    {figureCell, ""},
	}
	before := "import \"fmt\"\n\n%%\nfmt.Println(\"this \" + \"ran\")"
	after := "%%\nfmt.Println(\"and \" + \"this\")"
	for name, c := range cases {
		writeNotebook(t, filepath.Join(dir, name+".ipynb"), "# The title of "+name+"\n\nSee [good](good.ipynb).", before, c.code, after)
	}
	if err := os.WriteFile(filepath.Join(dir, "broken.ipynb"), []byte(`{"cells": [`), 0o644); err != nil {
		t.Fatal(err)
	}
	said, err := run(t, root, []string{"ROBUSTLOSS_PRESET=tiny"}, "--notebooks", dir, "--out", out)
	if err == nil {
		t.Error("the exit status is 0")
	}
	wantNoLeftovers(t, dir)
	index := read(t, filepath.Join(out, "index.html"))
	for name, c := range cases {
		message, failed := failureOf(said, name)
		page := read(t, filepath.Join(out, name+".html"))
		listed := strings.Contains(index, `<li class=failed><a href="`+name+`.html">`)
		if c.want == "" {
			if failed || listed || strings.Contains(page, "This notebook failed") || !strings.Contains(page, "and this\n") {
				t.Errorf("%s failed (%v), is listed as failed (%v), or has a page of a failure", name, failed, listed)
			}
			continue
		}
		if !strings.Contains(message, "cell 4") || !strings.Contains(message, c.want) {
			t.Errorf("%s: the message is %q, want cell 4 and %q", name, message, c.want)
		}
		if !listed {
			t.Errorf("%s: the index does not list it as failed", name)
		}
		goesOn := c.code[0] == '!' && name != "dead" || c.code == "%nosuchmagic" || name == "bash" // GoNB says that all is well
		for text, want := range map[string]bool{
			"This notebook failed.</strong> <a href=\"#cell-id=code-2\">": true,
			"this ran\n":                          true,
			"The last code cell was not executed": !goesOn,
			"and this\n":                          goesOn,
		} {
			if strings.Contains(page, text) != want {
				t.Errorf("%s: the page holds %q: %v, want %v", name, text, !want, want)
			}
		}
		if got := strings.Count(page, "celltag_report-failed\""); got != 1 {
			t.Errorf("%s: %d cells are framed, want the failing one", name, got)
		}
		if shown := html.UnescapeString(page); strings.Count(shown, c.want) < 2 {
			t.Errorf("%s: the banner and the cell do not both say %q", name, c.want)
		}
	}
	if message, failed := failureOf(said, "broken"); !failed || !strings.Contains(message, "cannot be read") {
		t.Errorf("broken: the message is %q", message)
	}
	if page := read(t, filepath.Join(out, "broken.html")); !strings.Contains(page, "the notebook cannot be read") {
		t.Error("broken: the page does not say why it is empty")
	}
	wantLinksThatLead(t, out)
	if t.Failed() {
		t.Log(said)
	}
}

// failureOf returns what the program said of a failed notebook.
func failureOf(said, name string) (message string, failed bool) {
	_, message, failed = strings.Cut(said, "reports: FAILED "+name+",")
	message, _, _ = strings.Cut(message, "\nreports: ")
	return message, failed
}

// A page links to the reports of other notebooks, also to those that were not executed, and to files of the clone. What
// does not exist is no link.
func TestReports_LinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	root := root(t)
	dir, out := cloneFolder(t, root), t.TempDir()
	const text = `# One

[two](two.ipynb#part) [itself](one.ipynb) [a file](../README.md) [web](https://example.org/x.ipynb)
[misspelt](tow.ipynb) [gone](nowhere.md) [here](#One)`
	writeNotebook(t, filepath.Join(dir, "one.ipynb"), text, "%%\nprintln(1)")
	writeNotebook(t, filepath.Join(dir, "two.ipynb"), "# Two\n\n## part", "%%\nprintln(1)")
	if said, err := run(t, root, nil, "--notebooks", dir, "--out", out, "one"); err != nil {
		t.Fatal(said, err)
	}
	page := read(t, filepath.Join(out, "one.html"))
	file, err := filepath.Rel(out, filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`href="two.html#part"`, `href="one.html"`, `href="` + (&url.URL{Path: file}).EscapedPath() + `"`, `href="https://example.org/x.ipynb"`, `href="#One"`,
		`<a class="report-nowhere">misspelt</a>`, `<a class="report-nowhere">gone</a>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %s", want)
		}
	}
	if stub := read(t, filepath.Join(out, "two.html")); !strings.Contains(stub, "not executed yet") {
		t.Errorf("the page of the notebook that was not executed is %q", stub)
	}
	if index := read(t, filepath.Join(out, "index.html")); !strings.Contains(index, `<li class="missing"><h2>two</h2>`) {
		t.Error("the index does not say that two was not executed")
	}
	if said, err := run(t, root, nil, "--notebooks", dir, "--out", out, "two"); err != nil {
		t.Fatal(said, err)
	}
	if page := read(t, filepath.Join(out, "two.html")); strings.Contains(page, "not executed yet") {
		t.Error("the page of the executed notebook is still the stub")
	}
	wantLinksThatLead(t, out)
}

// A page and the index count the checks that hold, the live ones and those of kept results.
func TestReports_CountChecks(t *testing.T) {
	t.Parallel()
	root := root(t)
	dir, out := cloneFolder(t, root), t.TempDir()
	const code = `import "github.com/robustloss/gomlx-robustloss/notebooks/show"

%%
show.Check("a", true)
show.CheckLess("b", 1, 2)
show.Stored.CheckBetween("c", 1, 0, 2)`
	writeNotebook(t, filepath.Join(dir, "counted.ipynb"), "# Counted", code)
	if said, err := run(t, root, nil, "--notebooks", dir, "--out", out); err != nil {
		t.Fatal(said, err)
	}
	for _, name := range []string{"counted.html", "index.html"} {
		if !strings.Contains(read(t, filepath.Join(out, name)), "2 live and 1 stored checks hold") {
			t.Errorf("%s does not count the checks", name)
		}
	}
	var facts struct {
		Checks []struct {
			Cell              int
			Claim, Kind, Form string
			OK                bool
			Got, Lo           float64
			Hi                any
		}
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(out, ".facts", "counted.json"))), &facts); err != nil {
		t.Fatal(err)
	}
	if len(facts.Checks) != 3 {
		t.Fatalf("%d checks are recorded, want 3", len(facts.Checks))
	}
	if c := facts.Checks[1]; c.Cell != 2 || c.Claim != "b" || c.Kind != "live" || c.Form != "less" || !c.OK || c.Got != 1 || c.Lo != 0 || c.Hi != "Infinity" {
		t.Errorf("the second check is recorded as %+v", c)
	}
}

// sleepCell says that it is at work, and takes longer than anybody waits.
const sleepCell = `import (
	"os"
	"time"
)

%%
_ = os.WriteFile("at-work", nil, 0o644)
time.Sleep(time.Hour)`

func TestReports_StopASlowCell(t *testing.T) {
	t.Parallel()
	root := root(t)
	dir := cloneFolder(t, root)
	writeNotebook(t, filepath.Join(dir, "slow.ipynb"), "# Slow", sleepCell)
	said, err := run(t, root, nil, "--notebooks", dir, "--out", t.TempDir(), "--timeout", "40")
	if err == nil || !strings.Contains(said, "FAILED slow, cell 3 (_ = os.WriteFile(\"at-work\", nil, 0o644)) was still at work after 40 s") {
		t.Errorf("it says %q (%v)", said, err)
	}
	wantNoLeftovers(t, dir)
}

// Interrupted at work or while it starts, the program says one line. Killed, it cannot say anything. In each case neither a
// process nor a temporary file is left, and the page of an earlier run is still there.
func TestReports_StoppedLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sent   syscall.Signal
		atWork bool
		status int
		said   string
	}{
		"interrupted": {syscall.SIGINT, true, 130, "reports: slow …\nreports: interrupted\n"},
		"terminated":  {syscall.SIGTERM, true, 130, "reports: slow …\nreports: interrupted\n"},
		"killed":      {syscall.SIGKILL, true, -1, "reports: slow …\n"},
		"early":       {syscall.SIGINT, false, 130, "reports: interrupted\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := root(t)
			dir, out, temporary := cloneFolder(t, root), t.TempDir(), t.TempDir()
			writeNotebook(t, filepath.Join(dir, "slow.ipynb"), "# Slow", sleepCell)
			earlier := filepath.Join(out, "slow.html")
			if err := os.WriteFile(earlier, []byte("an earlier page"), 0o644); err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			cmd := exec.Command(filepath.Join(root, ".venv", "bin", "python"), "internal/reports", "--notebooks", dir, "--out", out)
			cmd.Dir, cmd.Stderr = root, &said
			cmd.Env = append(os.Environ(), "TMPDIR="+temporary)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ready := func() bool { return catchesSIGTERM(cmd.Process.Pid) }
			if c.atWork {
				ready = func() bool { _, err := os.Stat(filepath.Join(dir, "at-work")); return err == nil }
			}
			if !eventually(3*time.Minute, ready) {
				t.Fatalf("it does not start: %s", said.String())
			}
			if err := cmd.Process.Signal(c.sent); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			text := said.String()
			if !c.atWork { // it may have come to its first notebook
				text = strings.TrimPrefix(text, "reports: slow …\n")
			}
			if got := cmd.ProcessState.ExitCode(); got != c.status || text != c.said {
				t.Errorf("it ends with %d and\n%s\nwant %d and\n%s", got, text, c.status, c.said)
			}
			wantNoLeftovers(t, dir)
			wantEmpty(t, temporary)
			if _, err := os.Stat(earlier); err != nil {
				t.Error(err)
			}
		})
	}
}

// catchesSIGTERM tells whether a process has a handler for SIGTERM: Python itself has none. It knows on Linux only.
func catchesSIGTERM(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return runtime.GOOS != "linux"
	}
	_, caught, _ := strings.Cut(string(status), "SigCgt:\t")
	caught, _, _ = strings.Cut(caught, "\n")
	mask, err := strconv.ParseUint(caught, 16, 64)
	return err == nil && mask&(1<<(syscall.SIGTERM-1)) != 0
}

func TestReports_WantsKnownNamesAndPresets(t *testing.T) {
	t.Parallel()
	root := root(t)
	for want, c := range map[string]struct{ preset, name string }{
		"no notebook 77_nowhere":       {"tiny", "77_nowhere"},
		"must be tiny, quick or paper": {"huge", ""},
	} {
		args := []string{"--out", t.TempDir()}
		if c.name != "" {
			args = append(args, c.name)
		}
		if said, err := run(t, root, []string{"ROBUSTLOSS_PRESET=" + c.preset}, args...); err == nil || !strings.Contains(said, want) {
			t.Errorf("it says %q (%v), want %q", said, err, want)
		}
	}
}

// A kernel that is not there fails each notebook in one line, and the pages say so.
func TestReports_WithoutAKernel(t *testing.T) {
	t.Parallel()
	root := root(t)
	dir, out := cloneFolder(t, root), t.TempDir()
	writeNotebook(t, filepath.Join(dir, "one.ipynb"), "# One", "%%\nprintln(1)")
	said, err := run(t, root, nil, "--notebooks", dir, "--out", out, "--kernel", "nowhere")
	const want = "before the first cell: the kernel does not start (make setup prepares it)"
	if message, _ := failureOf(said, "one"); err == nil || !strings.Contains(message, want) || strings.Contains(said, "Traceback") {
		t.Errorf("it says %q (%v), want %q", said, err, want)
	}
	page := read(t, filepath.Join(out, "one.html"))
	if !strings.Contains(page, want) || !strings.Contains(page, "The last 2 code cells were not executed") || !strings.Contains(page, ">One<") {
		t.Error("the page does not say why nothing was executed, or shows nothing of the notebook")
	}
}
