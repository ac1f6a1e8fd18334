package show

import (
	"image/color"

	"github.com/robustloss/gomlx-robustloss/internal/picture"
)

// Colours for curves that belong to no α, told apart also by readers who see few colours.
var (
	Black     = picture.Black
	Grey      = picture.Grey
	Blue      = picture.Blue
	Red       = picture.Vermilion
	Green     = picture.Green
	Purple    = picture.Purple
	lightGrey = color.NRGBA{R: 0xe4, G: 0xe4, B: 0xe4, A: 0xff}
)

// cycle is the order in which a plot gives colours to layers that choose none.
var cycle = []color.Color{Blue, Red, Green, Purple, Black, Grey}

// AlphaColor returns the colour that stands for a shape α in every notebook: violet at −∞, blue around −2, green at 1,
// orange at 2, crimson at +∞.
func AlphaColor(alpha float64) color.Color { return picture.Shape(alpha) }

// Ramp returns the colour at t ∈ [0, 1] of a sequence from violet over blue, green and orange to crimson, whose neighbours
// differ about equally and which all stand out from white: for curves in an order.
func Ramp(t float64) color.Color { return picture.Hues(t) }

// Shade returns the colour at t ∈ [0, 1] of a sequence from black over purple and orange to pale yellow, whose lightness
// grows evenly with t: for quantities, whose order it shows also in print without colours. NaN, which is missing, is grey.
func Shade(t float64) color.Color { return picture.Lightness(t) }
