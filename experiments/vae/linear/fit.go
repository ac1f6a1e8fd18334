package linear

import (
	"math"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// minScale is the least scale that a fit returns, in the units of the images' values in [0, 1]: a coefficient that is
// constant in the training images must not be infinitely surprised by the first value that differs.
const minScale = 1e-4

// Family is a family of distributions around 0: it fits its parameters to samples and scores others.
type Family struct {
	Key, Title string
	// fit returns the negative log-likelihood, in nats, of one value under the maximum-likelihood fit to x.
	fit func(x []float64) func(v float64) float64
}

// Families returns the four families of the experiment's table, in its order.
func Families() []Family {
	return []Family{
		{"normal", "Normal", fitNormal},
		{"cauchy", "Cauchy", fitCauchy},
		{"t", "Student's t", fitStudentsT},
		{"general", "General", fitGeneral},
	}
}

// fitNormal: c² = mean x².
func fitNormal(x []float64) func(v float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	c := max(math.Sqrt(sum/float64(len(x))), minScale)
	return func(v float64) float64 { return .5*(v/c)*(v/c) + math.Log(c) + .5*math.Log(2*math.Pi) }
}

// fitCauchy: the general distribution with α = 0, p = 1/(√2·π·c·(1 + ½(x/c)²)).
func fitCauchy(x []float64) func(v float64) float64 {
	c := fitScale(x, startScale(x), func(z float64) float64 { return 1 / (1 + z/2) })
	return func(v float64) float64 { return math.Log1p(.5*(v/c)*(v/c)) + math.Log(c*math.Pi*math.Sqrt2) }
}

// fitStudentsT searches the degrees of freedom ν for the greatest likelihood, each with its best scale.
func fitStudentsT(x []float64) func(v float64) float64 {
	c := startScale(x)
	nll := func(logNu float64) func(v float64) float64 {
		nu := math.Exp(logNu)
		c = fitScale(x, c, func(z float64) float64 { return (nu + 1) / (nu + z) })
		scale := c
		high, _ := math.Lgamma((nu + 1) / 2)
		low, _ := math.Lgamma(nu / 2)
		constant := math.Log(scale) + .5*math.Log(math.Pi*nu) + low - high
		return func(v float64) float64 { return (nu+1)/2*math.Log1p((v/scale)*(v/scale)/nu) + constant }
	}
	return nll(minimise(math.Log(.05), math.Log(500), func(logNu float64) float64 { return total(nll(logNu), x) }))
}

// fitGeneral searches α in (0, 3), the range of the experiment, for the greatest likelihood, each with its best scale.
func fitGeneral(x []float64) func(v float64) float64 {
	c := startScale(x)
	nll := func(alpha float64) func(v float64) float64 {
		unit := scalar.Kernel{Alpha: alpha, Scale: 1}
		c = fitScale(x, c, func(z float64) float64 { return unit.Weight(math.Sqrt(z)) })
		kernel := scalar.Kernel{Alpha: alpha, Scale: c}
		constant := math.Log(c) + scalar.LogPartition(alpha)
		return func(v float64) float64 { return kernel.Rho(v) + constant }
	}
	return nll(minimise(1e-3, 2.999, func(alpha float64) float64 { return total(nll(alpha), x) }))
}

// startScale is a robust first guess of the scale: the geometric mean of the values' sizes.
func startScale(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += math.Log(math.Abs(v) + minScale)
	}
	return max(math.Exp(sum/float64(len(x))), minScale)
}

// fitScale solves mean(z·w(z)) = 1 for c, z = (x/c)², where the likelihood is greatest: c² ← mean(w(z)·x²), which
// increases the likelihood in each step, accelerated by extrapolating log c.
func fitScale(x []float64, c float64, weight func(z float64) float64) float64 {
	step := func(c float64) float64 {
		var sum float64
		for _, v := range x {
			z := (v / c) * (v / c)
			sum += weight(z) * v * v
		}
		return max(math.Sqrt(sum/float64(len(x))), minScale)
	}
	const iterations = 30
	for range iterations {
		c1 := step(c)
		c2 := step(c1)
		d1, d2 := math.Log(c1/c), math.Log(c2/c1)
		if math.Abs(d2) < 1e-6 {
			return c2
		}
		next := c2
		if rate := d2 / d1; rate > 0 && rate < .95 { // Aitken's extrapolation
			next = c2 * math.Exp(d2*rate/(1-rate))
		}
		c = max(next, minScale)
	}
	return c
}

func total(nll func(v float64) float64, x []float64) (sum float64) {
	for _, v := range x {
		sum += nll(v)
	}
	return sum
}

// minimise returns the place in [low, high] of a minimum of f by golden sections, to 1 % of the interval.
func minimise(low, high float64, f func(float64) float64) float64 {
	const ratio = .6180339887498949 // (√5 − 1)/2
	tolerance := .01 * (high - low)
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	fa, fb := f(a), f(b)
	for high-low > tolerance {
		if fa < fb {
			high, b, fb = b, a, fa
			a = high - ratio*(high-low)
			fa = f(a)
		} else {
			low, a, fa = a, b, fb
			b = low + ratio*(high-low)
			fb = f(b)
		}
	}
	return (low + high) / 2
}
