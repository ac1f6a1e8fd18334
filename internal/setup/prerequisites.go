package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// checkCompiler returns an error that says how to get a C compiler where there is none.
func checkCompiler() error {
	names := []string{"cc", "gcc", "clang"}
	if chosen := strings.Fields(os.Getenv("CC")); len(chosen) > 0 {
		names = chosen[:1]
	}
	for _, name := range names {
		if _, err := exec.LookPath(name); err == nil {
			return nil
		}
	}
	return fmt.Errorf("no C compiler (looked for %s), which XLA and Go's cgo need: install one, as with "+
		"`apt install gcc libc6-dev`, `dnf install gcc` or `xcode-select --install`", strings.Join(names, ", "))
}

// pythons are the names under which a Python may be found, the usual one first.
var pythons = []string{"python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"}

// suitable is a Python program that fails where Python is older than 3.10, and says so where venv is missing.
const suitable = `import sys
if sys.version_info < (3, 10): sys.exit("old " + sys.version.split()[0])
try: import venv, ensurepip
except ImportError: sys.exit("no venv")`

// findPython returns the path of a Python of version 3.10 or newer that can make environments. The error says what is
// missing and how to get it.
func findPython(ctx context.Context) (string, error) {
	reason := errors.New("no Python 3 (3.10 or newer), which JupyterLab needs: install it, as with " +
		"`apt install python3 python3-venv`, `dnf install python3` or from python.org")
	for _, name := range pythons {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		answer, err := exec.CommandContext(ctx, path, "-c", suitable).CombinedOutput()
		if err == nil {
			return path, nil
		}
		switch text := strings.TrimSpace(string(answer)); {
		case strings.HasPrefix(text, "old "):
			reason = fmt.Errorf("%s is Python %s, too old: install 3.10 or newer, as with `apt install python3 python3-venv` "+
				"or from python.org", path, strings.TrimPrefix(text, "old "))
		case text == "no venv":
			return "", fmt.Errorf("%s cannot make environments (its module venv or ensurepip is missing): install it, as with "+
				"`apt install python3-venv`", path)
		}
	}
	return "", reason
}
