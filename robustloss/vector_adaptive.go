package robustloss

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition"
)

// correlationLatent is the variable of what is below the diagonal of L, row by row: d(d−1)/2 numbers.
const correlationLatent = "correlation_latent"

// NewVectorAdaptive returns a builder of the negative log-likelihood of residuals that are vectors, see [VectorNLL]: all of x
// shares one α, and one matrix L that says how large the coordinates are and how they go together, LLᵀ in place of a covariance.
//
//	L = diag(c)·(I + M),  cᵢ as the scale of [NewAdaptive],  M strictly lower triangular, 0 at first
//
// so that L starts as the scale's init times the identity. M, in units of c, is held by the variable "correlation_latent", row by
// row; all else is as for [NewAdaptive].
//
//   - scope: owns the variables, as for [NewAdaptive].
//   - x: residuals `[batchSize, d]`, d = 1 … 8, float, such as positions, colours or poses that are wrong as a whole. Bring the
//     coordinates to similar sizes, or give them a fitting ScaleInit.
//
// Options mean what they mean for numbers, with these differences: WithAlpha takes a scalar or `[batchSize]`; FixedScale(c) makes L
// c·I; WithScale takes L, `[d, d]` or `[batchSize, d, d]`; a location has d numbers; Weights and Mask are `[batchSize]`; bounds of α
// are above 0 for d ≥ 2, where α = 0 has no distribution. Shared, StudentsT and the options of images don't go with vectors. Done
// returns `[batchSize]`.
func NewVectorAdaptive(scope *model.Scope, x *Node) *Adaptive {
	a := newAdaptive("NewVectorAdaptive", scope, x)
	a.vectors = true
	return a
}

// checkVectors panics where x isn't vectors, or the options don't go with them.
func (a *Adaptive) checkVectors() {
	shape := a.x.Shape()
	switch {
	case shape.Rank() != 2:
		a.panicf("x must be vectors [batchSize, d], got rank %d: x=%s", shape.Rank(), shape)
	case shape.Dimensions[1] > partition.MaxVector:
		a.panicf("vectors have 1 to %d dimensions, got %d: x=%s", partition.MaxVector, shape.Dimensions[1], shape)
	case a.likelihood != General:
		a.panicf("Likelihood(%s): vectors have the likelihood General", a.likelihood)
	}
}

// column returns the first number of each vector of x.
func (a *Adaptive) column(x *Node) *Node { return Squeeze(SliceAxis(x, 1, AxisElem(0)), 1) }

// vectorParameters returns α, L and the location; l has the shape of a scalar.
func (a *Adaptive) vectorParameters(l *latents, x *Node) result {
	d := x.Shape().Dimensions[1]
	perCoordinate, belowDiagonal := *l, *l
	perCoordinate.shape.Dimensions, belowDiagonal.shape.Dimensions = []int{d}, []int{d * (d - 1) / 2}
	r := result{
		shape:    a.parameterIn(l, &a.alpha, a.column(x)),
		location: a.parameterIn(&perCoordinate, &a.location, x),
	}
	switch {
	case a.scale.source == given: // VectorNLL checks its shape
		r.scale = a.scale.node
		if r.scale.DType() == a.x.DType() {
			r.scale = ConvertDType(r.scale, x.DType())
		}
	case a.scale.source == learned && d > 1:
		r.scale = factorOf(a.scale.in(&perCoordinate), belowDiagonal.of(correlationLatent), d)
	default:
		r.scale = factorOf(a.scale.in(&perCoordinate), nil, d)
	}
	return r
}

// factorOf returns L = diag(c)·(I + M), `[d, d]`: c is `[d]` or a scalar, below holds M row by row, or is nil for M = 0.
func factorOf(c, below *Node, d int) *Node {
	one, zero := ScalarOne(c.Graph(), c.DType()), ScalarZero(c.Graph(), c.DType())
	rows := make([]*Node, d)
	next := 0
	for i := range rows {
		entries := make([]*Node, d)
		for j := range entries {
			switch {
			case j == i:
				entries[j] = one
			case j < i && below != nil:
				entries[j] = Squeeze(SliceAxis(below, 0, AxisElem(next)))
				next++
			default:
				entries[j] = zero
			}
		}
		rows[i] = Stack(entries, 0)
	}
	if !c.IsScalar() {
		c = BroadcastToDims(ExpandDims(c, -1), d, d)
	}
	return Mul(Stack(rows, 0), c)
}

// factorNumbers is factorOf on numbers, row by row.
func factorNumbers(c, below []float64, d int) ([]float64, error) {
	if (len(c) != 1 && len(c) != d) || len(below) != d*(d-1)/2 {
		return nil, fmt.Errorf("robustloss.ReadParameters: %d scales and %d numbers below the diagonal don't make vectors of %d dimensions",
			len(c), len(below), d)
	}
	factor := make([]float64, d*d)
	for i := range d {
		ci := c[min(i, len(c)-1)]
		for j := range i {
			factor[i*d+j] = ci * below[i*(i-1)/2+j]
		}
		factor[i*d+i] = ci
	}
	return factor, nil
}
