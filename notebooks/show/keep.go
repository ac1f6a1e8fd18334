package show

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// Keep stores a value under a name for the cells below: variables do not outlive their cell, kept values do, until the
// kernel stops. The value may be anything that [encoding/gob] takes; infinities and NaN survive.
func Keep[T any](name string, value T) {
	if err := keep(name, value); err != nil {
		fail(fmt.Sprintf("cannot keep %q: %v", name, err))
	}
}

// Kept returns the value that a cell above kept under the name. The type must be the one that was kept.
func Kept[T any](name string) T {
	value, err := kept[T](name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fail(fmt.Sprintf("nothing is kept under %q: run the cell above that keeps it", name))
	case err != nil:
		fail(fmt.Sprintf("cannot read what is kept under %q: %v", name, err))
	}
	return value
}

// keep writes to a temporary file first, so that an interrupted cell leaves the old value whole.
func keep(name string, value any) error {
	path := keepPath(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "writing-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // gone already when all went well
	if err := gob.NewEncoder(file).Encode(value); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func kept[T any](name string) (value T, err error) {
	file, err := os.Open(keepPath(name))
	if err != nil {
		return value, err
	}
	defer file.Close() //nolint:errcheck // only read
	err = gob.NewDecoder(file).Decode(&value)
	return value, err
}

// keepPath is below the kernel's own temporary directory, which goes when the kernel goes.
func keepPath(name string) string {
	dir := os.Getenv(protocol.GONB_TMP_DIR_ENV)
	if dir == "" {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "kept", name+".gob")
}
