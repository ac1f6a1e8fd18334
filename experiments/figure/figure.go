// Package figure draws what the experiments' plots share: the colours, and rows of plots as PNG files.
package figure

import (
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Palette holds ten colours that can be told apart, also by most people who are colour-blind as far as ten can be. They
// let what lies below shine through a little.
var Palette = []color.NRGBA{
	{0x00, 0x64, 0xb0, 0xb0}, // blue
	{0xcf, 0x4a, 0x12, 0xb0}, // orange
	{0x00, 0x8c, 0x6a, 0xb0}, // green
	{0x9b, 0x4f, 0x9e, 0xb0}, // purple
	{0x22, 0x22, 0x22, 0xb0}, // black
	{0xb8, 0x8a, 0x00, 0xb0}, // ochre
	{0x55, 0xb4, 0xe9, 0xb0}, // light blue
	{0xd0, 0x3a, 0x72, 0xb0}, // pink
	{0x7a, 0xa8, 0x20, 0xb0}, // light green
	{0x8a, 0x6a, 0x50, 0xb0}, // brown
}

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
