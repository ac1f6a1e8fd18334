// Package sources makes a test depend on the sources of the whole project, where it tests what other programs make of them.
package sources

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Depend opens every file that a notebook may depend on, so that a test which runs other programs is not taken from go test's
// cache when one of the files has changed. root is the folder of go.mod.
func Depend(tb testing.TB, root string) {
	tb.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"reports", "runs", "testdata"}, entry.Name())
		if entry.IsDir() && hidden && path != root && path != filepath.Join(root, "internal", "reports") {
			return filepath.SkipDir
		}
		switch filepath.Ext(path) {
		case ".go", ".mod", ".sum", ".ipynb", ".py", ".j2", ".html", ".sh", ".txt":
			file, err := os.Open(path)
			if err != nil {
				return err
			}
			return file.Close()
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}
