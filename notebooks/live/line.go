package live

import (
	"errors"
	"fmt"
	"math"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// lineFigure fits lines to points that the reader drags: by least squares, with the α of the slider, and with α and c
// fitted.
var lineFigure = &Figure{
	Name: "line",
	Alt: "Points near a line, one of them far away, and three lines fitted to them: least squares, the robust loss with " +
		"the α of the slider, and the robust loss with α and c fitted.",
	Controls: []Control{
		{Name: "alpha", Label: "fixed shape α", Min: lowestAlpha, Max: 2, Step: .05, Format: sayAlpha},
		{Name: "c", Label: "its scale c", Min: .05, Max: 1, Step: .01},
	},
	Start: State{
		Values: map[string]float64{"alpha": 0, "c": .15},
		Points: []Point{
			{8.5, 1.2},
			{.5, 1.31},
			{1.2, 1.52},
			{2, 2.08},
			{2.8, 2.31},
			{3.5, 2.84},
			{4.2, 3.04},
			{5, 3.45},
			{5.7, 3.88},
			{6.5, 4.16},
			{7.2, 4.7},
			{8, 4.95},
			{9.2, 5.66},
		},
	},
	Draw: drawLine,
	Move: func(s State, i int, x, y float64) State { return s.moved(i, linePanel.at(x, y)) },
}

var linePanel = panel{left: 44, top: 26, width: 530, height: 360, xlo: 0, xhi: 10, ylo: 0, yhi: 7}

// line is y = intercept + slope·x.
type line struct{ intercept, slope float64 }

// residuals returns y − the line of the points.
func (l line) residuals(points []Point) []float64 {
	r := make([]float64, len(points))
	for i, p := range points {
		r[i] = p.Y - l.intercept - l.slope*p.X
	}
	return r
}

// weighted returns the line of least Σ weight·residual².
func weighted(points []Point, weight []float64) line {
	var total, x, y, xx, xy float64
	for i, p := range points {
		total, x, y = total+weight[i], x+weight[i]*p.X, y+weight[i]*p.Y
	}
	x, y = x/total, y/total
	for i, p := range points {
		xx, xy = xx+weight[i]*(p.X-x)*(p.X-x), xy+weight[i]*(p.X-x)*(p.Y-y)
	}
	return line{y - xy/xx*x, xy / xx}
}

// reweighted returns the line of least loss downhill from another, by iteratively reweighted least squares.
//
// That is what scalar.IRLS does, whose algebra for any number of columns would make the page a quarter larger.
func reweighted(points []Point, from line, k scalar.Kernel) line {
	for range 1000 {
		to := weighted(points, each(from.residuals(points), k.Weight))
		moved := to.movedFrom(from)
		if math.IsNaN(moved) { // no point counts any more
			break
		}
		if from = to; moved <= 1e-9*k.Scale {
			break
		}
	}
	return from
}

// movedFrom returns by how much two lines differ at most.
func (l line) movedFrom(other line) float64 {
	return math.Abs(l.intercept-other.intercept) + linePanel.xhi*math.Abs(l.slope-other.slope)
}

// adapted returns the line, the α in [0, 2] and the c of maximum likelihood downhill from a line: in turn, the line for an α
// and a c, and those for its residuals, until nothing moves.
func adapted(points []Point, from line) (line, scalar.Kernel, error) {
	zero := 0.0
	for range 100 {
		g, err := scalar.FitWith(from.residuals(points), nil, &scalar.FitOptions{Mu: &zero, Alpha: scalar.Between(0, 2)})
		if err != nil {
			return from, scalar.Kernel{}, err
		}
		k := scalar.Kernel{Alpha: g.Alpha, Scale: g.Scale}
		to := reweighted(points, from, k)
		if to.movedFrom(from) <= 1e-8*k.Scale {
			return to, k, nil
		}
		from = to
	}
	return from, scalar.Kernel{}, errors.New("α and c were not found")
}

func drawLine(s State) Picture {
	image := newSVG(430)
	linePanel.axes(image, "drag any point: y over x", "x")
	square := weighted(s.Points, each(make([]float64, len(s.Points)), func(float64) float64 { return 1 }))
	fixed := reweighted(s.Points, square, scalar.Kernel{Alpha: alphaOf(s.Values["alpha"]), Scale: s.Values["c"]})
	free, kernel, err := adapted(s.Points, fixed)
	fits := []struct {
		name, colour, dash string
		line
	}{{"least squares", orange, "7 4", square}, {"fixed α", green, "2 3", fixed}, {"fitted α and c", blue, "", free}}
	picture := Picture{Values: map[string]float64{}}
	for i, f := range fits {
		place := linePanel.top + 14 + 40*float64(i)
		image.addf(`<path d="M584 %sh22" stroke="%s" stroke-width="2.5" stroke-dasharray="%s"/>`, coordinate(place-4), f.colour, f.dash)
		image.text(611, place, "start", f.colour, f.name)
		linePanel.line(image, f.intercept, f.slope, f.colour, f.dash)
		picture.Values[f.name+": slope"], picture.Values[f.name+": intercept"] = f.slope, f.intercept
		told := f.name
		if f.name == "fixed α" {
			told = "fixed α = " + sayAlpha(s.Values["alpha"])
		}
		picture.Say += fmt.Sprintf("%s: y = %s + %s·x. ", told, number(f.intercept), number(f.slope))
	}
	if err != nil {
		picture.Say += err.Error() + "."
	} else {
		picture.Values["α"], picture.Values["c"] = kernel.Alpha, kernel.Scale
		picture.Say += fmt.Sprintf("Fitted: α = %s, c = %s.", number(kernel.Alpha), number(kernel.Scale))
	}
	for i, p := range s.Points {
		colour := ink
		if i == 0 {
			colour = orange
		}
		image.handle(linePanel.px(p.X), linePanel.py(p.Y), colour)
		picture.Handles = append(picture.Handles, Handle{linePanel.px(p.X), linePanel.py(p.Y), fmt.Sprintf("point %d at x = %s, y = %s", i+1, number(p.X), number(p.Y))})
	}
	picture.SVG = image.String()
	return picture
}
