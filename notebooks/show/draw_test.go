package show

import (
	"image/color"
	"math"
	"testing"
)

func TestHeat_FirstRowIsAtTheBottom(t *testing.T) {
	r := record(t)
	NewPlot("", "x", "y").XRange(0, 2).YRange(0, 2).HeatGrid("v", [][]float64{{0, 0}, {1, math.NaN()}}).Show()
	shown := r.picture(t)
	height, width := shown.Bounds().Dy(), shown.Bounds().Dx()
	at := func(fx, fy float64) color.NRGBA { // fractions from the lower left of the picture, inside the axes
		return color.NRGBAModel.Convert(shown.At(int(fx*float64(width)), int((1-fy)*float64(height)))).(color.NRGBA)
	}
	for name, c := range map[string]struct {
		x, y float64
		want color.Color
	}{"low left": {0.25, 0.3, Shade(0)}, "low right": {0.6, 0.3, Shade(0)}, "high left": {0.25, 0.8, Shade(1)}, "missing": {0.6, 0.8, Shade(math.NaN())}} {
		if got := at(c.x, c.y); got != color.NRGBAModel.Convert(c.want) {
			t.Errorf("%s is %v, want %v", name, got, c.want)
		}
	}
}

func TestHeat_SamplesTheMiddles(t *testing.T) {
	p := NewPlot("", "", "").XRange(0, 1).YRange(0, 1).Heat("xy", func(x, y float64) float64 { return x * y })
	f := p.layers[0].field
	if want := (0.5 / float64(f.width)) * (0.5 / float64(f.height)); math.Abs(f.lo-want) > 1e-15 {
		t.Errorf("the least value is %g, want %g", f.lo, want)
	}
	if got := (drawn{layer: p.layers[0]}).words(); got != "xy from 3.255e−06 to 0.9964" {
		t.Errorf("the description says %q", got)
	}
}

func TestHeat_SaysWhatIsMissing(t *testing.T) {
	for text, do := range map[string]func(p *Plot){
		"XRange":    func(p *Plot) { p.HeatGrid("", [][]float64{{1}}) },
		"no values": func(p *Plot) { p.XRange(0, 1).YRange(0, 1).HeatGrid("", nil) },
		"rows of":   func(p *Plot) { p.XRange(0, 1).YRange(0, 1).HeatGrid("", [][]float64{{1, 2}, {3}}) },
	} {
		r := record(t)
		do(NewPlot("", "", ""))
		r.wantFailure(t, text)
	}
}
