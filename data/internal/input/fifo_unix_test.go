//go:build unix

package input

import (
	"path/filepath"
	"syscall"
	"testing"
)

func TestPipesAreRefusedBeforeTheyBlock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "image.png")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no pipes here:", err)
	}
	_, err := Open(path)
	wantError(t, err, path, "this is a pipe: want a regular file")
	_, err = Image(path, 0)
	wantError(t, err, "this is a pipe")
}
