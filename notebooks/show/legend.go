package show

import (
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// legend names the layers of one or more plots, to the right of them.
type legend struct{ entries []drawn }

const (
	swatchWidth  = vg.Length(18)
	legendIndent = vg.Length(12) // between the plot and the legend
	legendLine   = vg.Length(14)
)

// collect adds the layers that have a label which is not there yet.
func (l *legend) collect(layers []drawn) {
	for _, d := range layers {
		known := slices.ContainsFunc(l.entries, func(e drawn) bool { return e.label == d.label })
		if d.label != "" && !known {
			l.entries = append(l.entries, d)
		}
	}
}

// width is the space that the legend takes, 0 where nothing has a label.
func (l *legend) width() vg.Length {
	widest := vg.Length(0)
	for _, e := range l.entries {
		widest = max(widest, textStyle(9, Black).Width(e.legendLabel()))
	}
	if widest == 0 {
		return 0
	}
	return legendIndent + swatchWidth + 5 + widest + 2
}

func (l *legend) draw(c draw.Canvas, left vg.Length) {
	text := textStyle(9, Black)
	text.YAlign = draw.YCenter
	y := c.Max.Y - vg.Points(30)
	for _, e := range l.entries {
		e.swatch(c, left+legendIndent, y, swatchWidth)
		c.FillText(text, vg.Point{X: left + legendIndent + swatchWidth + 5, Y: y}, e.legendLabel())
		y -= legendLine
	}
}
