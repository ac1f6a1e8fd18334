package robustloss

import . "github.com/gomlx/gomlx/core/graph"

// NLL returns the negative log-likelihood of the residuals x under the robust distribution, elementwise, in nats
// [1, Eq. 16]:
//
//	−log p(x | α, c) = ρ(x, α, c) + log c + log Z(α)
//
//	α = 0   Cauchy of scale c√2   log(½(x/c)² + 1) + log c + log(π√2)
//	α = 2   normal, σ = c         ½(x/c)² + log c + ½·log(2π)
//
// ρ alone can't choose its own α and c: it falls with c to 0, and with α to its smallest value, that of Welsch's loss at
// α = −∞, which charges no residual more than 1. log Z(α) and log c grow as ρ falls, and minimising the sum is maximum
// likelihood. It is negative where the density exceeds 1: small residuals under a small c; that is no fault.
//
//   - x: residuals, any float shape, in the units of the data.
//   - alpha: shape parameter in [0, +∞]; a scalar, or a shape that broadcasts to x's: see [Loss]. The NLL is NaN where
//     alpha < 0, for there is no distribution then.
//   - scale: c > 0, in the units of x; as alpha. The NLL is NaN where it isn't positive.
//
// The result has the shape and dtype of x: a mean or sum of it is a loss to train. NLL panics where [Loss] does. It is
// differentiable in all three; the gradient in alpha is that of [Loss] and [LogPartition], finite at α = 2. log Z is computed
// once per element of alpha, not of x: keep alpha as small as it is.
func NLL(x, alpha, scale *Node) *Node {
	return elementwise("NLL", x, alpha, scale, func(x, alpha, scale *Node) *Node {
		return addParameters(Loss(x, alpha, scale), LogPartition(alpha), Log(scale))
	})
}

// addParameters returns values + a + b, where a and b are scalars or have the rank of values and broadcast to it, adding the
// small ones first.
func addParameters(values, a, b *Node) *Node {
	if size(b) > size(a) {
		a, b = b, a
	}
	if broadcastsTo(b, a) {
		return Add(values, Add(a, b))
	}
	return Add(Add(values, a), b)
}

func size(n *Node) int { return n.Shape().Size() }

// broadcastsTo reports whether n + to has the shape of to.
func broadcastsTo(n, to *Node) bool {
	if n.IsScalar() {
		return true
	}
	if n.Rank() != to.Rank() {
		return false
	}
	for axis, dim := range n.Shape().Dimensions {
		if dim != 1 && dim != to.Shape().Dimensions[axis] {
			return false
		}
	}
	return true
}
