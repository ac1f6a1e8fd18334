package build

import (
	"math"

	"github.com/robustloss/gomlx-robustloss/robustloss/internal/polynomial"
)

// Piece is a polynomial on one interval of u; see package partition for what it is a polynomial of.
type Piece struct {
	Lo, Hi float64
	// Coefficients of the powers of t = (2u − Lo − Hi)/(Hi − Lo) ∈ [−1, 1], the constant first.
	Coefficients []float64
}

// Smooth returns the function that the table holds: H(u) of the formula in package partition, for α < 2 (above false)
// or α > 2 (above true), at u ∈ (0, 1].
func Smooth(u float64, above bool) float64 {
	beta := u * u * u * u
	if !above {
		return LogRatioBelow(-2*math.Expm1(4*math.Log(u)), 2*beta)/beta + 0.5*math.Log(beta)
	}
	b := math.Inf(1)
	if u < 1 {
		b = -beta / math.Expm1(4*math.Log(u))
	}
	return LogRatioAbove(b)/beta - 0.25*math.Log(beta)
}

// Pieces cuts u ∈ [0, 1] into as few pieces as polynomials of the degree need to give β·H within the tolerance,
// β = u⁴, and returns them in increasing order of u.
func Pieces(above bool, degree int, tolerance float64) []Piece {
	var pieces []Piece
	for hi := 1.0; hi > 0; {
		piece := widestPiece(hi, above, degree, tolerance)
		pieces = append([]Piece{piece}, pieces...)
		hi = piece.Lo
	}
	return pieces
}

// widestPiece bisects for the widest interval [lo, hi] on which a polynomial is good enough. Bounds are multiples of
// 2⁻¹².
func widestPiece(hi float64, above bool, degree int, tolerance float64) Piece {
	const steps = 4096
	bad, good := -1, int(math.Round(hi*steps)) // lo·steps
	best, _ := Fit(float64(good-1)/steps, hi, above, degree)
	for good -= 1; good-bad > 1; {
		middle := (bad + good) / 2
		if piece, worst := Fit(float64(middle)/steps, hi, above, degree); worst <= tolerance {
			good, best = middle, piece
		} else {
			bad = middle
		}
	}
	return best
}

// Fit returns the polynomial for H on [lo, hi] of the given degree, a truncated Chebyshev series, and its largest
// error in β·H over the nodes of the fit.
func Fit(lo, hi float64, above bool, degree int) (piece Piece, worst float64) {
	count := degree + 12
	values := make([]float64, count)
	for k := range values {
		values[k] = Smooth(fromUnit(lo, hi, polynomial.Node(k, count)), above)
	}
	piece = Piece{Lo: lo, Hi: hi, Coefficients: polynomial.Powers(polynomial.Series(values, degree))}
	for k, want := range values {
		t := polynomial.Node(k, count)
		u := fromUnit(lo, hi, t)
		worst = max(worst, math.Abs(polynomial.At(piece.Coefficients, t)-want)*u*u*u*u)
	}
	return piece, worst
}

// fromUnit maps t ∈ [−1, 1] to [lo, hi].
func fromUnit(lo, hi, t float64) float64 { return lo + (hi-lo)*(t+1)/2 }
