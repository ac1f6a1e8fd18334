package show

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// coloured counts the pixels of a picture that are, within a little, of a colour.
func coloured(shown image.Image, r, g, b uint8) int {
	near := func(a uint32, b uint8) bool { d := int(a>>8) - int(b); return d > -12 && d < 12 }
	count := 0
	for y := shown.Bounds().Min.Y; y < shown.Bounds().Max.Y; y++ {
		for x := shown.Bounds().Min.X; x < shown.Bounds().Max.X; x++ {
			pr, pg, pb, _ := shown.At(x, y).RGBA()
			if near(pr, r) && near(pg, g) && near(pb, b) {
				count++
			}
		}
	}
	return count
}

func TestPlot_DrawsEveryKindOfLayer(t *testing.T) {
	x, y := []float64{0, 1, 2, math.NaN()}, []float64{1, 3, 2, 1}
	for name, plot := range map[string]func(p *Plot) *Plot{
		"Func":      func(p *Plot) *Plot { return p.Func("l", math.Sin, Color(Red)) },
		"Line":      func(p *Plot) *Plot { return p.Line("l", x, y, Color(Red), Dashed) },
		"Points":    func(p *Plot) *Plot { return p.Points("l", x, y, Color(Red), Width(5)) },
		"VLine":     func(p *Plot) *Plot { return p.VLine("l", 1, Color(Red)) },
		"HLine":     func(p *Plot) *Plot { return p.HLine("l", 1, Color(Red)) },
		"Note":      func(p *Plot) *Plot { return p.Note(0, 1, "▮▮ note", Color(Red)) },
		"Histogram": func(p *Plot) *Plot { return p.Histogram("l", []float64{0.1, 0.2, 1.5}, 4, Color(Red)) },
		"Band":      func(p *Plot) *Plot { return p.Band("l", x[:3], []float64{0, 0, 0}, y[:3], Color(Red)) },
	} {
		r := record(t)
		plot(NewPlot("title", "x", "y").XRange(-1, 4).YRange(-1, 4)).Show()
		shown := r.picture(t)
		red := coloured(shown, Red.R, Red.G, Red.B)
		if name == "Histogram" || name == "Band" || name == "Points" { // drawn translucently
			red = coloured(shown, 0xf4, 0xd7, 0xca) + coloured(shown, 0xf0, 0xc7, 0xb5) + coloured(shown, 0xdb, 0x77, 0x4d)
		}
		if red < 40 {
			t.Errorf("%s: %d pixels have the colour of the layer", name, red)
		}
	}
}

func TestPlot_RangeFollowsTheData(t *testing.T) {
	x, y, _ := NewPlot("", "", "").Line("", []float64{10, 20}, []float64{-3, math.Inf(1)}).ranges()
	if x.lo > 10 || x.lo < 9 || x.hi < 20 || x.hi > 21 {
		t.Errorf("x goes from %g to %g for data from 10 to 20", x.lo, x.hi)
	}
	if y.lo > -3 || y.hi < -3 || math.IsInf(y.hi, 0) {
		t.Errorf("y goes from %g to %g, want around −3", y.lo, y.hi)
	}
	_, y, _ = NewPlot("", "", "").XRange(0, 1).Func("", func(x float64) float64 { return 5 * x }).ranges()
	if y.lo != 0 || y.hi < 5 || y.hi > 5.5 {
		t.Errorf("y goes from %g to %g for values from 0 to 5, want to start at 0", y.lo, y.hi)
	}
	x, _, _ = NewPlot("", "", "").LogX().Line("", []float64{-1, 0.01, 100}, []float64{1, 1, 1}).ranges()
	if !(x.lo > 0.005 && x.lo < 0.01 && x.hi > 100 && x.hi < 200) {
		t.Errorf("a logarithmic x goes from %g to %g for data from 0.01 to 100", x.lo, x.hi)
	}
}

func TestHistogram_NeedsARange(t *testing.T) {
	r := record(t)
	NewPlot("", "", "").Histogram("", []float64{1}, 3)
	r.wantFailure(t, "XRange")
}

// A page gets a form of a plot that suits its width, with a description of each picture.
func TestPlot_HasAFormForNarrowPages(t *testing.T) {
	one, other := NewPlot("one", "x", "y").XRange(0, 1).Func("f", math.Exp), NewPlot("other", "x", "y").XRange(0, 1).Func("f", math.Log)
	nameless := NewPlot("one", "x", "y").XRange(0, 1).Func("", math.Exp)
	for _, c := range []struct {
		has      string
		pictures int
		show     func()
	}{
		{`<source media="screen and (max-width: 45rem)"`, 2, one.Show},
		{`flex-wrap:wrap`, 3, func() { Row(one, other) }},
		{`flex-wrap:wrap`, 2, func() { Row(nameless, nameless) }},
	} {
		r := record(t)
		c.show()
		page, _ := r.last(t).more[protocol.MIMETextHTML].(string)
		if !strings.Contains(page, c.has) || !strings.Contains(page, `alt="Plot “one”: y from `) || strings.Count(page, "base64,") != c.pictures {
			t.Errorf("the page gets %.200q, want %s, a description and %d pictures", page, c.has, c.pictures)
		}
	}
}

// Where a narrow page breaks a row, each picture is as wide as its line: the letters are of one size where the pictures are
// equally wide in dots, though one bears the names of all layers.
func TestRow_LettersKeepOneSizeOnANarrowPage(t *testing.T) {
	r := record(t)
	one, other := NewPlot("one", "x", "y").XRange(0, 1).Func("f", math.Exp), NewPlot("other", "x", "y").XRange(0, 1).Func("g", math.Log)
	Row(one, one, other)
	page, _ := r.last(t).more[protocol.MIMETextHTML].(string)
	var widths []int
	for _, found := range regexp.MustCompile(`base64,([^"]+)"`).FindAllStringSubmatch(page, -1) {
		data, err := base64.StdEncoding.DecodeString(found[1])
		if err != nil {
			t.Fatal(err)
		}
		config, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		widths = append(widths, config.Width)
	}
	if len(widths) != 4 || max(widths[0], widths[1], widths[2])-min(widths[0], widths[1], widths[2]) > widths[0]/50 || widths[3] < widths[0]+20 {
		t.Errorf("the pictures are %v dots wide, want three alike, the third for narrow pages, and a wider one", widths)
	}
}

func TestRow_WritesAFile(t *testing.T) {
	r := record(t)
	a, b := NewPlot("a", "x", "y").XRange(0, 1).Func("f", math.Exp), NewPlot("b", "x", "y").XRange(0, 1).Func("f", math.Log)
	Row(a, b)
	if size := r.picture(t).Bounds().Size(); size.X != 1766 || size.Y != 576 {
		t.Errorf("a row is %v dots large, want 1766 × 576 (9.2 × 3 inches)", size)
	}
	path := filepath.Join(t.TempDir(), "row.png")
	if err := WritePNG(path, a, b); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() < 1000 {
		t.Errorf("the file: %v, %v", info, err)
	}
}

// Bars start at 0, which a logarithmic axis does not have; so may bands, lines and notes.
func TestPlot_LogarithmicAxesTakeWhatStartsAtZero(t *testing.T) {
	r := record(t)
	p := NewPlot("", "x", "y").XRange(0, 4).YRange(1e-3, 100).LogY()
	p.Histogram("h", []float64{0.5, 1.5, 1.6}, 4, Color(Red)).Band("b", []float64{1, 2}, []float64{0, -1}, []float64{5, 6})
	p.HLine("", 0).Note(1, 0, "note").Line("l", []float64{0, 1, 2}, []float64{0, 1, 2})
	p.Show()
	if n := coloured(r.picture(t), 0xf0, 0xc7, 0xb5) + coloured(r.picture(t), 0xf4, 0xd7, 0xca); n < 1000 {
		t.Errorf("%d pixels of bars", n)
	}
	r = record(t)
	NewPlot("", "x", "y").LogX().VLine("", 0).Points("", []float64{0, 1, 10}, []float64{1, 2, 3}).Show()
	r.picture(t)
}

func TestDensities_IntegrateToTheShareInside(t *testing.T) {
	samples := []float64{-1, 0, 0.1, 0.5, 0.9, 0.999, 1, 7}
	const bins = 4
	points := densities(samples, 0, 1, bins)
	if len(points) != bins+1 || points[0].x != 0 || points[bins].x != 1 {
		t.Fatalf("bins are %v", points)
	}
	sum := 0.0
	for _, p := range points[:bins] {
		sum += p.y / bins
	}
	if want := 5.0 / 8; math.Abs(sum-want) > 1e-15 { // 0 … 0.999 lie in [0, 1)
		t.Errorf("the area is %g, want %g", sum, want)
	}
	if got, want := points[0].y, 2.0/8*bins; math.Abs(got-want) > 1e-15 {
		t.Errorf("the first bar is %g high, want %g", got, want)
	}
}

func TestSampled_CoversTheAxis(t *testing.T) {
	l := layer{f: func(x float64) float64 { return 2 * x }}
	for _, r := range []axisRange{{lo: -3, hi: 5}, {lo: 1e-3, hi: 1e3, log: true}} {
		points := l.sampled(r)
		first, last := points[0], points[len(points)-1]
		if math.Abs(first.x-r.lo) > 1e-12 || math.Abs(last.x-r.hi) > 1e-9 {
			t.Errorf("samples go from %g to %g, want %v", first.x, last.x, r)
		}
		for _, p := range points {
			if p.y != 2*p.x {
				t.Fatalf("f(%g) is %g", p.x, p.y)
			}
		}
		if r.log {
			if middle := points[len(points)/2].x; math.Abs(middle-1) > 1e-9 {
				t.Errorf("the middle of a logarithmic axis is sampled at %g, want 1", middle)
			}
		}
	}
}

func TestSegments_BreakAtWhatCannotBeDrawn(t *testing.T) {
	nan := math.NaN()
	points := []point{{0, 1}, {1, 2}, {2, nan}, {3, 4}, {math.Inf(1), 5}, {5, -1}, {6, 7}}
	free := axisRange{}
	if got := segments(points, free, free); len(got) != 3 || len(got[0]) != 2 || len(got[1]) != 1 || len(got[2]) != 2 {
		t.Errorf("segments are %v", got)
	}
	if got := segments(points, free, axisRange{log: true}); len(got) != 3 || len(got[2]) != 1 {
		t.Errorf("segments on a logarithmic axis are %v, want the negative value left out", got)
	}
}

func TestZip_WantsEqualLengths(t *testing.T) {
	r := record(t)
	zip([]float64{1, 2}, []float64{3})
	r.wantFailure(t, "2 x and 1 y")
}

func TestPlot_NamesHaveMinusSigns(t *testing.T) {
	said := NewPlot("λ = -2", "x", "y").XRange(0, 1).Func("slope -0.41", math.Sqrt).describe()
	if !strings.Contains(said, "“λ = −2”") || !strings.Contains(said, "slope −0.41 (") {
		t.Errorf("the plot says of itself %q", said)
	}
	if said := NewImages("", 1).Add("U from -0.25", GrayImage([]float64{0, 1}, 1, 2, 0, 1)).describe(); !strings.Contains(said, "U from −0.25") {
		t.Errorf("the pictures say of themselves %q", said)
	}
}
