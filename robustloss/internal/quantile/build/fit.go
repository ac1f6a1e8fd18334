package build

import (
	"math"

	"github.com/robustloss/gomlx-robustloss/robustloss/internal/polynomial"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/quantile"
)

// Degree of the Chebyshev series in r, and the number of nodes that it is fitted at.
const (
	Degree = 24
	nodes  = 34
)

// Fitter makes pieces of the table, and remembers the series that it has computed.
type Fitter struct {
	Above bool // α > 2
	known map[float64][]float64
}

// Series returns the Chebyshev coefficients, 0 to Degree, of √ρ̃/r as a function of 2r/MaxR − 1.
func Series(alpha float64) []float64 {
	d := New(alpha)
	values := make([]float64, nodes)
	x, r := 0.0, 0.0
	for k := nodes - 1; k >= 0; k-- { // From the median outwards, each the start of the next.
		next := quantile.MaxR * (polynomial.Node(k, nodes) + 1) / 2
		if r == 0 {
			x = quantile.E(next) * math.Exp(d.logHalfZ)
		} else {
			x = math.Sqrt(quantile.Expand(quantile.Compress(x*x, alpha)*next/r*next/r, alpha))
		}
		r = next
		x = d.Quantile(quantile.E(r), x)
		values[k] = math.Sqrt(quantile.Compress(x*x, alpha)) / r
	}
	return polynomial.Series(values, Degree)
}

// Pieces cuts u ∈ [0, 1] into as few pieces as polynomials of the degree need for a relative error within the tolerance, and
// returns them in increasing order of u.
func (f *Fitter) Pieces(degree int, tolerance float64) []quantile.Piece {
	var pieces []quantile.Piece
	for hi := 1.0; hi > 0; {
		const steps = 1024
		bad, good := -1, int(math.Round(hi*steps))-1 // lo·steps
		best, _ := f.Fit(float64(good)/steps, hi, degree)
		if piece, worst := f.Fit(0, hi, degree); worst <= tolerance {
			good, best = 0, piece
		}
		for good-bad > 1 {
			middle := (bad + good) / 2
			if piece, worst := f.Fit(float64(middle)/steps, hi, degree); worst <= tolerance {
				good, best = middle, piece
			} else {
				bad = middle
			}
		}
		pieces = append([]quantile.Piece{best}, pieces...)
		hi = best.Lo
	}
	return pieces
}

// Fit returns the polynomials for the series on [lo, hi], and their largest error at the nodes of the fit and at the ends of the
// interval: the sum over the series, relative to its first, largest coefficient.
func (f *Fitter) Fit(lo, hi float64, degree int) (piece quantile.Piece, worst float64) {
	count := degree + 6
	points := make([]float64, count, count+2)
	for i := range points {
		points[i] = polynomial.Node(i, count)
	}
	points = append(points, -1, 1)
	series := make([][]float64, len(points)) // series[i][k]
	for i, t := range points {
		series[i] = f.at(lo + (hi-lo)*(t+1)/2)
	}
	piece = quantile.Piece{Lo: lo, Hi: hi, Coefficients: make([][]float64, degree+1)}
	errors := make([]float64, len(points))
	values := make([]float64, len(points))
	for k := range Degree + 1 {
		for i := range values {
			values[i] = series[i][k]
		}
		p := polynomial.Powers(polynomial.Series(values[:count], degree))
		for j, c := range p {
			piece.Coefficients[j] = append(piece.Coefficients[j], c)
		}
		for i, t := range points {
			errors[i] += math.Abs(polynomial.At(p, t)-values[i]) / series[i][0]
		}
	}
	for _, e := range errors {
		worst = max(worst, e)
	}
	return piece, worst
}

// at returns the series at u.
func (f *Fitter) at(u float64) []float64 {
	if f.known == nil {
		f.known = map[float64][]float64{}
	}
	series, ok := f.known[u]
	if !ok {
		series = Series(quantile.Alpha(u, f.Above))
		f.known[u] = series
	}
	return series
}
