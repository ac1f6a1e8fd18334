// Package build makes the table of quantiles of the robust distribution by quadrature and root finding. It is used by the
// generator of the table and by the tests; no program that uses the table needs it.
package build

import (
	"math"

	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition"
)

// Distribution is the robust distribution with c = 1 and the given α ∈ [0, +∞].
type Distribution struct {
	alpha, b float64 // b = |α − 2|
	logHalfZ float64 // log(Z/2)
}

// New returns the distribution.
func New(alpha float64) Distribution {
	return Distribution{alpha: alpha, b: math.Abs(alpha - 2), logHalfZ: partition.LogZ(alpha) - math.Ln2}
}

// rho returns ρ(√z, α, 1).
func (d Distribution) rho(z float64) float64 {
	switch {
	case math.IsInf(d.alpha, 1):
		return math.Expm1(z / 2)
	case d.b < 1e-14:
		return z / 2
	case d.alpha < 1e-100:
		return math.Log1p(z / 2)
	}
	return d.b / d.alpha * math.Expm1(d.alpha/2*math.Log1p(z/d.b))
}

// LogTail returns log ∫ₓ^∞ exp(−ρ) dx for x ≥ 0, by the trapezoid rule in log(x′ − x). Its error is below 1e-9.
func (d Distribution) LogTail(x float64) float64 {
	const step = 1.0 / 16
	start := d.rho(x * x)
	sum := 0.0
	for i := 0; ; i++ {
		y := math.Exp(float64(i)*step - 25)
		term := y * math.Exp(start-d.rho((x+y)*(x+y)))
		sum += term
		if term < 1e-12*sum && float64(i)*step > 20 {
			return math.Log(sum*step) - start
		}
	}
}

// Exceedance returns E = −log(2·P(X > x)) for x ≥ 0: 0 at the median, and growing towards the tail. Its derivative is the hazard
// rate, returned second.
func (d Distribution) Exceedance(x float64) (e, hazard float64) {
	tail := d.LogTail(x)
	return d.logHalfZ - tail, math.Exp(-d.rho(x*x) - tail)
}

// Quantile returns the x ≥ 0 with Exceedance e, by Newton's method from a start near it.
func (d Distribution) Quantile(e, start float64) float64 {
	// In log x and log E: both ends of the scale are then nearly straight.
	x := start
	for range 60 {
		got, hazard := d.Exceedance(x)
		change := math.Log(e/got) * got / (hazard * x)
		x *= math.Exp(math.Max(-1, math.Min(1, change)))
		if math.Abs(change) < 1e-10 {
			break
		}
	}
	return x
}
