package celeba_test

import (
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-6 {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// On a linear ramp, linear interpolation is exact: target pixel i is the source at 9 + 2.5·i, or 29 + 2.5·i.
func TestDefaultCropAndResizeSampleTheSourceAtMultiplesOfTwoAndAHalf(t *testing.T) {
	root := writePNG(t, celeba.Width, celeba.Height, func(x, y int) [3]uint8 { return [3]uint8{uint8(x), uint8(y), 77} })
	got := read(t, mustImages(t, root, celeba.Train, celeba.DefaultPreprocessing()), 0)
	for y := range 64 {
		for x := range 64 {
			pixel := got[(y*64+x)*3:]
			near(t, "red", float64(pixel[0]), (9+2.5*float64(x))/255)
			near(t, "green", float64(pixel[1]), (29+2.5*float64(y))/255)
			near(t, "blue", float64(pixel[2]), 77./255)
		}
	}
}

// Alternate columns of 0 and 240, the crop's first column being 240: whole source coordinates keep their value, half ones
// are the mean of both neighbours. A smoothing filter would give 120 everywhere.
func TestLegacyResizeDoesNotSmooth(t *testing.T) {
	root := writePNG(t, celeba.Width, celeba.Height, func(x, _ int) [3]uint8 { return [3]uint8{uint8(240 * (x % 2)), 0, 0} })
	got := read(t, mustImages(t, root, celeba.Train, celeba.DefaultPreprocessing()), 0)
	for x, want := range []float64{240, 120, 0, 120, 240, 120} { // source 0, 2.5, 5, 7.5, 10, 12.5
		near(t, "red", float64(got[3*x]), want/255)
	}
}

func TestAreaAndAverageAreMeansOfSquares(t *testing.T) {
	value := func(x, y int) uint8 { return uint8((x*x + 3*y*y + x*y) % 251) }
	root := writePNG(t, celeba.Width, celeba.Height, func(x, y int) [3]uint8 { return [3]uint8{value(x, y), 0, 0} })
	mean := func(x0, y0, n int) float64 {
		var sum float64
		for y := y0; y < y0+n; y++ {
			for x := x0; x < x0+n; x++ {
				sum += float64(value(x, y)) / 255 / float64(n*n)
			}
		}
		return sum
	}
	area := read(t, mustImages(t, root, celeba.Train, celeba.Preprocessing{Crop: 160, Size: 32, Filter: celeba.Area}), 0)
	averaged := read(t, mustImages(t, root, celeba.Train, celeba.Preprocessing{Crop: 160, Size: 160, Filter: celeba.LegacyBilinear, Average: 5}), 0)
	for y := range 32 {
		for x := range 32 {
			want := mean(9+5*x, 29+5*y, 5)
			near(t, "area", float64(area[(y*32+x)*3]), want)
			near(t, "average", float64(averaged[(y*32+x)*3]), want)
		}
	}
	// 160/64 = 2.5: the first target pixel of a row takes the source's columns 0, 1 and half of 2.
	fractional := read(t, mustImages(t, root, celeba.Train, celeba.Preprocessing{Crop: 160, Size: 64, Filter: celeba.Area}), 0)
	var want float64
	for dy, wy := range []float64{1, 1, .5} {
		for dx, wx := range []float64{1, 1, .5} {
			want += wx * wy / 6.25 * float64(value(9+dx, 29+dy)) / 255
		}
	}
	near(t, "area of a fraction", float64(fractional[0]), want)
}

func TestWholeImagesAreReadWithoutACrop(t *testing.T) {
	root := writePNG(t, 64, 64, func(x, y int) [3]uint8 { return [3]uint8{uint8(x), uint8(y), 0} })
	got := read(t, mustImages(t, root, celeba.Train, celeba.Preprocessing{Size: 64, Filter: celeba.LegacyBilinear}), 0)
	near(t, "red at x = 5, y = 9", float64(got[(9*64+5)*3]), 5./255)
	near(t, "green at x = 5, y = 9", float64(got[(9*64+5)*3+1]), 9./255)
}

func TestUnreadableImagesAreNamed(t *testing.T) {
	root := writeFaces(t)
	path := filepath.Join(root, "Img", "img_align_celeba", "000002.jpg")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, 64*64*3)
	for content, want := range map[string]string{
		string(whole[:len(whole)/2]): "ends too early",
		"":                           "ends too early",
		"GIF89a is not supported":    "not a readable JPEG or PNG",
	} {
		writeFile(t, path, content)
		images := mustImages(t, root, celeba.Train, celeba.DefaultPreprocessing())
		wantError(t, images.Read(1, values), path, want)
		_, err := celeba.ReadBatch(images, []int{0, 1, 2})
		wantError(t, err, path, want)
	}
	images := mustImages(t, root, celeba.Train, celeba.DefaultPreprocessing())
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wantError(t, images.Read(1, values), path, "no such file")

	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	wantError(t, images.Read(1, values), path, "this is a folder")
	images.MaxExpanded = celeba.Width*celeba.Height*20 - 1
	wantError(t, images.Read(0, values), "000001.jpg", "178×218 pixels takes more than")

	small := writePNG(t, 64, 64, func(_, _ int) [3]uint8 { return [3]uint8{} })
	images = mustImages(t, small, celeba.Train, celeba.DefaultPreprocessing())
	wantError(t, images.Read(0, values), "000001.png", "64×64", "178×218")
}

func TestTransparentImagesAreRefused(t *testing.T) {
	root := writePNG(t, 64, 64, func(_, _ int) [3]uint8 { return [3]uint8{9, 9, 9} })
	path := filepath.Join(root, "img_align_celeba", "000001.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, image.NewNRGBA(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	images := mustImages(t, root, celeba.Train, celeba.Preprocessing{Size: 64, Filter: celeba.Area})
	wantError(t, images.Read(0, make([]float32, 64*64*3)), path, "column 0 and row 0 is transparent")
}

func TestPreprocessingIsChecked(t *testing.T) {
	set := mustOpen(t, writeFaces(t))
	for _, p := range []celeba.Preprocessing{
		{Crop: 179, Size: 64, Filter: celeba.Area},
		{Crop: -1, Size: 64, Filter: celeba.Area},
		{Crop: 160, Filter: celeba.Area},
		{Crop: 160, Size: 64},
		{Crop: 160, Size: 64, Filter: "cubic"},
		{Crop: 160, Size: 64, Filter: celeba.Area, Average: 3},
	} {
		if _, err := set.Images(celeba.Train, p); err == nil {
			t.Errorf("%+v is accepted", p)
		}
	}
}
