package figure_test

import (
	"image"
	"image/color"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/figure"
)

func TestGrid_PutsPicturesInTheirPlaces(t *testing.T) {
	red, blue := figure.RGB([]float32{1, 0, -1}, 1, 1), figure.RGB([]float32{0, 0, 2}, 1, 1) // beyond [0, 1] it is cut off
	picture := figure.Enlarged(figure.Grid([][]image.Image{{red, blue, blue}, {red}}, 1), 2)
	if size := picture.Bounds().Size(); size.X != (3*1+2)*2 || size.Y != (2*1+1)*2 {
		t.Fatalf("size %v", size)
	}
	for _, p := range []struct {
		x, y int
		want color.RGBA
	}{
		{0, 0, color.RGBA{255, 0, 0, 255}},
		{1, 1, color.RGBA{255, 0, 0, 255}},
		{4, 0, color.RGBA{0, 0, 255, 255}},
		{2, 0, color.RGBA{255, 255, 255, 255}},
		{0, 4, color.RGBA{255, 0, 0, 255}},
		{8, 4, color.RGBA{255, 255, 255, 255}},
	} {
		if got := color.RGBAModel.Convert(picture.At(p.x, p.y)); got != p.want {
			t.Errorf("pixel (%d, %d) is %v, want %v", p.x, p.y, got, p.want)
		}
	}
}

func TestRGB_KeepsRowsAndChannels(t *testing.T) {
	picture := figure.RGB([]float32{0, .5, 1, .1, .2, .3}, 2, 1)
	for y, want := range []color.RGBA{{0, 128, 255, 255}, {26, 51, 77, 255}} {
		if got := picture.At(0, y); got != want {
			t.Errorf("row %d is %v, want %v", y, got, want)
		}
	}
}
