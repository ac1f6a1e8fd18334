//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gomlx/compute"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// kills is how often each experiment is killed, at least.
const kills = 20

// program is the experiments' program, built once.
var program string

func TestMain(m *testing.M) {
	if os.Getenv(stressVariable) != "1" {
		os.Exit(m.Run())
	}
	folder, err := os.MkdirTemp("", "robustloss-stress-")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(folder, "experiments")
	build := exec.Command("go", "build", "-o", program, "../../experiments")
	build.Stderr = os.Stderr
	code := 1
	if build.Run() == nil {
		code = m.Run()
	}
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// stress skips the test where nobody asked for it.
func stress(t *testing.T) {
	t.Helper()
	if os.Getenv(stressVariable) != "1" {
		t.Skip("takes long: make stress runs it")
	}
}

// command is the experiment with its runs in a folder.
func (e experiment) command(runs string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command(program, append(append([]string(nil), e.args...), "--runs", runs, "--quiet")...)
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.Dir = filepath.Join("..", "..") // the clone, where XLA's plugin is found
	return cmd, &said
}

// finish runs the experiment to its end.
func (e experiment) finish(t *testing.T, runs string) time.Duration {
	t.Helper()
	began := time.Now()
	cmd, said := e.command(runs)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", e.name, err, said)
	}
	return time.Since(began)
}

// numbers reads what a folder of runs holds that must not differ: the values of every result and every line of
// the metrics, without the times.
func numbers(t *testing.T, runs string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(runs, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(runs, path)
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch d.Name() {
		case "result.json":
			var result struct {
				Values  json.RawMessage `json:"values"`
				Details json.RawMessage `json:"details"`
			}
			if err := json.Unmarshal(content, &result); err != nil {
				return err
			}
			all[name] = string(result.Values) + string(result.Details)
		case "metrics.jsonl":
			all[name] = string(content)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("%s holds no result", runs)
	}
	return all
}

// wantSame compares two folders of runs.
func wantSame(t *testing.T, name string, want, got map[string]string) {
	t.Helper()
	for file, w := range want {
		if g := got[file]; g != w {
			t.Errorf("%s: %s is\n%.400s\nwant\n%.400s", name, file, g, w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: there are %d files of numbers, want %d", name, len(got), len(want))
	}
}

// breakOff runs the experiment again and again, sends it a signal after a random time, and returns how often that
// interrupted it before it ended. after looks at what the signal left.
func (e experiment) breakOff(t *testing.T, runs string, signal os.Signal, longest time.Duration, random *rand.Rand, after func(err error, said string)) (n int) {
	t.Helper()
	for {
		cmd, said := e.command(runs)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(random.Float64()*float64(longest)), func() { _ = cmd.Process.Signal(signal) })
		err := cmd.Wait()
		timer.Stop()
		if err == nil {
			return n
		}
		n++
		after(err, said.String())
		if n > 500 {
			t.Fatalf("%s does not come to an end", e.name)
		}
	}
}

func TestStress_KilledRunsEndWithTheSameNumbers(t *testing.T) {
	stress(t)
	for i, e := range experiments {
		t.Run(e.name, func(t *testing.T) {
			unbroken := t.TempDir()
			took := e.finish(t, unbroken)
			want := numbers(t, unbroken)
			random, total := rand.New(rand.NewPCG(uint64(i), 7)), 0
			for total < kills {
				runs := t.TempDir()
				n := e.breakOff(t, runs, syscall.SIGKILL, took, random, func(err error, said string) {
					if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != -1 {
						t.Fatalf("after a kill it ends by itself: %v\n%s", err, said)
					}
				})
				total += n
				wantSame(t, e.name, want, numbers(t, runs))
				wantNoOrphans(t, runs)
			}
			t.Logf("%s: %d kills, the same numbers", e.name, total)
		})
	}
}

// wantNoOrphans checks that a finished folder of runs holds no half-written file.
func wantNoOrphans(t *testing.T, runs string) {
	t.Helper()
	_ = filepath.WalkDir(runs, func(path string, _ fs.DirEntry, err error) error {
		if name := filepath.Base(path); strings.HasPrefix(name, ".tmp-") || strings.HasSuffix(name, ".partial") {
			t.Errorf("%s is left over", path)
		}
		return err
	})
}

func TestStress_SignalsSaveAndExitCleanly(t *testing.T) {
	stress(t)
	for i, e := range experiments {
		for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(e.name+"/"+signal.String(), func(t *testing.T) {
				unbroken := t.TempDir()
				took := e.finish(t, unbroken)
				random := rand.New(rand.NewPCG(uint64(i), 8))
				n, runs := 0, ""
				for tries := 0; n == 0; tries++ { // a run that ends before its signal says nothing
					if tries == 50 {
						t.Fatal("no signal hits the run before it ends")
					}
					runs = t.TempDir()
					n = e.breakOff(t, runs, signal, took, random, func(err error, said string) {
						exit := (*exec.ExitError)(nil)
						if !errors.As(err, &exit) {
							t.Fatal(err)
						}
						// Before main has set up its handler the signal ends the process, as any other.
						if code := exit.ExitCode(); code != 130 && code != -1 {
							t.Errorf("the exit code is %d, want 130:\n%s", code, said)
						}
						if strings.Count(strings.TrimSpace(said), "\n") > 0 || strings.Contains(said, "goroutine") {
							t.Errorf("it says more than one line:\n%s", said)
						}
					})
				}
				wantSame(t, e.name, numbers(t, unbroken), numbers(t, runs))
				t.Logf("%s: %d × %v, the same numbers", e.name, n, signal)
			})
		}
	}
}

func TestStress_FullDiskLosesNothing(t *testing.T) {
	stress(t)
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("mounting a small disk needs root on Linux")
	}
	e := experiments[0]
	unbroken := t.TempDir()
	e.finish(t, unbroken)
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("no small disk can be mounted: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", disk).Run() })
	full := 0
	for size := 256; size < 1<<20; size = size * 3 / 2 {
		if out, err := exec.Command("mount", "-o", fmt.Sprintf("remount,size=%dk", size), disk).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		cmd, said := e.command(disk)
		err := cmd.Run()
		if err == nil {
			break
		}
		full++
		if text := strings.TrimSpace(said.String()); !strings.Contains(text, "no space left") || strings.Contains(text, "goroutine") {
			t.Fatalf("on a disk of %d kB it says:\n%s", size, text)
		}
	}
	if full == 0 {
		t.Error("the disk was never full")
	}
	wantSame(t, e.name, numbers(t, unbroken), numbers(t, disk))
	t.Logf("the disk was full %d times, the same numbers", full)
}

// Processes compute the same bits, also with other numbers of Go's threads: in pure Go, and on XLA where an experiment uses a backend.
func TestStress_TwoProcessesComputeTheSameBits(t *testing.T) {
	stress(t)
	for _, e := range experiments {
		t.Run(e.name, func(t *testing.T) {
			if slices.Contains(e.args, "--backend") {
				testkit.ForEachBackend(t, func(t *testing.T, _ compute.Backend) { // the program opens it by its name
					e.args = append(slices.Clone(e.args), "--backend", filepath.Base(t.Name()))
					e.sameBits(t)
				})
				return
			}
			e.sameBits(t)
		})
	}
}

func (e experiment) sameBits(t *testing.T) {
	t.Helper()
	first := t.TempDir()
	e.finish(t, first)
	for _, threads := range []string{"1", "2", "5"} {
		runs := t.TempDir()
		cmd, said := e.command(runs)
		cmd.Env = append(os.Environ(), "GOMAXPROCS="+threads)
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		wantSame(t, e.name+" with GOMAXPROCS="+threads, numbers(t, first), numbers(t, runs))
	}
	t.Logf("%s: 4 processes, the same bits", e.name)
}
