// Package picture paints numbers as pictures: the colours that the notebooks, the experiments and the live figures share,
// pictures of grids of values, and grids of pictures.
//
// It knows neither plots nor notebooks nor experiments, so that all of them can use it.
package picture

import (
	"image/color"
	"math"
)

// Colours that are told apart also by readers who lack a kind of cones, see vision_test.go. The first five and Grey are for
// curves; all ten are for classes, as far as ten can be told apart at all.
var (
	Blue       = opaque(0x0064b0)
	Vermilion  = opaque(0xcf4a12)
	Green      = opaque(0x008c6a)
	Purple     = opaque(0x8d7bb0)
	Black      = opaque(0x222222)
	Ochre      = opaque(0xb88a00)
	LightBlue  = opaque(0x55b4e9)
	Pink       = opaque(0xd03a72)
	LightGreen = opaque(0x7aa820)
	Brown      = opaque(0x8a6a50)
	Grey       = opaque(0xa0a0a0) // for what is in the background
)

// Distinct returns the n-th of the ten colours above, from 0 on; after ten they begin again.
func Distinct(n int) color.NRGBA {
	ten := [...]color.NRGBA{Blue, Vermilion, Green, Purple, Black, Ochre, LightBlue, Pink, LightGreen, Brown}
	return ten[n%len(ten)]
}

// Translucent returns a colour with an opacity from 0 to 255.
func Translucent(c color.Color, opacity uint8) color.NRGBA {
	out := color.NRGBAModel.Convert(c).(color.NRGBA)
	out.A = opacity
	return out
}

func opaque(rgb uint32) color.NRGBA {
	return color.NRGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 0xff}
}

// Ramp gives each t ∈ [0, 1] a colour; beyond, the colour of the nearer end. NaN, a value that is missing, has a colour that is
// not among them.
type Ramp func(t float64) color.NRGBA

// Greys goes from black to white; NaN is pale red.
func Greys(t float64) color.NRGBA {
	if math.IsNaN(t) {
		return opaque(0xf3e6e6)
	}
	level := uint8(math.Round(255 * min(max(t, 0), 1)))
	return color.NRGBA{R: level, G: level, B: level, A: 0xff}
}

// Lightness goes from black over purple and orange to pale yellow, ever lighter: it orders quantities also in print without
// colours. NaN is grey.
func Lightness(t float64) color.NRGBA { return between(lightness[:], t) }

// Hues goes from violet over blue, green and orange to crimson. Neighbours differ about equally, and all stand out from white.
// NaN is grey.
func Hues(t float64) color.NRGBA { return between(hues[:], t) }

// Shape returns the colour that stands for a shape α everywhere, of [Hues]: violet at −∞, blue around −2, green at 1, orange at 2,
// crimson at +∞.
func Shape(alpha float64) color.NRGBA {
	switch {
	case math.IsInf(alpha, -1):
		return Hues(0)
	case math.IsInf(alpha, 1):
		return Hues(1)
	}
	// The shapes squeezed into [0, 1], the middle at 1: −∞, −1, 0, 1, 2, 3, ∞ become 0, ¼, ⅓, ½, ⅔, ¾, 1.
	return Hues(0.5 + 0.5*(alpha-1)/(2+math.Abs(alpha-1)))
}

// anchor is a colour in the OKLCH space at a position of a ramp; its hue is in degrees.
type anchor struct{ at, lightness, chroma, hue float64 }

var lightness = [...]anchor{
	{0, 0.06, 0.02, 290},
	{0.25, 0.29, 0.13, 305},
	{0.50, 0.52, 0.17, 365},
	{0.75, 0.74, 0.16, 415},
	{1, 0.97, 0.09, 465},
}

var hues = [...]anchor{
	{0, 0.40, 0.17, 300},
	{0.20, 0.48, 0.15, 262},
	{0.3333, 0.57, 0.11, 225},
	{0.50, 0.66, 0.15, 155},
	{0.60, 0.66, 0.15, 130},
	{0.6667, 0.68, 0.16, 55},
	{0.80, 0.62, 0.19, 38},
	{1, 0.55, 0.20, 5},
}

// between returns the colour at t of a ramp.
func between(ramp []anchor, t float64) color.NRGBA {
	if math.IsNaN(t) {
		return opaque(0x808080)
	}
	t = min(max(t, 0), 1)
	i := 1
	for t > ramp[i].at {
		i++
	}
	from, to := ramp[i-1], ramp[i]
	s := (t - from.at) / (to.at - from.at)
	mix := func(a, b float64) float64 { return a + s*(b-a) }
	return oklch(mix(from.lightness, to.lightness), mix(from.chroma, to.chroma), mix(from.hue, to.hue))
}

// oklch converts lightness, chroma and hue in degrees of the OKLCH space to sRGB, lowering the chroma until the colour
// exists [Björn Ottosson, "A perceptual color space for image processing", 2020].
func oklch(lightness, chroma, hue float64) color.NRGBA {
	sin, cos := math.Sincos(hue * math.Pi / 180)
	for {
		if c, ok := oklab(lightness, chroma*cos, chroma*sin); ok || chroma < 1e-3 {
			return c
		}
		chroma *= 0.97
	}
}

// oklab converts a colour of the OKLab space to sRGB; ok is false where sRGB does not hold it.
func oklab(lightness, a, b float64) (c color.NRGBA, ok bool) {
	cube := func(x float64) float64 { return x * x * x }
	l := cube(lightness + 0.3963377774*a + 0.2158037573*b)
	m := cube(lightness - 0.1055613458*a - 0.0638541728*b)
	s := cube(lightness - 0.0894841775*a - 1.2914855480*b)
	red, okR := encodeSRGB(4.0767416621*l - 3.3077115913*m + 0.2309699292*s)
	green, okG := encodeSRGB(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s)
	blue, okB := encodeSRGB(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s)
	return color.NRGBA{R: red, G: green, B: blue, A: 0xff}, okR && okG && okB
}

// encodeSRGB applies the transfer curve of sRGB to a linear value; ok is false outside [0, 1].
func encodeSRGB(linear float64) (value uint8, ok bool) {
	ok = linear >= 0 && linear <= 1
	linear = min(max(linear, 0), 1)
	if linear <= 0.0031308 {
		return uint8(math.Round(255 * 12.92 * linear)), ok
	}
	return uint8(math.Round(255 * (1.055*math.Pow(linear, 1/2.4) - 0.055))), ok
}
