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
	Move: func(s State, i int, x, y float64) State { return s.moved(i, linePanelOf(s).at(x, y)) },
}

// linePanelOf is where the points are: with the names of the lines on its right, or below it on a narrow page.
func linePanelOf(s State) panel {
	p := panel{left: 44, top: 26, width: 530, height: 360, xlo: 0, xhi: 10, ylo: 0, yhi: 7}
	if s.narrow() {
		p.width, p.height = narrowWidth-60, 320
	}
	return p
}

// withLine is the model y = intercept + slope·x of some points.
func withLine(points []Point) (m linear) {
	for _, p := range points {
		m.rows, m.y = append(m.rows, []float64{1, p.X}), append(m.y, p.Y)
	}
	return m
}

// weighted returns intercept and slope of the line of least Σ weight·residual².
func weighted(points []Point, weight []float64) []float64 {
	var total, x, y, xx, xy float64
	for i, p := range points {
		total, x, y = total+weight[i], x+weight[i]*p.X, y+weight[i]*p.Y
	}
	x, y = x/total, y/total
	for i, p := range points {
		xx, xy = xx+weight[i]*(p.X-x)*(p.X-x), xy+weight[i]*(p.X-x)*(p.Y-y)
	}
	return []float64{y - xy/xx*x, xy / xx}
}

// reweighted returns the line of least loss downhill from another: near it by iteratively reweighted least squares, and then
// exactly.
//
// That is what scalar.IRLS does, whose algebra for any number of columns would make the page a quarter larger.
func reweighted(points []Point, from []float64, k scalar.Kernel) []float64 {
	m, near := withLine(points), 1e-2
	for range 1000 {
		to := weighted(points, each(m.residuals(from), k.Weight))
		moved := apart(to, from)
		if math.IsNaN(moved) { // no point counts any more
			break
		}
		if from = to; moved > near*k.Scale {
			continue
		}
		if there, ok := m.exact(fit{beta: from, kernel: k}); ok {
			return there.beta
		}
		if near /= 10; moved <= 1e-9*k.Scale {
			break
		}
	}
	return from
}

// apart returns by how much two lines differ at most, for x from 0 to 10.
func apart(a, b []float64) float64 { return math.Abs(a[0]-b[0]) + 10*math.Abs(a[1]-b[1]) }

// adapted returns the line, the α in [0, 2] and the c of maximum likelihood downhill from a line: in turn, the line for an α
// and a c, and those for its residuals, until they are near, and then exactly.
func adapted(points []Point, from []float64) ([]float64, scalar.Kernel, error) {
	zero, m, near := 0.0, withLine(points), 1e-2
	for range 100 {
		g, err := scalar.FitWith(m.residuals(from), nil, &scalar.FitOptions{Mu: &zero, Alpha: scalar.Between(0, 2)})
		if err != nil {
			return from, scalar.Kernel{}, err
		}
		k := scalar.Kernel{Alpha: g.Alpha, Scale: g.Scale}
		to := reweighted(points, from, k)
		moved := apart(to, from)
		if from = to; moved > near*k.Scale {
			continue
		}
		if there, ok := m.settled(fit{beta: from, kernel: k, freeScale: true, freeAlpha: true}); ok {
			return there.beta, there.kernel, nil
		}
		if near /= 10; moved <= 1e-8*k.Scale {
			return from, k, nil
		}
	}
	return from, scalar.Kernel{}, errors.New("α and c were not found")
}

func drawLine(s State) Picture {
	image, frame := s.canvas(430, 430), linePanelOf(s)
	frame.axes(image, "drag any point: y over x", "x")
	square := weighted(s.Points, each(make([]float64, len(s.Points)), func(float64) float64 { return 1 }))
	fixed := reweighted(s.Points, square, scalar.Kernel{Alpha: alphaOf(s.Values["alpha"]), Scale: s.Values["c"]})
	free, kernel, err := adapted(s.Points, fixed)
	fits := []struct {
		name, colour, dash string
		line               []float64
	}{{"least squares", orange, "7 4", square}, {"fixed α", green, "2 3", fixed}, {"fitted α and c", blue, "", free}}
	picture := Picture{Values: map[string]float64{}}
	for i, f := range fits {
		x, y := 584.0, frame.top+14+40*float64(i)
		if s.narrow() {
			x, y = frame.left+[]float64{0, 122, 206}[i], frame.top+frame.height+54
		}
		image.addf(`<path d="M%s %sh22" stroke="%s" stroke-width="2.5" stroke-dasharray="%s"/>`, coordinate(x), coordinate(y-4), f.colour, f.dash)
		image.text(x+27, y, "start", f.colour, f.name)
		frame.line(image, f.line[0], f.line[1], f.colour, f.dash)
		picture.Values[f.name+": slope"], picture.Values[f.name+": intercept"] = f.line[1], f.line[0]
		told := f.name
		if f.name == "fixed α" {
			told = "fixed α = " + sayAlpha(s.Values["alpha"])
		}
		picture.Say += fmt.Sprintf("%s: y = %s + %s·x. ", told, number(f.line[0]), number(f.line[1]))
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
		image.handle(frame.px(p.X), frame.py(p.Y), colour)
		picture.Handles = append(picture.Handles, Handle{frame.px(p.X), frame.py(p.Y), fmt.Sprintf("point %d at x = %s, y = %s", i+1, number(p.X), number(p.Y))})
	}
	picture.SVG = image.String()
	return picture
}
