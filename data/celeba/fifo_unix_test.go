//go:build unix

package celeba_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
)

// A pipe in the place of an image would be waited for without end.
func TestPipesAreRefused(t *testing.T) {
	root := writeFaces(t)
	path := filepath.Join(root, "Img", "img_align_celeba", "000001.jpg")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no pipes here:", err)
	}
	images := mustImages(t, root, celeba.Train, celeba.DefaultPreprocessing())
	wantError(t, images.Read(0, make([]float32, 64*64*3)), path, "this is a pipe")

	partition := filepath.Join(root, "Eval", "list_eval_partition.txt")
	if err := os.Remove(partition); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(partition, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := celeba.Open(root)
	wantError(t, err, partition)
}
