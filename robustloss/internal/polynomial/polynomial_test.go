package polynomial

import (
	"math"
	"testing"
)

func TestPowers_OfAChebyshevPolynomial(t *testing.T) {
	got := Powers([]float64{0, 0, 0, 1}) // T₃ = 4t³ − 3t
	for i, want := range []float64{0, -3, 0, 4} {
		if got[i] != want {
			t.Errorf("T₃: coefficient of t^%d is %g, want %g", i, got[i], want)
		}
	}
}

func TestSeries_OfACosine(t *testing.T) {
	values := make([]float64, 30)
	for k := range values {
		values[k] = math.Cos(2 * Node(k, len(values)))
	}
	p := Powers(Series(values, 18))
	for _, x := range []float64{-1, -0.3, 0, 0.77, 1} {
		if got, want := At(p, x), math.Cos(2*x); math.Abs(got-want) > 1e-14 {
			t.Errorf("cos(2·%g) = %.16g, want %.16g", x, got, want)
		}
	}
}
