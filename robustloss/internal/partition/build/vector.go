package build

import (
	"math"

	"github.com/robustloss/gomlx-robustloss/robustloss/internal/polynomial"
)

// This file makes the tables for vectors of d ≥ 2 dimensions:
//
//	Z_d(α) = ∫ exp(−ρ(‖x‖, α, 1)) dx over ℝᵈ = S·∫₀^∞ r^(d−1)·exp(−ρ(r, α, 1)) dr,  S = 2π^(d/2)/Γ(d/2), 0 < α ≤ +∞

// SmallAlpha is the α below which Z_d is computed around its saddle, and the table has another form.
const SmallAlpha = 0.5

// LogSphere returns log S, the logarithm of the surface of the unit sphere in d dimensions.
func LogSphere(d int) float64 {
	gamma, _ := math.Lgamma(float64(d) / 2)
	return math.Ln2 + float64(d)/2*math.Log(math.Pi) - gamma
}

// LogZVector returns log Z_d(α) by quadrature, with an error of about 1e-14 of it, for α > 0.
func LogZVector(d int, alpha float64) float64 {
	switch {
	case alpha < SmallAlpha:
		small := SmallVector(d, math.Sqrt(alpha))
		if d > 2 {
			small /= alpha
		}
		return small - 0.5*math.Log(alpha)
	case alpha <= 2:
		return float64(d)*LogZOfNormal + logRatioVector(d, alpha, 2-alpha, false)
	default:
		return float64(d)*LogZOfNormal + logRatioVector(d, alpha, alpha-2, true)
	}
}

// logRatioVector returns log(Z_d(α)/Z_d(2)) with b = |α − 2|, as [LogRatioBelow] and [LogRatioAbove] do for d = 1.
func logRatioVector(d int, alpha, b float64, above bool) float64 {
	rho, factor := func(z float64) float64 { return rhoBelow(z, alpha, b) }, -b/2
	if above {
		rho, factor = func(z float64) float64 { return rhoAbove(z, b) }, b/2
	}
	if math.IsInf(b, 1) {
		rho = func(z float64) float64 { return math.Expm1(z / 2) }
	}
	logNormal := float64(d) * LogZOfNormal
	if b > 1 {
		return math.Log(integratePower(d, func(z float64) float64 { return math.Exp(-rho(z)) })) + LogSphere(d) - logNormal
	}
	// With δ = ρ − z/2, free of cancellation in b: see LogRatioBelow.
	sign := 1.0
	if above {
		sign = -1
	}
	ratio := integratePower(d, func(z float64) float64 {
		delta := (b+z)/alpha*math.Expm1(factor*math.Log1p(z/b)) + sign*z*b/(2*alpha)
		if math.Abs(delta) < 1 {
			return math.Exp(-z/2) * math.Expm1(-delta)
		}
		return math.Exp(-rho(z)) - math.Exp(-z/2)
	})
	return math.Log1p(ratio * math.Exp(LogSphere(d)-logNormal))
}

// integratePower returns ∫₀^∞ r^(d−1)·f(r²) dr as integrate does for d = 1.
func integratePower(d int, f func(z float64) float64) float64 {
	return integrate(func(z float64) float64 {
		if value := f(z); value != 0 {
			return value * math.Pow(z, 0.5*float64(d-1))
		}
		return 0
	})
}

// SmallVector returns what the table holds for 0 ≤ v = √α ≤ √SmallAlpha:
//
//	d = 2:  log Z_d + ½·log α      d > 2:  α·(log Z_d + ½·log α)
//
// With t = log(r²/b + 1), b = 2 − α, the integrand is S/2·b^(d/2)·(1 − e^(−t))^(d/2−1)·exp(½dt − (b/α)·(e^(αt/2) − 1)), which is
// largest near αt/2 = y = log(d/b). With t = 2y/α + τ/√α, and φ(η) = e^η − 1 − η,
//
//	log Z_d = log(S/2) + ½d·log b − ½·log α + (d·y − d + b)/α + log ∫ (1 − e^(−t))^(d/2−1)·exp(−(d/α)·φ(½√α·τ)) dτ,  t > 0
func SmallVector(d int, v float64) float64 {
	alpha := v * v
	b := 2 - alpha
	smooth := LogSphere(d) - math.Ln2 + float64(d)/2*math.Log(b) + math.Log(saddleIntegral(d, v))
	if d > 2 {
		return alpha*smooth + float64(d)*(math.Log(float64(d)/b)-1) + b
	}
	return smooth + saddleOfPlane(alpha)
}

// saddleOfPlane returns (2y − 2 + b)/α = (−2·log(1 − α/2) − α)/α = Σ (α/2)^k/(k+1), k = 1, 2, ….
func saddleOfPlane(alpha float64) float64 {
	if alpha > 0.1 {
		return (-2*math.Log1p(-alpha/2) - alpha) / alpha
	}
	sum, power := 0.0, 1.0
	for k := 1; k < 20; k++ {
		power *= alpha / 2
		sum += power / float64(k+1)
	}
	return sum
}

// saddleIntegral returns the integral over τ of [SmallVector] by the tanh-sinh rule.
func saddleIntegral(d int, v float64) float64 {
	// Beyond these ends the exponent is below −60.
	n := float64(d)
	end := math.Sqrt(8 * 60 / n)
	start, startIsZero := -end, false
	for n*excess(start, v) < 60 {
		start *= 1.5
	}
	if y := math.Log(n/2) - math.Log1p(-v*v/2); 2*y <= -start*v {
		start, startIsZero = -2*y/v, true
		if v == 0 {
			start = 0 // of the plane; else y > 0
		}
	}
	const step, span = 1.0 / 64, 4.0
	half := (end - start) / 2
	sum := 0.0
	for i := -int(span / step); i <= int(span/step); i++ {
		s := float64(i) * step
		u := math.Pi / 2 * math.Sinh(s)
		fromStart := 2 * half / (1 + math.Exp(-2*u)) // τ − start, exact also where it is tiny
		tau := start + fromStart
		density := math.Exp(-n * excess(tau, v))
		if startIsZero {
			density *= math.Pow(-math.Expm1(-fromStart/v), n/2-1)
		}
		sum += density * half * math.Pi / 2 * math.Cosh(s) / (math.Cosh(u) * math.Cosh(u))
	}
	return sum * step
}

// excess returns φ(½vτ)/v², φ(η) = e^η − 1 − η.
func excess(tau, v float64) float64 {
	eta := v * tau / 2
	if math.Abs(eta) > 0.1 {
		return (math.Expm1(eta) - eta) / (v * v)
	}
	sum, term := 0.0, 0.5
	for k := 3; k < 16; k++ {
		sum += term
		term *= eta / float64(k)
	}
	return sum * tau * tau / 4
}

// SmoothVector is [Smooth] for d dimensions, where β·(k·log β + H) is log(Z_d/Z_d(2)) with d times the k of one.
func SmoothVector(d int, u float64, above bool) float64 {
	beta := u * u * u * u
	n := float64(d)
	if !above {
		b := 2 * beta
		return logRatioVector(d, -2*math.Expm1(4*math.Log(u)), b, false)/beta + 0.5*n*math.Log(beta)
	}
	b := math.Inf(1)
	if u < 1 {
		b = -beta / math.Expm1(4*math.Log(u))
	}
	return logRatioVector(d, 2+b, b, true)/beta - 0.25*n*math.Log(beta)
}

// VectorPieces returns the pieces of the table of d dimensions: in v = √α from 0 to √SmallAlpha, in u from SmallAlpha's down to
// 0 below α = 2, and in u above it.
func VectorPieces(d, degree int, tolerance float64) (small, below, above []Piece) {
	asBeta := func(u, _ float64) float64 { return u * u * u * u }
	small = cut(0, math.Sqrt(SmallAlpha), degree, tolerance, func(v float64) float64 { return SmallVector(d, v) },
		func(v, value float64) float64 {
			if d == 2 {
				return 1
			}
			return 1 / max(v*v, math.Abs(value)) // the error of log Z relative to it, or to 1
		})
	below = cut(0, math.Pow((2-SmallAlpha)/2, 0.25), degree, tolerance, func(u float64) float64 { return SmoothVector(d, u, false) }, asBeta)
	above = cut(0, 1, degree, tolerance, func(u float64) float64 { return SmoothVector(d, u, true) }, asBeta)
	return small, below, above
}

// cut cuts [lo, hi] into as few pieces as polynomials of the degree need to give f within the tolerance, where an error of f at
// x counts weight(x, f(x)) times.
func cut(lo, hi float64, degree int, tolerance float64, f func(x float64) float64, weight func(x, value float64) float64) []Piece {
	const steps = 1024
	at := func(i int) float64 { return lo + (hi-lo)*float64(i)/steps }
	var pieces []Piece
	for end := steps; end > 0; {
		bad, good := -1, end-1 // where the piece begins
		best, _ := FitFunction(at(good), at(end), degree, f, weight)
		for good-bad > 1 {
			middle := (bad + good) / 2
			if piece, worst := FitFunction(at(middle), at(end), degree, f, weight); worst <= tolerance {
				good, best = middle, piece
			} else {
				bad = middle
			}
		}
		pieces = append([]Piece{best}, pieces...)
		end = good
	}
	return pieces
}

// FitFunction is [Fit] for any function.
func FitFunction(lo, hi float64, degree int, f func(x float64) float64, weight func(x, value float64) float64) (piece Piece, worst float64) {
	count := degree + 12
	values := make([]float64, count)
	for k := range values {
		values[k] = f(fromUnit(lo, hi, polynomial.Node(k, count)))
	}
	piece = Piece{Lo: lo, Hi: hi, Coefficients: polynomial.Powers(polynomial.Series(values, degree))}
	for k, want := range values {
		t := polynomial.Node(k, count)
		worst = max(worst, math.Abs(polynomial.At(piece.Coefficients, t)-want)*weight(fromUnit(lo, hi, t), want))
	}
	return piece, worst
}
