package vae

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// autoencoder is what all graphs of one run share.
type autoencoder struct {
	Config
	bias []float32 // logits of the mean training image, row by row; nil where the variable is loaded
}

// terms returns the two parts of the evidence lower bound, in nats an image, for each of K latent samples:
//
//	distortion = −log p(x|z)              `[batch, K]`
//	rate       = log q(z|x) − log p(z)    `[batch, K]`
//
// x are images in [0, 1], `[batch, side, side, 3]`; noise is standard normal, `[batch, K, latent]`: z = location + scale·noise.
func (a autoencoder) terms(scope *model.Scope, x, noise *Node) (distortion, rate *Node) {
	batch, samples, latent := noise.Shape().Dimensions[0], noise.Shape().Dimensions[1], noise.Shape().Dimensions[2]
	perSample := func(v *Node) *Node { // `[batch, latent]` → `[batch·K, latent]`
		return Reshape(BroadcastToDims(ExpandDims(v, 1), batch, samples, latent), batch*samples, latent)
	}
	q := encode(scope, a.Network, x)
	q = gaussian{perSample(q.location), perSample(q.scale)}
	z := Add(q.location, Mul(q.scale, Reshape(noise, batch*samples, latent)))
	rate = Sub(q.logDensity(z), priorLogDensity(scope, a.Network, z))

	reconstructed := decode(scope, a.Network, z, a.side(), a.bias)
	side := a.side()
	target := Reshape(BroadcastToDims(ExpandDims(x, 1), batch, samples, side, side, 3), batch*samples, side, side, 3)
	nll := score(scope, a.Config, Sub(target, reconstructed)).nll
	distortion = ReduceSum(nll, 1, 2, 3)
	return Reshape(distortion, batch, samples), Reshape(rate, batch, samples)
}

// elbo returns the evidence lower bound log p(x) ≥ E[log p(x|z) + log p(z) − log q(z|x)] from the first sample, `[batch]`.
func elbo(distortion, rate *Node) *Node {
	first := func(v *Node) *Node { return Squeeze(Slice(v, AxisRange(), AxisRange(0, 1)), 1) }
	return Neg(Add(first(distortion), first(rate)))
}

// importanceBound returns the importance-weighted bound log (1/K) Σ p(x|z)·p(z)/q(z|x) from all K samples, `[batch]`.
// Its expectation is at least the ELBO's, and grows with K towards log p(x).
func importanceBound(distortion, rate *Node) *Node {
	samples := distortion.Shape().Dimensions[1]
	return AddScalar(logSumExp(Neg(Add(distortion, rate))), -math.Log(float64(samples)))
}
