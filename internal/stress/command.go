//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// runAll runs the units, those with the same flags in one command, and returns the names of those that failed. passed is told of
// the others as they end.
func (p plan) runAll(ctx context.Context, open []unit, passed func(name string, r result) error) (failed []string, err error) {
	for len(open) > 0 {
		n := 1
		for n < len(open) && slices.Equal(open[n].flags, open[0].flags) {
			n++
		}
		some, err := p.command(ctx, open[:n], passed)
		if err != nil {
			return nil, err
		}
		failed, open = append(failed, some...), open[n:]
	}
	return failed, nil
}

var (
	passedLine = regexp.MustCompile(`^ok  \t(\S+)\t([0-9.]+)s`)
	figureLine = regexp.MustCompile(`^ +\w+\.go:\d+: (.+)`)
	countLine  = regexp.MustCompile(`^fuzz: .* execs: (\d+)`)

	// lateEnd is what go test prints last of a fuzz target that found nothing and whose time was over, where a worker noticed that
	// before their coordinator did (https://go.dev/issue/75804, mended in Go 1.27). An input that fails would be named there.
	lateEnd = regexp.MustCompile(`^--- FAIL: Fuzz.*\n    context deadline exceeded\nFAIL\nexit status 1\nFAIL\t(\S+)\t([0-9.]+)s$`)
)

// patience is how long an interrupted command may take to end.
var patience = 30 * time.Second

// command runs the units of one command. It keeps its output in a file named after the first of them, and their figures.
func (p plan) command(ctx context.Context, units []unit, passed func(name string, r result) error) (failed []string, err error) {
	args := append([]string{"test", "-timeout=6h"}, units[0].flags...)
	open := map[string]unit{}
	for _, u := range units {
		args = append(args, u.pkg)
		open[u.pkg] = u
	}
	tell("%s: go %s", units[0].name, strings.Join(args, " "))
	log, err := os.Create(filepath.Join(p.out, strings.ReplaceAll(units[0].name, "/", "-")+".log"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = p.root, os.Environ()
	if units[0].own {
		cmd.Env = append(cmd.Env, stressVariable+"=1")
	}
	// go test does not pass an interruption on to its tests: it waits for them. So their whole group is interrupted, and what of it
	// does not end of that, as a test that answers to the signal itself, is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = patience
	output, writer := io.Pipe()
	cmd.Stdout, cmd.Stderr = writer, writer
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer func() {
		if ctx.Err() != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // an error: nothing is left of the group
		}
	}()
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(cmd.Wait(), writer.Close()) }()
	err = follow(output, log, open, func(name string, r result) error {
		if err := ctx.Err(); err != nil { // a fuzz target passes when it is interrupted
			return err
		}
		return passed(name, r)
	})
	_ = output.CloseWithError(err) // so that the command does not wait for a reader that has gone
	runErr := <-ended
	if err := errors.Join(ctx.Err(), err); err != nil {
		return nil, err
	}
	for _, u := range units {
		if _, is := open[u.pkg]; is {
			failed = append(failed, u.name)
			tell("%s: FAILED (%v)", u.name, runErr)
		}
	}
	return failed, nil
}

// follow copies the output of go test into a log, and takes from open what passed.
func follow(output io.Reader, log io.Writer, open map[string]unit, passed func(name string, r result) error) error {
	var figures, last []string
	executions := ""
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		line := lines.Text()
		if _, err := fmt.Fprintln(log, line); err != nil {
			return err
		}
		if m := figureLine.FindStringSubmatch(line); m != nil {
			figures = append(figures, m[1])
		}
		if m := countLine.FindStringSubmatch(line); m != nil {
			executions = m[1] + " executions"
		}
		last = append(last[max(0, len(last)-4):], line)
		m := passedLine.FindStringSubmatch(line)
		if m == nil {
			m = lateEnd.FindStringSubmatch(strings.Join(last, "\n"))
		}
		if m == nil && strings.HasPrefix(line, "FAIL\t") {
			figures, executions = nil, "" // they are those of the package that failed
		}
		if m == nil || strings.Contains(line, "[no tests to run]") {
			continue
		}
		u, is := open[m[1]]
		if !is {
			continue
		}
		delete(open, m[1])
		seconds, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return fmt.Errorf("go test says %q: %w", line, err)
		}
		if executions != "" {
			figures = append(figures, executions)
		}
		r := result{Seconds: seconds, Figures: strings.Join(figures, "; ")}
		if err := passed(u.name, r); err != nil {
			return err
		}
		tell("%s: passed in %.0f s %s", u.name, seconds, r.Figures)
		figures, executions = nil, ""
	}
	return lines.Err()
}
