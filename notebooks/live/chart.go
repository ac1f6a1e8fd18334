package live

import (
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"

	"github.com/robustloss/gomlx-robustloss/internal/picture"
)

// The width of a picture in its own units, and the size of its letters. A page shows it as wide as its column.
const (
	width    = 720.0
	fontSize = 13.0
)

// The colours of curves, those of the notebooks' plots. ink, faint and paper follow the page, which may be dark.
var blue, orange, green = hex(picture.Blue), hex(picture.Vermilion), hex(picture.Green)

const (
	ink   = "var(--live-ink,#222)"
	faint = "var(--live-faint,#999)"
	paper = "var(--live-paper,#fff)"
)

// narrowWidth is the width of a picture for a narrow page.
const narrowWidth = 400.0

// svg is a picture that is being written.
type svg struct {
	b             strings.Builder
	width, height float64
}

// canvas returns an empty picture for a state: as high as the first number, or the second on a narrow page.
func (s State) canvas(wide, narrow float64) *svg {
	if s.narrow() {
		return &svg{width: narrowWidth, height: narrow}
	}
	return &svg{width: width, height: wide}
}

// String returns the finished image.
func (s *svg) String() string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="100%%" font-family="system-ui,sans-serif" font-size="%g" fill="none">`,
		s.width, s.height, fontSize) + s.b.String() + "</svg>"
}

func (s *svg) addf(format string, args ...any) { fmt.Fprintf(&s.b, format, args...) }

// text writes text at a place. anchor is start, middle or end.
func (s *svg) text(x, y float64, anchor, colour, text string) {
	s.addf(`<text x="%s" y="%s" text-anchor="%s" fill="%s">%s</text>`, coordinate(x), coordinate(y), anchor, colour, escape(text))
}

// handle draws a circle that invites to be dragged.
func (s *svg) handle(x, y float64, colour string) {
	s.addf(`<circle cx="%s" cy="%s" r="7" fill="%s" stroke="%s" stroke-width="2"/>`, coordinate(x), coordinate(y), colour, paper)
}

// escape keeps text from being read as marks.
//
// strings.NewReplacer, which does it, too, would make the page longer by the code of four algorithms.
func escape(text string) string {
	text = strings.ReplaceAll(text, "&", "&amp;") // before the others bring their own
	return strings.ReplaceAll(strings.ReplaceAll(text, "<", "&lt;"), `"`, "&quot;")
}

// coordinate writes a number to a tenth, which is as much as a screen shows.
func coordinate(v float64) string { return string(appendCoordinate(nil, v)) }

func appendCoordinate(b []byte, v float64) []byte {
	tenths := int64(math.Round(v * 10))
	if tenths < 0 {
		b, tenths = append(b, '-'), -tenths
	}
	b = strconv.AppendInt(b, tenths/10, 10)
	if tenths%10 != 0 {
		b = append(b, '.', byte('0'+tenths%10))
	}
	return b
}

// number writes a number as a reader compares it, with a minus sign.
func number(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	case math.Abs(v) < 1e-12:
		return "0"
	case math.Abs(v) < .005:
		return strings.ReplaceAll(fmt.Sprintf("%.1e", v), "-", "−")
	}
	text := strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
	return strings.Replace(text, "-", "−", 1)
}

// panel is a part of a picture with axes: (x, y) of the data, from lo to hi, lie in a rectangle of the image.
type panel struct {
	left, top, width, height float64
	xlo, xhi, ylo, yhi       float64
}

func (p panel) px(x float64) float64 { return p.left + (x-p.xlo)/(p.xhi-p.xlo)*p.width }
func (p panel) py(y float64) float64 { return p.top + (p.yhi-y)/(p.yhi-p.ylo)*p.height }

// at is the inverse of px and py, kept inside the panel.
func (p panel) at(px, py float64) Point {
	x := p.xlo + (px-p.left)/p.width*(p.xhi-p.xlo)
	y := p.yhi - (py-p.top)/p.height*(p.yhi-p.ylo)
	return Point{min(max(x, p.xlo), p.xhi), min(max(y, p.ylo), p.yhi)}
}

// ticks returns about as many round numbers from lo to hi.
func ticks(lo, hi float64, about int) []float64 {
	raw := (hi - lo) / float64(about)
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, factor := range []float64{5, 2.5, 2} {
		if step*factor <= raw*1.2 {
			step *= factor
			break
		}
	}
	var all []float64
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi+1e-9*step; i++ {
		all = append(all, i*step)
	}
	return all
}

// axes draws the frame, ticks and labels of a panel.
func (p panel) axes(s *svg, title, xlabel string) {
	s.addf(`<rect x="%s" y="%s" width="%s" height="%s" stroke="%s"/>`, coordinate(p.left), coordinate(p.top), coordinate(p.width), coordinate(p.height), faint)
	for _, t := range ticks(p.xlo, p.xhi, 5) {
		s.addf(`<path d="M%s %sv4" stroke="%s"/>`, coordinate(p.px(t)), coordinate(p.top+p.height), faint)
		s.text(p.px(t), p.top+p.height+17, "middle", ink, number(t))
	}
	for _, t := range ticks(p.ylo, p.yhi, max(2, int(p.height/40))) {
		s.addf(`<path d="M%s %sh-4" stroke="%s"/>`, coordinate(p.left), coordinate(p.py(t)), faint)
		s.text(p.left-7, p.py(t)+4, "end", ink, number(t))
	}
	if title != "" {
		s.text(p.left, p.top-7, "start", ink, title)
	}
	if xlabel != "" {
		s.text(p.left+p.width/2, p.top+p.height+33, "middle", ink, xlabel)
	}
}

// curve draws y over x, clipped to the panel; it breaks where y is NaN.
func (p panel) curve(s *svg, x, y []float64, colour string, thickness float64, dash string) {
	p.curves(s, x, [][]float64{y}, colour, thickness, dash)
}

// curves draws several alike.
func (p panel) curves(s *svg, x []float64, ys [][]float64, colour string, thickness float64, dash string) {
	var path []byte
	var piece []Point
	// Beyond the panel a curve goes on for a tenth of its height, and is clipped there.
	beyond := (p.yhi - p.ylo) / 10
	for _, y := range ys {
		for i := range x {
			if seen := x[i] >= p.xlo && x[i] <= p.xhi && !math.IsNaN(y[i]); seen {
				piece = append(piece, Point{p.px(x[i]), p.py(min(max(y[i], p.ylo-beyond), p.yhi+beyond))})
			}
			if seen := i+1 < len(x) && x[i+1] <= p.xhi && !math.IsNaN(y[i+1]); !seen {
				path = appendPath(path, thinned(piece))
				piece = piece[:0]
			}
		}
	}
	p.stroke(s, path, colour, thickness, dash)
}

// stroke draws a path, clipped to the panel.
func (p panel) stroke(s *svg, path []byte, colour string, thickness float64, dash string) {
	if dash != "" {
		dash = ` stroke-dasharray="` + dash + `"`
	}
	s.addf(`<svg x="%[1]s" y="%[2]s" width="%[3]s" height="%[4]s" viewBox="%[1]s %[2]s %[3]s %[4]s" overflow="hidden"><path d="%[5]s" stroke="%[6]s" stroke-width="%[7]g"%[8]s/></svg>`,
		coordinate(p.left), coordinate(p.top), coordinate(p.width), coordinate(p.height), path, colour, thickness, dash)
}

func appendPath(path []byte, points []Point) []byte {
	pen := byte('M')
	for _, q := range points {
		path = appendCoordinate(append(path, pen), q.X)
		path = appendCoordinate(append(path, ' '), q.Y)
		pen = 'L'
	}
	return path
}

// thinned leaves out the points from which the straight line between those that stay is a fifth of a unit away at most: no
// one sees the difference.
func thinned(points []Point) []Point {
	if len(points) < 3 {
		return points
	}
	first, last := points[0], points[len(points)-1]
	farthest, distance := 0, .2
	for i, q := range points[1 : len(points)-1] {
		t := (q.X - first.X) / (last.X - first.X)
		if d := math.Abs(q.Y - first.Y - t*(last.Y-first.Y)); d > distance {
			farthest, distance = i+1, d
		}
	}
	if farthest == 0 {
		return []Point{first, last}
	}
	left := thinned(points[:farthest+1])
	return append(left[:len(left)-1:len(left)-1], thinned(points[farthest:])...)
}

// line draws y = intercept + slope·x.
func (p panel) line(s *svg, intercept, slope float64, colour string, dash string) {
	ends := []Point{{p.left, p.py(intercept + slope*p.xlo)}, {p.left + p.width, p.py(intercept + slope*p.xhi)}}
	p.stroke(s, appendPath(nil, ends), colour, 2.5, dash)
}

// grid returns n+1 numbers from lo to hi.
func grid(lo, hi float64, n int) []float64 {
	x := make([]float64, n+1)
	for i := range x {
		x[i] = lo + (hi-lo)*float64(i)/float64(n)
	}
	return x
}

// each returns f of every x.
func each(x []float64, f func(float64) float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f(v)
	}
	return y
}

// shade returns a colour for t in [0, 1], from dark to light, as the notebooks paint quantities.
func shade(t float64) string { return hex(picture.Lightness(t)) }

// hex writes a colour as SVG does.
func hex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
