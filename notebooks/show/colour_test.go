package show

import (
	"image/color"
	"math"
	"testing"
)

// luminance is the relative luminance of the Web Content Accessibility Guidelines 2.1, from 0 for black to 1 for white.
func luminance(c color.Color) float64 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n.R) + 0.7152*linear(n.G) + 0.0722*linear(n.B)
}

func TestRamp_StandsOutFromWhite(t *testing.T) {
	for i := 0; i <= 100; i++ {
		c := Ramp(float64(i) / 100)
		if contrast := 1.05 / (luminance(c) + 0.05); contrast < 2 {
			t.Errorf("Ramp(%.2f) = %v has a contrast of %.2f to white, want 2", float64(i)/100, c, contrast)
		}
	}
}

func TestAlphaColor_OrderedAndContinuous(t *testing.T) {
	if AlphaColor(math.Inf(-1)) != Ramp(0) || AlphaColor(math.Inf(1)) != Ramp(1) || AlphaColor(1) != Ramp(0.5) {
		t.Error("the ends and the middle are not those of Ramp")
	}
	for _, end := range []float64{-1e9, 1e9} {
		if got, want := AlphaColor(end), AlphaColor(math.Copysign(math.Inf(1), end)); got != want {
			t.Errorf("AlphaColor(%g) = %v, want that of infinity, %v", end, got, want)
		}
	}
	for i, shapes := 0, []float64{-2, -1, 0, 1, 1.5, 2}; i+1 < len(shapes); i++ {
		if AlphaColor(shapes[i]) == AlphaColor(shapes[i+1]) {
			t.Errorf("%g and %g have the same colour", shapes[i], shapes[i+1])
		}
	}
}

func TestShade_LightnessGrows(t *testing.T) {
	for i := range 100 {
		if a, b := luminance(Shade(float64(i)/100)), luminance(Shade(float64(i+1)/100)); b <= a {
			t.Errorf("Shade(%.2f) is not lighter than Shade(%.2f): %.4f, %.4f", float64(i+1)/100, float64(i)/100, b, a)
		}
	}
	if Shade(-1) != Shade(0) || Shade(2) != Shade(1) {
		t.Error("values beyond [0, 1] are not cut off")
	}
}

// Corners of the sRGB cube in OKLab, from the sample code of CSS Color 4: red is oklab(0.62796, 0.22486, 0.12585), blue
// oklab(0.45201, −0.03246, −0.31153), and white has the lightness 1.
func TestOklab_KnownColours(t *testing.T) {
	for _, c := range []struct {
		lightness, a, b float64
		want            color.NRGBA
	}{
		{1, 0, 0, color.NRGBA{R: 255, G: 255, B: 255, A: 255}},
		{0.62796, 0.22486, 0.12585, color.NRGBA{R: 255, A: 255}},
		{0.45201, -0.03246, -0.31153, color.NRGBA{B: 255, A: 255}},
		{0, 0, 0, color.NRGBA{A: 255}},
	} {
		got, _ := oklab(c.lightness, c.a, c.b)
		for i, pair := range [][2]uint8{{got.R, c.want.R}, {got.G, c.want.G}, {got.B, c.want.B}} {
			if d := int(pair[0]) - int(pair[1]); d < -2 || d > 2 {
				t.Errorf("oklab(%g, %g, %g) = %v, want %v (channel %d)", c.lightness, c.a, c.b, got, c.want, i)
			}
		}
	}
}
