package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// fashionDir is where Fashion-MNIST is put: 70,000 images of 28×28 pixels, under the MIT licence.
const fashionDir = ".cache/data/fashion-mnist"

// fashionPackage is the Debian package that holds it, and fashionInstalled where the package puts it.
const (
	fashionPackage   = "dataset-fashion-mnist"
	fashionInstalled = "usr/share/datasets/fashion-mnist"
)

// fashionFiles are the files and their SHA-256.
var fashionFiles = map[string]string{
	"train-images-idx3-ubyte.gz": "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
	"train-labels-idx1-ubyte.gz": "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
	"t10k-images-idx3-ubyte.gz":  "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
	"t10k-labels-idx1-ubyte.gz":  "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
}

// datasets fetches the data sets that are too large to ship.
func (p *project) datasets() step {
	s := step{
		name:   "data",
		what:   "fetching Fashion-MNIST (31 MB) into " + fashionDir,
		inputs: []string{"internal/setup/datasets.go"},
		run:    p.fetchFashion,
	}
	for _, name := range slices.Sorted(maps.Keys(fashionFiles)) {
		s.products = append(s.products, fashionDir+"/"+name)
	}
	return s
}

// fetchFashion takes the files that the user put there, or those of the installed package, or downloads the package and
// unpacks it, which needs no rights: nothing is installed.
func (p *project) fetchFashion(ctx context.Context) error {
	if _, err := os.Stat(p.path(fashionDir, "train-images-idx3-ubyte.gz")); err == nil {
		return p.takeFashion(p.path(fashionDir))
	}
	if err := os.MkdirAll(p.path(fashionDir), 0o755); err != nil {
		return err
	}
	if _, err := os.Stat("/" + fashionInstalled); err == nil {
		return p.takeFashion("/" + fashionInstalled)
	}
	for _, program := range []string{"apt-get", "dpkg-deb"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("there is no %s here, which fetches Debian's package %s: put the four files of Fashion-MNIST (train-images-idx3-ubyte.gz, …) into %s, and run it again",
				program, fashionPackage, p.path(fashionDir))
		}
	}
	work, err := os.MkdirTemp(p.path(fashionDir), ".fetching-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := p.command(ctx, work, nil, "apt-get", "download", "-q", fashionPackage); err != nil {
		return fmt.Errorf("cannot download the package %s (if it is not found, run apt-get update as root): %w", fashionPackage, err)
	}
	packages, err := filepath.Glob(filepath.Join(work, "*.deb"))
	if err != nil || len(packages) != 1 {
		return fmt.Errorf("apt-get left %d packages: %w", len(packages), errors.Join(err, fs.ErrNotExist))
	}
	if err := p.command(ctx, work, nil, "dpkg-deb", "-x", packages[0], "."); err != nil {
		return err
	}
	return p.takeFashion(filepath.Join(work, filepath.FromSlash(fashionInstalled)))
}

// takeFashion copies the files from a folder, after it checked what is in them.
func (p *project) takeFashion(from string) error {
	for _, name := range slices.Sorted(maps.Keys(fashionFiles)) {
		want := fashionFiles[name]
		content, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return fmt.Errorf("a file of Fashion-MNIST is missing: %w", err)
		}
		if have := sha256.Sum256(content); hex.EncodeToString(have[:]) != want {
			return fmt.Errorf("%s is not the file that is wanted: its SHA-256 is %x, want %s", filepath.Join(from, name), have, want)
		}
		target := p.path(fashionDir, name)
		if target == filepath.Join(from, name) {
			continue
		}
		if err := os.WriteFile(target+".partial", content, 0o644); err != nil {
			return err
		}
		if err := os.Rename(target+".partial", target); err != nil {
			return err
		}
	}
	return nil
}
