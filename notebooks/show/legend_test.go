package show

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

func TestLegend_NamesEveryLabelOnce(t *testing.T) {
	var l legend
	if l.width() != 0 {
		t.Error("an empty legend takes room")
	}
	l.collect([]drawn{{layer: layer{label: "a"}}, {layer: layer{label: ""}}, {layer: layer{label: "b"}}})
	l.collect([]drawn{{layer: layer{label: "a"}}, {layer: layer{label: "c"}}})
	var got string
	for _, e := range l.entries {
		got += e.label
	}
	if got != "abc" {
		t.Errorf("entries are %q, want each label once, in order", got)
	}
	if l.entries[0].plot != 1 || l.entries[1].plot != 0 || l.plots != 2 {
		t.Errorf("the entries are of the plots %d and %d of %d, want the last that has them", l.entries[0].plot, l.entries[1].plot, l.plots)
	}
	narrow := l.width()
	l.collect([]drawn{{layer: layer{label: "a much longer label"}}})
	if l.width() <= narrow {
		t.Error("a longer label takes no more room")
	}
}

func TestApart_KeepsOrderDistanceAndBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		wished := make([]float64, 1+rng.IntN(12))
		for i := range wished {
			wished[i] = 100 * rng.Float64()
		}
		slices.Sort(wished)
		slices.Reverse(wished)
		got := apart(wished, 11, -20, 150)
		for i, y := range got {
			if y < -20-1e-9 || y > 150+1e-9 {
				t.Fatalf("%v become %v, out of bounds", wished, got)
			}
			if i > 0 && got[i-1]-y < 11-1e-9 {
				t.Fatalf("%v become %v, too near to each other", wished, got)
			}
		}
	}
}

func TestApart_MovesNothingWithoutNeedAndAllAlike(t *testing.T) {
	for _, c := range []struct{ wished, want []float64 }{
		{[]float64{90, 50, 10}, []float64{90, 50, 10}},
		{[]float64{50, 50}, []float64{55, 45}},
		{[]float64{100, 100, 100}, []float64{100, 90, 80}}, // 100 is the bound
		{[]float64{80, 52, 50, 48}, []float64{80, 60, 50, 40}},
	} {
		got := apart(c.wished, 10, 0, 100)
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-9 {
				t.Errorf("%v become %v, want %v", c.wished, got, c.want)
				break
			}
		}
	}
	if got := apart([]float64{3, 2, 1}, 10, 0, 4); got[0] != 4 || got[1] != 2 || got[2] != 0 {
		t.Errorf("without room the places are %v, want 4, 2, 0", got)
	}
}

func TestEndAt_IsWhereALineMeetsTheRightEdge(t *testing.T) {
	p := NewPlot("", "", "").XRange(0, 10).YRange(0, 10).
		Func("inside", func(float64) float64 { return 5 }).
		Func("steep", func(x float64) float64 { return 4 * x }).
		Func("less steep", func(x float64) float64 { return 2 * x }).
		Func("down", func(x float64) float64 { return -x }).
		Line("short", []float64{0, 5}, []float64{1, 1}).
		Points("dots", []float64{10}, []float64{5}).
		HLine("level", 3)
	panel, layers := p.build()
	data := panel.DataCanvas(draw.New(vgimg.New(5*vg.Inch, 4*vg.Inch)))
	place := map[string]vg.Length{}
	beyond := map[string]vg.Length{}
	for _, d := range layers {
		if end, far, ok := d.endAt(data, panel); ok {
			place[d.label], beyond[d.label] = end, far
		}
	}
	height := data.Max.Y - data.Min.Y
	if got := (place["inside"] - data.Min.Y) / height; math.Abs(float64(got)-.5) > 1e-9 {
		t.Errorf("a line at 5 of 10 ends at %g of the height", got)
	}
	if got := (place["level"] - data.Min.Y) / height; math.Abs(float64(got)-.3) > 1e-9 {
		t.Errorf("a level of 3 of 10 ends at %g of the height", got)
	}
	if place["steep"] != data.Max.Y || place["less steep"] != data.Max.Y || place["down"] != data.Min.Y {
		t.Errorf("what leaves the plot ends at %v, want its upper or lower edge", place)
	}
	if !(beyond["steep"] > beyond["less steep"] && beyond["less steep"] > 0 && beyond["down"] < 0) {
		t.Errorf("beyond the edges are %v", beyond)
	}
	if _, ok := place["short"]; ok || len(place) != 5 {
		t.Errorf("what ends elsewhere is among %v", place)
	}
}

// On a logarithmic axis a function that falls to 0 leaves the plot below: its name is there.
func TestEndAt_OfWhatFallsToZero(t *testing.T) {
	p := NewPlot("", "", "").XRange(0, 10).YRange(1e-10, 1).LogY().Func("zero", func(x float64) float64 { return max(0, 1-x/2) })
	panel, layers := p.build()
	data := panel.DataCanvas(draw.New(vgimg.New(5*vg.Inch, 4*vg.Inch)))
	if end, beyond, ok := layers[0].endAt(data, panel); !ok || end != data.Min.Y || beyond >= 0 {
		t.Errorf("it ends at %v, %v beyond, %t: want the lower edge", end, beyond, ok)
	}
}

func TestDescribe_SaysTitleAxesAndLayers(t *testing.T) {
	got := NewPlot("the title", "x_{1}", "loss").XRange(-2, 2).YRange(0.1, 10).LogY().
		Func("α = 2", func(x float64) float64 { return x + 3 }).Points("data", []float64{1}, []float64{2}).VLine("here", 1.5).HLine("", 1).describe()
	for _, want := range []string{"Plot “the title”: loss, logarithmic, from 0.1 to 10 over x1 from −2 to 2.", "Curves: α = 2 (from 1 to 5).", "Points: data.", "Straight lines: here at 1.5."} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

// Long names stand below a narrow plot, and leave its width to the data.
func TestRender_PutsLongNamesBelowANarrowPlot(t *testing.T) {
	named := func(name string) image.Rectangle {
		p := NewPlot("", "x", "y").XRange(0, 1).Func(name, math.Sqrt)
		return render(narrowWidth, 3, []*Plot{p}).image.Bounds()
	}
	short, long := named("short"), named("a name that takes half of the width of a narrow plot")
	if long.Dx() != short.Dx() || long.Dy() <= short.Dy() {
		t.Errorf("with a short name the picture is %v, with a long one %v", short.Size(), long.Size())
	}
}
