package scalar

import (
	"math"
	"math/rand/v2"
)

// General is the distribution of the general robust loss [1, Eq. 16], over the real line, with density
//
//	p(x) = exp(−ρ(x−μ, α, c)) / (c·Z(α)),  α ∈ [0, +∞]
//
// It is a Cauchy distribution of scale c√2 at α = 0 and a normal distribution of standard deviation c at α = 2; between
// them its tails grow lighter with α. It is symmetric around μ. For every α > 0 all moments are finite; at α = 0 there is no
// mean.
//
// The methods panic if Alpha is not in [0, +∞] or if Scale is not a positive, finite number.
type General struct {
	// Mu is the location μ: mode, median, and for α > 0 the mean.
	Mu float64

	// Alpha is the shape α ≥ 0, dimensionless: the lower, the heavier the tails.
	Alpha float64

	// Scale is c > 0, in the units of x. The density has the curvature of a normal density of standard deviation
	// Scale at its mode, for every α.
	Scale float64

	// Src is the source of Rand; nil means the global source of math/rand/v2.
	Src rand.Source
}

const badAlpha = "robustloss/scalar: the distribution needs a shape alpha in [0, +Inf]"

func (g General) check() {
	if !(g.Alpha >= 0) {
		panic(badAlpha)
	}
	g.kernel().check()
}

func (g General) kernel() Kernel { return Kernel{Alpha: g.Alpha, Scale: g.Scale} }

// LogProb returns the natural logarithm of the density at x, −ρ(x−μ) − log c − log Z(α).
func (g General) LogProb(x float64) float64 {
	g.check()
	return -g.kernel().Rho(x-g.Mu) - math.Log(g.Scale) - LogPartition(g.Alpha)
}

// Prob returns the density at x.
func (g General) Prob(x float64) float64 { return math.Exp(g.LogProb(x)) }

// Mean returns μ. At α = 0 the mean does not exist, and the result is NaN.
func (g General) Mean() float64 {
	g.check()
	if g.Alpha == 0 {
		return math.NaN()
	}
	return g.Mu
}

// Median returns μ.
func (g General) Median() float64 {
	g.check()
	return g.Mu
}

// Mode returns μ.
func (g General) Mode() float64 {
	g.check()
	return g.Mu
}

// NumParameters returns 3: the parameters are μ, α and c, in this order.
func (General) NumParameters() int { return 3 }

// Skewness returns 0. At α = 0 it does not exist, and the result is NaN.
func (g General) Skewness() float64 {
	g.check()
	if g.Alpha == 0 {
		return math.NaN()
	}
	return 0
}

const badLength = "robustloss/scalar: slice length mismatch"

// Score returns the derivatives of LogProb(x) with respect to μ, α and c, in this order. It stores them in deriv, which
// is allocated if nil, and panics if the length of deriv is not 3:
//
//	∂/∂μ = ψ(x−μ),  ∂/∂α = −∂ρ/∂α − d log Z/dα,  ∂/∂c = ((x−μ)·ψ(x−μ) − 1)/c
//
// At α = 2 the derivative in α diverges (to +∞ for |x−μ| < c, to −∞ beyond); the result is that of the next float64
// below 2.
func (g General) Score(deriv []float64, x float64) []float64 {
	g.check()
	if deriv == nil {
		deriv = make([]float64, g.NumParameters())
	}
	if len(deriv) != g.NumParameters() {
		panic(badLength)
	}
	k, r := g.kernel(), x-g.Mu
	deriv[0] = k.Influence(r)
	deriv[1] = -k.AlphaGradient(r) - LogPartitionDerivative(g.Alpha)
	deriv[2] = -k.ScaleGradient(r) - 1/g.Scale
	return deriv
}

// ScoreInput returns the derivative of LogProb(x) with respect to x: −ψ(x−μ).
func (g General) ScoreInput(x float64) float64 {
	g.check()
	return -g.kernel().Influence(x - g.Mu)
}
