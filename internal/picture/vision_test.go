package picture

import (
	"image/color"
	"math"
	"testing"
)

// visions are the kinds of colour vision: what of red, green and blue light the eyes of readers without the one or other kind of
// cones see, as matrices on linear sRGB [G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for
// Simulation of Color Vision Deficiency", 2009, severity 1].
var visions = map[string][3][3]float64{
	"all cones":    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// lab is a colour in the OKLab space, as a kind of vision sees it.
func lab(c color.Color, vision [3][3]float64) [3]float64 {
	decode := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	light := [3]float64{decode(n.R), decode(n.G), decode(n.B)}
	multiply := func(m [3][3]float64, v [3]float64) (out [3]float64) {
		for i := range out {
			for j := range v {
				out[i] += m[i][j] * v[j]
			}
		}
		return out
	}
	light = multiply(vision, light)
	cones := multiply([3][3]float64{{0.4122214708, 0.5363325363, 0.0514459929}, {0.2119034982, 0.6806995451, 0.1073969566}, {0.0883024619, 0.2817188376, 0.6299787005}}, light)
	for i, v := range cones {
		cones[i] = math.Cbrt(max(v, 0))
	}
	return multiply([3][3]float64{{0.2104542553, 0.7936177850, -0.0040720468}, {1.9779984951, -2.4285922050, 0.4505937099}, {0.0259040371, 0.7827717662, -0.8086757660}}, cones)
}

// apart returns the least distance between two of the colours, times 100, as a kind of vision sees them, and which they are.
// Two patches side by side are told apart from about 2 on.
func apart(colours []color.NRGBA, vision [3][3]float64) (least float64, a, b int) {
	least = math.Inf(1)
	for i := range colours {
		for j := range i {
			p, q := lab(colours[i], vision), lab(colours[j], vision)
			if d := 100 * math.Hypot(p[0]-q[0], math.Hypot(p[1]-q[1], p[2]-q[2])); d < least {
				least, a, b = d, j, i
			}
		}
	}
	return least, a, b
}

// Curves that are named beside their ends need not be told apart by colour alone; yet they can be.
func TestColours_AreToldApartWithEveryVision(t *testing.T) {
	shapes := func(alphas ...float64) (colours []color.NRGBA) { // as notebooks/show and the live figures give them
		for _, alpha := range alphas {
			colours = append(colours, Shape(alpha))
		}
		return colours
	}
	for name, c := range map[string]struct {
		colours []color.NRGBA
		least   float64
	}{
		"curves":                         {[]color.NRGBA{Blue, Vermilion, Green, Purple, Black, Grey}, 6},
		"shapes of the classical losses": {shapes(2, 1, 0, -2, math.Inf(-1)), 6},
		"shapes of the loss":             {shapes(2, 1.5, 1, 0.5, 0, -1, -2), 3},
		"shapes of the distribution":     {shapes(0, 0.5, 1, 1.5, 2, 4, math.Inf(1)), 3},
		"four curves in an order":        {[]color.NRGBA{Hues(0), Hues(1. / 3), Hues(2. / 3), Hues(1)}, 6},
	} {
		for kind, vision := range visions {
			d, i, j := apart(c.colours, vision)
			t.Logf("%s, %s: %.1f", name, kind, d)
			if d < c.least {
				t.Errorf("%s, %s: the colours %d and %d are %.1f apart, want at least %g", name, kind, i, j, d, c.least)
			}
		}
	}
	for i, c := range append([]color.NRGBA{Blue, Vermilion, Green, Purple, Black, Grey}, shapes(math.Inf(-1), -2, 0, 1, 2, 4, math.Inf(1))...) {
		for kind, vision := range visions {
			if d, _, _ := apart([]color.NRGBA{c, {R: 255, G: 255, B: 255, A: 255}}, vision); d < 25 {
				t.Errorf("colour %d, %s: %.1f from white, want at least 25", i, kind, d)
			}
		}
	}
}

// The lightness of a quantity's colours grows with every vision.
func TestLightness_GrowsWithEveryVision(t *testing.T) {
	for kind, vision := range visions {
		last := -1.0
		for i := range 21 {
			l := lab(Lightness(float64(i)/20), vision)[0]
			if l <= last {
				t.Errorf("%s: the lightness falls at %d of 20", kind, i)
			}
			last = l
		}
	}
}
