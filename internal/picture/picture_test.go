package picture

import (
	"image"
	"image/color"
	"math"
	"testing"
)

func TestGreys_RunFromBlackToWhite(t *testing.T) {
	for v, want := range map[float64]uint8{-1: 0, 0: 0, 0.5: 128, 1: 255, 2: 255} {
		if got := Greys(v); got != (color.NRGBA{want, want, want, 255}) {
			t.Errorf("Greys(%g) = %v, want %d", v, got, want)
		}
	}
}

// luminance is the relative luminance of a colour of sRGB.
func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func TestLightness_GrowsEvenly(t *testing.T) {
	const steps = 50
	last := -1.0
	for i := range steps + 1 {
		// Lightness in the sense of CIE, from 0 to 100.
		lightness := 116*math.Cbrt(luminance(Lightness(float64(i)/steps))) - 16
		if i > 0 && (lightness-last < 0.5 || lightness-last > 4) {
			t.Errorf("step %d is %g after %g, want even steps", i, lightness, last)
		}
		last = lightness
	}
	if first := luminance(Lightness(0)); first > 0.01 || last < 95 {
		t.Errorf("it goes from luminance %g to lightness %g, want from black to nearly white", first, last)
	}
	if Lightness(-1) != Lightness(0) || Lightness(2) != Lightness(1) {
		t.Error("beyond the ends it goes on")
	}
}

func TestHues_StandOutFromWhite(t *testing.T) {
	for i := range 101 {
		if contrast := 1.05 / (luminance(Hues(float64(i)/100)) + 0.05); contrast < 2.4 {
			t.Errorf("at %g the contrast to white is %g", float64(i)/100, contrast)
		}
	}
}

// A colour of the OKLab space that its author gives: https://bottosson.github.io/posts/oklab/, and white.
func TestOKLab_IsItsAuthors(t *testing.T) {
	for want, lab := range map[color.NRGBA][3]float64{
		{255, 255, 255, 255}: {1, 0, 0},
		{0, 0, 0, 255}:       {0, 0, 0},
		{255, 0, 0, 255}:     {0.62796, 0.22486, 0.12585},
		{0, 255, 0, 255}:     {0.86644, -0.23389, 0.17950},
		{0, 0, 255, 255}:     {0.45201, -0.03246, -0.31153},
	} {
		got, _ := oklab(lab[0], lab[1], lab[2])
		if near := func(a, b uint8) bool { return max(a, b)-min(a, b) <= 1 }; !near(got.R, want.R) || !near(got.G, want.G) || !near(got.B, want.B) {
			t.Errorf("oklab(%v) = %v, want %v", lab, got, want)
		}
	}
}

func TestDistinct_GivesTenColours(t *testing.T) {
	seen := map[color.NRGBA]bool{}
	for i := range 10 {
		seen[Distinct(i)] = true
	}
	if len(seen) != 10 || Distinct(10) != Distinct(0) {
		t.Errorf("%d colours", len(seen))
	}
	if got := Translucent(Blue, 0x80); got.A != 0x80 || got.R != Blue.R || got.B != Blue.B {
		t.Errorf("translucent blue is %v", got)
	}
}

func TestFraction_CutsOff(t *testing.T) {
	for _, c := range []struct{ v, lo, hi, want float64 }{
		{0, 1, 3, 0}, {1, 1, 3, 0}, {1.5, 1, 3, 0.25}, {3, 1, 3, 1}, {9, 1, 3, 1}, {math.Inf(1), 1, 3, 1}, {math.Inf(-1), 1, 3, 0}, {2, 2, 2, 0}, {3, 2, 2, 1},
	} {
		if got := Fraction(c.v, c.lo, c.hi); got != c.want {
			t.Errorf("Fraction(%g, %g, %g) = %g, want %g", c.v, c.lo, c.hi, got, c.want)
		}
	}
	if !math.IsNaN(Fraction(math.NaN(), 0, 1)) {
		t.Error("NaN is a fraction")
	}
}

func TestValues_AreInRows(t *testing.T) {
	p, err := Values([]float32{0, 1, 2, 3, 4, float32(math.NaN())}, 2, 3, 0, 4, Greys)
	if err != nil {
		t.Fatal(err)
	}
	if size := p.Bounds().Size(); size != image.Pt(3, 2) {
		t.Fatalf("the size is %v, want 3 wide and 2 high", size)
	}
	for at, want := range map[image.Point]color.NRGBA{{X: 0, Y: 0}: Greys(0), {X: 2, Y: 0}: Greys(0.5), {X: 1, Y: 1}: Greys(1), {X: 2, Y: 1}: Greys(math.NaN())} {
		if got := p.NRGBAAt(at.X, at.Y); got != want {
			t.Errorf("at %v is %v, want %v", at, got, want)
		}
	}
	if _, err := Values(make([]float64, 5), 2, 3, 0, 1, Greys); err == nil {
		t.Error("five values are a picture of 2 × 3")
	}
}

func TestRGB_CutsOffAndCountsChannels(t *testing.T) {
	p, err := RGB([]float64{0, 0.5, 1, -3, 7, math.NaN()}, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := p.NRGBAAt(0, 0), p.NRGBAAt(1, 0); a != (color.NRGBA{0, 128, 255, 255}) || b != (color.NRGBA{0, 255, 0, 255}) {
		t.Errorf("the pixels are %v and %v", a, b)
	}
	if _, err := RGB(make([]float64, 6), 2, 3); err == nil {
		t.Error("six values are a picture of 2 × 3 in three colours")
	}
}

func TestRangeOf_IgnoresWhatIsNotFinite(t *testing.T) {
	if lo, hi := RangeOf([]float64{math.NaN(), 2, -1, math.Inf(1)}); lo != -1 || hi != 2 {
		t.Errorf("the range is %g … %g", lo, hi)
	}
	if lo, hi := RangeOf([]float32{}); lo != 0 || hi != 1 {
		t.Errorf("the range of nothing is %g … %g", lo, hi)
	}
}

func TestGrid_PutsPicturesInTheirPlaces(t *testing.T) {
	dot := func(c color.Color) image.Image {
		p := image.NewNRGBA(image.Rect(0, 0, 1, 1))
		p.Set(0, 0, c)
		return p
	}
	red, blue := color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 0, 255, 255}
	g := Enlarged(Grid([][]image.Image{{dot(red), dot(blue), dot(blue)}, {dot(red)}}, 1), 2)
	// Three columns and two rows of one pixel with one between them, all twice as large.
	if size := g.Bounds().Size(); size != image.Pt(10, 6) {
		t.Fatalf("the size is %v, want 10 × 6", size)
	}
	white := color.NRGBA{255, 255, 255, 255}
	for at, want := range map[image.Point]color.NRGBA{
		{X: 0, Y: 0}: red, {X: 1, Y: 1}: red, {X: 4, Y: 0}: blue, {X: 2, Y: 0}: white, {X: 0, Y: 4}: red, {X: 8, Y: 4}: white,
	} {
		if got := g.NRGBAAt(at.X, at.Y); got != want {
			t.Errorf("at %v is %v, want %v", at, got, want)
		}
	}
}

// What is missing is told apart from every value.
func TestRamps_DoNotContainTheColourOfNaN(t *testing.T) {
	for name, ramp := range map[string]Ramp{"Greys": Greys, "Lightness": Lightness, "Hues": Hues} {
		missing := ramp(math.NaN())
		for i := range 256 {
			c := ramp(float64(i) / 255)
			apart := func(a, b uint8) float64 { return float64(a) - float64(b) }
			if d := math.Hypot(math.Hypot(apart(c.R, missing.R), apart(c.G, missing.G)), apart(c.B, missing.B)); d < 8 {
				t.Errorf("%s at %d is %v, and NaN is %v", name, i, c, missing)
			}
		}
	}
}
