package live

import (
	"fmt"
	"math"
	"sync"

	"github.com/robustloss/gomlx-robustloss/internal/picture"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// lowestAlpha is the end of the slider of α, which stands for −∞.
const lowestAlpha = -10.0

// alphaOf returns the shape that a slider shows.
func alphaOf(slider float64) float64 {
	if slider <= lowestAlpha {
		return math.Inf(-1)
	}
	return slider
}

// sayAlpha formats the slider of α.
func sayAlpha(slider float64) string { return number(alphaOf(slider)) }

// lossFigure is the paper's Figures 1 and 2 in motion: ρ, ψ, w and the density p for one α and c, with the classical
// losses behind them.
var lossFigure = &Figure{
	Name: "loss",
	Alt: "Four panels over the residual x from −6 to 6: the loss ρ, its derivative ψ, the weight w, and the density p, " +
		"for the chosen shape α and scale c in colour and for α = 2, 1, 0, −2 and −∞ in grey.",
	Controls: []Control{
		{Name: "alpha", Label: "shape α", Min: lowestAlpha, Max: 4, Step: .05, Format: sayAlpha},
		{Name: "c", Label: "scale c", Min: .25, Max: 3, Step: .05},
	},
	Start: State{Values: map[string]float64{"alpha": 1, "c": 1}},
	Draw:  drawLoss,
}

// lossPanels are functions of the residual for an α and a c.
var lossPanels = []struct {
	title    string
	ylo, yhi float64
	of       func(alpha, c float64) func(float64) float64
}{
	{"loss ρ(x)", 0, 6, func(a, c float64) func(float64) float64 { return scalar.Kernel{Alpha: a, Scale: c}.Rho }},
	{"influence ψ(x) = ∂ρ/∂x", -3, 3, func(a, c float64) func(float64) float64 { return scalar.Kernel{Alpha: a, Scale: c}.Influence }},
	{"weight w(x) = ψ(x)/x", 0, 1.2, func(a, c float64) func(float64) float64 { return scalar.Kernel{Alpha: a, Scale: c}.Weight }},
	{"density p(x)", 0, .45, density},
}

// density returns p for an α and a c; it is NaN where there is none.
func density(alpha, c float64) func(float64) float64 {
	if alpha < 0 {
		return func(float64) float64 { return math.NaN() }
	}
	kernel, logZ := scalar.Kernel{Alpha: alpha, Scale: c}, scalar.LogPartition(alpha)
	return func(x float64) float64 { return math.Exp(-kernel.Rho(x)-logZ) / c }
}

var lossGrid = grid(-6, 6, 240)

// classical returns, for each panel, the curves of the classical losses over lossGrid, which stay as they are.
var classical = sync.OnceValue(func() (curves [][][]float64) {
	for _, p := range lossPanels {
		var all [][]float64
		for _, alpha := range []float64{2, 1, 0, -2, math.Inf(-1)} {
			all = append(all, each(lossGrid, p.of(alpha, 1)))
		}
		curves = append(curves, all)
	}
	return curves
})

func drawLoss(s State) Picture {
	image, columns := s.canvas(560, 1120), 2
	if s.narrow() { // below each other
		columns = 1
	}
	alpha, c := alphaOf(s.Values["alpha"]), s.Values["c"]
	kernel := scalar.Kernel{Alpha: alpha, Scale: c}
	for i, p := range lossPanels {
		frame := panel{left: 44 + 356*float64(i%columns), top: 26 + 280*float64(i/columns), width: 308, height: 218, xlo: -6, xhi: 6, ylo: p.ylo, yhi: p.yhi}
		label := ""
		if i+columns >= len(lossPanels) {
			label = "residual x"
		}
		frame.axes(image, p.title, label)
		frame.curves(image, lossGrid, classical()[i], faint, 1, "")
		frame.curve(image, lossGrid, each(lossGrid, p.of(alpha, c)), hex(picture.Shape(alpha)), 3, "")
		if i == 3 && alpha < 0 {
			image.text(frame.left+frame.width/2, frame.top+30, "middle", orange, "no distribution for α < 0")
		}
	}
	values := map[string]float64{"ρ(2)": kernel.Rho(2), "ψ(2)": kernel.Influence(2), "w(2)": kernel.Weight(2)}
	say := fmt.Sprintf("α = %s, c = %s: ρ(2) = %s, ψ(2) = %s, w(2) = %s", number(alpha), number(c), number(values["ρ(2)"]), number(values["ψ(2)"]), number(values["w(2)"]))
	if alpha >= 0 {
		values["p(2)"] = density(alpha, c)(2)
		say += fmt.Sprintf(", p(2) = %s", number(values["p(2)"]))
	}
	return Picture{SVG: image.String(), Values: values, Say: say + ". Grey: α = 2, 1, 0, −2, −∞ with c = 1."}
}
