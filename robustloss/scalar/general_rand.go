package scalar

import (
	"math"
	"math/rand/v2"
)

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
