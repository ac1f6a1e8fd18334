package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// command runs a program in a folder. Its output is told only where it fails.
func (p *project) command(ctx context.Context, dir string, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // pip and go clean up after themselves
	cmd.WaitDelay = 5 * time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, lastLines(output.String(), 25))
	}
	return nil
}

// lastLines returns the end of a text.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// installTools builds the programs that a tools module names into .tools/bin.
func (p *project) installTools(ctx context.Context, module string) error {
	env := []string{"GOBIN=" + p.path(".tools", "bin"), "GOFLAGS=-buildvcs=false", "GOWORK=off", "GOOS=", "GOARCH="}
	return p.command(ctx, module, env, "go", "install", "tool")
}
