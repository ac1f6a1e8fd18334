package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// program writes a shell script that stands for a program into a folder.
func program(t *testing.T, dir, name, script string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("shell scripts are no programs here")
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// wantOneLine checks that an error is one line with all of the texts.
func wantOneLine(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("there is no error")
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q does not say %q", err, text)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is more than one line", err)
	}
}

func TestCheckCompiler(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	t.Setenv("CC", "")
	wantOneLine(t, checkCompiler(), "no C compiler", "apt install gcc")
	program(t, dir, "clang", "exit 0")
	if err := checkCompiler(); err != nil {
		t.Error(err)
	}
	t.Setenv("CC", "my-cc -O2")
	wantOneLine(t, checkCompiler(), "my-cc")
}

func TestFindPython_SaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	_, err := findPython(t.Context())
	wantOneLine(t, err, "no Python 3", "apt install python3 python3-venv")
	program(t, dir, "python3", "echo old 3.8.1 >&2; exit 1")
	_, err = findPython(t.Context())
	wantOneLine(t, err, filepath.Join(dir, "python3"), "3.8.1, too old", "3.10 or newer")
	program(t, dir, "python3", "echo no venv >&2; exit 1")
	_, err = findPython(t.Context())
	wantOneLine(t, err, "venv", "apt install python3-venv")
	program(t, dir, "python3", "echo old 3.8.1 >&2; exit 1")
	program(t, dir, "python3.12", "exit 0")
	if got, err := findPython(t.Context()); err != nil || got != filepath.Join(dir, "python3.12") {
		t.Errorf("found %q, %v: want the newer one", got, err)
	}
}

func TestFindPython_RealOne(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3 here")
	}
	path, err := findPython(t.Context())
	if err != nil {
		t.Skip(err)
	}
	if err := exec.Command(path, "-c", "import sys; sys.exit(sys.version_info < (3, 10))").Run(); err != nil {
		t.Errorf("%s is older than 3.10", path)
	}
}

func TestNeedGo(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	check := func(dir string) (string, error) {
		cmd := exec.Command(shell, "need-go.sh")
		cmd.Env = []string{"PATH=" + dir}
		said, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(said)), err
	}
	dir := t.TempDir()
	if said, err := check(dir); err == nil || said != "setup: Go is missing (1.26 or newer): install it from https://go.dev/dl/" {
		t.Errorf("without Go it says %q, %v", said, err)
	}
	for version, good := range map[string]bool{
		"go1.21.3": false, "go1.9": false, "go1.25rc1": false, "go1.26": true, "go1.26.5": true, "go1.27rc2": true, "go2.0": true,
		"devel go1.28-abcdef": true,
	} {
		program(t, dir, "go", "echo "+version)
		said, err := check(dir)
		if good != (err == nil) || !good && !strings.Contains(said, version+", too old (1.26 or newer is needed)") {
			t.Errorf("%s: it says %q, %v", version, said, err)
		}
	}
}
