package gomlxops_test

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// The picture of the transform is the author's, to the last bit.
func TestPicture_Golden(t *testing.T) {
	compared := 0
	for _, c := range readGolden(t).Cases {
		if c.Picture == nil {
			continue
		}
		values, dims := c.Flat.image()
		picture, err := gomlxops.Picture(testkit.Tensor(t, dtypes.Float64, values, dims...), c.Levels, 99)
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range c.Picture {
			for x, want := range row {
				if r, g, b, _ := picture.At(x, y).RGBA(); int(r>>8) != want[0] || g != r || b != r {
					t.Errorf("%s %s %d levels: pixel (%d, %d) is %d, want %d", c.Name, c.Wavelet, c.Levels, x, y, r>>8, want[0])
				}
			}
		}
		compared++
	}
	if compared < 10 {
		t.Errorf("only %d pictures were compared", compared)
	}
}

// The author's own test of his picture [wavelet_test.py, testVisualizeMatchesGoldenData]: bands of hundreds of numbers, where
// ranks that are one apart are seen. He allows a difference of one level of brightness; there is none.
func TestPicture_IsTheAuthors(t *testing.T) {
	file, err := os.Open("testdata/author/coefficients.npy")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var coefficients []float32
	if err := npyio.Read(file, &coefficients); err != nil {
		t.Fatal(err)
	}
	want := readPNG(t, "testdata/author/picture.png")
	size := want.Bounds().Size()
	got, err := gomlxops.Picture(tensors.FromFlatDataAndDimensions(coefficients, size.Y, size.X, 3), 5, 99)
	if err != nil {
		t.Fatal(err)
	}
	if got.Bounds().Size() != size {
		t.Fatalf("the picture is %v, want %v", got.Bounds(), want.Bounds())
	}
	wrong := 0
	for y := range size.Y {
		for x := range size.X {
			if color.NRGBAModel.Convert(got.At(x, y)) != color.NRGBAModel.Convert(want.At(x, y)) {
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d pixels are not the author's", wrong, size.X*size.Y)
	}
}

func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// The rank that the definition names, in a band of 2×50 magnitudes 1, 2, …, 100 and signs that alternate.
func TestPicture_RankOfThePercentile(t *testing.T) {
	const height, width = 4, 100
	values := make([]float64, height*width)
	next := 0.0
	for row := range height / 2 {
		for column := width / 2; column < width; column++ { // rows low, columns high
			next++
			values[row*width+column] = next * math.Pow(-1, next)
		}
	}
	n := int(next)
	for _, c := range []struct {
		percentile float64
		rank       int
	}{{99, 99}, {98.5, 98}, {50, 50}, {1e-9, 0}, {0.99, 0}, {1, 1}, {99.9, 99}, {100, 99}} {
		picture, err := gomlxops.Picture(testkit.Tensor(t, dtypes.Float64, values, height, width, 1), 1, c.percentile)
		if err != nil {
			t.Fatal(err)
		}
		largest := float64(c.rank + 1)
		for i := range n {
			row, column := i/(width/2), width/2+i%(width/2)
			want := uint32(math.RoundToEven(255 * (0.5 + 0.5*min(max(values[row*width+column]/largest, -1), 1))))
			if got, _, _, _ := picture.At(column, row).RGBA(); got>>8 != want {
				t.Errorf("percentile %g, magnitude %d: brightness %d, want %d", c.percentile, i+1, got>>8, want)
				break
			}
		}
	}
}

// Bands without detail are mid-grey, and colours are kept.
func TestPicture_OfConstantsAndColours(t *testing.T) {
	flat := testkit.Tensor(t, dtypes.Float32, []float64{0, 1, 2, 0, 0, 0, 0, 0, 0, 1, -1, 0.5}, 2, 2, 3)
	picture, err := gomlxops.Picture(flat, 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][5]uint32{{0, 0, 0, 128, 255}, {1, 0, 128, 128, 128}, {0, 1, 128, 128, 128}, {1, 1, 255, 0, 191}} {
		if r, g, b, _ := picture.At(int(c[0]), int(c[1])).RGBA(); r>>8 != c[2] || g>>8 != c[3] || b>>8 != c[4] {
			t.Errorf("pixel (%d, %d) is %d, %d, %d, want %v", c[0], c[1], r>>8, g>>8, b>>8, c[2:])
		}
	}
}

func TestPicture_Errors(t *testing.T) {
	ok := testkit.Tensor(t, dtypes.Float32, make([]float64, 12), 2, 2, 3)
	for _, c := range []struct {
		flat       *tensors.Tensor
		levels     int
		percentile float64
		word       string
	}{
		{ok, 2, 99, "2 levels"},
		{ok, -1, 99, "-1 levels"},
		{ok, 1, 0, "percentile"},
		{ok, 1, 101, "percentile"},
		{testkit.Tensor(t, dtypes.Float32, make([]float64, 8), 2, 2, 2), 1, 99, "1 or 3 channels"},
		{testkit.Tensor(t, dtypes.Float32, make([]float64, 4), 2, 2), 1, 99, "[height, width, channels]"},
		{tensors.FromFlatDataAndDimensions(make([]int32, 4), 2, 2, 1), 1, 99, "float32 or float64"},
		{tensors.FromFlatDataAndDimensions([]float32{}, 0, 2, 3), 0, 99, "no rows or no columns: (Float32)[0, 2, 3]"},
		{testkit.Tensor(t, dtypes.Float64, []float64{0, 1, math.NaN(), 2}, 2, 2, 1), 1, 99, "row 1, column 0, channel 0 is NaN"},
		{testkit.Tensor(t, dtypes.Float64, []float64{0, 1, 2, math.Inf(-1), 5, 6}, 1, 2, 3), 0, 99, "row 0, column 1, channel 0 is -Inf"},
	} {
		if _, err := gomlxops.Picture(c.flat, c.levels, c.percentile); err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("the error is %v, it should say %q", err, c.word)
		}
	}
}
