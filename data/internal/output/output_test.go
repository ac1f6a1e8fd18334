package output

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func TestFoldersAreMadeOnceHoweverManyWantThem(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	var fills atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			err := Folder(t.Context(), dir, "what.json", []byte("1"), func(unfinished string) error {
				fills.Add(1)
				return File(filepath.Join(unfinished, "data"), []byte("content"))
			})
			if data, readErr := os.ReadFile(filepath.Join(dir, "data")); err != nil || readErr != nil || string(data) != "content" {
				t.Errorf("%q, %v, %v", data, err, readErr)
			}
		})
	}
	group.Wait()
	if fills.Load() != 1 {
		t.Errorf("the folder was filled %d times", fills.Load())
	}
	if got := names(t, filepath.Dir(dir)); got != ".folder.lock folder" {
		t.Errorf("beside it there is %q", got)
	}
}

func TestFoldersOfOtherContentAreLeftAlone(t *testing.T) {
	parent := t.TempDir()
	never := func(string) error { t.Error("filled"); return nil }
	empty := filepath.Join(parent, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Folder(t.Context(), empty, "what", []byte("1"), func(string) error { return nil }); err != nil {
		t.Errorf("an empty folder is not filled: %v", err)
	}
	err := Folder(t.Context(), empty, "what", []byte("2"), never)
	if err == nil || !strings.Contains(err.Error(), "holds other data (1)") {
		t.Errorf("error %v", err)
	}
	full := filepath.Join(parent, "full")
	if err := os.MkdirAll(filepath.Join(full, "mine"), 0o755); err != nil {
		t.Fatal(err)
	}
	err = Folder(t.Context(), full, "what", []byte("1"), never)
	if err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("error %v", err)
	}
	file := filepath.Join(parent, "file")
	if err := File(file, []byte("mine")); err != nil {
		t.Fatal(err)
	}
	if err := Folder(t.Context(), file, "what", []byte("1"), never); err == nil {
		t.Error("a file is taken for a folder")
	}
}

func TestWhatFailsOrWasKilledLeavesNothing(t *testing.T) {
	parent := t.TempDir()
	path := filepath.Join(parent, "f")
	if err := File(path+".unfinished", []byte("of a process that was killed")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	exists := func() (bool, error) { _, err := os.Stat(path); return err == nil, nil }
	err := Once(t.Context(), path, exists, func(unfinished string) error {
		if err := File(unfinished, []byte("half")); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), path) || names(t, parent) != ".f.lock" {
		t.Errorf("%v; left: %s", err, names(t, parent))
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = Once(ctx, path, exists, func(unfinished string) error {
		cancel() // another one waits for the lock: it must not wait longer than its context
		waiting := Once(ctx, path, exists, func(string) error { t.Error("two at a time"); return nil })
		if !errors.Is(waiting, context.Canceled) {
			t.Errorf("waiting ends with %v", waiting)
		}
		return File(unfinished, []byte("whole"))
	})
	if err != nil || names(t, parent) != ".f.lock f" {
		t.Errorf("%v; left: %s", err, names(t, parent))
	}
	if err := Once(t.Context(), filepath.Join(path, "below"), exists, nil); err != nil {
		t.Errorf("what is ready is made again: %v", err)
	}
	if err := Once(t.Context(), filepath.Join(path, "below"), func() (bool, error) { return false, nil }, nil); err == nil {
		t.Error("a folder below a file was made")
	}
}
