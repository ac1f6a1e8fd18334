//go:build !unix

package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// lockFile takes the lock on path by opening it while no other handle of this program holds it. Without file locks of
// the unix kind, a crash leaves the file behind; the error says to remove it.
func lockFile(path string) (*os.File, error) {
	held := path + ".held"
	f, err := os.OpenFile(held, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("another process is working in this run directory, or one crashed there: wait for it, or remove %s", held)
	}
	return f, err
}
