// Command setup prepares a clone for everything that the Makefile offers: a Python environment with JupyterLab in .venv,
// the GoNB kernel with the programs that it needs in .tools, and the XLA plugin where the backend package finds it.
//
//	go run ./internal/setup            # what notebooks, reports and tests need
//	go run ./internal/setup cuda       # the same, and the CUDA plugin
//	go run ./internal/setup lint       # golangci-lint, and nothing else
//	go run ./internal/setup data       # the data sets that are too large to ship, and nothing else
//	go run ./internal/setup kernel     # GoNB, and its kernel in the Jupyter that the user has
//
// It uses nothing but the standard library, so that it runs before anything is downloaded. A step that is done is not
// done again: see [step]. Nothing is written outside the clone, but for the caches of Go and pip, and by kernel one
// folder among the user's Jupyter kernels.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		os.Exit(1)
	}
}

// run does the steps that the arguments ask for, in the clone that holds the working directory.
func run(ctx context.Context, args []string) error {
	root, err := findRoot()
	if err != nil {
		return err
	}
	p := newProject(root)
	steps, err := p.stepsFor(args)
	if err != nil {
		return err
	}
	unlock, err := lock(filepath.Join(root, ".setup.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	return p.perform(ctx, steps)
}

// findRoot returns the folder of the clone: the nearest one at or above the working directory with this command in it.
func findRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "internal", "setup", "main.go")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not in a clone of the project: run make setup there", start)
		}
	}
}
