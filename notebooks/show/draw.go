package show

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/robustloss/gomlx-robustloss/internal/picture"
)

// drawn is a layer as gonum/plot wants it.
type drawn struct {
	layer
	points []point
}

// Plot draws the layer on the canvas of the data. It implements [plot.Plotter].
func (d drawn) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := onAxes(c, p)
	at := func(pt point) vg.Point { return vg.Point{X: toX(pt.x), Y: toY(pt.y)} }
	switch d.kind {
	case curve:
		d.drawCurve(c, p, at)
	case dots:
		d.drawDots(c, p, at)
	case bars:
		d.drawBars(c, p, at)
	case area:
		path := make([]vg.Point, len(d.points))
		for i, pt := range d.points {
			path[i] = at(pt)
		}
		c.FillPolygon(picture.Translucent(d.style.color, 0x38), c.ClipPolygonXY(path))
	case vertical:
		x := toX(d.points[0].x)
		c.StrokeLines(d.lineStyle(), c.ClipLinesXY([]vg.Point{{X: x, Y: c.Min.Y}, {X: x, Y: c.Max.Y}})...)
	case horizontal:
		y := toY(d.points[0].y)
		c.StrokeLines(d.lineStyle(), c.ClipLinesXY([]vg.Point{{X: c.Min.X, Y: y}, {X: c.Max.X, Y: y}})...)
	case heat:
		d.drawHeat(c, p)
	case note:
		text := textStyle(8.5, d.style.color)
		text.YAlign = draw.YCenter
		halo := text // so that it can be read on what is below it
		halo.Color = color.White
		for _, by := range []vg.Point{{X: 1}, {X: -1}, {Y: 1}, {Y: -1}, {X: .7, Y: .7}, {X: -.7, Y: -.7}, {X: .7, Y: -.7}, {X: -.7, Y: .7}} {
			c.FillText(halo, at(d.points[0]).Add(by), d.text)
		}
		c.FillText(text, at(d.points[0]), d.text)
	}
}

// onAxes returns the functions from coordinates to the canvas. What has no place on a logarithmic axis, such as the foot
// of a bar at 0, is put at its lower end.
func onAxes(c draw.Canvas, p *plot.Plot) (toX, toY func(float64) vg.Length) {
	x, y := p.Transforms(&c)
	place := func(a plot.Axis, to func(float64) vg.Length) func(float64) vg.Length {
		r := rangeOf(a)
		if !r.log {
			return to
		}
		return func(v float64) vg.Length {
			if v <= 0 {
				v = r.lo
			}
			return to(v)
		}
	}
	return place(p.X, x), place(p.Y, y)
}

// rangeOf is the axis range that gonum/plot uses, in our terms.
func rangeOf(a plot.Axis) axisRange {
	_, log := a.Scale.(plot.LogScale)
	return axisRange{lo: a.Min, hi: a.Max, log: log}
}

func (d drawn) drawCurve(c draw.Canvas, p *plot.Plot, at func(point) vg.Point) {
	for _, part := range segments(d.points, rangeOf(p.X), rangeOf(p.Y)) {
		path := make([]vg.Point, len(part))
		for i, pt := range part {
			path[i] = at(pt)
		}
		c.StrokeLines(d.lineStyle(), c.ClipLinesXY(path)...)
	}
}

func (d drawn) drawDots(c draw.Canvas, p *plot.Plot, at func(point) vg.Point) {
	x, y := rangeOf(p.X), rangeOf(p.Y)
	for _, pt := range d.points {
		if x.holds(pt.x) && y.holds(pt.y) && c.Contains(at(pt)) {
			c.DrawGlyph(d.glyphStyle(), at(pt))
		}
	}
}

func (d drawn) drawBars(c draw.Canvas, p *plot.Plot, at func(point) vg.Point) {
	fill := picture.Translucent(d.style.color, 0x50)
	for i := 0; i+1 < len(d.points); i++ {
		lo, hi := at(point{d.points[i].x, p.Y.Min}), at(point{d.points[i+1].x, d.points[i].y})
		if hi.Y > lo.Y {
			// A hair's gap between the bars keeps them countable.
			c.FillPolygon(fill, c.ClipPolygonXY([]vg.Point{lo, {X: lo.X, Y: hi.Y}, {X: hi.X - 0.4, Y: hi.Y}, {X: hi.X - 0.4, Y: lo.Y}}))
		}
	}
}

func (d drawn) lineStyle() draw.LineStyle {
	line := draw.LineStyle{Color: d.style.color, Width: vg.Points(orDefault(d.style.width, 1.6))}
	if d.style.dashed {
		line.Dashes = []vg.Length{vg.Points(4), vg.Points(2.5)}
	}
	return line
}

func (d drawn) glyphStyle() draw.GlyphStyle {
	return draw.GlyphStyle{
		Color:  picture.Translucent(d.style.color, 0xc0),
		Radius: vg.Points(orDefault(d.style.width, 2.2)),
		Shape:  draw.CircleGlyph{},
	}
}

// swatch draws a sample of the layer for the legend, right of x, at height y.
func (d drawn) swatch(c draw.Canvas, x, y, width vg.Length) {
	switch d.kind {
	case dots:
		glyph := d.glyphStyle()
		glyph.Radius = max(glyph.Radius, vg.Points(2)) // one dot is seen less well than many
		c.DrawGlyph(glyph, vg.Point{X: x + width/2, Y: y})
	case bars, area:
		h := vg.Points(3.5)
		c.FillPolygon(picture.Translucent(d.style.color, 0x50),
			[]vg.Point{{X: x, Y: y - h}, {X: x + width, Y: y - h}, {X: x + width, Y: y + h}, {X: x, Y: y + h}})
	default:
		c.StrokeLine2(d.lineStyle(), x, y, x+width, y)
	}
}

// bounds widens the ranges of the axes that are still open to hold the layer's points.
func (d drawn) bounds(x, y axisRange, boxX, boxY *[2]float64) {
	widen := func(box *[2]float64, v float64) { box[0], box[1] = min(box[0], v), max(box[1], v) }
	for _, pt := range d.points {
		inX := !x.holds(pt.x) || math.IsNaN(x.lo) || pt.x >= x.lo && pt.x <= x.hi
		if x.holds(pt.x) {
			widen(boxX, pt.x)
		}
		if y.holds(pt.y) && inX {
			widen(boxY, pt.y)
		}
	}
	if d.kind == bars {
		widen(boxY, 0)
	}
}

func orDefault(v, standard float64) float64 {
	if v == 0 {
		return standard
	}
	return v
}

// field is what a heat map shows: values in rows, the lowest row first, over the whole plot.
type field struct {
	values        []float64
	height, width int
	lo, hi        float64
}

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
// ranges of both axes must be fixed before, at the outer edges of the grid. NaN and the infinities are grey.
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
	shown := picture.Map(height, width, func(y, x int) float64 {
		row := min((height-1-y)*f.height/height, f.height-1)
		return picture.Fraction(f.values[row*f.width+min(x*f.width/width, f.width-1)], f.lo, f.hi)
	}, picture.Lightness)
	c.DrawImage(c.Rectangle, shown)
}

// at returns the coordinate at the fraction t of the axis.
func (r axisRange) at(t float64) float64 {
	if r.log {
		return math.Exp(math.Log(r.lo) + t*(math.Log(r.hi)-math.Log(r.lo)))
	}
	return r.lo + t*(r.hi-r.lo)
}
