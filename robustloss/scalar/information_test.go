package scalar

import (
	"math"
	"testing"
)

// The derivatives in α against differences of order 8.
func TestAlphaTerms_MatchDifferences(t *testing.T) {
	stencil := []float64{4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280}
	for _, alpha := range []float64{-1e3, -5, -0.3, -1e-9, 0, 1e-7, 0.01, 0.4, 1, 1.6, 1.99, 2.01, 2.5, 5, 30, 1e4} {
		for _, u := range []float64{1e-9, 1e-3, 0.3, 1, 2.5, 7, 40, 1e4, 1e100} {
			k := Kernel{Alpha: alpha, Scale: 1}
			if !(k.Rho(u) < 1e6) {
				continue
			}
			got := k.alphaTerms(u)
			h := math.Min(math.Abs(alpha-2), 0.2+0.02*math.Abs(alpha)) / 30 / (1 + math.Log1p(u*u)/10)
			difference := func(f func(Kernel) float64) float64 {
				sum := 0.0
				for i, c := range stencil {
					d := float64(i+1) * h
					sum += c * (f(Kernel{alpha + d, 1}) - f(Kernel{alpha - d, 1})) / h
				}
				return sum
			}
			influence := difference(func(k Kernel) float64 { return k.Influence(u) })
			curvature := difference(func(k Kernel) float64 { return k.AlphaGradient(u) })
			if got.gradient != k.AlphaGradient(u) {
				t.Errorf("gradient at α = %g, u = %g: %g", alpha, u, got.gradient)
			}
			// The differences have the rounding errors of their terms, and so has the curvature, beside u², for small u.
			check := func(what string, got, want, term float64) {
				if !(math.Abs(got-want) <= 1e-8*math.Abs(want)+1e-14/h*math.Abs(term)+1e-14*math.Min(1, u*u)/(alpha-2)/(alpha-2)) {
					t.Errorf("%s at α = %g, u = %g: %v, difference %v", what, alpha, u, got, want)
				}
			}
			check("∂ψ/∂α", got.influence, influence, k.Influence(u))
			check("∂²ρ/∂α²", got.curvature, curvature, k.AlphaGradient(u))
		}
	}
}

func TestLogPartitionCurvature_IsADerivative(t *testing.T) {
	for _, alpha := range []float64{0.001, 0.1, 0.5, 1, 1.5, 1.9, 2.1, 3, 8, 100} {
		h := math.Min(alpha, math.Abs(alpha-2)) * 1e-3
		d := LogPartitionDerivative
		want := (8*(d(alpha+h)-d(alpha-h)) - (d(alpha+2*h) - d(alpha-2*h))) / (12 * h)
		if got := logPartitionCurvature(alpha); math.Abs(got/want-1) > 1e-6 {
			t.Errorf("at α = %g: %v, difference %v", alpha, got, want)
		}
	}
}
