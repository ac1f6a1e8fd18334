package build

import (
	"math"
	"testing"
)

func TestPowers_OfChebyshevPolynomials(t *testing.T) {
	got := powers([]float64{0, 0, 0, 1}) // T₃ = 4t³ − 3t
	for i, want := range []float64{0, -3, 0, 4} {
		if got[i] != want {
			t.Errorf("T₃: coefficient of t^%d is %g, want %g", i, got[i], want)
		}
	}
}

func TestChebyshev_OfACosine(t *testing.T) {
	values := make([]float64, 30)
	for k := range values {
		values[k] = math.Cos(2 * node(k, len(values)))
	}
	p := powers(chebyshev(values, 18))
	for _, x := range []float64{-1, -0.3, 0, 0.77, 1} {
		if got, want := horner(p, x), math.Cos(2*x); math.Abs(got-want) > 1e-14 {
			t.Errorf("cos(2·%g) = %.16g, want %.16g", x, got, want)
		}
	}
}

func TestPieces_CoverTheIntervalWithinTheTolerance(t *testing.T) {
	pieces := Pieces(true, 6, 1e-6)
	for i, piece := range pieces {
		if _, worst := Fit(piece.Lo, piece.Hi, true, 6); worst > 1e-6 {
			t.Errorf("[%g, %g]: error %g", piece.Lo, piece.Hi, worst)
		}
		if i > 0 && piece.Lo != pieces[i-1].Hi {
			t.Errorf("gap at %g", piece.Lo)
		}
	}
	if pieces[0].Lo != 0 || pieces[len(pieces)-1].Hi != 1 {
		t.Errorf("pieces cover [%g, %g]", pieces[0].Lo, pieces[len(pieces)-1].Hi)
	}
}
