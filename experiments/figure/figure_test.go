package figure_test

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/robustloss/gomlx-robustloss/experiments/figure"
)

func TestWritePNG_PutsThePlotsSideBySide(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "row.png")
	var plots []*plot.Plot
	for i := range 3 {
		p := plot.New()
		dots, err := plotter.NewScatter(plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}})
		if err != nil {
			t.Fatal(err)
		}
		dots.GlyphStyle = figure.Dots(3, figure.Class(i))
		p.Add(dots)
		plots = append(plots, p)
	}
	if err := figure.WritePNG(path, plots...); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	image, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if size := image.Bounds().Size(); size.X < 3*size.Y-3 || size.X > 3*size.Y+3 {
		t.Errorf("the image has %v pixels, want three squares in a row", size)
	}
}
