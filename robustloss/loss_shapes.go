package robustloss

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// workingDType is the dtype in which a float dtype is computed: float64 in itself, all smaller ones in float32, whose range
// the squares, exponentials and scales inside the functions need whatever the dtype of the data.
func workingDType(dtype dtypes.DType) dtypes.DType {
	if dtype == dtypes.Float64 {
		return dtype
	}
	return dtypes.Float32
}

// inWorkingDType calls f with the arguments in their working dtype, and converts what it returns back to theirs, which is
// one. Everything in between is computed without rounding to it.
func inWorkingDType(f func(arguments []*Node) *Node, arguments ...*Node) *Node {
	dtype := arguments[0].DType()
	wide := make([]*Node, len(arguments))
	for i, n := range arguments {
		wide[i] = ConvertDType(n, workingDType(dtype))
	}
	return ConvertDType(f(wide), dtype)
}

// elementwise checks the arguments of the function name, gives alpha and scale the rank of x, and calls f with them in their
// working dtype.
func elementwise(name string, x, alpha, scale *Node, f func(x, alpha, scale *Node) *Node) *Node {
	if !x.DType().IsFloat() {
		exceptions.Panicf("robustloss.%s: x must be of a float dtype, got x=%s", name, x.Shape())
	}
	alpha = broadcastable(name, "alpha", alpha, x)
	scale = broadcastable(name, "scale", scale, x)
	if isEmpty(x) {
		return ZerosLike(x)
	}
	return inWorkingDType(func(n []*Node) *Node { return f(n[0], n[1], n[2]) }, x, alpha, scale)
}

// isEmpty reports whether n has no elements: not even the Where of such a tensor works on the pure Go backend.
func isEmpty(n *Node) bool { return n.Shape().Size() == 0 }

// broadcastable returns parameter p, unchanged if it is a scalar, else with leading axes of size 1 up to the rank of x.
// It panics where p doesn't broadcast to x.
func broadcastable(name, parameter string, p, x *Node) *Node {
	if p.DType() != x.DType() {
		exceptions.Panicf("robustloss.%s: %s and x must have the same dtype, got %s=%s and x=%s: convert one of them with ConvertDType",
			name, parameter, parameter, p.Shape(), x.Shape())
	}
	if p.IsScalar() {
		return p
	}
	missing := x.Rank() - p.Rank()
	for axis := 0; missing >= 0 && axis < p.Rank(); axis++ {
		if dim := p.Shape().Dimensions[axis]; dim != 1 && dim != x.Shape().Dimensions[missing+axis] {
			missing = -1
		}
	}
	if missing < 0 {
		exceptions.Panicf("robustloss.%s: %s must be a scalar or broadcast to the shape of x, got %s=%s and x=%s",
			name, parameter, parameter, p.Shape(), x.Shape())
	}
	return ExpandLeftToRank(p, x.Rank())
}

// where is [Where] for operands that broadcast to each other.
func where(condition, onTrue, onFalse *Node) *Node {
	var dims []int
	for _, n := range []*Node{condition, onTrue, onFalse} {
		for axis, dim := range n.Shape().Dimensions {
			if dims == nil {
				dims = append(dims, n.Shape().Dimensions...)
			}
			dims[axis] = max(dims[axis], dim)
		}
	}
	fit := func(n *Node) *Node {
		if n.IsScalar() || slices.Equal(n.Shape().Dimensions, dims) {
			return n // BroadcastToDims would copy it
		}
		return BroadcastToDims(n, dims...)
	}
	if dims != nil && onTrue.IsScalar() && onFalse.IsScalar() {
		return Where(fit(condition), onTrue, onFalse)
	}
	return Where(fit(condition), fit(onTrue), fit(onFalse))
}

// quotient returns n/d. Where one d is that of many n, it is inverted first, and multiplied with: XLA writes each array of
// quotients that several results need to memory, but forms a product anew in each. A d whose inverse would be subnormal, which
// XLA takes for 0, is made smaller before, and n with it.
func quotient(n, d *Node) *Node {
	if size(d) == size(n) {
		return Div(n, d)
	}
	g, dtype := d.Graph(), d.DType()
	constant := func(v float64) *Node { return Scalar(g, dtype, v) }
	down := stored(Where(GreaterThan(d, constant(0.25/math.Sqrt(leastNormal(dtype)))), constant(0x1p-30), constant(1)))
	return Mul(Mul(n, down), Reciprocal(Mul(d, down)))
}

// stored returns n, a function of parameters, as a node whose last operation XLA takes for expensive, so that it computes it once
// for each parameter and not anew for each residual that shares it: divided by 1. It leaves a scalar as it is, whose functions
// are computed outside of the loop.
func stored(n *Node) *Node {
	if n.IsScalar() {
		return n
	}
	g, dtype := n.Graph(), n.DType()
	return Div(n, Where(Equal(n, n), Scalar(g, dtype, 1), Scalar(g, dtype, math.NaN())))
}

// positive returns a scale as it is where it is positive, and NaN elsewhere. A subnormal one counts as 0, which is what XLA takes
// it for; its inverse would overflow.
func positive(scale *Node) *Node {
	g, dtype := scale.Graph(), scale.DType()
	return Where(GreaterOrEqual(scale, Scalar(g, dtype, leastNormal(dtype))), scale, Scalar(g, dtype, math.NaN()))
}

// leastNormal returns the smallest normal number of float64 or float32.
func leastNormal(dtype dtypes.DType) float64 {
	if dtype == dtypes.Float64 {
		return 0x1p-1022
	}
	return 0x1p-126
}

// inverseOf returns the inverse of a scale, at least the least normal number, for XLA flushes a smaller one to 0, but ∞ times it
// must stay ∞.
func inverseOf(scale *Node) *Node {
	return Reciprocal(Min(scale, Scalar(scale.Graph(), scale.DType(), 1/leastNormal(scale.DType()))))
}

// sumTo sums v over the axes along which a parameter of the shape of p was broadcast to v.
func sumTo(v, p *Node) *Node {
	if p.Shape().Equal(v.Shape()) {
		return v
	}
	if p.IsScalar() {
		return ReduceAllSum(v)
	}
	var axes []int
	for axis, dim := range p.Shape().Dimensions {
		if dim != v.Shape().Dimensions[axis] {
			axes = append(axes, axis)
		}
	}
	return ReshapeWithShape(ReduceSum(v, axes...), p.Shape())
}
