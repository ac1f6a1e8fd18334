package main

import (
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

func TestWrite_MakesASmallPictureOnWhite(t *testing.T) {
	figure := image.NewNRGBA(image.Rect(0, 0, 1000, 500)) // transparent
	for x := range 500 {
		for y := range 500 {
			figure.Set(x, y, color.Black)
		}
	}
	from, to := filepath.Join(t.TempDir(), "figure.png"), filepath.Join(t.TempDir(), "small.jpg")
	file, err := os.Create(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(file, figure); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := write(from, to); err != nil {
		t.Fatal(err)
	}
	made, err := os.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	got, err := jpeg.Decode(made)
	if err != nil {
		t.Fatal(err)
	}
	if size := got.Bounds().Size(); size != image.Pt(width, width/2) {
		t.Errorf("the thumbnail has %v pixels", size)
	}
	left, _, _, _ := got.At(width/4, width/4).RGBA()
	right, _, _, _ := got.At(3*width/4, width/4).RGBA()
	if left > 0x0800 || right < 0xf800 {
		t.Errorf("left is %#x, right %#x, want black and white", left, right)
	}
	if err := write(filepath.Join(t.TempDir(), "none.png"), to); err == nil {
		t.Error("a missing figure has a thumbnail")
	}
}
