package reports

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// figureCell draws a plot and checks a claim.
const figureCell = `import "github.com/robustloss/gomlx-robustloss/notebooks/show"

func half(x float64) float64 { return x * x / 2 }

%%
show.NewPlot("half a square", "x", "ρ").XRange(-2, 2).Func("L2", half).Show()
show.CheckNear("ρ(2) = 2", half(2), 2, 0)`

// A notebook fails for each of these reasons, with a message that names the cell and the reason, and leaves no report; a
// good one beside them still gets its report.
func TestReports_FailWhereANotebookFails(t *testing.T) {
	root := root(t)
	dependOnSources(t, root)
	dir, out := workplace(t, root), t.TempDir()
	show := `import "github.com/robustloss/gomlx-robustloss/notebooks/show"` + "\n\n"
	cases := map[string]struct{ code, want string }{
		"check":   {show + "%%\nshow.CheckNear(\"one is two\", 1, 2, 0.5)", "check failed: one is two: got 1, want 2 ± 0.5"},
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
	for name, c := range cases {
		writeNotebook(t, filepath.Join(dir, name+".ipynb"), "# The title of "+name, c.code)
	}
	if err := os.WriteFile(filepath.Join(out, "check.html"), []byte("an old report"), 0o644); err != nil {
		t.Fatal(err)
	}
	said, err := run(t, root, []string{"ROBUSTLOSS_PRESET=tiny"}, "--notebooks", dir, "--out", out)
	if err == nil {
		t.Error("the exit status is 0")
	}
	wantNoLeftovers(t, dir)
	for name, c := range cases {
		_, message, failed := strings.Cut(said, "reports: FAILED "+name)
		message, _, _ = strings.Cut(message, "\nreports: ")
		_, missing := os.Stat(filepath.Join(out, name+".html"))
		switch {
		case c.want == "" && (failed || missing != nil):
			t.Errorf("%s failed, or has no report (%v)", name, missing)
		case c.want != "" && (!strings.Contains(message, "cell 3") || !strings.Contains(message, c.want)):
			t.Errorf("%s: the message is %q, want cell 3 and %q", name, message, c.want)
		case c.want != "" && missing == nil:
			t.Errorf("%s: there is a report of the failed notebook", name)
		}
	}
	if t.Failed() {
		t.Log(said)
	}
}

// sleepCell takes longer than anybody waits.
const sleepCell = `import "time"

%%
time.Sleep(time.Hour)`

func TestReports_StopASlowCell(t *testing.T) {
	root := root(t)
	dir := workplace(t, root)
	writeNotebook(t, filepath.Join(dir, "slow.ipynb"), "# Slow", sleepCell)
	said, err := run(t, root, nil, "--notebooks", dir, "--out", t.TempDir(), "--timeout", "10")
	if err == nil || !strings.Contains(said, "FAILED slow, cell 3 (time.Sleep(time.Hour)) was still at work after 10 s") {
		t.Errorf("it says %q (%v)", said, err)
	}
	wantNoLeftovers(t, dir)
}

func TestReports_InterruptedLeavesNothingBehind(t *testing.T) {
	for _, sent := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sent.String(), func(t *testing.T) { interrupt(t, sent) })
	}
}

// interrupt sends a signal to the program while a cell is at work.
func interrupt(t *testing.T, sent syscall.Signal) {
	t.Helper()
	root := root(t)
	dir := workplace(t, root)
	writeNotebook(t, filepath.Join(dir, "slow.ipynb"), "# Slow", sleepCell)
	cmd := exec.Command(filepath.Join(root, ".venv", "bin", "python"), "internal/reports", "--notebooks", dir, "--out", t.TempDir())
	cmd.Dir = root
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(3 * time.Minute); len(leftovers(dir)) < 2 && time.Now().Before(end); { // the kernel and its cell
		time.Sleep(200 * time.Millisecond)
	}
	if err := cmd.Process.Signal(sent); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the exit status is 0")
	}
	wantNoLeftovers(t, dir)
}

func TestReports_WantsKnownNamesAndPresets(t *testing.T) {
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
