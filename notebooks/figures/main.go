// Command figures draws the README's figure: ρ, ψ and w for the shapes that have a name.
//
//	go run ./notebooks/figures
package main

import (
	"fmt"
	"log"
	"math"

	"github.com/robustloss/gomlx-robustloss/notebooks/show"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

const path = "notebooks/figures/loss.png"

var shapes = []struct {
	alpha float64
	name  string
}{
	{math.Inf(-1), "α = −∞, Welsch"},
	{-2, "α = −2, Geman-McClure"},
	{0, "α = 0, Cauchy"},
	{1, "α = 1, Charbonnier"},
	{2, "α = 2, L2"},
}

func main() {
	if err := show.WritePNG(path, plots()...); err != nil {
		log.Fatal(fmt.Errorf("cannot write the figure (run it from the project's root): %w", err))
	}
}

func plots() []*show.Plot {
	loss := show.NewPlot("loss", "residual x / c", "ρ(x, α, c)").XRange(-6, 6).YRange(0, 4)
	influence := show.NewPlot("influence", "residual x / c", "c · ψ = c · ∂ρ/∂x").XRange(-6, 6).YRange(-2, 2)
	weight := show.NewPlot("weight", "residual x / c", "c² · w = c² · ψ/x").XRange(-6, 6).YRange(0, 1.1)
	for _, shape := range shapes {
		kernel := scalar.Kernel{Alpha: shape.alpha, Scale: 1}
		color := show.Alpha(shape.alpha)
		loss.Func(shape.name, kernel.Rho, color)
		influence.Func(shape.name, kernel.Influence, color)
		weight.Func(shape.name, kernel.Weight, color)
	}
	return []*show.Plot{loss, influence, weight}
}
