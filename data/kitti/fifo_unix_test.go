//go:build unix

package kitti_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
)

// A pipe in the place of any file would be waited for without end.
func TestPipesAreRefused(t *testing.T) {
	root, entries := writeRecordings(t, 1)
	o := kitti.LoaderOptions{Root: root, Entries: entries, Height: 8, Width: 16, Batch: 1}
	for path, read := range map[string]func(path string) error{
		filepath.Join(root, entries[0].Image(kitti.Right, ".png")): func(string) error { _, err := mustLoad(t, o).Pair(0); return err },
		filepath.Join(root, entries[0].Scan()):                     func(string) error { _, err := mustLoad(t, o).Depth(0); return err },
		filepath.Join(root, "split.txt"):                           func(path string) error { _, err := kitti.ReadSplit(path); return err },
	} {
		pipe(t, path)
		wantError(t, read(path), path, "this is a pipe")
	}
	pipe(t, filepath.Join(root, "2011_09_26", "calib_cam_to_cam.txt"))
	_, err := kitti.NewLoader(o)
	wantError(t, err, "calib_cam_to_cam.txt", "this is a pipe")
}

// pipe puts a pipe in the place of a file.
func pipe(t *testing.T, path string) {
	t.Helper()
	_ = os.Remove(path)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no pipes here:", err)
	}
}
