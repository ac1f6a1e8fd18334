//go:build unix

package tabular

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe in the place of a file would be waited for without end.
func TestRead_RefusesPipes(t *testing.T) {
	for _, name := range []string{"t.csv", "t.npy", "t.npz", "t.mat", "t.idx", "t.csv.gz"} {
		path := filepath.Join(t.TempDir(), name)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Skip("no pipes here:", err)
		}
		_, err := Read(path, Options{})
		wantError(t, name, err, path+": this is a pipe: want a regular file")
		_, err = Read("testdata/fortran_float32.npy", Options{LabelFile: path})
		if name != "t.npz" && name != "t.mat" {
			wantError(t, name, err, path+": this is a pipe")
		}
	}
}
