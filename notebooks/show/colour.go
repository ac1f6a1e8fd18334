package show

import (
	"image/color"
	"math"
)

// Colours for curves that belong to no α, told apart also by readers who see few colours.
var (
	Black     = color.NRGBA{R: 0x22, G: 0x22, B: 0x22, A: 0xff}
	Grey      = color.NRGBA{R: 0x8a, G: 0x8a, B: 0x8a, A: 0xff}
	Blue      = color.NRGBA{R: 0x00, G: 0x64, B: 0xb0, A: 0xff}
	Red       = color.NRGBA{R: 0xcf, G: 0x4a, B: 0x12, A: 0xff}
	Green     = color.NRGBA{R: 0x00, G: 0x8c, B: 0x6a, A: 0xff}
	Purple    = color.NRGBA{R: 0x9b, G: 0x4f, B: 0x9e, A: 0xff}
	lightGrey = color.NRGBA{R: 0xe4, G: 0xe4, B: 0xe4, A: 0xff}
)

// cycle is the order in which a plot gives colours to layers that choose none.
var cycle = []color.Color{Blue, Red, Green, Purple, Black, Grey}

// AlphaColor returns the colour that stands for a shape α in every notebook: violet at −∞, blue around −2, green at 1,
// orange at 2, crimson at +∞.
func AlphaColor(alpha float64) color.Color {
	switch {
	case math.IsInf(alpha, -1):
		return Ramp(0)
	case math.IsInf(alpha, 1):
		return Ramp(1)
	}
	// The shapes squeezed into [0, 1], the middle at 1: −∞, −1, 0, 1, 2, 3, ∞ become 0, ¼, ⅓, ½, ⅔, ¾, 1.
	return Ramp(0.5 + 0.5*(alpha-1)/(2+math.Abs(alpha-1)))
}

// anchor is a colour in the OKLCH space at a position of a sequence; its hue is in degrees.
type anchor struct{ at, lightness, chroma, hue float64 }

// anchors are the colours of [Ramp].
var anchors = [...]anchor{
	{0, 0.40, 0.17, 300},
	{0.20, 0.48, 0.15, 262},
	{0.3333, 0.57, 0.11, 225},
	{0.50, 0.62, 0.15, 155},
	{0.60, 0.68, 0.15, 112},
	{0.6667, 0.69, 0.16, 70},
	{0.80, 0.62, 0.19, 38},
	{1, 0.55, 0.20, 5},
}

// Ramp returns the colour at t ∈ [0, 1] of a sequence from violet over blue, green and orange to crimson, whose
// neighbours differ about equally and which all stand out from white.
func Ramp(t float64) color.Color { return between(anchors[:], t) }

// between returns the colour at t ∈ [0, 1] of a sequence.
func between(sequence []anchor, t float64) color.Color {
	t = min(max(t, 0), 1)
	i := 1
	for t > sequence[i].at {
		i++
	}
	from, to := sequence[i-1], sequence[i]
	s := (t - from.at) / (to.at - from.at)
	mix := func(a, b float64) float64 { return a + s*(b-a) }
	return oklch(mix(from.lightness, to.lightness), mix(from.chroma, to.chroma), mix(from.hue, to.hue))
}

// oklch converts lightness, chroma and hue in degrees of the OKLCH space to sRGB, lowering the chroma until the colour
// exists [Björn Ottosson, "A perceptual color space for image processing", 2020].
func oklch(lightness, chroma, hue float64) color.Color {
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

func cube(x float64) float64 { return x * x * x }
