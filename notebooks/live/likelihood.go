package live

import (
	"fmt"
	"math"

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
		strip, chart := likelihoodPanelsOf(s)
		if i == 0 {
			return s.moved(0, chart.at(x, y))
		}
		return s.moved(i, Point{strip.at(x, y).X, 0})
	},
}

// likelihoodPanelsOf returns that of the residuals and that of the map, which has a bar of its colours on its right.
func likelihoodPanelsOf(s State) (strip, chart panel) {
	strip = panel{left: 44, top: 26, width: 640, height: 130, xlo: -8, xhi: 8, ylo: 0, yhi: .6}
	chart = panel{left: 44, top: 226, width: 560, height: 260, xlo: 0, xhi: 2, ylo: -1.5, yhi: 1}
	if s.narrow() {
		strip.width, chart.width = narrowWidth-60, narrowWidth-130
	}
	return strip, chart
}

func drawLikelihood(s State) Picture {
	image := s.canvas(530, 530)
	strip, chart := likelihoodPanelsOf(s)
	var residuals []float64
	for _, p := range s.Points[1:] {
		residuals = append(residuals, p.X)
	}
	alpha, c := s.Points[0].X, math.Pow(10, s.Points[0].Y)
	best, err := mostLikely(residuals)
	picture := Picture{Values: map[string]float64{"NLL": meanNLL(residuals, alpha)(c)}}
	picture.Say = fmt.Sprintf("α = %s, c = %s: NLL %s nats a residual. ", number(alpha), number(c), number(picture.Values["NLL"]))
	lowest := picture.Values["NLL"]
	if err == nil {
		picture.Values["fitted α"], picture.Values["fitted c"], picture.Values["fitted NLL"] = best.Alpha, best.Scale, meanNLL(residuals, best.Alpha)(best.Scale)
		lowest = min(lowest, picture.Values["fitted NLL"])
	}
	drawMap(image, chart, residuals, lowest)

	strip.axes(image, "residuals (drag them) and densities", "residual")
	x := grid(-8, 8, 160)
	curve := func(line float64, name string, kernel scalar.Kernel, colour, dash string) {
		left, y := strip.left+8, strip.top+16+17*line
		strip.curve(image, x, each(x, density(kernel.Alpha, kernel.Scale)), colour, 2.5, dash)
		image.addf(`<path d="M%s %sh22" stroke="%s" stroke-width="2.5" stroke-dasharray="%s"/>`, coordinate(left), coordinate(y-4), colour, dash)
		image.text(left+27, y, "start", colour, name)
	}
	curve(1, "the handle’s", scalar.Kernel{Alpha: alpha, Scale: c}, orange, "6 4")
	if err != nil {
		picture.Say += err.Error()
	} else {
		curve(0, "fitted", best, blue, "")
		fx, fy := chart.px(best.Alpha), chart.py(min(max(math.Log10(best.Scale), chart.ylo), chart.yhi))
		image.addf(`<path d="M%[1]s %[2]sm-7 -7l14 14m-14 0l14 -14" stroke="#fff" stroke-width="5"/><path d="M%[1]s %[2]sm-7 -7l14 14m-14 0l14 -14" stroke="%[3]s" stroke-width="2.5"/>`, coordinate(fx), coordinate(fy), blue)
		picture.Say += fmt.Sprintf("Fit (blue cross): α = %s, c = %s, NLL %s.", number(best.Alpha), number(best.Scale), number(picture.Values["fitted NLL"]))
	}
	hx, hy := chart.px(s.Points[0].X), chart.py(s.Points[0].Y)
	image.handle(hx, hy, orange)
	picture.Handles = append(picture.Handles, Handle{hx, hy, fmt.Sprintf("α = %s, c = %s", number(alpha), number(c))})
	for i, r := range residuals {
		image.handle(strip.px(r), strip.py(0), ink)
		picture.Handles = append(picture.Handles, Handle{strip.px(r), strip.py(0), fmt.Sprintf("residual %d: %s", i+1, number(r))})
	}
	picture.SVG = image.String()
	return picture
}

// meanNLL returns the mean negative log-likelihood of residuals for an α, as a function of c.
func meanNLL(residuals []float64, alpha float64) func(c float64) float64 {
	logZ := scalar.LogPartition(alpha)
	return func(c float64) float64 {
		sum, k := 0.0, scalar.Kernel{Alpha: alpha, Scale: c}
		for _, r := range residuals {
			sum += k.Rho(r)
		}
		return sum/float64(len(residuals)) + math.Log(c) + logZ
	}
}

// mostLikely returns α in [0, 2] and c of maximum likelihood, exactly: see [linear.exact].
func mostLikely(residuals []float64) (scalar.Kernel, error) {
	zero := 0.0
	g, err := scalar.FitWith(residuals, nil, &scalar.FitOptions{Mu: &zero, Alpha: scalar.Between(0, 2)})
	if err != nil {
		return scalar.Kernel{}, err
	}
	start := fit{kernel: scalar.Kernel{Alpha: g.Alpha, Scale: g.Scale}, freeScale: true, freeAlpha: true}
	if there, ok := (linear{make([][]float64, len(residuals)), residuals}).settled(start); ok {
		return there.kernel, nil
	}
	return start.kernel, nil
}

// shades is how many colours the map has.
const shades = 28

// drawMap draws the negative log-likelihood over α and log₁₀ c as colours, from best up, with their bar.
func drawMap(image *svg, p panel, residuals []float64, best float64) {
	p.axes(image, "mean NLL, dark where it is low: log₁₀ c over α", "shape α")
	const columns, rows, span = 32, 22, 1.5
	w, h := p.width/columns, p.height/rows
	across, back := "h"+coordinate(w+.2), "h-"+coordinate(w+.2)+"z"
	var c [rows]float64         // of each row
	var bottom, up [rows]string // of a row, and of as many rows
	for j := range rows {
		c[j] = math.Pow(10, p.ylo+(float64(j)+.5)/rows*(p.yhi-p.ylo))
		bottom[j], up[j] = coordinate(p.top+p.height-float64(j)*h), coordinate(float64(j+1)*h+.2)
	}
	var cells [shades][]byte // of each shade, as a path of rectangles
	for i := range columns {
		nll := meanNLL(residuals, p.xlo+(float64(i)+.5)/columns*(p.xhi-p.xlo))
		x, from, last := coordinate(p.left+float64(i)*w), 0, -1
		for j := range rows + 1 { // equal ones above each other are one
			k := -1
			if j < rows {
				k = int(shades * min(max((nll(c[j])-best)/span, 0), 1-1e-9))
			}
			if k != last && j > 0 {
				cells[last] = append(cells[last], "M"+x+" "+bottom[from]+across+"v-"+up[j-from-1]+back...)
				from = j
			}
			last = k
		}
	}
	bar, at := p.height/shades, p.left+p.width+18
	for k := range shades {
		colour := shade((float64(k) + .5) / shades)
		image.addf(`<path d="%sM%s %sh14v%sh-14z" fill="%s"/>`, cells[k], coordinate(at), coordinate(p.top+p.height-float64(k+1)*bar), coordinate(bar+.3), colour)
	}
	image.text(at+18, p.top+p.height, "start", ink, number(best))
	image.text(at+18, p.top+10, "start", ink, "≥ "+number(best+span))
}
