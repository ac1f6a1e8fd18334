package show

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// field is what a heat map shows: values in rows, the lowest row first, over the whole plot.
type field struct {
	values        []float64
	height, width int
	lo, hi        float64
}

// shades are the colours of [Shade] in the OKLCH space.
var shades = [...]anchor{
	{0, 0.24, 0.09, 285},
	{0.25, 0.42, 0.11, 262},
	{0.50, 0.60, 0.10, 210},
	{0.75, 0.78, 0.14, 150},
	{1, 0.95, 0.13, 105},
}

// Shade returns the colour at t ∈ [0, 1] of a sequence from dark blue over green to pale yellow, whose lightness grows
// evenly with t: it orders quantities also in print without colours.
func Shade(t float64) color.Color { return between(shades[:], t) }

// Heat fills the plot with the colours of [Shade] for f over both axes, whose ranges must be fixed before. The colours go
// from the least to the greatest finite value.
func (p *Plot) Heat(label string, f func(x, y float64) float64) *Plot {
	const height, width = 240, 320
	values := make([][]float64, height)
	x, y := p.x, p.y
	for i := range values {
		values[i] = make([]float64, width)
		for j := range values[i] {
			values[i][j] = f(x.at((float64(j)+0.5)/width), y.at((float64(i)+0.5)/height))
		}
	}
	return p.HeatGrid(label, values)
}

// HeatGrid fills the plot with the colours of [Shade] for a grid of values[row][column], the first row at the bottom. The
// ranges of both axes must be fixed before, at the outer edges of the grid. NaN and the infinities have no colour.
func (p *Plot) HeatGrid(label string, values [][]float64) *Plot {
	if !(p.x.lo < p.x.hi) || !(p.y.lo < p.y.hi) {
		fail("a heat map needs XRange and YRange before it")
		return p
	}
	if len(values) == 0 || len(values[0]) == 0 {
		fail("a heat map got no values")
		return p
	}
	f := &field{height: len(values), width: len(values[0])}
	for i, row := range values {
		if len(row) != f.width {
			fail(fmt.Sprintf("a heat map got rows of %d and of %d values", f.width, len(row)))
			return p
		}
		for _, v := range values[i] {
			if math.IsInf(v, 0) {
				v = math.NaN()
			}
			f.values = append(f.values, v)
		}
	}
	f.lo, f.hi = RangeOf(f.values)
	p.layers = append(p.layers, layer{kind: heat, label: label, field: f, style: style{color: Black}})
	return p
}

func (p *Plot) hasHeat() bool {
	return slices.ContainsFunc(p.layers, func(l layer) bool { return l.kind == heat })
}

// drawHeat draws the field over the whole canvas of the data, each value as a rectangle with sharp edges.
func (d drawn) drawHeat(c draw.Canvas, _ *plot.Plot) {
	f := d.field
	const perPoint = dotsPerInch / 72.0
	width, height := int(math.Ceil(float64(c.Max.X-c.Min.X)*perPoint)), int(math.Ceil(float64(c.Max.Y-c.Min.Y)*perPoint))
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		row := min((height-1-y)*f.height/height, f.height-1)
		for x := range width {
			v := f.values[row*f.width+min(x*f.width/width, f.width-1)]
			picture.SetNRGBA(x, y, colorOf(v, f.lo, f.hi, func(t float64) color.NRGBA { return Shade(t).(color.NRGBA) }))
		}
	}
	c.DrawImage(c.Rectangle, picture)
}

// swatchHeat draws the colours from the least to the greatest value.
func (d drawn) swatchHeat(c draw.Canvas, x, y, width vg.Length) {
	const steps = 12
	h := vg.Points(4)
	for i := range steps {
		left, right := x+width*vg.Length(i)/steps, x+width*vg.Length(i+1)/steps
		c.FillPolygon(Shade((float64(i)+0.5)/steps),
			[]vg.Point{{X: left, Y: y - h}, {X: right, Y: y - h}, {X: right, Y: y + h}, {X: left, Y: y + h}})
	}
}

// legendLabel is the label with the range of the colours.
func (d drawn) legendLabel() string {
	if d.kind != heat || d.label == "" {
		return d.label
	}
	return fmt.Sprintf("%s: %s … %s", d.label, shortNumber(d.field.lo), shortNumber(d.field.hi))
}

// at returns the coordinate at the fraction t of the axis.
func (r axisRange) at(t float64) float64 {
	if r.log {
		return math.Exp(math.Log(r.lo) + t*(math.Log(r.hi)-math.Log(r.lo)))
	}
	return r.lo + t*(r.hi-r.lo)
}
