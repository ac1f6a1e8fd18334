package celeba_test

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
	"github.com/robustloss/gomlx-robustloss/data/synth"
)

// writeFaces writes six synthetic faces, 3 for training, 2 for validation, 1 for testing, in the original layout.
func writeFaces(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	if err := synth.WriteFaces(t.Context(), root, synth.FacesOptions{Train: 3, Validation: 2, Test: 1, Seed: 7}, nil); err != nil {
		t.Fatal(err)
	}
	return root
}

func mustOpen(t *testing.T, root string) *celeba.Set {
	t.Helper()
	set, err := celeba.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func mustImages(t *testing.T, root string, split celeba.Split, p celeba.Preprocessing) *celeba.Images {
	t.Helper()
	images, err := mustOpen(t, root).Images(split, p)
	if err != nil {
		t.Fatal(err)
	}
	return images
}

func read(t *testing.T, src celeba.Source, i int) []float32 {
	t.Helper()
	values := make([]float32, src.Side()*src.Side()*3)
	if err := src.Read(i, values); err != nil {
		t.Fatal(err)
	}
	return values
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

// writeFile writes a file and its folders.
func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// writePNG writes an image whose pixel at (x, y) has the given red, green and blue, and a partition that lists it for training.
func writePNG(t *testing.T, width, height int, pixel func(x, y int) [3]uint8) (root string) {
	t.Helper()
	root = t.TempDir()
	writeFile(t, filepath.Join(root, "list_eval_partition.txt"), "000001.jpg 0\n")
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p := pixel(x, y)
			img.SetRGBA(x, y, color.RGBA{p[0], p[1], p[2], 255})
		}
	}
	path := filepath.Join(root, "img_align_celeba", "000001.png")
	writeFile(t, path, "")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	return root
}
