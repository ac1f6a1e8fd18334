package build

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mathext"
)

// Closed forms: for d = 2 and 2/α = n an integer Z = πb·(2/α)·e^x·x^(−n)·Γ(n, x) with x = b/α; K₂(1) and Gompertz' constant
// e·E₁(1) are from tables.
func TestLogZVector_ClosedForms(t *testing.T) {
	const k2of1, gompertz = 1.6248388986351774828, 0.59634736232319407434
	plane := func(n int) float64 {
		alpha := 2 / float64(n)
		b := 2 - alpha
		x, sum, term := b/alpha, 0.0, 1.0
		for k := range n {
			sum, term = sum+term, term*x/float64(k+1)
		}
		factorial, _ := math.Lgamma(float64(n))
		return math.Log(math.Pi*b*float64(n)*sum) + factorial - float64(n)*math.Log(x) // e^x·Γ(n, x) = (n−1)!·Σ x^k/k!
	}
	for _, c := range []struct {
		d           int
		alpha, want float64
	}{
		{2, 1, math.Log(4 * math.Pi)},
		{2, 2. / 3, math.Log(5 * math.Pi)},
		{2, 0.5, plane(4)},
		{2, 0.25, plane(8)},
		{2, 0.05, plane(40)},
		{2, 4, math.Log(math.Pi*2*math.Sqrt(2*math.Pi)) + 0.5 + math.Log(0.5*math.Erfc(math.Sqrt(0.5)))},
		{2, math.Inf(1), math.Log(2 * math.Pi * gompertz)},
		{3, 1, math.Log(4*math.Pi*k2of1) + 1},
		{1, 2, LogZOfNormal},
		{3, 2, 3 * LogZOfNormal},
		{8, 2, 8 * LogZOfNormal},
	} {
		if got := LogZVector(c.d, c.alpha); math.Abs(got-c.want) > 2e-14*max(1, math.Abs(c.want)) {
			t.Errorf("d = %d, α = %g: log Z = %.16g, want %.16g", c.d, c.alpha, got, c.want)
		}
	}
	if x, want := mathext.GammaIncRegComp(4, 3), 78*math.Exp(-3)/6; math.Abs(x-want) > 1e-14 {
		t.Errorf("Γ(4, 3)/Γ(4) = %g, want %g", x, want)
	}
}

// The two quadratures, in log r and around the saddle, agree where both are good; for d = 1 they are the one of scalars.
func TestLogZVector_TwoQuadraturesAgree(t *testing.T) {
	for d := 2; d <= 8; d++ {
		for _, alpha := range []float64{0.3, 0.45, 0.5, 0.7, 1, 1.3} {
			small := SmallVector(d, math.Sqrt(alpha))
			if d > 2 {
				small /= alpha
			}
			small -= 0.5 * math.Log(alpha)
			want := float64(d)*LogZOfNormal + logRatioVector(d, alpha, 2-alpha, false)
			if math.Abs(small-want) > 5e-14*max(1, math.Abs(want)) {
				t.Errorf("d = %d, α = %g: log Z = %.16g around the saddle, %.16g in log r", d, alpha, small, want)
			}
		}
	}
	for _, alpha := range []float64{0.6, 1, 1.7, 2 - 1e-9} {
		if got, want := logRatioVector(1, alpha, 2-alpha, false), LogRatioBelow(alpha, 2-alpha); math.Abs(got-want) > 1e-14*max(1, math.Abs(want)) {
			t.Errorf("d = 1, α = %g: %.16g, want %.16g", alpha, got, want)
		}
	}
	for _, b := range []float64{1e-9, 0.5, 3, 1e6, math.Inf(1)} {
		if got, want := logRatioVector(1, 2+b, b, true), LogRatioAbove(b); math.Abs(got-want) > 1e-14 {
			t.Errorf("d = 1, b = %g: %.16g, want %.16g", b, got, want)
		}
	}
}

// As α → 0 the plane's Z grows like 1/√α, and in more dimensions log Z like (d·log(d/2) − d + 2)/α.
func TestSmallVector_AtZero(t *testing.T) {
	if got, want := SmallVector(2, 0), math.Log(math.Pi*2*math.Sqrt(math.Pi)); math.Abs(got-want) > 1e-14 {
		t.Errorf("d = 2: %.16g, want %.16g", got, want)
	}
	for d := 3; d <= 8; d++ {
		n := float64(d)
		if got, want := SmallVector(d, 0), n*math.Log(n/2)-n+2; math.Abs(got-want) > 1e-14 {
			t.Errorf("d = %d: %.16g, want %.16g", d, got, want)
		}
	}
}
