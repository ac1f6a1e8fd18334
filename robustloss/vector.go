package robustloss

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition"
)

// VectorNLL returns the negative log-likelihood of residuals that are vectors x ∈ ℝᵈ under the robust distribution with
// elliptical contours, in nats:
//
//	−log p(x | α, L) = ρ(‖L⁻¹x‖, α, 1) + Σ log Lᵢᵢ + log Z_d(α)
//
// LLᵀ plays the part of a covariance matrix, and is it for α = 2. One α, and one distance ‖L⁻¹x‖, belong to the whole vector: where
// one coordinate is far out the others are expected to be so too, which a product of one-dimensional likelihoods can't say.
//
//   - x: residuals `[..., d]`, d = 1 … 8, float.
//   - alpha: shape parameter in (0, +∞], and 0 for d = 1: a scalar, or of the shape of x without its last axis. For α → 0 the
//     distribution of a vector ceases to exist: the NLL is +∞ there, and NaN below.
//   - factor: L, `[d, d]` for all or `[..., d, d]` for each vector, in the units of x: Cholesky's factor, lower triangular; what is
//     above the diagonal is ignored. The NLL is NaN where a number on the diagonal isn't positive.
//
// The result has the shape of x without its last axis, and x's dtype. It panics where dtypes or shapes don't fit. It is
// differentiable in all three. ‖L⁻¹x‖² must be within the range of the dtype: it overflows beyond 1e19 in float32.
func VectorNLL(x, alpha, factor *Node) *Node {
	if !x.DType().IsFloat() || x.IsScalar() {
		exceptions.Panicf("robustloss.VectorNLL: x must be vectors [..., d] of a float dtype, got x=%s", x.Shape())
	}
	last := x.Rank() - 1
	d := x.Shape().Dimensions[last]
	if d < 1 || d > partition.MaxVector {
		exceptions.Panicf("robustloss.VectorNLL: vectors have 1 to %d numbers in the last axis, got %d: x=%s", partition.MaxVector, d, x.Shape())
	}
	batch := x.Shape().Dimensions[:last]
	if dims := factor.Shape().Dimensions; factor.DType() != x.DType() || len(dims) < 2 || !slices.Equal(dims[len(dims)-2:], []int{d, d}) ||
		(len(dims) > 2 && !slices.Equal(dims[:len(dims)-2], batch)) {
		exceptions.Panicf("robustloss.VectorNLL: the factor must be [%d, %d], or that for each vector, of x's dtype, got factor=%s and x=%s",
			d, d, factor.Shape(), x.Shape())
	}
	alpha = broadcastable("VectorNLL", "alpha", alpha, Squeeze(SliceAxis(x, last, AxisElem(0)), last))
	if isEmpty(x) {
		return ZerosLike(Squeeze(SliceAxis(x, last, AxisElem(0)), last))
	}
	return inWorkingDType(func(n []*Node) *Node {
		squared, logVolume := distance(n[0], n[2])
		one := ScalarOne(squared.Graph(), squared.DType())
		return Add(LossSquared(squared, n[1], one), addParameters(ZerosLike(squared), VectorLogPartition(n[1], d), logVolume))
	}, x, alpha, factor)
}

// distance returns ‖L⁻¹x‖² by forward substitution, and Σ log Lᵢᵢ, which has the shape of the squares or is a scalar.
func distance(x, factor *Node) (squared, logVolume *Node) {
	d := x.Shape().Dimensions[x.Rank()-1]
	element := func(i, j int) *Node {
		rank := factor.Rank()
		return Squeeze(SliceAxis(SliceAxis(factor, rank-1, AxisElem(j)), rank-2, AxisElem(i)), rank-2, rank-1)
	}
	y := make([]*Node, d)
	for i := range d {
		y[i] = Squeeze(SliceAxis(x, x.Rank()-1, AxisElem(i)), x.Rank()-1)
		for j := range i {
			y[i] = Sub(y[i], Mul(element(i, j), y[j]))
		}
		diagonal := element(i, i)
		diagonal = positive(diagonal)
		y[i] = Div(y[i], diagonal)
		if i == 0 {
			squared, logVolume = Square(y[i]), Log(diagonal)
		} else {
			squared, logVolume = Add(squared, Square(y[i])), Add(logVolume, Log(diagonal))
		}
	}
	return squared, logVolume
}

// VectorLogPartition returns log Z_d(α), elementwise: what [LogPartition] is for scalars, for vectors of d dimensions,
//
//	Z_d(α) = ∫ exp(−ρ(‖x‖, α, 1)) dx over ℝᵈ.
//
//	Z_d(2) = (2π)^(d/2)   Z₂(1) = 4π   Z₃(1) = 4πe·K₂(1)   Z₁ = Z
//
// It decreases in α. For α → 0 it grows without bounds if d ≥ 2, like 1/√α for d = 2 and like exp((d·log(d/2) − d + 2)/α) beyond:
// the result is +∞ at 0, and NaN below and for NaN.
//
//   - alpha: shape parameter, any float shape.
//   - d: 1 … 8.
//
// The result has the shape and dtype of alpha. The error is below 1e-12·max(1, |log Z_d|) for float64, and 2e-6 of it for float32.
// It is differentiable in alpha as [LogPartition] is; at α = 2 the derivative is −∞, and what is returned is its value nearby.
//
// The values come from a table of polynomials (see internal/partition), made by quadrature.
func VectorLogPartition(alpha *Node, d int) *Node {
	switch {
	case !alpha.DType().IsFloat():
		exceptions.Panicf("robustloss.VectorLogPartition: alpha must be of a float dtype, got alpha=%s", alpha.Shape())
	case d < 1 || d > partition.MaxVector:
		exceptions.Panicf("robustloss.VectorLogPartition: vectors of 1 to %d dimensions, got %d", partition.MaxVector, d)
	case d == 1:
		return LogPartition(alpha)
	case isEmpty(alpha):
		return ZerosLike(alpha)
	}
	return inWorkingDType(func(n []*Node) *Node {
		p := newVectorPartition(n[0], d)
		return withDerivative(n[0], p.logZ(), p.slope)
	}, alpha)
}

// vectorPartition are the sub-expressions of log Z_d and its derivative: see [partition.VectorTable]. With β and k as for scalars,
//
//	α ≥ ½:  log Z_d = d·½·log(2π) + β·(d·k·log β + H(u)), u = β^¼
//	α < ½:  log Z_d = G(√α)·(1 for d = 2, 1/α for d > 2) − ½·log α
type vectorPartition struct {
	d             int
	alpha         *Node // α, ½ where it isn't positive
	given         *Node // α as it was given
	small         *Node // α < ½
	below         *Node // α ≤ 2
	b             *Node // α − 2, at least nearest
	beta, logBeta *Node
	at            *Node // √α or u
	value, dValue *Node // of the polynomial in at: G or H
}

func newVectorPartition(alpha *Node, d int) *vectorPartition {
	p := &vectorPartition{d: d, given: alpha}
	nearest := limitsOf(alpha.DType()).nearest
	p.alpha = Where(GreaterThan(alpha, p.constant(0)), alpha, p.constant(0.5))
	p.small, p.below = LessThan(p.alpha, p.constant(0.5)), LessOrEqual(p.alpha, p.constant(2))
	p.b = Max(AddScalar(p.alpha, -2.0), p.constant(nearest))
	p.beta = Where(p.below,
		MulScalar(AddScalar(Neg(p.alpha), 2.0), 0.5),
		Reciprocal(AddScalar(Reciprocal(p.b), 1.0))) // b/(1+b), also for b = ∞
	p.logBeta = Log(Max(p.beta, p.constant(nearest/2)))
	p.at = Sqrt(Where(p.small, p.alpha, Sqrt(p.beta)))
	p.polynomial()
	return p
}

func (p *vectorPartition) constant(value float64) *Node {
	return Scalar(p.given.Graph(), p.given.DType(), value)
}

// polynomial looks up the coefficients of each element's piece, and evaluates it and its derivative by Horner's rule.
func (p *vectorPartition) polynomial() {
	table := &partition.Vector[p.d]
	groups := [][]partition.Piece{table.Small, table.Below, table.Above}
	inGroup := []*Node{p.small, LogicalAnd(p.below, LogicalNot(p.small)), LogicalNot(p.below)}
	var rows [][]float64 // the middle, the inverse of half the width, and the coefficients of each piece
	index := Zeros(p.given.Graph(), p.given.Shape())
	for g, pieces := range groups {
		row := Scalar(p.given.Graph(), p.given.DType(), len(rows))
		for i, piece := range pieces {
			rows = append(rows, append([]float64{(piece.Lo + piece.Hi) / 2, 2 / (piece.Hi - piece.Lo)}, piece.Coefficients...))
			if i > 0 {
				row = Add(row, ConvertDType(GreaterThan(p.at, p.constant(piece.Lo)), p.given.DType()))
			}
		}
		index = Add(index, Mul(row, ConvertDType(inGroup[g], p.given.DType())))
	}
	chosen := Gather(ConstAs(p.given, rows), ExpandDims(ConvertDType(StopGradient(index), dtypes.Int32), -1))
	column := func(j int) *Node { return Squeeze(SliceAxis(chosen, -1, AxisElem(j)), -1) }
	t := Mul(Sub(p.at, column(0)), column(1))
	last := len(rows[0]) - 1
	p.value = column(last)
	p.dValue = ZerosLike(p.value)
	for j := last - 1; j >= 2; j-- {
		p.dValue = Add(Mul(p.dValue, t), p.value)
		p.value = Add(Mul(p.value, t), column(j))
	}
	p.dValue = Mul(p.dValue, column(1))
}

// k returns d times the factor of log β.
func (p *vectorPartition) k() *Node {
	return Where(p.below, p.constant(-0.5*float64(p.d)), p.constant(0.25*float64(p.d)))
}

func (p *vectorPartition) logZ() *Node {
	large := AddScalar(Mul(p.beta, Add(Mul(p.k(), p.logBeta), p.value)), float64(p.d)*partition.LogZOfNormal)
	small := p.value
	if p.d > 2 {
		small = Div(small, p.alpha)
	}
	small = Sub(small, MulScalar(Log(p.alpha), 0.5))
	return p.outside(Where(p.small, small, large), math.Inf(1))
}

// slope returns d log Z_d/dα.
func (p *vectorPartition) slope() *Node {
	dBeta := Where(p.below, p.constant(-0.5), Square(Reciprocal(AddScalar(p.b, 1.0))))
	betaSlope := Mul(MulScalar(p.at, 0.25), p.dValue) // β·dH/dβ = (u/4)·dH/du
	large := Mul(dBeta, Add(Mul(p.k(), AddScalar(p.logBeta, 1.0)), Add(p.value, betaSlope)))
	small := Div(p.dValue, MulScalar(p.at, 2)) // dG/dα
	if p.d > 2 {
		small = Div(Sub(small, Div(p.value, p.alpha)), p.alpha)
	}
	small = Sub(small, Div(p.constant(0.5), p.alpha))
	return p.outside(Where(p.small, small, large), math.Inf(-1))
}

// outside replaces values where α is 0, and by NaN where it is negative or NaN.
func (p *vectorPartition) outside(value *Node, atZero float64) *Node {
	zero := p.constant(0)
	value = Where(Equal(p.given, zero), p.constant(atZero), value)
	return Where(GreaterOrEqual(p.given, zero), value, p.constant(math.NaN()))
}
