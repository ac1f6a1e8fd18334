package show

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// styleAxis gives an axis its range, its label and its ticks.
func styleAxis(a *plot.Axis, r axisRange, label string) {
	a.Min, a.Max = r.lo, r.hi
	a.Padding = 0
	a.LineStyle = draw.LineStyle{Color: Grey, Width: vg.Points(0.6)}
	a.Label.Text = label
	rotation := a.Tick.Label // keeps the alignment that gonum/plot chose for this axis
	a.Label.TextStyle.Font = textStyle(9.5, Black).Font
	a.Label.TextStyle.Handler = textStyle(9.5, Black).Handler
	a.Label.TextStyle.Color = Black
	a.Label.Padding = vg.Points(3)
	a.Tick.Label = textStyle(8.5, Black)
	a.Tick.Label.XAlign, a.Tick.Label.YAlign = rotation.XAlign, rotation.YAlign
	a.Tick.Length = vg.Points(3)
	a.Tick.LineStyle = draw.LineStyle{Color: Grey, Width: vg.Points(0.6)}
	a.Tick.Marker = ticks{log: r.log}
	if r.log {
		a.Scale = plot.LogScale{}
	}
}

// ticks chooses few round values, and powers of ten on a logarithmic axis.
type ticks struct{ log bool }

// Ticks implements [plot.Ticker].
func (t ticks) Ticks(lo, hi float64) []plot.Tick {
	if t.log {
		return logTicks(lo, hi)
	}
	step := roundStep((hi - lo) / 5)
	short := max(math.Abs(lo), math.Abs(hi)) >= 1e6 || step < 1e-4
	var out []plot.Tick
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi+1e-9*step; i++ {
		out = append(out, plot.Tick{Value: i * step, Label: tickLabel(i*step, step, short)})
	}
	return out
}

// roundStep returns 1, 2 or 5 times a power of ten, near the wished step.
func roundStep(wish float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(wish)))
	switch f := wish / power; {
	case f < 1.5:
		return power
	case f < 3.5:
		return 2 * power
	case f < 7.5:
		return 5 * power
	default:
		return 10 * power
	}
}

// tickLabel writes a tick with as many decimals as the step needs, or, if short, as d.ddd·10^{e}.
func tickLabel(v, step float64, short bool) string {
	if math.Abs(v) < step/2 {
		return "0"
	}
	if short {
		e := int(math.Floor(math.Log10(math.Abs(v)) + 1e-9))
		return minus(fmt.Sprintf("%.4g·10^{%d}", v/math.Pow(10, float64(e)), e))
	}
	decimals := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	return minus(strconv.FormatFloat(v, 'f', decimals, 64))
}

// logTicks marks the powers of ten: all of them where few, else every second, third, … one; and 2, 5 where the axis
// spans less than two decades. All labels of an axis are of one form: in full where its powers lie from 0.001 to 10000, else
// with exponents.
func logTicks(lo, hi float64) []plot.Tick {
	first, last := int(math.Ceil(math.Log10(lo)-1e-9)), int(math.Floor(math.Log10(hi)+1e-9))
	every, full := max(1, (last-first+6)/7), first >= -3 && last <= 4
	var out []plot.Tick
	for e := first - 1; e <= last; e++ {
		power := math.Pow(10, float64(e))
		if e >= first && e%every == 0 {
			out = append(out, plot.Tick{Value: power, Label: powerLabel(e, full)})
		}
		if last-first < 2 {
			for _, f := range []float64{2, 5} {
				if v := f * power; v >= lo && v <= hi {
					label := shortNumber(v)
					if !full {
						label = minus(fmt.Sprintf("%g·10^{%d}", f, e))
					}
					out = append(out, plot.Tick{Value: v, Label: label})
				}
			}
		}
	}
	return out
}

// powerLabel writes a power of ten in full, or as 10 with an exponent.
func powerLabel(e int, full bool) string {
	if full || e == 0 {
		return shortNumber(math.Pow(10, float64(e)))
	}
	return minus(fmt.Sprintf("10^{%d}", e))
}

// corners keeps the same room around the data of every plot, so that plots side by side are of equal size.
type corners struct{}

// Plot draws nothing.
func (corners) Plot(draw.Canvas, *plot.Plot) {}

// GlyphBoxes claims room for half a tick label at the upper right corner, see [plot.GlyphBoxer].
func (corners) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	box := vg.Rectangle{Min: vg.Point{X: -8, Y: -5}, Max: vg.Point{X: 8, Y: 5}}
	return []plot.GlyphBox{{X: 1, Y: 1, Rectangle: box}}
}
