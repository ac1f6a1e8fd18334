package live

import (
	"fmt"
	"math"
	"strings"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// likelihoodFigure shows the mean negative log-likelihood of residuals, which the reader drags, for all α and c, and
// where Fit finds its minimum. The first point is the reader's own α and c.
var likelihoodFigure = &Figure{
	Name: "likelihood",
	Alt: "Above, residuals on a line, with the fitted density and that of the chosen α and c. Below, a map of the mean negative " +
		"log-likelihood over α from 0 to 2 and log₁₀ c, dark where it is low, with a cross at Fit's optimum and a handle at the chosen α and c.",
	Start: State{Points: []Point{{1.5, .2}, {-2.1, 0}, {-1.1, 0}, {-.6, 0}, {-.25, 0}, {.1, 0}, {.35, 0}, {.8, 0}, {1.3, 0}, {6.5, 0}}},
	Draw:  drawLikelihood,
	Move: func(s State, i int, x, y float64) State {
		if i == 0 {
			return s.moved(0, mapPanel.at(x, y))
		}
		return s.moved(i, Point{stripPanel.at(x, y).X, 0})
	},
}

var (
	stripPanel = panel{left: 44, top: 26, width: 640, height: 130, xlo: -8, xhi: 8, ylo: 0, yhi: .6}
	mapPanel   = panel{left: 44, top: 226, width: 560, height: 260, xlo: 0, xhi: 2, ylo: -1.5, yhi: 1}
)

func drawLikelihood(s State) Picture {
	image := newSVG(530)
	var residuals []float64
	for _, p := range s.Points[1:] {
		residuals = append(residuals, p.X)
	}
	nll := func(alpha, c float64) float64 {
		sum, g := 0.0, scalar.General{Alpha: alpha, Scale: c}
		for _, r := range residuals {
			sum -= g.LogProb(r)
		}
		return sum / float64(len(residuals))
	}
	alpha, c := s.Points[0].X, math.Pow(10, s.Points[0].Y)
	zero := 0.0
	fit, err := scalar.FitWith(residuals, nil, &scalar.FitOptions{Mu: &zero, Alpha: &scalar.Interval{Lo: 0, Hi: 2}})
	picture := Picture{Values: map[string]float64{"NLL": nll(alpha, c)}}
	picture.Say = fmt.Sprintf("α = %s, c = %s: NLL %s nats a residual. ", number(alpha), number(c), number(picture.Values["NLL"]))

	best := nll(alpha, c)
	if err == nil {
		best = min(best, nll(fit.Alpha, fit.Scale))
	}
	drawMap(image, nll, best)

	stripPanel.axes(image, "residuals (drag them) and densities", "residual")
	x := grid(-8, 8, 240)
	stripPanel.curve(image, x, each(x, scalar.General{Alpha: alpha, Scale: c}.Prob), orange, 2, "6 4")
	if err != nil {
		picture.Say += err.Error()
	} else {
		stripPanel.curve(image, x, each(x, fit.Prob), blue, 2.5, "")
		fx, fy := mapPanel.px(fit.Alpha), mapPanel.py(min(max(math.Log10(fit.Scale), mapPanel.ylo), mapPanel.yhi))
		image.addf(`<path d="M%[1]s %[2]sm-7 -7l14 14m-14 0l14 -14" stroke="#fff" stroke-width="5"/><path d="M%[1]s %[2]sm-7 -7l14 14m-14 0l14 -14" stroke="%[3]s" stroke-width="2.5"/>`, coordinate(fx), coordinate(fy), blue)
		picture.Values["fitted α"], picture.Values["fitted c"], picture.Values["fitted NLL"] = fit.Alpha, fit.Scale, nll(fit.Alpha, fit.Scale)
		picture.Say += fmt.Sprintf("Fit (blue cross): α = %s, c = %s, NLL %s.", number(fit.Alpha), number(fit.Scale), number(picture.Values["fitted NLL"]))
	}
	hx, hy := mapPanel.px(s.Points[0].X), mapPanel.py(s.Points[0].Y)
	image.handle(hx, hy, orange)
	picture.Handles = append(picture.Handles, Handle{hx, hy, fmt.Sprintf("α = %s, c = %s", number(alpha), number(c))})
	for i, r := range residuals {
		image.handle(stripPanel.px(r), stripPanel.py(0), ink)
		picture.Handles = append(picture.Handles, Handle{stripPanel.px(r), stripPanel.py(0), fmt.Sprintf("residual %d: %s", i+1, number(r))})
	}
	picture.SVG = image.String()
	return picture
}

// shades is how many colours the map has.
const shades = 40

// drawMap draws the negative log-likelihood over α and log₁₀ c as colours, from best up, with their bar.
func drawMap(image *svg, nll func(alpha, c float64) float64, best float64) {
	mapPanel.axes(image, "mean negative log-likelihood: dark is low; log₁₀ c over α", "shape α")
	const columns, rows, span = 40, 26, 1.5
	w, h := mapPanel.width/columns, mapPanel.height/rows
	var cells [shades]strings.Builder // of each shade, as a path of rectangles
	for i := range columns {
		a, from, last := mapPanel.xlo+(float64(i)+.5)/columns*(mapPanel.xhi-mapPanel.xlo), 0, -1
		for j := range rows + 1 { // equal ones above each other are one
			k := -1
			if j < rows {
				l := mapPanel.ylo + (float64(j)+.5)/rows*(mapPanel.yhi-mapPanel.ylo)
				k = int(shades * min(max((nll(a, math.Pow(10, l))-best)/span, 0), 1-1e-9))
			}
			if k != last && j > 0 {
				fmt.Fprintf(&cells[last], "M%s %sh14.2v-%sh-14.2z", coordinate(mapPanel.left+float64(i)*w), coordinate(mapPanel.top+mapPanel.height-float64(from)*h), coordinate(float64(j-from)*h+.2))
				from = j
			}
			last = k
		}
	}
	bar := mapPanel.height / shades
	for k := range shades {
		colour := shade((float64(k) + .5) / shades)
		image.addf(`<path d="%sM622 %sh14v%sh-14z" fill="%s"/>`, cells[k].String(), coordinate(mapPanel.top+mapPanel.height-float64(k+1)*bar), coordinate(bar+.3), colour)
	}
	image.text(640, mapPanel.top+mapPanel.height, "start", ink, number(best))
	image.text(640, mapPanel.top+10, "start", ink, "≥ "+number(best+span))
}
