package gomlxops_test

import (
	"strings"
	"testing"

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
	} {
		if _, err := gomlxops.Picture(c.flat, c.levels, c.percentile); err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("the error is %v, it should say %q", err, c.word)
		}
	}
}
