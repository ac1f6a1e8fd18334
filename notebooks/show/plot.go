package show

import (
	"fmt"
	"image/color"
	"math"
)

// Plot is a plot that is being put together: [NewPlot], layers added one after the other, then [Plot.Show], or [Row] to show
// several side by side. Layers are drawn in the order in which they were added; the ones with a label are named in a
// legend to the right of the data, in the same order. A hyphen before a number in a title or a label is drawn as a minus sign.
type Plot struct {
	title, xLabel, yLabel string
	caption               string
	x, y                  axisRange
	layers                []layer
	height                float64 // inches; 0: the default
	coloured              int     // layers that took a colour from the cycle
}

// axisRange is what is known of an axis before it is drawn.
type axisRange struct {
	lo, hi float64 // NaN: from the data
	log    bool
}

// NewPlot starts a plot with a title (it may be empty) and the labels of its axes.
func NewPlot(title, xLabel, yLabel string) *Plot {
	free := axisRange{lo: math.NaN(), hi: math.NaN()}
	return &Plot{title: signed(title), xLabel: xLabel, yLabel: yLabel, x: free, y: free}
}

// Caption says below the plot, or the row in which it is shown, what to see there.
func (p *Plot) Caption(text string) *Plot {
	p.caption = text
	return p
}

// XRange fixes the range of the x axis. A plot that holds only functions needs it.
func (p *Plot) XRange(lo, hi float64) *Plot {
	p.x.lo, p.x.hi = lo, hi
	return p
}

// YRange fixes the range of the y axis; what lies outside is cut off.
func (p *Plot) YRange(lo, hi float64) *Plot {
	p.y.lo, p.y.hi = lo, hi
	return p
}

// LogX makes the x axis logarithmic; points with x ≤ 0 are left out.
func (p *Plot) LogX() *Plot {
	p.x.log = true
	return p
}

// LogY makes the y axis logarithmic; points with y ≤ 0 are left out.
func (p *Plot) LogY() *Plot {
	p.y.log = true
	return p
}

// Height sets the height in inches (default 3.6; 3 in a row).
func (p *Plot) Height(inches float64) *Plot {
	p.height = inches
	return p
}

// Func adds the graph of f over the whole x axis.
func (p *Plot) Func(label string, f func(float64) float64, options ...Option) *Plot {
	return p.add(layer{kind: curve, label: label, f: f}, options)
}

// Line joins the points (x[i], y[i]) in their order by straight lines. It breaks where a coordinate is not finite.
func (p *Plot) Line(label string, x, y []float64, options ...Option) *Plot {
	return p.add(layer{kind: curve, label: label, points: zip(x, y)}, options)
}

// Points adds a dot at every (x[i], y[i]).
func (p *Plot) Points(label string, x, y []float64, options ...Option) *Plot {
	return p.add(layer{kind: dots, label: label, points: zip(x, y)}, options)
}

// Histogram adds the histogram of the samples in the given number of equal bins over the x range (which must be fixed).
// Its height is a density: count / (number of samples · width of a bin), so that samples outside the range are still
// counted in the total and the bars are comparable with a probability density.
func (p *Plot) Histogram(label string, samples []float64, bins int, options ...Option) *Plot {
	if !(p.x.lo < p.x.hi) || bins < 1 {
		fail("a histogram needs XRange before it and at least one bin")
		return p
	}
	return p.add(layer{kind: bars, label: label, points: densities(samples, p.x.lo, p.x.hi, bins)}, options)
}

// Band fills the region between lo[i] and hi[i] over x[i].
func (p *Plot) Band(label string, x, lo, hi []float64, options ...Option) *Plot {
	points := zip(x, hi)
	for i := len(x) - 1; i >= 0; i-- {
		points = append(points, point{x[i], lo[i]})
	}
	return p.add(layer{kind: area, label: label, points: points}, options)
}

// VLine adds a vertical line at x from edge to edge.
func (p *Plot) VLine(label string, x float64, options ...Option) *Plot {
	return p.add(layer{kind: vertical, label: label, points: []point{{x, math.NaN()}}}, options)
}

// HLine adds a horizontal line at y from edge to edge.
func (p *Plot) HLine(label string, y float64, options ...Option) *Plot {
	return p.add(layer{kind: horizontal, label: label, points: []point{{math.NaN(), y}}}, options)
}

// Note writes a few words with their left end at (x, y).
func (p *Plot) Note(x, y float64, text string, options ...Option) *Plot {
	return p.add(layer{kind: note, text: text, points: []point{{x, y}}, style: style{color: Black}}, options)
}

func (p *Plot) add(l layer, options []Option) *Plot {
	for _, option := range options {
		option(&l.style)
	}
	if l.style.color == nil {
		l.style.color = cycle[p.coloured%len(cycle)]
		p.coloured++
	}
	l.label = signed(l.label)
	p.layers = append(p.layers, l)
	return p
}

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
