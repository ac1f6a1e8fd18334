package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// makeEnvironment makes .venv from nothing and installs the pinned packages into it. What an older or an interrupted run
// left there is removed: an environment cannot be trusted to be mended in place.
func (p *project) makeEnvironment(ctx context.Context) error {
	python, err := findPython(ctx)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(p.path(".venv")); err != nil {
		return err
	}
	if err := p.command(ctx, p.root, nil, python, "-m", "venv", p.path(".venv")); err != nil {
		return err
	}
	return p.pip(ctx, requirements)
}

// mismatch is what pip says of a file with another checksum than the pinned ones.
const mismatch = "DO NOT MATCH THE HASHES"

// pip installs the packages of a requirements file, which pins every one of them with its hashes, as wheels only:
// nothing is resolved and nothing is built.
func (p *project) pip(ctx context.Context, file string) error {
	env := []string{"PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_INPUT=1", "PYTHONNOUSERSITE=1"}
	err := p.command(ctx, p.root, env, p.path(".venv", "bin", "python"), "-m", "pip", "install", "--quiet",
		"--require-hashes", "--no-deps", "--only-binary", ":all:", "--progress-bar", "off", "-r", p.path(file))
	switch {
	case err != nil && strings.Contains(err.Error(), mismatch):
		return fmt.Errorf("%w\nWhat came is not what this project pins, and was not installed. Find out which index or mirror pip asks: pip config list", err)
	case err != nil:
		return fmt.Errorf("%w\nIf the network was away, run it again: it goes on from here", err)
	}
	return nil
}

// sitePackages returns the folder of the installed Python packages.
func (p *project) sitePackages() (string, error) {
	found, err := filepath.Glob(globEscape(p.path(".venv", "lib")) + "/python3*/site-packages")
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf(".venv holds %d site-packages folders, want one: remove .venv and run it again", len(found))
	}
	return found[0], nil
}

// globEscape quotes the characters of a path that a pattern gives a meaning.
func globEscape(path string) string {
	var out []rune
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}
