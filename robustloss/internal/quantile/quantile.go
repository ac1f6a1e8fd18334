// Package quantile holds a table for drawing from the robust distribution by inverting its distribution function: x as a
// function of
//
//	E = −log(2·P(X > x)) ≥ 0, x ≥ 0
//
// which is 0 at the median and a standard exponential variable where X is from the upper half.
//
// For all α, x is close to linear in E near the median, and between √E (normal) and e^E (Cauchy) in the tail. Two changes of
// variables take that away,
//
//	r = √(E + ½) − √½                               ρ̃ = (b/α)·((x²/b + 1)^(α/2) − 1), b = max(α, 2)
//
// where ρ̃ is ρ itself at α = 0, 2 and ∞, grows like it elsewhere, and has no singularity near x = 0 as ρ has for α near 2. What is
// left, √ρ̃/r as a function of r, is a Chebyshev series of degree 24 with coefficients that are, in turn, polynomials on a few
// intervals of α. What this changes in probabilities, P(X > x), is below 2e-7.
package quantile

import "math"

//go:generate go run ./generate

// MaxE is the largest E of the table: P(X > x) = 1.6e-17.
const MaxE = 38.0

// shift is ½ in r = √(E + ½) − √½.
const shift = 0.5

// MaxR is the r of MaxE.
var MaxR = math.Sqrt(MaxE+shift) - math.Sqrt(shift)

// E returns the E of r.
func E(r float64) float64 { return r * (r + 2*math.Sqrt(shift)) }

// Compress returns ρ̃ of x².
func Compress(square, alpha float64) float64 {
	b := max(alpha, 2)
	switch {
	case math.IsInf(alpha, 1):
		return math.Expm1(square / 2)
	case alpha < 1e-100:
		return math.Log1p(square / 2)
	}
	return b / alpha * math.Expm1(alpha/2*math.Log1p(square/b))
}

// Expand returns the x² of ρ̃.
func Expand(compressed, alpha float64) float64 {
	b := max(alpha, 2)
	switch {
	case math.IsInf(alpha, 1):
		return 2 * math.Log1p(compressed)
	case alpha < 1e-100:
		return 2 * math.Expm1(compressed)
	}
	return b * math.Expm1(2/alpha*math.Log1p(alpha*compressed/b))
}

// Alpha returns the α of u ∈ [0, 1], the variable of package partition: from 2 at u = 0 down to 0 or, above, up to +∞ at u = 1.
func Alpha(u float64, above bool) float64 {
	beta := u * u * u * u
	switch {
	case !above:
		return 2 - 2*beta
	case u == 1:
		return math.Inf(1)
	default:
		return 2 + beta/(1-beta)
	}
}

// Piece is the table on one interval of u.
type Piece struct {
	Lo, Hi float64
	// Coefficients[j][k] is the factor of tʲ in the k-th Chebyshev coefficient, t = (2u − Lo − Hi)/(Hi − Lo).
	Coefficients [][]float64
}

// Table is all of it: pieces in increasing order of u for α below and above 2, all of the same degree in t.
type Table struct{ Below, Above []Piece }
