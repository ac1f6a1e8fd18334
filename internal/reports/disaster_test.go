package reports

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is the command that makes reports, not yet started.
func program(root string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(root, ".venv", "bin", "python"), append([]string{"internal/reports"}, args...)...)
	cmd.Dir = root
	return cmd
}

// A kernel that is killed while a cell is at work fails the notebook, and its cell is stopped too.
func TestDisaster_KernelKilledInTheMiddleOfACell(t *testing.T) {
	t.Parallel()
	root := root(t)
	dir, out := cloneFolder(t, root), t.TempDir()
	writeNotebook(t, filepath.Join(dir, "slow.ipynb"), "# Slow", sleepCell, "%%\nprintln(\"after\")")
	var said bytes.Buffer
	cmd := program(root, "--notebooks", dir, "--out", out)
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !eventually(3*time.Minute, func() bool { _, err := os.Stat(filepath.Join(dir, "at-work")); return err == nil }) {
		t.Fatalf("the cell does not start: %s", said.String())
	}
	killed := 0
	for _, process := range leftovers(dir) {
		number, command, _ := strings.Cut(process, " ")
		if pid, err := strconv.Atoi(number); err == nil && strings.Contains(command, "gonb --kernel") && !strings.Contains(command, "robustloss-kernel") {
			killed++
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}
	}
	if killed != 1 {
		t.Errorf("%d kernels were found, want 1: %q", killed, leftovers(dir))
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the exit status is 0")
	}
	message, _ := failureOf(said.String(), "slow")
	if !strings.Contains(message, "cell 3") || !strings.Contains(message, "the kernel died") || strings.Contains(said.String(), "Traceback") {
		t.Errorf("it says %q", said.String())
	}
	if page := read(t, filepath.Join(out, "slow.html")); !strings.Contains(page, "the kernel died") || !strings.Contains(page, "The last code cell was not executed") {
		t.Error("the page does not say so")
	}
	wantNoLeftovers(t, dir)
}

// halfCells declare a function, and check what it gives.
var halfCells = []string{
	"func half(x float64) float64 { return x / 2 }",
	"import \"github.com/robustloss/gomlx-robustloss/notebooks/show\"\n\n%%\nshow.CheckNear(\"half of 4 is 2\", half(4), 2, 0)",
}

// A reader runs all cells again in the same kernel, or some of them before those above: that works, or Go says which name is not
// declared. The clone can be imported also where the first cell was not run.
func TestDisaster_CellsRunTwiceOrFromTheMiddle(t *testing.T) {
	t.Parallel()
	root := root(t)
	dir, out := cloneFolder(t, root), t.TempDir()
	twice := append(append([]string(nil), halfCells...), setupCell)
	writeNotebook(t, filepath.Join(dir, "twice.ipynb"), "# Twice", append(twice, halfCells...)...)
	writeNotebook(t, filepath.Join(dir, "middle.ipynb"), "# Middle", halfCells[1])
	for _, name := range []string{"unprepared", "unprepared-middle"} {
		cells := halfCells
		if name == "unprepared-middle" {
			cells = halfCells[1:]
		}
		path := filepath.Join(dir, name+".ipynb")
		writeNotebook(t, path, "# "+name, cells...)
		// The set-up cell becomes one that sets nothing up.
		content := strings.Replace(read(t, path), `!*[ -f go.work ] || go work init . \"$(dirname \"$GONB_DIR\")\"\n%noautoget`, `// not run`, 1)
		if strings.Contains(content, "go work init") {
			t.Fatal("the set-up is still there")
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	said, _ := run(t, root, nil, "--notebooks", dir, "--out", out)
	for name, want := range map[string]string{"twice": "", "unprepared": "", "middle": "undefined: half", "unprepared-middle": "undefined: half"} {
		switch message, failed := failureOf(said, name); {
		case want == "" && failed:
			t.Errorf("%s fails: %s", name, message)
		case want != "" && (!failed || !strings.Contains(message, want)):
			t.Errorf("%s: the message is %q, want %q", name, message, want)
		}
	}
	if page := read(t, filepath.Join(out, "twice.html")); strings.Count(page, "half of 4 is 2") < 2 {
		t.Error("the page of the cells that ran twice does not show both checks")
	}
	wantNoLeftovers(t, dir)
	if t.Failed() {
		t.Log(said)
	}
}

// Two programs make the same report at the same time, each with a second notebook beside it.
func TestDisaster_TwoAtTheSameTime(t *testing.T) {
	t.Parallel()
	root := root(t)
	dir, out := cloneFolder(t, root), t.TempDir()
	writeNotebook(t, filepath.Join(dir, "one.ipynb"), "# One", halfCells...)
	writeNotebook(t, filepath.Join(dir, "two.ipynb"), "# Two", halfCells...)
	said, errs := make([]string, 2), make([]error, 2)
	var both sync.WaitGroup
	for i := range said {
		both.Go(func() { said[i], errs[i] = run(t, root, nil, "--notebooks", dir, "--out", out) })
	}
	both.Wait()
	for i := range said {
		if errs[i] != nil || !strings.Contains(said[i], "2 of 2 ok") {
			t.Errorf("%v: %s", errs[i], said[i])
		}
	}
	for _, name := range []string{"one.html", "two.html", "index.html"} {
		if page := read(t, filepath.Join(out, name)); !strings.HasSuffix(strings.TrimSpace(page), "</html>") || !strings.Contains(page, "1 live check holds") {
			t.Errorf("%s is not whole", name)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*.partial")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	wantNoLeftovers(t, dir)
}

// withMounts runs the program after a shell script that mounts what it likes: nobody else sees that. The test is skipped where the
// system does not allow it.
func withMounts(t *testing.T, root, script string, args ...string) (said string, err error) {
	t.Helper()
	flags := []string{"-m"}
	if os.Getuid() != 0 {
		flags = []string{"-r", "-m"}
	}
	if out, err := exec.Command("unshare", append(flags, "mount", "-t", "tmpfs", "tmpfs", t.TempDir())...).CombinedOutput(); err != nil {
		t.Skipf("nothing can be mounted here: %v %s", err, out)
	}
	cmd := exec.Command("unshare", append(append(flags, "sh", "-ec", script+"\nexec .venv/bin/python internal/reports \"$@\"", "sh"), args...)...)
	cmd.Dir = root
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// A clone that cannot be written to makes reports in another folder, and says so where that is not named.
func TestDisaster_ReadOnlyClone(t *testing.T) {
	t.Parallel()
	root := root(t)
	dir, out := cloneFolder(t, root), t.TempDir()
	writeNotebook(t, filepath.Join(dir, "one.ipynb"), "# One", halfCells...)
	script := ""
	for _, link := range []string{".", ".venv", ".tools"} { // the last two may lead out of the clone
		folder, err := filepath.EvalSymlinks(filepath.Join(root, link))
		if err != nil {
			t.Fatal(err)
		}
		script += fmt.Sprintf("mount --bind '%s' '%s'\nmount -o remount,bind,ro '%s'\n", folder, folder, folder)
	}
	script += fmt.Sprintf("cd '%s'\n! touch '%s' 2>/dev/null\n", root, filepath.Join(dir, "touched"))
	if said, err := withMounts(t, root, script, "--notebooks", dir, "--out", out); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	said, err := withMounts(t, root, script, "--notebooks", dir, "--out", filepath.Join(root, "reports-of-a-test"))
	if err == nil || strings.Count(said, "\n") != 1 || !strings.Contains(said, "reports: no pages can be written in") || !strings.Contains(said, "--out FOLDER") {
		t.Errorf("without another folder it says %q (%v)", said, err)
	}
}

// Where there is no room for temporary files, one line says so before a notebook starts, or where the room ends while one is
// executed, its report.
func TestDisaster_NoRoomForTemporaryFiles(t *testing.T) {
	t.Parallel()
	root := root(t)
	dir := cloneFolder(t, root)
	writeNotebook(t, filepath.Join(dir, "one.ipynb"), "# One", halfCells...)
	small := t.TempDir()
	for options, want := range map[string]string{
		"size=4k": "reports: no temporary files can be written in " + small + " (No space left on device): make room there",
		"ro":      "reports: no temporary files can be written in " + small + " (Read-only file system)",
		"size=1m": "no space left on device",
	} {
		script := fmt.Sprintf("mount -t tmpfs -o %s tmpfs '%s'\nexport TMPDIR='%s'\n", options, small, small)
		said, err := withMounts(t, root, script, "--notebooks", dir, "--out", t.TempDir())
		if err == nil || !strings.Contains(said, want) || strings.Contains(said, "Traceback") {
			t.Errorf("%s: it says %q (%v), want %q", options, said, err, want)
		}
	}
	cmd := program(root, "--notebooks", dir, "--out", t.TempDir())
	nowhere := filepath.Join(small, "nowhere")
	cmd.Env = append(os.Environ(), "TMPDIR="+nowhere)
	said, err := cmd.CombinedOutput()
	if want := "reports: no temporary files can be written in " + nowhere + " (No such file or directory)"; err == nil || !strings.Contains(string(said), want) {
		t.Errorf("a folder that is not there: it says %q (%v)", said, err)
	}
	wantNoLeftovers(t, dir)
}

// Ctrl-C in a terminal reaches make and all that it started. Nothing of it is left.
func TestDisaster_InterruptedMakeLeavesNothing(t *testing.T) {
	t.Parallel()
	root := root(t)
	dir, out, temporary := cloneFolder(t, root), t.TempDir(), t.TempDir()
	writeNotebook(t, filepath.Join(dir, "slow.ipynb"), "# Slow", sleepCell)
	var said bytes.Buffer
	// The set-up is left out: this test does not change the clone.
	cmd := exec.Command("make", "-o", "setup", "reports", fmt.Sprintf("REPORTS=.venv/bin/python internal/reports --notebooks '%s' --out '%s'", dir, out))
	cmd.Dir, cmd.Stdout, cmd.Stderr = root, &said, &said
	cmd.Env = append(os.Environ(), "TMPDIR="+temporary)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !eventually(3*time.Minute, func() bool { _, err := os.Stat(filepath.Join(dir, "at-work")); return err == nil }) {
		t.Fatalf("the cell does not start: %s", said.String())
	}
	if pipes := pipesBelow(temporary); len(pipes) == 0 {
		t.Error("GoNB has no pipe while a cell is at work: this test looks in the wrong place")
	}
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the exit status is 0")
	}
	if text := said.String(); strings.Count(text, "reports: interrupted\n") != 1 || strings.Contains(text, "Traceback") {
		t.Errorf("it says %q", text)
	}
	wantNoLeftovers(t, dir)
	wantEmpty(t, temporary)
}

// pipesBelow lists the named pipes below a folder.
func pipesBelow(folder string) (pipes []string) {
	_ = filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type()&os.ModeNamedPipe != 0 {
			pipes = append(pipes, path)
		}
		return nil
	})
	return pipes
}
