package kitti_test

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
)

func randomImage(rng *rand.Rand, height, width int) *kitti.Image {
	im := kitti.NewImage(height, width)
	for i := range im.RGB {
		im.RGB[i] = float32(rng.IntN(256)) / 255
	}
	return im
}

func writeImage(t *testing.T, path string, im *kitti.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := im.WritePNG(f); err != nil {
		t.Fatal(err)
	}
}

func wantImage(t *testing.T, got, want *kitti.Image, tolerance float64) {
	t.Helper()
	if got.Height != want.Height || got.Width != want.Width {
		t.Fatalf("%d×%d pixels, want %d×%d", got.Height, got.Width, want.Height, want.Width)
	}
	for i := range want.RGB {
		if math.Abs(float64(got.RGB[i]-want.RGB[i])) > tolerance {
			t.Fatalf("value %d is %g, want %g", i, got.RGB[i], want.RGB[i])
		}
	}
}

func TestImagesReadBack(t *testing.T) {
	im := randomImage(rand.New(rand.NewPCG(1, 1)), 5, 7)
	path := filepath.Join(t.TempDir(), "a.png")
	writeImage(t, path, im)
	got, err := kitti.ReadImage(path)
	if err != nil {
		t.Fatal(err)
	}
	wantImage(t, got, im, 1e-7)
	writeText(t, path, "no image")
	_, err = kitti.ReadImage(path)
	wantError(t, err, path, "not a readable JPEG or PNG image")
}

func TestTransparentImagesAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.png")
	write := func(im image.Image) {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := png.Encode(f, im); err != nil {
			t.Fatal(err)
		}
	}
	im := image.NewNRGBA(image.Rect(0, 0, 2, 2))
	for i := range im.Pix {
		im.Pix[i] = 255
	}
	im.SetNRGBA(0, 1, color.NRGBA{51, 102, 153, 255})
	write(im)
	got, err := kitti.ReadImage(path)
	if err != nil || got.At(1, 0)[0] != .2 || got.At(1, 0)[1] != .4 || got.At(1, 0)[2] != .6 {
		t.Errorf("an alpha channel that hides nothing: %+v, %v", got, err)
	}
	im.SetNRGBA(0, 1, color.NRGBA{51, 102, 153, 128})
	write(im)
	_, err = kitti.ReadImage(path)
	wantError(t, err, path, "column 0 and row 1 is transparent")
}

func TestOtherColourModelsAreConverted(t *testing.T) {
	grey := image.NewGray16(image.Rect(0, 0, 3, 2))
	grey.SetGray16(1, 1, color.Gray16{Y: 0xffff / 5})
	path := filepath.Join(t.TempDir(), "grey.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, grey); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	im, err := kitti.ReadImage(path)
	if err != nil || im.At(1, 1)[2] != 0.2 || im.At(0, 0)[0] != 0 {
		t.Errorf("%+v, %v", im, err)
	}
}

func TestResizingAveragesAreas(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	im := randomImage(rng, 6, 9)
	// Whole factors: means of 2×3 blocks.
	small := im.Resized(3, 3)
	for y := range 3 {
		for x := range 3 {
			for k := range 3 {
				var mean float64
				for i := range 2 {
					for j := range 3 {
						mean += float64(im.At(2*y+i, 3*x+j)[k]) / 6
					}
				}
				if math.Abs(mean-float64(small.At(y, x)[k])) > 1e-6 {
					t.Fatalf("pixel (%d, %d): %g, want %g", y, x, small.At(y, x)[k], mean)
				}
			}
		}
	}
	// Any factor, up and down: an average keeps the mean; 6 → 4 rows takes 1 and ½ of a row.
	for _, size := range [][2]int{{4, 9}, {5, 7}, {13, 20}, {1, 1}} {
		out := im.Resized(size[0], size[1])
		if a, b := meanOf(im), meanOf(out); math.Abs(a-b) > 1e-6 {
			t.Errorf("%v: the mean goes from %g to %g", size, a, b)
		}
	}
	row := im.Resized(4, 9).At(0, 0)[0]
	if want := (im.At(0, 0)[0] + im.At(1, 0)[0]/2) / 1.5; math.Abs(float64(row-want)) > 1e-6 {
		t.Errorf("first row %g, want %g", row, want)
	}
}

func meanOf(im *kitti.Image) (mean float64) {
	for _, v := range im.RGB {
		mean += float64(v) / float64(len(im.RGB))
	}
	return mean
}
