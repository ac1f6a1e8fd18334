package build

import (
	"math"
	"testing"
)

// At α = 0, a Cauchy distribution of scale √2, and at α = 2, the normal distribution.
func TestExceedance_ClosedForms(t *testing.T) {
	for _, x := range []float64{1e-6, 0.1, 1, 3, 8} {
		cauchy := -math.Log(2 * math.Atan(math.Sqrt2/x) / math.Pi)
		normal := -math.Log(math.Erfc(x / math.Sqrt2))
		for _, c := range []struct{ alpha, want float64 }{{0, cauchy}, {2, normal}} {
			if got, _ := New(c.alpha).Exceedance(x); math.Abs(got-c.want) > 1e-9 {
				t.Errorf("α = %g, x = %g: E = %.12g, want %.12g", c.alpha, x, got, c.want)
			}
		}
	}
}

func TestExceedance_HazardIsItsDerivative(t *testing.T) {
	for _, alpha := range []float64{0.5, 1.9, 6, math.Inf(1)} {
		d := New(alpha)
		const x, h = 0.8, 1e-4
		_, hazard := d.Exceedance(x)
		up, _ := d.Exceedance(x + h)
		down, _ := d.Exceedance(x - h)
		if want := (up - down) / (2 * h); math.Abs(hazard/want-1) > 1e-5 {
			t.Errorf("α = %g: hazard %g, difference quotient %g", alpha, hazard, want)
		}
	}
}

func TestQuantile_InvertsTheExceedance(t *testing.T) {
	for _, alpha := range []float64{0, 0.5, 2, 6, math.Inf(1)} {
		d := New(alpha)
		for _, e := range []float64{1e-5, 0.7, 30} {
			x := d.Quantile(e, 1)
			if got, _ := d.Exceedance(x); math.Abs(got/e-1) > 1e-8 {
				t.Errorf("α = %g: E(quantile(%g)) = %g", alpha, e, got)
			}
		}
	}
}
