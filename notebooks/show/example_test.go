package show_test

import (
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"

	"github.com/robustloss/gomlx-robustloss/notebooks/show"
)

// Outside a notebook, plots go into files: here a map of the loss of two residuals, given by its values.
func ExampleWritePNG() {
	rho := func(x float64) float64 { return math.Log1p(x * x / 2) }
	values := make([][]float64, 21)
	for i := range values {
		for j := range 21 {
			values[i] = append(values[i], rho(float64(i-10))+rho(float64(j-10)))
		}
	}
	sum := show.NewPlot("Cauchy loss of two residuals", "x₁/c", "x₂/c").XRange(-10.5, 10.5).YRange(-10.5, 10.5).HeatGrid("ρ(x₁) + ρ(x₂)", values)
	fmt.Println(written(func(path string) error { return show.WritePNG(path, sum) }))
	// Output:
	// a picture of some size: true
}

// Pictures of float32 or float64 values come side by side.
func ExampleImages_WritePNG() {
	ramps := show.NewImages("", 2).Add("float32", show.GrayImage([]float32{0, 1, 2, 3}, 2, 2, 0, 3)).Add("float64", show.GrayImage([]float64{3, 2, 1, 0}, 2, 2, 0, 3))
	fmt.Println(written(ramps.WritePNG))
	// Output:
	// a picture of some size: true
}

// A piece of HTML goes into the page as it is; outside a notebook it is printed. Shade gives the colours of maps.
func ExampleHTML() {
	for _, t := range []float64{0, 1} {
		r, g, b, _ := show.Shade(t).RGBA()
		show.HTML(fmt.Sprintf(`<b style="color:#%02x%02x%02x">%g</b>`, r>>8, g>>8, b>>8, t))
	}
	// Output:
	// <b style="color:#010003">0</b>
	// <b style="color:#fef9b2">1</b>
}

// Claims about results that are kept in the repository say so.
func ExampleChecks() {
	stored := show.Stored
	stored.CheckLess("Cauchy's error is less than that of least squares", 0.02, 0.31)
	// Output:
	// ✓ Cauchy's error is less than that of least squares: got 0.02 and 0.31, want the first to be less (stored)
}

// written says whether a PNG file came of it.
func written(write func(path string) error) string {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		return err.Error()
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "picture.png")
	if err := write(path); err != nil {
		return err.Error()
	}
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = file.Close() }()
	config, err := png.DecodeConfig(file)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("a picture of some size: %t", config.Width > 1 && config.Height > 1)
}
