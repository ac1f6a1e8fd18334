// Command thumbnail makes of the figure of a page the small one that the index of the reports shows.
//
//	go run ./internal/thumbnail figure.png thumbnail.jpg
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"

	"golang.org/x/image/draw"
)

const (
	width   = 480 // pixels: a card of the index is up to that wide
	quality = 70
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: thumbnail FIGURE.png THUMBNAIL.jpg")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "thumbnail:", err)
		os.Exit(1)
	}
}

// write makes the thumbnail of one file.
func write(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	figure, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small(figure), &jpeg.Options{Quality: quality}); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}

// small returns a figure on white, at most width pixels wide.
func small(figure image.Image) image.Image {
	size := figure.Bounds().Size()
	if size.X > width {
		size = image.Pt(width, max(1, size.Y*width/size.X))
	}
	paper := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(paper, paper.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.CatmullRom.Scale(paper, paper.Bounds(), figure, figure.Bounds(), draw.Over, nil)
	return paper
}
