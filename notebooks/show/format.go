package show

import (
	"fmt"
	"math"
	"strings"
)

// AlphaLabel names a shape: "α = 0.5", "α = −∞".
func AlphaLabel(alpha float64) string {
	return "α = " + shortNumber(alpha)
}

// shortNumber formats x with four significant digits, infinities as ∞ and a true minus sign.
func shortNumber(x float64) string {
	switch {
	case math.IsInf(x, 1):
		return "∞"
	case math.IsInf(x, -1):
		return "−∞"
	}
	return minus(fmt.Sprintf("%.4g", x))
}

// minus replaces the hyphens that Go writes before numbers by minus signs.
func minus(text string) string {
	return strings.ReplaceAll(text, "-", "−")
}
