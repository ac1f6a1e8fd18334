package live

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

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

func drawLine(s State) Picture {
	image := newSVG(430)
	linePanel.axes(image, "drag any point: y over x", "x")
	alpha, one, c := alphaOf(s.Values["alpha"]), 1.0, s.Values["c"]
	fits := []struct {
		name, colour, dash string
		options            scalar.IRLSOptions
	}{
		{"least squares", orange, "7 4", scalar.IRLSOptions{Alpha: scalar.Fixed(2), Scale: &one}},
		{"fixed α", green, "2 3", scalar.IRLSOptions{Alpha: scalar.Fixed(alpha), Scale: &c}},
		{"fitted α and c", blue, "", scalar.IRLSOptions{}},
	}
	x, y := mat.NewDense(len(s.Points), 2, nil), mat.NewVecDense(len(s.Points), nil)
	for i, p := range s.Points {
		x.SetRow(i, []float64{1, p.X})
		y.SetVec(i, p.Y)
	}
	picture := Picture{Values: map[string]float64{}}
	begin := []float64{0, 0}
	for i, f := range fits {
		place := linePanel.top + 14 + 40*float64(i)
		image.addf(`<path d="M584 %sh22" stroke="%s" stroke-width="2.5" stroke-dasharray="%s"/>`, coordinate(place-4), f.colour, f.dash)
		image.text(611, place, "start", f.colour, f.name)
		f.options.Start = begin // one start, the line before, in place of IRLS's two: a picture is drawn while the reader drags
		fit, err := scalar.IRLS(x, y, &f.options)
		if err != nil {
			picture.Say += fmt.Sprintf("%s: %v. ", f.name, err)
			continue
		}
		intercept, slope := fit.Coefficients.AtVec(0), fit.Coefficients.AtVec(1)
		begin = []float64{intercept, slope}
		linePanel.line(image, intercept, slope, f.colour, f.dash)
		picture.Values[f.name+": slope"], picture.Values[f.name+": intercept"] = slope, intercept
		picture.Say += fmt.Sprintf("%s: y = %s + %s·x", f.name, number(intercept), number(slope))
		if f.options.Alpha == nil && !math.IsNaN(fit.Alpha) {
			picture.Values["α"], picture.Values["c"] = fit.Alpha, fit.Scale
			picture.Say += fmt.Sprintf(", α = %s, c = %s", number(fit.Alpha), number(fit.Scale))
		}
		picture.Say += ". "
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
