// Package partition evaluates log Z(α), the logarithm of the partition function of the robust distribution [1, Eq. 17],
//
//	Z(α) = ∫ exp(−ρ(x, α, 1)) dx over the real line, 0 ≤ α ≤ +∞,
//
// from a table made by quadrature (package build). Z(0) = π√2, Z(1) = 2e·K₁(1), Z(2) = √(2π), Z(4) = e^¼·K_¼(¼);
// log Z(+∞) = 0.705260254417569.
//
// Z is not analytic at two places. At α = 2 its slope is −∞ from both sides, like ¼·log|α−2|; at α = 0 all its
// derivatives exist, but its Taylor series diverges. With b = |α − 2| the table therefore holds the smooth rest H of
//
//	log Z = log Z(2) + β·(k·log β + H(u)), u = β^¼
//	α < 2:  β = b/2        k = −½
//	α > 2:  β = b/(1 + b)  k = ¼
//
// as polynomials on a few intervals of u, short towards α = 0. u = 0 is α = 2, u = 1 is α = 0 and α = +∞.
//
// [1] J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, arXiv:1701.03077.
package partition

import "math"

//go:generate go run ./generate

// LogZOfNormal is log Z(2) = ½·log(2π).
const LogZOfNormal = 0.91893853320467274178032973640561763986139747363778

// Piece is the polynomial of H on one interval of u.
type Piece struct {
	Lo, Hi float64
	// Coefficients of the powers of t = (2u − Lo − Hi)/(Hi − Lo) ∈ [−1, 1], the constant first.
	Coefficients []float64
}

// Table is the whole function: pieces in increasing order of u for α below and above 2, all of the same degree.
type Table struct{ Below, Above []Piece }

// LogZ returns log Z(α) with an absolute error below 1e-13, for α ∈ [0, +∞]. It is NaN for α < 0, where the
// distribution does not exist, and for NaN.
func LogZ(alpha float64) float64 {
	if math.IsNaN(alpha) || alpha < 0 {
		return math.NaN()
	}
	beta, _, logFactor, pieces := sideOf(&Float64, alpha)
	if beta == 0 {
		return LogZOfNormal
	}
	h, _ := evaluate(pieces, beta)
	return LogZOfNormal + beta*(logFactor*math.Log(beta)+h)
}

// DLogZ returns d log Z/dα, with a relative error below 1e-8 for |α − 2| > 1e-3 and below 1e-6 elsewhere. It is
// −0.8597728… at α = 0 (from the right), 0 at +∞, and NaN for α < 0 and NaN.
//
// At α = 2 the derivative is −∞. The result there is finite: that of the next float64 below 2, −8.69….
func DLogZ(alpha float64) float64 {
	if math.IsNaN(alpha) || alpha < 0 {
		return math.NaN()
	}
	if alpha == 2 {
		alpha = math.Nextafter(2, 0)
	}
	beta, dBeta, logFactor, pieces := sideOf(&Float64, alpha)
	h, dh := evaluate(pieces, beta)
	return dBeta * (logFactor*(math.Log(beta)+1) + h + dh)
}

// sideOf returns what differs below and above α = 2: β, dβ/dα, the factor of log β, and the pieces of H.
func sideOf(table *Table, alpha float64) (beta, dBeta, logFactor float64, pieces []Piece) {
	if alpha <= 2 {
		return (2 - alpha) / 2, -0.5, -0.5, table.Below
	}
	b := alpha - 2
	return 1 / (1 + 1/b), 1 / ((1 + b) * (1 + b)), 0.25, table.Above
}

// evaluate returns H and β·dH/dβ = (u/4)·dH/du.
func evaluate(pieces []Piece, beta float64) (h, dh float64) {
	u := math.Sqrt(math.Sqrt(beta))
	h, slope := horner(pieces, u)
	return h, slope * u / 4
}

// horner evaluates the polynomial of the piece that x is in, and its derivative.
func horner(pieces []Piece, x float64) (y, slope float64) {
	i := 0
	for i < len(pieces)-1 && x > pieces[i].Hi {
		i++
	}
	p := pieces[i]
	t := (2*x - p.Lo - p.Hi) / (p.Hi - p.Lo)
	for k := len(p.Coefficients) - 1; k >= 0; k-- {
		slope = slope*t + y
		y = y*t + p.Coefficients[k]
	}
	return y, slope * 2 / (p.Hi - p.Lo)
}
