package figure

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"

	xdraw "golang.org/x/image/draw"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// RGB makes a picture of values in rows of red, green and blue, `[height·width·3]`, in [0, 1]; values beyond are cut off.
func RGB(values []float32, height, width int) image.Image {
	level := func(v float32) uint8 { return uint8(255*min(max(v, 0), 1) + .5) }
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range height * width {
		p := values[3*i:]
		out.SetRGBA(i%width, i/width, color.RGBA{level(p[0]), level(p[1]), level(p[2]), 255})
	}
	return out
}

// Grid lays pictures out in rows, gap white pixels apart. All get the size of the first. A row may be shorter than the first.
//
// In notebooks, show.Images draws a page with titles and labels; here a picture keeps its pixels.
func Grid(rows [][]image.Image, gap int) image.Image {
	size := rows[0][0].Bounds().Size()
	out := image.NewRGBA(image.Rect(0, 0, len(rows[0])*(size.X+gap)-gap, len(rows)*(size.Y+gap)-gap))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	for y, row := range rows {
		for x, im := range row {
			at := image.Rectangle{Max: size}.Add(image.Pt(x*(size.X+gap), y*(size.Y+gap)))
			xdraw.NearestNeighbor.Scale(out, at, im, im.Bounds(), draw.Src, nil)
		}
	}
	return out
}

// Enlarged draws each pixel as a square of factor×factor.
func Enlarged(im image.Image, factor int) image.Image {
	size := im.Bounds().Size()
	out := image.NewRGBA(image.Rect(0, 0, size.X*factor, size.Y*factor))
	xdraw.NearestNeighbor.Scale(out, out.Bounds(), im, im.Bounds(), draw.Src, nil)
	return out
}

// WritePicture writes a picture as a PNG file. Missing parent folders are created.
func WritePicture(path string, im image.Image) error {
	return run.WriteFile(path, func(w io.Writer) error { return png.Encode(w, im) })
}
