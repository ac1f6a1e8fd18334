package build

import (
	"math"
	"testing"
)

// Closed forms: Z(0) = π√2; Z(1) = 2e·K₁(1) and Z(4) = e^¼·K_¼(¼), the digits from a 25-digit computation with mpmath.
func TestLogRatio_ClosedForms(t *testing.T) {
	for _, c := range []struct{ name, got, want any }{
		{"α = 0", LogRatioBelow(0, 2), math.Log(math.Pi * math.Sqrt2)},
		{"α = 1", LogRatioBelow(1, 1), math.Log(3.272306972526516493026622)},
		{"α = 4", LogRatioAbove(2), math.Log(2.10196091616551699589793)},
	} {
		if got, want := c.got.(float64)+LogZOfNormal, c.want.(float64); math.Abs(got-want) > 2e-15 {
			t.Errorf("%s: log Z = %.17g, want %.17g", c.name, got, want)
		}
	}
}

// Near α = 2, log(Z/Z(2)) → ∓b·(¼·log b + 0.0675907…).
func TestLogRatio_IsRelativelyExactNearTwo(t *testing.T) {
	const h0 = 0.06759071136537
	for _, b := range []float64{1e-8, 1e-12, 1e-16, 1e-40} {
		below, above := LogRatioBelow(2-b, b)/b, LogRatioAbove(b)/b
		want := -0.25*math.Log(b) - h0
		if math.Abs(below-want) > 1e-6 || math.Abs(above+want) > 1e-6 {
			t.Errorf("b = %g: %.12g below and %.12g above, want ±%.12g", b, below, above, want)
		}
	}
}

// The two ways of computing the ratio agree where one takes over from the other.
func TestLogRatio_IsContinuousAtTheSwitches(t *testing.T) {
	const step = 1e-9
	for name, jump := range map[string]float64{
		"below": LogRatioBelow(1-step, 1+step) - LogRatioBelow(1+step, 1-step),
		"above": LogRatioAbove(1+step) - LogRatioAbove(1-step),
	} {
		if math.Abs(jump) > step {
			t.Errorf("%s: jump %g over %g", name, jump, 2*step)
		}
	}
}
