//go:build unix

package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
)

const (
	clonePlace = "{clone}"
	module     = "module github.com/robustloss/gomlx-robustloss"
)

// withClone puts the clone that holds a folder in the place of {clone} in arguments. Jupyter starts a kernel in the folder of its
// notebook, so that each notebook imports what its own clone holds. Arguments that ask for a clone are left out where there is
// none, and where its name holds a comma, which separates folders for GoNB.
func withClone(args []string, folder string) []string {
	clone := cloneOf(folder)
	var out []string
	for _, arg := range args {
		if strings.Contains(arg, clonePlace) && (clone == "" || strings.Contains(clone, ",")) {
			continue
		}
		out = append(out, strings.ReplaceAll(arg, clonePlace, clone))
	}
	return out
}

// cloneOf returns the folder of the next go.mod above a folder, if it is that of this project, else "".
func cloneOf(folder string) string {
	for {
		file, err := os.Open(filepath.Join(folder, "go.mod"))
		if err == nil {
			defer file.Close() //nolint:errcheck // it was only read
			for lines := bufio.NewScanner(file); lines.Scan(); {
				if strings.TrimSpace(lines.Text()) == module {
					return folder
				}
			}
			return ""
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return ""
		}
		folder = parent
	}
}
