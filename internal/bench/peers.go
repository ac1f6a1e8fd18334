package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// environment is the Python environment of the peers, apart from that of the notebooks.
const environment = ".venv-bench"

// requirements pins the peers' packages, with their hashes.
const requirements = "internal/bench/requirements.txt"

// program returns the command that is a worker.
func (b bench) program(form string, j job) (name string, args []string) {
	text := fmt.Sprintf("%s,%d,%s", j.Case, j.Size, j.DType)
	if slices.Contains(ours, form) {
		self, err := os.Executable()
		if err != nil {
			self = os.Args[0]
		}
		return self, []string{"-worker", form, "-job", text}
	}
	peer := "jax_peer.py"
	if form == formTorch {
		peer = "torch_peer.py"
	}
	return b.python(), []string{filepath.Join(b.root, "internal", "bench", "peers", peer), form, j.Case, strconv.Itoa(j.Size), j.DType}
}

func (b bench) python() string { return filepath.Join(b.root, environment, "bin", "python") }

// preparePeers makes the environment of the peers where it is missing or was made from other requirements, and looks for PyTorch
// where it is asked for.
func (b bench) preparePeers(ctx context.Context) error {
	if len(b.with) == 0 {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(b.root, requirements))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	stamp, want := filepath.Join(b.root, environment, "requirements.sha256"), hex.EncodeToString(sum[:])
	if have, err := os.ReadFile(stamp); err != nil || string(have) != want {
		fmt.Fprintf(os.Stderr, "installing JAX into %s (some 150 MB)\n", environment)
		if err := b.makeEnvironment(ctx); err != nil {
			return err
		}
		if err := os.WriteFile(stamp, []byte(want), 0o644); err != nil {
			return err
		}
	}
	if slices.Contains(b.with, formTorch) {
		if err := command(ctx, b.root, b.python(), "-c", "import torch"); err != nil {
			return fmt.Errorf("PyTorch is not installed for the comparison; it takes several GB: %s -m pip install torch",
				filepath.Join(environment, "bin", "python"))
		}
	}
	return nil
}

// makeEnvironment makes the environment from nothing.
func (b bench) makeEnvironment(ctx context.Context) error {
	if err := os.RemoveAll(filepath.Join(b.root, environment)); err != nil {
		return err
	}
	if err := command(ctx, b.root, "python3", "-m", "venv", filepath.Join(b.root, environment)); err != nil {
		return err
	}
	return command(ctx, b.root, b.python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
		"--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", filepath.Join(b.root, requirements))
}

// command runs a program; what it prints is told only where it fails.
func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, strings.TrimSpace(output.String()))
	}
	return nil
}
