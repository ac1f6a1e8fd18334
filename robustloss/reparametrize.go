package robustloss

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// shiftedSigmoid maps ℓ ∈ [−∞, +∞] to [lo, hi], increasing, with init at ℓ = 0:
//
//	lo + (hi − lo)·σ(ℓ + ℓ₀),  σ(ℓ) = 1/(1 + e^(−ℓ)),  ℓ₀ = logit p,  p = (init − lo)/(hi − lo)
//
// in a form that is exact at ℓ = 0 and overflows nowhere, with T = tanh(ℓ/2):
//
//	init + (hi − lo)·2p(1−p)·T/(1 + (2p−1)·T)
func shiftedSigmoid(latent *Node, lo, hi, init float64) *Node {
	p := (init - lo) / (hi - lo)
	tanh := Tanh(MulScalar(latent, 0.5))
	ratio := Div(tanh, AddScalar(MulScalar(tanh, 2*p-1), 1.0))
	value := AddScalar(MulScalar(ratio, (hi-lo)*2*p*(1-p)), init)
	// Rounding must not carry it beyond its range: there may be no distribution.
	return MinScalar(MaxScalar(value, lo), hi)
}

// shiftedSoftplus maps ℓ to (floor, ∞), increasing, with init at ℓ = 0:
//
//	floor + (init − floor)·s,  s = softplus(ℓ + log(e−1)) = log(1 + (e−1)·e^ℓ)
//
//	ℓ ≥ 0:  s = 1 + ℓ + log1p((e^(−ℓ) − 1)/e)      ℓ < 0:  s = log1p((e−1)·e^ℓ)
//
// where neither form overflows or loses the digits of a small s. The derivative of s is σ(ℓ + log(e−1)) = 1/(1 + e^(−ℓ)/(e−1)).
func shiftedSoftplus(latent *Node, floor, init float64) *Node {
	zero := ScalarZero(latent.Graph(), latent.DType())
	negative, positive := Min(latent, zero), Max(latent, zero)
	low := Log1p(MulScalar(Exp(negative), math.E-1))
	high := Add(AddScalar(latent, 1.0), Log1p(MulScalar(AddScalar(Exp(Neg(positive)), -1.0), 1/math.E)))
	value := AddScalar(MulScalar(Where(LessThan(latent, zero), low, high), init-floor), floor)
	value = Where(Equal(latent, zero), Scalar(latent.Graph(), latent.DType(), init), value) // Not an ulp beside it.
	return withDerivative(latent, value, func() *Node {
		return MulScalar(Reciprocal(AddScalar(MulScalar(Exp(Neg(latent)), 1/(math.E-1)), 1.0)), init-floor)
	})
}

// boundedExp returns e^ℓ, exactly 1 at ℓ = 0, with ℓ limited to ±60: between 9e-27 and 1e26.
func boundedExp(latent *Node) *Node {
	return Exp(MinScalar(MaxScalar(latent, -60), 60))
}
