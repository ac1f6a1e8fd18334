package live

import (
	"fmt"
	"math"

	"github.com/robustloss/gomlx-robustloss/internal/picture"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// valleyFigure shows why α is lowered in steps: the loss of a location μ has a second minimum at the outliers once α is
// low, and a descent that starts there ends there. Lowered from 2, α leads past it.
var valleyFigure = &Figure{
	Name: "valley",
	Alt: "The mean loss of seven good measurements near 1 and four bad ones near 8, as a function of the location μ, for the chosen α in colour and " +
		"for α = 2 in grey; a start that can be dragged, and two triangles where the descent from it ends, with that α and with α lowered in steps from 2.",
	Controls: []Control{
		{Name: "alpha", Label: "shape α", Min: lowestAlpha, Max: 2, Step: .05, Format: sayAlpha},
		{Name: "c", Label: "scale c", Min: .2, Max: 2, Step: .05},
	},
	Start: State{Values: map[string]float64{"alpha": -2, "c": .7}, Points: []Point{{7.4, 0}}},
	Draw:  drawValley,
	Move:  func(s State, i int, x, y float64) State { return s.moved(i, Point{valleyPanelOf(s).at(x, y).X, 0}) },
}

var measurements = []float64{.82, .93, 1, 1.04, 1.08, 1.15, 1.31, 7.6, 7.9, 8.2, 8.4}

// valleyPanelOf has the names of the curves on its right, or below it on a narrow page.
func valleyPanelOf(s State) panel {
	p := panel{left: 44, top: 26, width: 560, height: 330, xlo: -1, xhi: 10, ylo: 0, yhi: 1.15}
	if s.narrow() {
		p.width, p.height = narrowWidth-60, 280
	}
	return p
}

// meanLoss is the mean ρ of the measurements' residuals from mu.
func meanLoss(k scalar.Kernel, mu float64) float64 {
	sum := 0.0
	for _, x := range measurements {
		sum += k.Rho(x - mu)
	}
	return sum / float64(len(measurements))
}

// descend takes steps of iteratively reweighted least squares from mu, which never raise the loss for α ≤ 2.
func descend(k scalar.Kernel, mu float64, steps int) float64 {
	for range steps {
		var sum, weights float64
		for _, x := range measurements {
			w := k.Weight(x - mu)
			sum, weights = sum+w*x, weights+w
		}
		if weights == 0 {
			return mu // no measurement counts here: the loss is flat
		}
		next := sum / weights
		if next == mu {
			break // and stays there
		}
		mu = next
	}
	return mu
}

// anneal lowers α from 2 to its end in 30 steps that are equal in (α−2)/(1+|α−2|), with a few descents at each.
func anneal(alpha, c, mu float64) float64 {
	end := -1.0
	if !math.IsInf(alpha, -1) {
		end = (alpha - 2) / (1 + math.Abs(alpha-2))
	}
	for i := range 31 {
		t := end * float64(i) / 30
		a := math.Inf(-1)
		if t > -1 {
			a = 2 + t/(1+t) // the inverse, for t ≤ 0
		}
		mu = descend(scalar.Kernel{Alpha: a, Scale: c}, mu, 5)
	}
	return descend(scalar.Kernel{Alpha: alpha, Scale: c}, mu, 200)
}

func drawValley(s State) Picture {
	image, frame := s.canvas(400, 396), valleyPanelOf(s)
	alpha, c, start := alphaOf(s.Values["alpha"]), s.Values["c"], s.Points[0].X
	kernel := scalar.Kernel{Alpha: alpha, Scale: c}
	mu := grid(frame.xlo, frame.xhi, 220)
	// Each curve is divided by its largest value in view, so that the shapes compare: the heights do not.
	scaled := func(k scalar.Kernel) (y []float64, top float64) {
		y = each(mu, func(m float64) float64 { return meanLoss(k, m) })
		for _, v := range y {
			top = max(top, v)
		}
		return each(y, func(v float64) float64 { return v / top }), top
	}
	frame.axes(image, "mean loss of μ, relative to the largest of each curve", "location μ")
	square, _ := scaled(scalar.Kernel{Alpha: 2, Scale: c})
	frame.curve(image, mu, square, faint, 1.5, "")
	y, top := scaled(kernel)
	frame.curve(image, mu, y, hex(picture.Shape(alpha)), 2.5, "")
	for _, x := range measurements {
		image.addf(`<path d="M%s %sv-9" stroke="%s" stroke-width="2"/>`, coordinate(frame.px(x)), coordinate(frame.py(0)), ink)
	}
	fixed, annealed := descend(kernel, start, 400), anneal(alpha, c, start)
	for _, end := range []struct { // the second is smaller, so that both are seen where they end at one place
		at     float64
		colour string
		half   int
	}{{fixed, orange, 8}, {annealed, green, 5}} {
		px, py := frame.px(end.at), frame.py(meanLoss(kernel, end.at)/top)
		image.addf(`<path d="M%s %sl-%d -%dh%dz" fill="%s"/>`, coordinate(px), coordinate(py-3), end.half, 2*end.half, 2*end.half, end.colour)
	}
	hx, hy := frame.px(start), frame.py(meanLoss(kernel, start)/top)
	image.handle(hx, hy, ink)
	for i, told := range [][2]string{
		{hex(picture.Shape(alpha)), "α = " + number(alpha)},
		{faint, "α = 2"},
		{ink, "● the start"},
		{orange, "▼ α fixed"},
		{green, "▼ α lowered"},
	} {
		x, y := 612.0, frame.top+14+20*float64(i)
		if s.narrow() { // in two rows
			x, y = frame.left+[]float64{0, 110, 220, 0, 110}[i], frame.top+frame.height+[]float64{56, 56, 56, 78, 78}[i]
		}
		image.text(x, y, "start", told[0], told[1])
	}
	values := map[string]float64{"fixed": fixed, "annealed": annealed, "loss fixed": meanLoss(kernel, fixed), "loss annealed": meanLoss(kernel, annealed)}
	return Picture{
		SVG: image.String(), Values: values,
		Handles: []Handle{{hx, hy, "start at μ = " + number(start)}},
		Say: fmt.Sprintf("From μ = %s with α = %s the descent ends at μ = %s (mean loss %s); with α lowered from 2 at μ = %s (mean loss %s).",
			number(start), number(alpha), number(fixed), number(values["loss fixed"]), number(annealed), number(values["loss annealed"])),
	}
}
