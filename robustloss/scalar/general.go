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

	// Src is the source of Rand. Nil means the global source of math/rand/v2, which is safe for concurrent use; other
	// sources are not: goroutines that draw at the same time each need a distribution with a source of its own.
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

// residual returns r and the kernel such that r/c is (x−μ)/c, both divided by unit: 1, or 2 where x−μ would overflow.
func (g General) residual(x float64) (r float64, k Kernel, unit float64) {
	g.check()
	if r = x - g.Mu; math.IsInf(r, 0) && !math.IsInf(x, 0) {
		return x/2 - g.Mu/2, Kernel{Alpha: g.Alpha, Scale: g.Scale / 2}, 2
	}
	return r, g.kernel(), 1
}

// LogProb returns the natural logarithm of the density at x, −ρ(x−μ) − log c − log Z(α).
func (g General) LogProb(x float64) float64 {
	r, k, _ := g.residual(x)
	return -k.Rho(r) - math.Log(g.Scale) - LogPartition(g.Alpha)
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
	r, k, unit := g.residual(x)
	deriv[0] = k.Influence(r) / unit
	deriv[1] = -k.AlphaGradient(r) - LogPartitionDerivative(g.Alpha)
	deriv[2] = -k.ScaleGradient(r)/unit - 1/g.Scale
	return deriv
}

// ScoreInput returns the derivative of LogProb(x) with respect to x: −ψ(x−μ).
func (g General) ScoreInput(x float64) float64 {
	r, k, unit := g.residual(x)
	return -k.Influence(r) / unit
}

// Entropy returns the differential entropy in nats, log c + log Z(α) + E[ρ]. Its absolute error is below 1e-12 at c = 1.
func (g General) Entropy() float64 {
	g.check()
	s := newShape(g.Alpha)
	switch s.form {
	case normalForm:
		return math.Log(g.Scale) + 0.5 + LogPartition(2)
	case cauchyForm: // log(4π·c√2): E[ρ] = log 4
		return math.Log(g.Scale) + 2*math.Ln2 + LogPartition(0)
	}
	var store [64]panel
	mean, mass := 0.0, 0.0
	for _, p := range s.bodyPanels(store[:0], bodyEnd) {
		mass += p.mass
		mean += gauss(func(x float64) float64 { return s.rho(x*x) * s.density(x) }, p.from, p.to)
	}
	for _, p := range s.tailPanels(store[:0], 0, math.Inf(1), mass) {
		mass += p.mass
		mean += gauss(func(v float64) float64 { return s.rhoLog(v) * s.densityLog(v) }, p.from, p.to)
	}
	return math.Log(g.Scale) + LogPartition(g.Alpha) + mean/mass
}

// Variance returns the variance. It is finite for every α > 0, yet grows beyond every bound as α → 0 (like e^(0.216/α)),
// and is +Inf where it is out of float64's range and at α = 0.
func (g General) Variance() float64 {
	g.check()
	if g.Alpha == 2 {
		return g.Scale * g.Scale
	}
	return g.Scale * g.Scale * math.Exp(logMoment(g.Alpha, 2)-LogPartition(g.Alpha))
}

// StdDev returns the standard deviation, the root of the variance.
func (g General) StdDev() float64 {
	g.check()
	if g.Alpha == 2 {
		return g.Scale
	}
	return g.Scale * math.Exp((logMoment(g.Alpha, 2)-LogPartition(g.Alpha))/2)
}

// ExKurtosis returns the excess kurtosis E[(x−μ)⁴]/Variance² − 3: 0 at α = 2, positive below, negative above. It is
// +Inf where it is out of float64's range, and NaN at α = 0.
func (g General) ExKurtosis() float64 {
	g.check()
	switch g.Alpha {
	case 0:
		return math.NaN()
	case 2:
		return 0
	}
	second, fourth := logMoment(g.Alpha, 2), logMoment(g.Alpha, 4)
	if math.IsInf(fourth, 1) {
		return fourth
	}
	return math.Exp(fourth+LogPartition(g.Alpha)-2*second) - 3
}

const (
	momentLimit   = 5000 // log of a moment that is taken for +Inf
	momentRescale = 600  // log of an integrand, beside the sum, from which on the sum is scaled down
)

// logMoment returns the logarithm of the integral of |x|^k·e^−ρ(x, α, 1) over the real line: +Inf from momentLimit on.
func logMoment(alpha, k float64) float64 {
	s := newShape(alpha)
	var store [64]panel
	total := 0.0
	for _, p := range s.bodyPanels(store[:0], bodyEnd) {
		total += gauss(func(x float64) float64 { return math.Pow(x, k) * s.density(x) }, p.from, p.to)
	}
	// In v = log x the integrand is e^g, g = (k+1)v − ρ, which rises first and then falls. total·e^offset is the sum.
	g := func(v float64) float64 { return (k+1)*v - s.rhoLog(v) }
	offset, v, width := 0.0, 0.0, math.Min(tailWidth, tailRise/(k+1))
	for {
		to := v + width
		if rise := s.rhoLog(v) + tailRise; s.rhoLog(to) > rise {
			to = s.inverse(rise)
		}
		if top := math.Max(g(v), g(to)); top > offset+momentRescale {
			total *= math.Exp(offset - top)
			offset = top
		}
		if offset > momentLimit {
			return math.Inf(1)
		}
		mass := gauss(func(v float64) float64 { return math.Exp(g(v) - offset) }, v, to)
		total += mass
		if mass <= negligible*total && g(to) < g(v) {
			return offset + math.Log(2*total)
		}
		v = to
	}
}

// Rand returns a random sample of the distribution. It draws from the Cauchy distribution at α = 0 and accepts x with
// the probability exp(ρ(x, 0, 1) − ρ(x, α, 1)), which is at most 1 as ρ grows with α [1, App. C]. The fraction that is
// accepted is Z(α)/Z(0): 1 at α = 0, 0.74 at 1, 0.46 at +∞. At α = 2 it draws from the normal distribution.
func (g General) Rand() float64 {
	g.check()
	uniform, normal := rand.Float64, rand.NormFloat64
	if g.Src != nil {
		r := rand.New(g.Src)
		uniform, normal = r.Float64, r.NormFloat64
	}
	s := newShape(g.Alpha)
	if s.form == normalForm {
		return g.Mu + g.Scale*normal()
	}
	for {
		x := math.Sqrt2 * math.Tan(math.Pi*(uniform()-0.5))
		if s.form == cauchyForm {
			return g.Mu + g.Scale*x
		}
		z := x * x
		if u := uniform(); u < (1+z/2)*math.Exp(-s.rho(z)) {
			return g.Mu + g.Scale*x
		}
	}
}
