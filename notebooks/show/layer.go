package show

import (
	"fmt"
	"image/color"
	"math"
)

// kind says how a layer is drawn.
type kind int

const (
	curve kind = iota
	dots
	bars
	area
	vertical
	horizontal
	note
	heat
)

// point is a position in the units of the data.
type point struct{ x, y float64 }

// layer is one thing in a plot.
type layer struct {
	kind   kind
	label  string // empty: not in the legend
	text   string // of a note
	f      func(float64) float64
	field  *field  // of a heat map
	points []point // of bars: the left end and the height of each, then the right end of the last
	style  style
}

// style is how a layer looks.
type style struct {
	color  color.Color
	width  float64 // of a line, in points; of a dot, its radius. 0: the default
	dashed bool
}

// Option changes how a layer looks.
type Option func(*style)

// Alpha gives a layer the colour that stands for the shape α everywhere, see [AlphaColor].
func Alpha(alpha float64) Option {
	return Color(AlphaColor(alpha))
}

// Color gives a layer a colour.
func Color(c color.Color) Option {
	return func(s *style) { s.color = c }
}

// Dashed draws a line with dashes.
func Dashed(s *style) { s.dashed = true }

// Width sets the width of a line (default 1.6), or the radius of a dot (default 2.2), in points of 1/72 inch.
func Width(points float64) Option {
	return func(s *style) { s.width = points }
}

// zip pairs coordinates; slices of different lengths end the cell.
func zip(x, y []float64) []point {
	if len(x) != len(y) {
		fail(fmt.Sprintf("a plot got %d x and %d y coordinates", len(x), len(y)))
		return nil
	}
	points := make([]point, len(x))
	for i := range x {
		points[i] = point{x[i], y[i]}
	}
	return points
}

// densities bins samples: the left end and the density of each bin, then the right end of the last.
func densities(samples []float64, lo, hi float64, bins int) []point {
	width := (hi - lo) / float64(bins)
	points := make([]point, bins+1)
	for i := range points {
		points[i].x = lo + float64(i)*width
	}
	for _, s := range samples {
		if s >= lo && s < hi {
			points[min(int((s-lo)/width), bins-1)].y += 1 / (float64(len(samples)) * width)
		}
	}
	return points
}

// sampled returns the points of a curve: those given, or those of the function on an even grid over the axis.
func (l *layer) sampled(x axisRange) []point {
	if l.f == nil {
		return l.points
	}
	const steps = 600
	points := make([]point, steps+1)
	for i := range points {
		t := float64(i) / steps
		points[i] = point{x.at(t), l.f(x.at(t))}
	}
	return points
}

// segments splits points where one cannot be drawn.
func segments(points []point, x, y axisRange) [][]point {
	var parts [][]point
	var part []point
	flush := func() {
		if len(part) > 0 {
			parts = append(parts, part)
		}
		part = nil
	}
	for _, p := range points {
		if x.holds(p.x) && y.holds(p.y) {
			part = append(part, p)
		} else {
			flush()
		}
	}
	flush()
	return parts
}

// holds tells whether a coordinate can be drawn on the axis at all.
func (r axisRange) holds(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (!r.log || v > 0)
}
