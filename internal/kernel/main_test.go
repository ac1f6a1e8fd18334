//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// connectionFile is in the working folder of the parent.
const connectionFile = "connection.json"

// TestMain lets this test program play more parts: the command itself, also under the name of go, and a parent that starts it
// and waits.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("KERNEL_TEST_PARENT") == "1":
		playParent()
	case filepath.Base(os.Args[0]) == goName, len(os.Args) > 1 && (os.Args[1] == janitorArgument || os.Args[1] == connectionFile):
		main()
	default:
		os.Exit(m.Run())
	}
}

// playParent starts the command in a session of its own, as Jupyter does, tells its process id, and waits.
func playParent() {
	program, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(program, os.Args[1:]...)
	cmd.Env = append(os.Environ(), "KERNEL_TEST_PARENT=")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	fmt.Println("kernel", cmd.Process.Pid)
	_ = cmd.Wait()
	os.Exit(cmd.ProcessState.ExitCode())
}

// kernelScript plays GoNB with a cell at work: it has a child, writes into its temporary folder, and tells both.
const kernelScript = `trap '' TERM INT; sleep 600 & echo cell $!; echo x >"$TMPDIR/file"; echo folder "$TMPDIR"; wait`

// family is a parent with a command that runs a script.
type family struct {
	parent *exec.Cmd
	kernel int
	facts  map[string]string
}

// start starts a parent with the command, and waits until the script has told what is asked for.
func start(t *testing.T, temporary, script string, asked ...string) family {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f := family{parent: exec.Command(program, connectionFile, "sh", "-c", script), facts: map[string]string{}}
	f.parent.Env = append(os.Environ(), "KERNEL_TEST_PARENT=1", "TMPDIR="+temporary)
	f.parent.Stderr = os.Stderr
	f.parent.Dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(f.parent.Dir, connectionFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := f.parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.parent.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(said); len(f.facts) < len(asked)+1 && lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		f.facts[name] = value
	}
	if f.kernel, err = strconv.Atoi(f.facts["kernel"]); err != nil {
		t.Fatalf("it told %v: %v", f.facts, err)
	}
	t.Cleanup(func() {
		_, _ = f.parent.Process.Kill(), syscall.Kill(-f.kernel, syscall.SIGKILL)
		within(t, "the janitor has removed its folder", func() bool { return empty(temporary) })
	})
	return f
}

// within waits until something is so. The limit is for what never comes: a busy machine is slow.
func within(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after ten minutes not: %s", what)
		}
	}
}

// empty tells whether a folder holds nothing.
func empty(folder string) bool {
	left, err := os.ReadDir(folder)
	return err == nil && len(left) == 0
}

// gone tells whether a process, or with a negative number a group, is no more.
func gone(id int) bool { return errors.Is(syscall.Kill(id, 0), syscall.ESRCH) }

func TestKernel_EndsHoweverItsParentDoes(t *testing.T) {
	for name, end := range map[string]func(family) error{
		"the parent is killed": func(f family) error { return f.parent.Process.Kill() },
		"the kernel is killed": func(f family) error { return syscall.Kill(f.kernel, syscall.SIGKILL) },
		"the group is killed":  func(f family) error { return syscall.Kill(-f.kernel, syscall.SIGKILL) },
		"the cell's end is the kernel's": func(f family) error {
			cell, err := strconv.Atoi(f.facts["cell"])
			if err != nil {
				return err
			}
			return syscall.Kill(cell, syscall.SIGKILL)
		},
	} {
		t.Run(name, func(t *testing.T) {
			temporary := t.TempDir()
			f := start(t, temporary, kernelScript, "cell", "folder")
			if dir := f.facts["folder"]; filepath.Dir(dir) != temporary {
				t.Errorf("the temporary folder is %s, want one in %s", dir, temporary)
			}
			if err := end(f); err != nil {
				t.Fatal(err)
			}
			_ = f.parent.Wait()
			within(t, "the process group is gone", func() bool { return gone(-f.kernel) })
			within(t, "the temporary folder is gone", func() bool { return empty(temporary) })
			// A parent that lives may start another kernel with the same file.
			_, err := os.Stat(filepath.Join(f.parent.Dir, connectionFile))
			if removed := err != nil; removed != (name == "the parent is killed") {
				t.Errorf("the connection file is removed: %v", removed)
			}
		})
	}
}

func TestKernel_PassesTheStatusOn(t *testing.T) {
	for _, want := range []int{0, 3} {
		f := start(t, t.TempDir(), fmt.Sprintf("echo ready; exit %d", want), "ready")
		_ = f.parent.Wait()
		if got := f.parent.ProcessState.ExitCode(); got != want {
			t.Errorf("the status is %d, want %d", got, want)
		}
	}
}

// A signal for the group is the kernel's to answer: this one goes on.
func TestKernel_LeavesSignalsToTheKernel(t *testing.T) {
	f := start(t, t.TempDir(), `trap 'echo got TERM; exit 5' TERM; echo ready; while :; do sleep 0.05; done`, "ready")
	if err := syscall.Kill(-f.kernel, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = f.parent.Wait()
	if got := f.parent.ProcessState.ExitCode(); got != 5 {
		t.Errorf("the status is %d, want the 5 with which the kernel answers", got)
	}
}

func TestSweep_RemovesWhatNobodyHolds(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	folders := map[string]string{
		"stale": "robustloss-kernel-1", "young": "robustloss-kernel-2", "held": "robustloss-kernel-3", "other": "another-1",
	}
	for name, base := range folders {
		folders[name] = filepath.Join(temporary, base)
		if err := os.Mkdir(folders[name], 0o700); err != nil {
			t.Fatal(err)
		}
	}
	lock, err := tryLock(folders["held"])
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"stale", "held", "other"} {
		if err := os.Chtimes(folders[name], old, old); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	for name, folder := range folders {
		if _, err := os.Stat(folder); (err != nil) != (name == "stale") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
