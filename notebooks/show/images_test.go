package show

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"testing"
)

func square(value float64, size int) image.Image {
	values := make([]float64, size*size)
	for i := range values {
		values[i] = value
	}
	return GrayImage(values, size, size, 0, 1)
}

func TestImages_GridKeepsEveryPixel(t *testing.T) {
	r := record(t)
	grid := NewImages("", 2).Zoom(4)
	for i := range 3 {
		grid.Add("", square(float64(i)/4, 8))
	}
	grid.Show()
	picture := r.picture(t)
	if size := picture.Bounds().Size(); size != image.Pt(2*32+gridGap, 2*32+gridGap) {
		t.Errorf("the grid is %v dots large", size)
	}
	for i := range 3 {
		gray := uint8(float64(i)/4*255 + 0.5)
		x, y := i%2*(32+gridGap), i/2*(32+gridGap)
		for _, corner := range []image.Point{{x, y}, {x + 31, y + 31}} {
			if v, _, _, _ := picture.At(corner.X, corner.Y).RGBA(); uint8(v>>8) != gray {
				t.Errorf("picture %d at %v is %d, want %d", i, corner, v>>8, gray)
			}
		}
	}
	if v, _, _, _ := picture.At(32+gridGap, 32+gridGap).RGBA(); v>>8 != 255 {
		t.Error("the cell without a picture is not white")
	}
}

func TestImages_FillThePage(t *testing.T) {
	for _, c := range []struct{ columns, size, zoom int }{{4, 64, 6}, {1, 8, maxZoom}, {8, 1000, 1}, {0, 100, maxZoom}} {
		grid := NewImages("", c.columns)
		for range 10 {
			grid.Add("", square(0, c.size))
		}
		if got := grid.layout().zoom; got != c.zoom {
			t.Errorf("%d columns of %d pixels: zoom %d, want %d", c.columns, c.size, got, c.zoom)
		}
	}
}

func TestImages_LabelsAreWritten(t *testing.T) {
	r := record(t)
	grid := NewImages("faces", 3).Zoom(10)
	for i := range 3 {
		grid.Add(fmt.Sprintf("a rather long label %d", i), square(1, 16))
	}
	grid.Show()
	if dark := coloured(r.picture(t), Black.R, Black.G, Black.B); dark < 50 {
		t.Errorf("%d pixels of text", dark)
	}
	if got := r.last(t).plain; got != "[3 images: faces]" {
		t.Errorf("plain text %q", got)
	}
	path := filepath.Join(t.TempDir(), "grid.png")
	if err := grid.WritePNG(path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestImages_NeedOne(t *testing.T) {
	r := record(t)
	NewImages("empty", 2).Show()
	r.wantFailure(t, "no image")
}
