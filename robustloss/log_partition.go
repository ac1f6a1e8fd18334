package robustloss

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition"
)

// LogPartition returns log Z(α), elementwise: the logarithm of what exp(−ρ) must be divided by to be a probability density
// [1, Eq. 17],
//
//	Z(α) = ∫ exp(−ρ(x, α, 1)) dx over the real line.
//
//	Z(0) = π√2 (Cauchy)   Z(1) = 2e·K₁(1)   Z(2) = √(2π) (normal)   log Z(+∞) = 0.70526…
//
// It decreases in α. For α < 0 the integral diverges and there is no distribution: the result is NaN there, as it is for NaN.
//
//   - alpha: shape parameter in [0, +∞], any float shape.
//
// The result has the shape and dtype of alpha. The error is below 1e-13 for float64, and below 2.4e-7 for float32.
//
// It is differentiable in alpha: d log Z/dα = −E[∂ρ/∂α], with a relative error below 1e-8 (float64) or 1e-6 (float32). The
// derivative is −0.8598 at α = 0 (from the right) and 0 at +∞. At α = 2 it is −∞, from both sides, like ¼·log|α−2|: what is
// returned there is its finite value at the next number of the dtype below 2, as for [Loss], so that the two cancel in the
// gradient of [NLL] as they do nearby.
//
// The values come from a table of polynomials (see internal/partition); their coefficients are chosen by comparisons, which
// is faster than gathering them. The cost is that of a logarithm and 150 cheap operations per element of alpha.
func LogPartition(alpha *Node) *Node {
	if !alpha.DType().IsFloat() {
		exceptions.Panicf("robustloss.LogPartition: alpha must be of a float dtype, got alpha=%s", alpha.Shape())
	}
	if isEmpty(alpha) {
		return ZerosLike(alpha)
	}
	return inWorkingDType(func(n []*Node) *Node {
		p := newPartitionTerms(n[0])
		return withDerivative(n[0], p.logZ(), p.slope)
	}, alpha)
}

// partitionTerms are the sub-expressions of log Z and its derivative; the formulas are those of package partition:
//
//	log Z = log Z(2) + β·(k·log β + H(u)), u = β^¼
type partitionTerms struct {
	alpha   *Node
	below   *Node // α ≤ 2
	b       *Node // α − 2, at least nearest
	beta, k *Node
	logBeta *Node
	h       *Node // H
	uSlope  *Node // (u/4)·dH/du = β·dH/dβ
}

func newPartitionTerms(alpha *Node) *partitionTerms {
	p := &partitionTerms{alpha: alpha}
	nearest := limitsOf(alpha.DType()).nearest
	p.below = LessOrEqual(alpha, p.constant(2))
	p.b = Max(AddScalar(alpha, -2.0), p.constant(nearest))
	p.beta = Where(p.below,
		MulScalar(AddScalar(Neg(alpha), 2.0), 0.5),
		Reciprocal(AddScalar(Reciprocal(p.b), 1.0))) // b/(1+b), also for b = ∞.
	p.k = Where(p.below, p.constant(-0.5), p.constant(0.25))
	p.logBeta = Log(Max(p.beta, p.constant(nearest/2)))
	p.smoothPart()
	return p
}

func (p *partitionTerms) constant(value float64) *Node {
	return Scalar(p.alpha.Graph(), p.alpha.DType(), value)
}

// smoothPart computes H(u) and (u/4)·dH/du by Horner's rule. Near u = 1, where α = 0 and +∞ are, the digits are in 1 − u.
func (p *partitionTerms) smoothPart() {
	u2 := Sqrt(p.beta)
	u := Sqrt(u2)
	oneMinusBeta := Where(p.below, MulScalar(p.alpha, 0.5), Reciprocal(AddScalar(p.b, 1.0)))
	oneMinusU := Div(oneMinusBeta, Mul(AddScalar(u, 1.0), AddScalar(u2, 1.0)))
	table := partition.Float64
	if p.alpha.DType() == dtypes.Float32 {
		table = partition.Float32
	}
	// In the order of −u below α = 2, then u above, the pieces are in order of α.
	pieces := slices.Concat(table.Below, table.Above)
	slices.Reverse(pieces[:len(table.Below)])
	key := Where(p.below, Neg(u), u)
	conditions := make([]*Node, len(pieces)-1)
	for i := range conditions {
		end := pieces[i].Hi
		if i < len(table.Below) {
			end = -pieces[i].Lo
		}
		conditions[i] = LessOrEqual(key, p.constant(end))
	}
	choose := func(value func(piece partition.Piece) float64) *Node {
		chosen := p.constant(value(pieces[len(pieces)-1]))
		for i := len(conditions) - 1; i >= 0; i-- {
			chosen = Where(conditions[i], p.constant(value(pieces[i])), chosen)
		}
		return chosen
	}
	stretch := choose(func(piece partition.Piece) float64 { return 2 / (piece.Hi - piece.Lo) })
	shift := choose(func(piece partition.Piece) float64 { return (2 - piece.Lo - piece.Hi) / (piece.Hi - piece.Lo) })
	t := Sub(shift, Mul(oneMinusU, stretch)) // (2u − Lo − Hi)/(Hi − Lo)
	last := len(pieces[0].Coefficients) - 1
	h := choose(func(piece partition.Piece) float64 { return piece.Coefficients[last] })
	dh := ZerosLike(h)
	for j := last - 1; j >= 0; j-- {
		dh = Add(Mul(dh, t), h)
		h = Add(Mul(h, t), choose(func(piece partition.Piece) float64 { return piece.Coefficients[j] }))
	}
	p.h = h
	p.uSlope = Mul(MulScalar(u, 0.25), Mul(dh, stretch))
}

// logZ returns log Z, NaN for α < 0.
func (p *partitionTerms) logZ() *Node {
	return p.valid(AddScalar(Mul(p.beta, Add(Mul(p.k, p.logBeta), p.h)), partition.LogZOfNormal))
}

// slope returns d log Z/dα = dβ/dα·[k·(log β + 1) + H + β·dH/dβ].
func (p *partitionTerms) slope() *Node {
	dBeta := Where(p.below, p.constant(-0.5), Square(Reciprocal(AddScalar(p.b, 1.0))))
	return p.valid(Mul(dBeta, Add(Mul(p.k, AddScalar(p.logBeta, 1.0)), Add(p.h, p.uSlope))))
}

// valid replaces values by NaN where α is negative or NaN. It divides, so that XLA computes them once for each α: see stored.
func (p *partitionTerms) valid(value *Node) *Node {
	return Div(value, Where(GreaterOrEqual(p.alpha, p.constant(0)), p.constant(1), p.constant(math.NaN())))
}
