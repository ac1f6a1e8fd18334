// Package figure draws what the experiments' figures share: the colours of classes, rows of plots, and pictures, as PNG files.
package figure

import (
	"image"
	"image/color"
	"image/png"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/internal/picture"
)

// Class returns the colour of the n-th of some classes, from 0 on. It lets what lies below shine through a little.
func Class(n int) color.NRGBA { return picture.Translucent(picture.Distinct(n), 0xb0) }

// Dots returns the points as filled circles of a radius in points (1/72 inch).
func Dots(radius float64, c color.Color) draw.GlyphStyle {
	return draw.GlyphStyle{Color: c, Radius: vg.Points(radius), Shape: draw.CircleGlyph{}}
}

// WritePNG writes plots side by side, each a square of 9 cm, as one PNG file. Missing parent folders are created.
func WritePNG(path string, plots ...*plot.Plot) error {
	const side = 9 * vg.Centimeter
	canvas := vgimg.New(vg.Length(len(plots))*side, side)
	row := plot.Align([][]*plot.Plot{plots}, draw.Tiles{Rows: 1, Cols: len(plots), PadX: vg.Points(8)}, draw.New(canvas))[0]
	for i, p := range plots {
		p.Draw(row[i])
	}
	return run.WriteFile(path, func(w io.Writer) error {
		_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
		return err
	})
}

// RGB makes a picture of values in rows of red, green and blue, `[height·width·3]`, in [0, 1]; values beyond are cut off. It
// panics where there are fewer or more.
func RGB(values []float32, height, width int) image.Image {
	p, err := picture.RGB(values, height, width)
	if err != nil {
		panic(err)
	}
	return p
}

// WritePicture writes a picture as a PNG file. Missing parent folders are created.
func WritePicture(path string, im image.Image) error {
	return run.WriteFile(path, func(w io.Writer) error { return png.Encode(w, im) })
}
