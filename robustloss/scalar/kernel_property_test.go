package scalar

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// residual is a draw of the property tests.
type residual struct {
	x      float64
	kernel Kernel
}

// draws returns n residuals as the author's tests draw them: α rounded to 0.1, so that 0 and 2 are hit, the ends of its
// range pushed to ±∞, x and c of all sizes; and a tenth of the α within 1e-6 of 0 and 2.
func draws(n int) []residual {
	rng := rand.New(rand.NewPCG(1701, 3077))
	result := make([]residual, n)
	for i := range result {
		alpha := math.Round(160*(rng.Float64()-0.5)) / 10
		switch {
		case alpha > 7.8:
			alpha = math.Inf(1)
		case alpha < -7.8:
			alpha = math.Inf(-1)
		}
		if i%10 == 0 {
			alpha = float64(2*rng.IntN(2)) + 1e-6*rng.NormFloat64()
		}
		c := math.Exp(4 * rng.NormFloat64())
		x := rng.NormFloat64() * c * math.Pow(10, 2*rng.Float64()-1)
		result[i] = residual{x, Kernel{alpha, c}}
	}
	return result
}

const manyDraws = 100_000

// forDraws checks a statement about ρ for many draws, and stops at the first for which it is false.
func forDraws(t *testing.T, statement func(r residual) bool) {
	t.Helper()
	for _, r := range draws(manyDraws) {
		if !statement(r) {
			t.Fatalf("not true of r = %v, %+v", r.x, r.kernel)
		}
	}
}

func TestKernel_AllResultsAreNumbers(t *testing.T) {
	forDraws(t, func(r residual) bool {
		rho, rho1, rho2 := r.kernel.RhoSquared(r.x * r.x)
		for _, v := range []float64{
			r.kernel.Rho(r.x), r.kernel.Influence(r.x), r.kernel.Weight(r.x), r.kernel.Curvature(r.x),
			r.kernel.AlphaGradient(r.x), r.kernel.ScaleGradient(r.x), rho, rho1, rho2,
		} {
			if math.IsNaN(v) {
				return false
			}
		}
		return true
	})
}

func TestKernel_LossIsEvenAndPositive(t *testing.T) {
	forDraws(t, func(r residual) bool {
		rho := r.kernel.Rho(r.x)
		return rho > 0 && r.kernel.Rho(-r.x) == rho && r.kernel.Influence(-r.x) == -r.kernel.Influence(r.x) &&
			math.Signbit(r.kernel.Influence(r.x)) == math.Signbit(r.x)
	})
}

func TestKernel_AtOrigin(t *testing.T) {
	forDraws(t, func(r residual) bool {
		k, w := r.kernel, 1/r.kernel.Scale/r.kernel.Scale
		rho, rho1, _ := k.RhoSquared(0)
		return k.Rho(0) == 0 && !math.Signbit(k.Rho(0)) && k.Influence(0) == 0 && rho == 0 && !math.Signbit(rho) &&
			relativeError(k.Weight(0), w) < 1e-15 && relativeError(k.Curvature(0), w) < 1e-15 &&
			relativeError(rho1, w/2) < 1e-15 && k.AlphaGradient(0) == 0 && k.ScaleGradient(0) == 0
	})
}

func TestKernel_LossGrowsWithTheResidual(t *testing.T) {
	forDraws(t, func(r residual) bool {
		return r.kernel.Rho(r.x*1.001) >= r.kernel.Rho(r.x)*(1-1e-14)
	})
}

func TestKernel_LossGrowsWithAlpha(t *testing.T) {
	forDraws(t, func(r residual) bool {
		higher := Kernel{r.kernel.Alpha + 0.01, r.kernel.Scale}
		return higher.Rho(r.x) >= r.kernel.Rho(r.x)*(1-1e-14) && r.kernel.AlphaGradient(r.x) >= 0
	})
}

func TestKernel_LossFallsWithTheScale(t *testing.T) {
	forDraws(t, func(r residual) bool {
		wider := Kernel{r.kernel.Alpha, r.kernel.Scale * 1.01}
		return wider.Rho(r.x) <= r.kernel.Rho(r.x)*(1+1e-14) && r.kernel.ScaleGradient(r.x) <= 0
	})
}

func TestKernel_LossIsScaleInvariant(t *testing.T) {
	forDraws(t, func(r residual) bool {
		const k = 0x1p-20
		scaled := Kernel{r.kernel.Alpha, r.kernel.Scale * k}
		return scaled.Rho(r.x*k) == r.kernel.Rho(r.x) && scaled.AlphaGradient(r.x*k) == r.kernel.AlphaGradient(r.x)
	})
}

func TestKernel_LossIsBoundedForNegativeAlpha(t *testing.T) {
	forDraws(t, func(r residual) bool {
		bound := (r.kernel.Alpha - 2) / r.kernel.Alpha
		if math.IsInf(r.kernel.Alpha, -1) {
			bound = 1
		}
		return r.kernel.Alpha >= 0 || r.kernel.Rho(r.x) <= bound
	})
}

func TestKernel_InfluenceIsBounded(t *testing.T) {
	forDraws(t, func(r residual) bool {
		k, psi := r.kernel, math.Abs(r.kernel.Influence(r.x))*(1-1e-14)
		return (k.Alpha > 2 || psi <= math.Abs(r.x)/k.Scale/k.Scale) && (k.Alpha > 1 || psi <= 1/k.Scale)
	})
}

// For α < 1 the influence peaks at |r| = c·√((α−2)/(α−1)), where the curvature is 0; Welsch's at c with e^(−½)/c.
func TestKernel_InfluencePeaks(t *testing.T) {
	for _, alpha := range []float64{-100, -8, -2, -1, 0, 0.3, 0.8, math.Inf(-1)} {
		k := Kernel{alpha, 0.7}
		peak := 0.7 * math.Sqrt((alpha-2)/(alpha-1))
		if math.IsInf(alpha, -1) {
			peak = 0.7
			if got, want := k.Influence(peak), math.Exp(-0.5)/0.7; relativeError(got, want) > 1e-15 {
				t.Errorf("Welsch's peak is %v, want %v", got, want)
			}
		}
		top := k.Influence(peak)
		if k.Influence(peak*0.99) >= top || k.Influence(peak*1.01) >= top || math.Abs(k.Curvature(peak)) > 1e-14 {
			t.Errorf("α = %g: no peak at %g, curvature %g", alpha, peak, k.Curvature(peak))
		}
	}
}

func TestKernel_WeightIsInfluenceOverResidual(t *testing.T) {
	forDraws(t, func(r residual) bool {
		want := r.kernel.Influence(r.x) / r.x
		got := r.kernel.Weight(r.x)
		return relativeError(got, want) < 1e-13 || math.Abs(want) < 1e-290 || want > 1e290
	})
}

// RhoSquared is the same function of s = r²: ρ′ = w/2, ρ″ = (ρ″(r) − w)/(4r²).
func TestKernel_RhoSquaredAgrees(t *testing.T) {
	forDraws(t, func(r residual) bool {
		k, s := r.kernel, r.x*r.x
		rho, rho1, rho2 := k.RhoSquared(s)
		if w := k.Weight(r.x); w < 1e-290 || w > 1e290 {
			return true
		}
		curvature := 2*rho1 + 4*s*rho2
		return relativeError(rho, k.Rho(r.x)) < 1e-13 && relativeError(2*rho1, k.Weight(r.x)) < 1e-13 &&
			math.Abs(curvature-k.Curvature(r.x)) <= 1e-12*(2*rho1+math.Abs(curvature))
	})
}

// A negative square is the rounding error of one that is 0.
func TestKernel_RhoSquaredOfANegativeNumber(t *testing.T) {
	for _, alpha := range []float64{math.Inf(-1), -2, 0, 1, 2, 5, math.Inf(1)} {
		k := Kernel{alpha, 0.7}
		rho, rho1, rho2 := k.RhoSquared(0)
		for _, s := range []float64{-5e-324, -1e-17, -3, math.Inf(-1)} {
			if a, b, c := k.RhoSquared(s); a != rho || math.Signbit(a) || b != rho1 || c != rho2 {
				t.Errorf("α = %g: RhoSquared(%g) = %g, %g, %g, at 0 %g, %g, %g", alpha, s, a, b, c, rho, rho1, rho2)
			}
		}
	}
}

// Classical losses, by their formulas, beside the special cases of α.
func TestKernel_SpecialCases(t *testing.T) {
	for _, c := range []struct {
		alpha float64
		rho   func(z float64) float64
	}{
		{2, func(z float64) float64 { return z / 2 }},
		{1, func(z float64) float64 { return math.Sqrt(z+1) - 1 }},
		{0, func(z float64) float64 { return math.Log(z/2 + 1) }},
		{-2, func(z float64) float64 { return 2 * z / (z + 4) }},
		{math.Inf(-1), func(z float64) float64 { return 1 - math.Exp(-z/2) }},
		{math.Inf(1), func(z float64) float64 { return math.Exp(z/2) - 1 }},
		{4, func(z float64) float64 { return z*z/8 + z/2 }},
	} {
		for _, x := range []float64{0.1, 0.5, 1, 3, 10} {
			for _, near := range []float64{0, 1e-9, -1e-9} {
				got, want := Kernel{c.alpha + near, 2}.Rho(x), c.rho(x*x/4)
				if relativeError(got, want) > 1e-7*math.Abs(near)/1e-9+1e-13 {
					t.Errorf("ρ(%g, %g, 2) = %v, want %v", x, c.alpha+near, got, want)
				}
			}
		}
	}
}

// ψ, ρ″, ∂ρ/∂α, ∂ρ/∂c against central differences.
func TestKernel_DerivativesMatchFiniteDifferences(t *testing.T) {
	for _, r := range draws(2000) {
		k, x := r.kernel, r.x
		rho := k.Rho(x)
		if rho > 1e10 || math.Abs(x) < 0.05*k.Scale || math.IsInf(k.Alpha, 0) {
			continue
		}
		h := 1e-5
		check := func(what string, got, up, down, step, size float64) {
			t.Helper()
			if want := (up - down) / (2 * step); math.Abs(got-want) > 1e-6*(math.Abs(want)+size/step*1e-8) {
				t.Errorf("%s of r = %v, %+v: %v, difference %v", what, x, k, got, want)
			}
		}
		dx, dc := h*math.Abs(x), h*k.Scale
		check("Influence", k.Influence(x), k.Rho(x+dx), k.Rho(x-dx), dx, rho)
		check("Curvature", k.Curvature(x), k.Influence(x+dx), k.Influence(x-dx), dx, math.Abs(k.Influence(x)))
		check("ScaleGradient", k.ScaleGradient(x), Kernel{k.Alpha, k.Scale + dc}.Rho(x), Kernel{k.Alpha, k.Scale - dc}.Rho(x), dc, rho)
		if math.Abs(k.Alpha-2) > 1e-3 {
			check("AlphaGradient", k.AlphaGradient(x), Kernel{k.Alpha + h, k.Scale}.Rho(x), Kernel{k.Alpha - h, k.Scale}.Rho(x), h, rho)
		}
	}
}

func TestKernel_AtInfinityAndNaN(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct{ alpha, rho, influence, weight, curvature, dAlpha, dScale float64 }{
		{-inf, 1, 0, 0, 0, 0, 0},
		{-2, 2, 0, 0, 0, 0.5, 0},
		{0, inf, 0, 0, 0, inf, -2 / 3.0},
		{0.5, inf, 0, 0, 0, inf, -inf},
		{1, inf, 1 / 3.0, 0, 0, inf, -inf},
		{1.5, inf, inf, 0, 0, inf, -inf},
		{2, inf, inf, 1 / 9.0, 1 / 9.0, inf, -inf},
		{3, inf, inf, inf, inf, inf, -inf},
		{inf, inf, inf, inf, inf, 0, -inf},
	} {
		k := Kernel{c.alpha, 3}
		rho, rho1, _ := k.RhoSquared(inf)
		got := []float64{k.Rho(inf), k.Influence(inf), -k.Influence(-inf), k.Weight(inf), k.Curvature(inf), k.AlphaGradient(-inf), k.ScaleGradient(inf), rho, 2 * rho1}
		want := []float64{c.rho, c.influence, c.influence, c.weight, c.curvature, c.dAlpha, c.dScale, c.rho, c.weight}
		for i := range got {
			if relativeError(got[i], want[i]) > 1e-15 {
				t.Errorf("α = %g, value %d: %v, want %v", c.alpha, i, got[i], want[i])
			}
		}
	}
	for _, k := range []Kernel{{1, 1}, {2, 1}, {0, 1}, {inf, 1}, {nan, 1}} {
		x := nan
		if math.IsNaN(k.Alpha) {
			x = 0.5
		}
		a, b, c := k.RhoSquared(x)
		for i, v := range []float64{k.Rho(x), k.Influence(x), k.Weight(x), k.Curvature(x), k.AlphaGradient(x), k.ScaleGradient(x), a, b, c} {
			if !math.IsNaN(v) {
				t.Errorf("value %d of %+v at %g is %g", i, k, x, v)
			}
		}
	}
}

func TestKernel_BadArgumentsPanic(t *testing.T) {
	for _, c := range []float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1)} {
		k := Kernel{1, c}
		for i, f := range []func(){
			func() { k.Rho(1) }, func() { k.Influence(1) }, func() { k.Weight(1) }, func() { k.Curvature(1) },
			func() { k.AlphaGradient(1) }, func() { k.ScaleGradient(1) }, func() { k.RhoSquared(1) },
		} {
			checkPanics(t, fmt.Sprintf("scale %g, method %d", c, i), f)
		}
	}
}

func FuzzKernel(f *testing.F) {
	f.Add(1.0, 1.0, 1.0)
	f.Add(1e300, -2.0, 1e-300)
	f.Add(5e-324, 5e-324, 5e-324)
	f.Add(1e150, math.Nextafter(2, 3), 1.0)
	f.Add(-3.0, math.Inf(1), 1e300)
	f.Fuzz(func(t *testing.T, x, alpha, c float64) {
		if !(c > 0 && c <= math.MaxFloat64) || math.IsNaN(alpha) || math.IsNaN(x) {
			t.Skip()
		}
		k := Kernel{alpha, c}
		rho, psi, w := k.Rho(x), k.Influence(x), k.Weight(x)
		switch {
		case math.IsNaN(rho) || rho < 0 || math.Signbit(rho):
			t.Errorf("ρ(%g) of %+v is %g", x, k, rho)
		case math.IsNaN(psi) || psi*x < 0:
			t.Errorf("ψ(%g) of %+v is %g", x, k, psi)
		case math.IsNaN(w) || w < 0:
			t.Errorf("w(%g) of %+v is %g", x, k, w)
		case math.IsNaN(k.Curvature(x)):
			t.Errorf("ρ″(%g) of %+v is NaN", x, k)
		case !(k.AlphaGradient(x) >= 0) || !(k.ScaleGradient(x) <= 0):
			t.Errorf("∂ρ/∂α, ∂ρ/∂c of %+v at %g: %g, %g", k, x, k.AlphaGradient(x), k.ScaleGradient(x))
		case alpha < 0 && rho > (1+2/math.Abs(alpha))*(1+1e-15):
			t.Errorf("ρ(%g) of %+v is %g: not bounded", x, k, rho)
		case alpha <= 1 && math.Abs(psi) > 1/c*(1+1e-13):
			t.Errorf("ψ(%g) of %+v is %g: not bounded", x, k, psi)
		}
		if a, b, d := k.RhoSquared(x * x); math.IsNaN(a) || math.IsNaN(b) || math.IsNaN(d) {
			t.Errorf("RhoSquared(%g) of %+v: %g, %g, %g", x*x, k, a, b, d)
		}
	})
}

func BenchmarkKernel(b *testing.B) {
	k, x := Kernel{0.7, 1.2}, 1.3
	for name, f := range map[string]func(){
		"Rho":           func() { k.Rho(x) },
		"Influence":     func() { k.Influence(x) },
		"Weight":        func() { k.Weight(x) },
		"Curvature":     func() { k.Curvature(x) },
		"RhoSquared":    func() { k.RhoSquared(x) },
		"AlphaGradient": func() { k.AlphaGradient(x) },
		"ScaleGradient": func() { k.ScaleGradient(x) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
		})
	}
	for _, k := range []Kernel{{0, 1.2}, {2, 1.2}, {math.Inf(-1), 1.2}, {1e-3, 1e-40}} {
		b.Run(fmt.Sprintf("Weight/α=%g,c=%g", k.Alpha, k.Scale), func(b *testing.B) {
			for b.Loop() {
				k.Weight(x)
			}
		})
	}
}

// ρ has a fast path for ordinary points, one form for all that a likelihood needs, and one for the quadrature of tails,
// where x = e^v; each beside what it stands in for.
func BenchmarkKernel_FormsOfTheLoss(b *testing.B) {
	k, x := Kernel{0.7, 1}, 1.3
	s, v := newShape(k.Alpha), 3.0
	for _, form := range []struct {
		name string
		f    func()
	}{
		{"rho/ordinary", func() { k.Rho(x) }},
		{"rho/precise", func() { p := k.at(k.ratio(x)); p.rho() }},
		{"terms/together", func() { k.terms(x) }},
		{"terms/apart", func() { k.Rho(x); k.Weight(x); k.ScaleGradient(x); k.Curvature(x) }},
		{"tail/shape", func() { s.rhoLog(v) }},
		{"tail/kernel", func() { k.Rho(math.Exp(v)) }},
	} {
		b.Run(form.name, func(b *testing.B) {
			for b.Loop() {
				form.f()
			}
		})
	}
}
