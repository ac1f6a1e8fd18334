package show

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// legend says to the right of one or more plots what their layers are. A line of the last plot is named at the height at
// which it ends; what ends nowhere, such as dots, is named above. Maps have a bar of their colours.
type legend struct {
	entries []entry
	bars    []drawn
	plots   int
}

// entry is a layer that has a label, as the last of the plots with that label draws it.
type entry struct {
	drawn
	plot int
}

const (
	swatchWidth  = vg.Length(18)
	legendIndent = vg.Length(12) // between the plot and the legend
	legendLine   = vg.Length(11.5)
	barWidth     = vg.Length(10)
	farLine      = 40 // points: from here on a name is too far from the end of its line to be joined to it
)

// collect adds the layers that have a label which is not there yet, and the maps whose range is not there yet.
func (l *legend) collect(layers []drawn) {
	defer func() { l.plots++ }()
	for _, d := range layers {
		if d.kind == heat {
			if !slices.ContainsFunc(l.bars, func(b drawn) bool {
				return b.label == d.label && b.field.lo == d.field.lo && b.field.hi == d.field.hi
			}) {
				l.bars = append(l.bars, d)
			}
			continue
		}
		switch at := slices.IndexFunc(l.entries, func(e entry) bool { return e.label == d.label }); {
		case d.label == "":
		case at >= 0:
			l.entries[at] = entry{d, l.plots}
		default:
			l.entries = append(l.entries, entry{d, l.plots})
		}
	}
}

// width is the space that the legend takes, 0 where nothing has a label.
func (l *legend) width() vg.Length {
	text, widest := textStyle(9, Black), vg.Length(0)
	for _, e := range l.entries {
		widest = max(widest, swatchWidth+5+text.Width(e.label))
	}
	for _, b := range l.bars {
		widest = max(widest, text.Width(b.label))
		for _, t := range b.barTicks() {
			widest = max(widest, barWidth+5+text.Width(t.Label))
		}
	}
	if widest == 0 {
		return 0
	}
	return legendIndent + widest + 2
}

// draw draws the legend to the right of the canvas of the last plot's data.
func (l *legend) draw(paper, data draw.Canvas, p *plot.Plot) {
	text := textStyle(9, Black)
	text.YAlign = draw.YCenter
	type named struct {
		drawn
		order float64 // from the top
		end   vg.Length
		ends  bool
	}
	var all []named
	for i, e := range l.entries {
		n := named{drawn: e.drawn, order: 1e9 - float64(i), end: data.Max.Y} // above all that end at the edge
		if end, beyond, ok := e.endAt(data, p); ok && e.plot == l.plots-1 {
			n.end, n.order, n.ends = end, float64(end+beyond), true
		}
		all = append(all, n)
	}
	slices.SortStableFunc(all, func(a, b named) int { return cmp.Compare(b.order, a.order) })
	wished := make([]float64, len(all))
	for i, n := range all {
		wished[i] = float64(n.end)
	}
	top, bottom := float64(data.Max.Y), float64(data.Min.Y)
	if need := float64(legendLine) * float64(len(all)-1); top-bottom < need {
		bottom = max(float64(paper.Min.Y)+5, top-need)
	}
	left := data.Max.X + legendIndent
	foot := vg.Length(top)
	for i, y := range apart(wished, float64(legendLine), bottom, top) {
		n, y := all[i], vg.Length(y)
		if n.ends && math.Abs(float64(y-n.end)) < farLine { // from the end of the line to its name
			paper.StrokeLines(n.lineStyle(), []vg.Point{{X: data.Max.X + 1, Y: n.end}, {X: left, Y: y}, {X: left + swatchWidth, Y: y}})
		} else {
			n.swatch(paper, left, y, swatchWidth)
		}
		paper.FillText(text, vg.Point{X: left + swatchWidth + 5, Y: y}, n.label)
		foot = y - legendLine
	}
	l.drawBars(paper, left, data.Min.Y, foot)
}

// columns is how many names stand beside each other below a picture.
func (l *legend) columns(width vg.Length) int {
	return max(1, int((width-4)/l.width())) // the picture's own margin is 4
}

// heightBelow is the room that the names take below a picture.
func (l *legend) heightBelow(width vg.Length) vg.Length {
	if len(l.entries) == 0 {
		return 0
	}
	columns := l.columns(width)
	return legendLine * vg.Length((len(l.entries)+columns-1)/columns)
}

// drawBelow draws the names at the foot of a canvas, line by line.
func (l *legend) drawBelow(paper draw.Canvas) {
	text := textStyle(9, Black)
	text.YAlign = draw.YCenter
	columns := l.columns(paper.Max.X - paper.Min.X + 4)
	top := paper.Min.Y + l.heightBelow(paper.Max.X-paper.Min.X+4)
	for i, e := range l.entries {
		left := paper.Min.X + legendIndent + vg.Length(i%columns)*l.width()
		y := top - legendLine*(vg.Length(i/columns)+0.5)
		e.swatch(paper, left, y, swatchWidth)
		paper.FillText(text, vg.Point{X: left + swatchWidth + 5, Y: y}, e.label)
	}
}

// drawBars draws the bars of colours above each other between two heights.
func (l *legend) drawBars(paper draw.Canvas, left, bottom, top vg.Length) {
	if len(l.bars) == 0 {
		return
	}
	text := textStyle(9, Black)
	text.YAlign = draw.YCenter
	room := (top - bottom) / vg.Length(len(l.bars))
	for i, b := range l.bars {
		high := top - vg.Length(i)*room - 4
		if b.label != "" {
			paper.FillText(text, vg.Point{X: left, Y: high}, b.label)
			high -= legendLine
		}
		low := top - vg.Length(i+1)*room + 4
		drawBar(paper, left, low, high, Shade)
		for _, t := range b.barTicks() {
			y := low + (high-low)*vg.Length((t.Value-b.field.lo)/(b.field.hi-b.field.lo))
			paper.StrokeLine2(draw.LineStyle{Color: Grey, Width: vg.Points(0.6)}, left+barWidth, y, left+barWidth+3, y)
			paper.FillText(text, vg.Point{X: left + barWidth + 5, Y: y}, t.Label)
		}
	}
}

// drawBar draws the colours from t = 0 to 1 between two heights.
func drawBar(c draw.Canvas, left, low, high vg.Length, colour func(t float64) color.Color) {
	const steps = 64
	for k := steps - 1; k >= 0; k-- { // each goes down to the lower end, so that no seam shows
		y := low + (high-low)*vg.Length(k+1)/steps
		c.FillPolygon(colour((float64(k)+0.5)/steps), []vg.Point{{X: left, Y: low}, {X: left + barWidth, Y: low}, {X: left + barWidth, Y: y}, {X: left, Y: y}})
	}
}

// barTicks are the numbers beside a bar.
func (d drawn) barTicks() []plot.Tick {
	if !(d.field.lo < d.field.hi) {
		return nil
	}
	return ticks{}.Ticks(d.field.lo, d.field.hi)
}

// endAt returns the height at which a line ends at the right edge of the plot, and how far beyond the edge it would go on:
// a line that leaves the plot above or below ends there, and the sooner it leaves the farther beyond it is. ok is false for
// what is no line, and for a line that ends before the edge.
func (d drawn) endAt(c draw.Canvas, p *plot.Plot) (end, beyond vg.Length, ok bool) {
	toX, toY := onAxes(c, p)
	x, y := rangeOf(p.X), rangeOf(p.Y)
	switch d.kind {
	case horizontal:
		end = toY(d.points[0].y)
		return end, 0, end >= c.Min.Y && end <= c.Max.Y
	case curve:
		parts := segments(d.points, x, y)
		if len(parts) == 0 {
			return 0, 0, false
		}
		points := parts[len(parts)-1]
		last := points[len(points)-1]
		if toX(last.x) < c.Max.X-(c.Max.X-c.Min.X)/50 {
			return 0, 0, false
		}
		exit := c.Min.X // where it is inside for the last time
		for _, pt := range points {
			if at := toY(pt.y); at >= c.Min.Y && at <= c.Max.Y && toX(pt.x) <= c.Max.X {
				exit = max(exit, toX(pt.x))
			}
		}
		end = toY(last.y)
		switch {
		case end > c.Max.Y:
			return c.Max.Y, c.Max.X - exit, true
		case end < c.Min.Y:
			return c.Min.Y, exit - c.Max.X, true
		}
		return end, 0, true
	}
	return 0, 0, false
}

// apart returns the places nearest to those wished, by the sum of squares, which keep the order from the top, a distance from
// each other and the bounds. Where there is no room for that they are spaced evenly.
func apart(wished []float64, distance, lo, hi float64) []float64 {
	n := len(wished)
	if n == 0 {
		return nil
	}
	if room := (hi - lo) / math.Max(1, float64(n-1)); room < distance {
		distance = room
	}
	// With z = y + i·distance, y keeps its distance where z does not rise: neighbours that would are averaged.
	type pool struct {
		sum   float64
		count int
	}
	var pools []pool
	mean := func(p pool) float64 { return p.sum / float64(p.count) }
	for i, w := range wished {
		pools = append(pools, pool{w + float64(i)*distance, 1})
		for k := len(pools) - 1; k > 0 && mean(pools[k]) > mean(pools[k-1]); k-- {
			pools[k-1] = pool{pools[k-1].sum + pools[k].sum, pools[k-1].count + pools[k].count}
			pools = pools[:k]
		}
	}
	var places []float64
	for _, p := range pools {
		z := min(max(mean(p), lo+float64(n-1)*distance), hi)
		for range p.count {
			places = append(places, z-float64(len(places))*distance)
		}
	}
	return places
}
