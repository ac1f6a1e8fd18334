// Package output writes the files and folders that packages below data make, whole or not at all. Two processes that want
// the same one take turns; what a killed one left behind is removed by the next.
package output

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// lockOf is the file that is locked while path is written. It stays: were it removed, one process could wait for the old
// file while another one locks a new one.
func lockOf(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lock")
}

// Once makes path by fill, unless ready says that it is there as it should be. fill writes to the path that it is given,
// which becomes path, by renaming, when fill returns without an error; a file is synced before. One process at a time
// works on a path: another one waits, and then finds it ready.
func Once(ctx context.Context, path string, ready func() (bool, error), fill func(unfinished string) error) error {
	if done, err := ready(); done || err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("cannot write %s: %w", input.Name(path), err)
	}
	guard := flock.New(lockOf(path))
	if _, err := guard.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return fmt.Errorf("cannot lock %s: %w", input.Name(path), err)
	}
	defer func() { _ = guard.Unlock() }()
	if done, err := ready(); done || err != nil { // another process was faster
		return err
	}
	temporary := path + ".unfinished"
	if err := os.RemoveAll(temporary); err != nil {
		return fmt.Errorf("cannot write %s: %w", input.Name(path), err)
	}
	err := fill(temporary)
	if err == nil {
		err = install(temporary, path)
	}
	if err != nil {
		_ = os.RemoveAll(temporary)
		return fmt.Errorf("cannot write %s: %w", input.Name(path), err)
	}
	return nil
}

// install renames what is finished to its place. An empty folder there gives way.
func install(temporary, path string) error {
	if info, err := os.Stat(temporary); err != nil {
		return err
	} else if info.IsDir() {
		_ = os.Remove(path) // fails unless it is empty, and then the renaming fails too
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a renaming last where folders can be synced.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}

// Folder makes a folder by fill, with a file called manifest that says what is in it. A folder with the same manifest is
// left as it is; one with another manifest, or with content and none, is an error.
func Folder(ctx context.Context, dir, manifest string, content []byte, fill func(dir string) error) error {
	ready := func() (bool, error) {
		have, err := os.ReadFile(filepath.Join(dir, manifest))
		switch {
		case err == nil && bytes.Equal(have, content):
			return true, nil
		case err == nil:
			return false, fmt.Errorf("%s holds other data (%.200s): choose another folder, or delete it", input.Name(dir), have)
		case !errors.Is(err, fs.ErrNotExist):
			return false, err
		}
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		if len(entries) > 0 {
			return false, fmt.Errorf("%s is not empty: choose another folder, or delete it", input.Name(dir))
		}
		return false, nil
	}
	return Once(ctx, dir, ready, func(unfinished string) error {
		if err := os.MkdirAll(unfinished, 0o755); err != nil {
			return err
		}
		if err := fill(unfinished); err != nil {
			return err
		}
		return File(filepath.Join(unfinished, manifest), content)
	})
}

// File writes a file and syncs it.
func File(path string, content []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Sync()
}
