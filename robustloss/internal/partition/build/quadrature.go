// Package build makes the table of log Z(α) by numerical quadrature. It is used by the generator of
// the table and by the tests that make parts of it again; no program that uses the table needs it.
package build

import "math"

const (
	// quadratureStep is the step of the trapezoid rule in s = log x. The integrand is analytic for
	// |Im s| < 0.22 or more (α = ∞ is the worst), so that the error is below exp(−2π·0.22/step) = 6e-20.
	quadratureStep = 1.0 / 32

	// quadratureSpan bounds |s|. Beyond it x < 3e-20 or, at α = 0 where the tail is the heaviest,
	// ∫ p dx < 1e-19.
	quadratureSpan = 45

	// zeroAlpha is the α below which the limit α = 0 is used: the difference is below 1e-100.
	zeroAlpha = 1e-100
)

// LogZOfNormal is log Z(2) = ½·log(2π).
var LogZOfNormal = 0.5 * math.Log(2*math.Pi)

// LogRatioBelow returns log(Z(α)/Z(2)) for α = 2 − b, with
//
//	Z(α) = ∫ exp(−ρ(x, α, 1)) dx, over the whole real line.
//
// Both α ∈ [0, 2) and b ∈ (0, 2] are given, so that neither loses digits to the subtraction. The relative error is
// about 1e-14, also where b is far below the distance between floating-point numbers near 2.
func LogRatioBelow(alpha, b float64) float64 {
	if alpha <= 1 { // Far from 2: no cancellation in the difference of the logarithms.
		z := 2 * integrate(func(z float64) float64 { return math.Exp(-rhoBelow(z, alpha, b)) })
		return math.Log(z) - LogZOfNormal
	}
	return logRatio(func(z float64) (rho, delta float64) {
		// Free of cancellation in b: (z/b + 1)^(α/2) = (z/b + 1)·(z/b + 1)^(−b/2).
		delta = (b+z)/alpha*math.Expm1(-b/2*math.Log1p(z/b)) + z*b/(2*alpha)
		return rhoBelow(z, alpha, b), delta
	})
}

// LogRatioAbove returns log(Z(α)/Z(2)) for α = 2 + b, b ∈ (0, +∞], as [LogRatioBelow] does.
func LogRatioAbove(b float64) float64 {
	if math.IsInf(b, 1) {
		z := 2 * integrate(func(z float64) float64 { return math.Exp(-math.Expm1(z / 2)) })
		return math.Log(z) - LogZOfNormal
	}
	if b > 1 {
		z := 2 * integrate(func(z float64) float64 { return math.Exp(-rhoAbove(z, b)) })
		return math.Log(z) - LogZOfNormal
	}
	return logRatio(func(z float64) (rho, delta float64) {
		delta = (b+z)/(2+b)*math.Expm1(b/2*math.Log1p(z/b)) - z*b/(2*(2+b))
		return rhoAbove(z, b), delta
	})
}

// rhoBelow returns ρ(√z, α, 1) for α ∈ [0, 2), b = 2 − α.
func rhoBelow(z, alpha, b float64) float64 {
	if alpha < zeroAlpha {
		return math.Log1p(z / 2)
	}
	return b / alpha * math.Expm1(alpha/2*math.Log1p(z/b))
}

// rhoAbove returns ρ(√z, α, 1) for finite α = 2 + b.
func rhoAbove(z, b float64) float64 {
	return b / (2 + b) * math.Expm1((1+b/2)*math.Log1p(z/b))
}

// logRatio returns log(1 + (2/Z(2))·∫₀^∞ exp(−z/2)·expm1(−δ) dx), where z = x² and δ = ρ − z/2.
func logRatio(rhoAndDelta func(z float64) (rho, delta float64)) float64 {
	integral := integrate(func(z float64) float64 {
		rho, delta := rhoAndDelta(z)
		if math.Abs(delta) < 1 {
			return math.Exp(-z/2) * math.Expm1(-delta)
		}
		return math.Exp(-rho) - math.Exp(-z/2)
	})
	return math.Log1p(2 * integral / math.Sqrt(2*math.Pi))
}

// integrate returns ∫₀^∞ f(x²) dx by the trapezoid rule in s = log x, summed with Kahan's compensation.
func integrate(f func(z float64) float64) float64 {
	var sum, lost float64
	const steps = quadratureSpan / quadratureStep
	for i := -int(steps); i <= int(steps); i++ {
		x := math.Exp(float64(i) * quadratureStep)
		term := x*f(x*x) - lost
		next := sum + term
		lost = (next - sum) - term
		sum = next
	}
	return sum * quadratureStep
}
