package show

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"regexp"
	"strconv"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

func TestEncodePNG_FewColoursAreExact(t *testing.T) {
	source := image.NewRGBA(image.Rect(0, 0, 20, 10))
	for i := range 200 {
		source.SetRGBA(i%20, i/20, color.RGBA{R: uint8(i % 50), G: 7, B: uint8(i % 3), A: 255})
	}
	data, err := encodePNG(source)
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if g, w := color.RGBAModel.Convert(got.At(i%20, i/20)), source.RGBAAt(i%20, i/20); g != w {
			t.Fatalf("pixel %d is %v, want %v", i, g, w)
		}
	}
}

func TestWithPalette_ManyColoursStayNear(t *testing.T) {
	source := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			source.SetRGBA(x, y, color.RGBA{R: uint8(4 * x), G: uint8(4 * y), B: uint8(2 * (x + y)), A: 255})
		}
	}
	got := withPalette(source).(*image.Paletted)
	if len(got.Palette) > 256 {
		t.Fatalf("%d colours", len(got.Palette))
	}
	for y := range 64 {
		for x := range 64 {
			g, w := color.RGBAModel.Convert(got.At(x, y)).(color.RGBA), source.RGBAAt(x, y)
			for _, d := range []int{int(g.R) - int(w.R), int(g.G) - int(w.G), int(g.B) - int(w.B)} {
				if d < -32 || d > 32 {
					t.Fatalf("pixel (%d, %d) is %v, want near %v", x, y, g, w)
				}
			}
		}
	}
}

func TestRow_SharesOfAPrintedRowFillIt(t *testing.T) {
	r := record(t)
	p := NewPlot("a", "x", "y").XRange(0, 1).Func("f", math.Sqrt)
	Row(p, p, p)
	form := r.last(t).more[protocol.MIMETextHTML].(string)
	sum := 0.0
	for _, found := range regexp.MustCompile(`--share:([\d.]+)%`).FindAllStringSubmatch(form, -1) {
		share, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += share
	}
	if math.Abs(sum-100) > 0.1 {
		t.Errorf("the shares of three plots are %g %% together, want 100", sum)
	}
}

// A title that is wider than a narrow plot is set in smaller letters, not cut.
func TestRender_KeepsALongTitleWhole(t *testing.T) {
	long := NewPlot("a title that takes more than the width of a plot on a narrow page, and then some more", "x", "y").XRange(0, 1).HLine("", 1)
	shown := render(narrowWidth, 3, []*Plot{long}).image
	inked := func(x int) bool {
		for y := range 40 {
			if r, _, _, _ := shown.At(x, y).RGBA(); r < 0x8000 {
				return true
			}
		}
		return false
	}
	width := shown.Bounds().Dx()
	if inked(0) || inked(1) || inked(width-1) || !inked(12) && !inked(14) && !inked(16) && !inked(18) {
		t.Error("the title is cut, or does not fill the width")
	}
}
