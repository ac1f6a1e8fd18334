package scalar

import (
	"math"

	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition"
)

// LogPartition returns log Z(α), the price of a shape in the likelihood [1, Eq. 17]:
//
//	Z(α) = ∫ exp(−ρ(x, α, 1)) dx over the real line, α ∈ [0, +∞]
//
//	Z(0) = π√2   Z(1) = 2e·K₁(1)   Z(2) = √(2π)   Z(4) = e^¼·K_¼(¼)   log Z(+∞) = 0.705260254417569…
//
// The absolute error is below 1e-12. For α < 0 the integral diverges, and log Z is +Inf; see [LogPartitionTruncated].
func LogPartition(alpha float64) float64 {
	if alpha < 0 {
		return math.Inf(1)
	}
	return partition.LogZ(alpha)
}

// LogPartitionDerivative returns d log Z/dα = −E[∂ρ/∂α] for α ≥ 0: −0.8597728667823693 at 0 (from the right), 0 at
// +∞. Towards α = 2 it diverges to −∞ like a logarithm; at α = 2 the result is finite, that of the next float64
// below 2. It is NaN for α < 0.
func LogPartitionDerivative(alpha float64) float64 {
	return partition.DLogZ(alpha)
}

const badTau = "robustloss/scalar: tau is negative"

// LogPartitionTruncated returns log Z̃(α, τ), the partition function on a window of ±τ [2], which exists for every α:
//
//	Z̃(α, τ) = ∫ exp(−ρ(x, α, 1)) dx from −τ to τ, α ∈ [−∞, +∞]
//
// tau is in units of c. The relative error of Z̃ is below 1e-12. It is −Inf at τ = 0, and log Z(α) at τ = +∞.
// It panics if tau < 0.
func LogPartitionTruncated(alpha, tau float64) float64 {
	switch {
	case math.IsNaN(alpha) || math.IsNaN(tau):
		return math.NaN()
	case tau < 0:
		panic(badTau)
	case math.IsInf(tau, 1):
		return LogPartition(alpha)
	}
	s := newShape(alpha)
	half := s.body(math.Min(tau, bodyEnd))
	if tau > bodyEnd {
		var store [64]panel
		half += sum(s.tailPanels(store[:0], 0, math.Log(tau), half))
	}
	return math.Log(2 * half)
}
