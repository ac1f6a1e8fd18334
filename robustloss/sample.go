package robustloss

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/quantile"
)

// Sample draws from the robust distribution, whose density is exp(−NLL(x, α, c)), one number for each element of the shape that
// alpha and scale broadcast to, independently.
//
//   - rngState: state of the random number generator, as graph.RNGStateFromSeed gives: the same state gives the same samples.
//   - alpha: shape parameter in [0, +∞], float; a scalar, or of a shape that broadcasts with scale's: axes of size 1 are
//     repeated, missing leading axes are added. Where it is negative or NaN, so is the sample NaN.
//   - scale: c > 0, in the units of the samples; same dtype as alpha. Where it isn't positive, the sample is NaN.
//
// To draw many from one pair of parameters, broadcast the scale, not alpha, since the cost per element of alpha is a multiple
// of that of a sample:
//
//	rngState, x := robustloss.Sample(rngState, alpha, BroadcastToDims(scale, 100_000))
//
// It inverts the distribution function, by a table (see internal/quantile), so that the number of operations is fixed, and no
// sample is ever rejected. Probabilities of the samples, P(X > x), are within 3e-7 of the distribution's; it takes 10¹² samples
// to see that. The tails end where P(|X| > x) is 5e-17.
//
// The samples are differentiable in scale, and constant in alpha: no gradient flows there. Sample panics, with the shapes, where
// they don't broadcast or the dtypes differ.
func Sample(rngState, alpha, scale *Node) (newRNGState, samples *Node) {
	dtype := alpha.DType()
	if !dtype.IsFloat() || scale.DType() != dtype {
		exceptions.Panicf("robustloss.Sample: alpha and scale must have the same float dtype, got alpha=%s and scale=%s: convert one "+
			"of them with ConvertDType", alpha.Shape(), scale.Shape())
	}
	shape := sampleShape(alpha, scale)
	if shape.Size() == 0 {
		return rngState, Zeros(alpha.Graph(), shape)
	}
	samples = inWorkingDType(func(n []*Node) *Node {
		alpha, scale := n[0], n[1]
		wide := shape.Clone()
		wide.DType = alpha.DType()
		var sign, exceedance *Node
		newRNGState, sign, exceedance = randomExceedance(rngState, wide)
		size := quantileSize(StopGradient(expandTo(alpha, shape.Rank())), exceedance)
		return Mul(StopGradient(Mul(sign, size)), expandTo(positive(scale), shape.Rank()))
	}, alpha, scale)
	return newRNGState, samples
}

// sampleShape is the shape that alpha and scale broadcast to.
func sampleShape(alpha, scale *Node) shapes.Shape {
	a, b := alpha.Shape().Dimensions, scale.Shape().Dimensions
	if len(a) < len(b) {
		a, b = b, a
	}
	dims := slices.Clone(a)
	for i, dim := range b {
		axis := len(a) - len(b) + i
		if dim != 1 && a[axis] != 1 && dim != a[axis] {
			exceptions.Panicf("robustloss.Sample: alpha=%s and scale=%s don't broadcast to a common shape", alpha.Shape(), scale.Shape())
		}
		if a[axis] == 1 {
			dims[axis] = dim
		}
	}
	return shapes.Make(alpha.DType(), dims...)
}

// expandTo adds leading axes to n up to the rank; scalars stay.
func expandTo(n *Node, rank int) *Node {
	if n.IsScalar() {
		return n
	}
	return ExpandLeftToRank(n, rank)
}

// randomExceedance returns random signs, ±1, and E = −log(2p) for a uniform 2p, both from one uniform number of 53 bits.
func randomExceedance(rngState *Node, shape shapes.Shape) (newRNGState, sign, exceedance *Node) {
	wide := shape.Clone()
	wide.DType = dtypes.Float64
	newRNGState, uniform := RandomUniform(rngState, wide)
	g := rngState.Graph()
	zero, one := ScalarZero(g, dtypes.Float64), ScalarOne(g, dtypes.Float64)
	twice := MulScalar(uniform, 2)
	upper := GreaterOrEqual(twice, one)
	rest := Sub(twice, Where(upper, one, zero))
	rest = MaxScalar(rest, 0x1p-54) // Half the step: E < quantile.MaxE.
	sign = Where(upper, ScalarOne(g, shape.DType), Scalar(g, shape.DType, -1.0))
	return newRNGState, sign, ConvertDType(Neg(Log(rest)), shape.DType)
}

// quantileSize returns x/c ≥ 0 at the exceedance E. alpha is a scalar or has E's rank and broadcasts to it.
func quantileSize(alpha, exceedance *Node) *Node {
	g, dtype := alpha.Graph(), alpha.DType()
	constant := func(v float64) *Node { return Scalar(g, dtype, v) }
	r := quantileRadius(exceedance)
	// Clenshaw's rule for Σ c[k]·Tₖ(t).
	c := quantileSeries(alpha)
	t2 := AddScalar(MulScalar(r, 4/quantile.MaxR), -2.0)
	b1, b2 := c[len(c)-1], constant(0)
	for k := len(c) - 2; k > 0; k-- {
		b1, b2 = Add(c[k], Sub(Mul(t2, b1), b2)), b1
	}
	root := Mul(r, Add(c[0], Sub(Mul(MulScalar(t2, 0.5), b1), b2)))
	// x² = b·expm1((2/α)·log1p(αy/b)), b = max(α, 2), in a form for α = 0 and ∞, too.
	y := Square(root)
	clipped := MinScalar(alpha, 0x1p40)
	b := MaxScalar(clipped, 2)
	ty := Mul(y, Div(clipped, b))
	isSmall := LessThan(ty, constant(1e-3))
	safe := Where(isSmall, constant(1), ty)
	series := AddScalar(Mul(ty, AddScalar(Mul(ty, AddScalar(MulScalar(ty, -0.25), 1.0/3)), -0.5)), 1.0)
	ratio := Where(isSmall, series, Div(Log1p(safe), safe)) // log1p(ty)/ty
	size := Sqrt(Mul(b, Expm1(Mul(Mul(y, ratio), Div(constant(2), b)))))
	return where(GreaterOrEqual(alpha, constant(0)), size, constant(math.NaN()))
}

// quantileRadius returns r = √(E + ½) − √½, exact for small E.
func quantileRadius(exceedance *Node) *Node {
	return Div(exceedance, AddScalar(Sqrt(AddScalar(exceedance, 0.5)), math.Sqrt(0.5)))
}

// quantileSeries returns the coefficients of the Chebyshev series, each of the shape of alpha.
func quantileSeries(alpha *Node) []*Node {
	g, dtype := alpha.Graph(), alpha.DType()
	flat := Reshape(alpha, alpha.Shape().Size())
	index, t := quantilePiece(flat)
	pieces := quantilePieces()
	row := func(j int) *Node { // [size of alpha, number of coefficients]
		table := make([][]float64, len(pieces))
		for i, piece := range pieces {
			table[i] = piece.Coefficients[j]
		}
		return Gather(ConstAsDType(g, dtype, table), index)
	}
	last := len(pieces[0].Coefficients) - 1
	sum := row(last)
	for j := last - 1; j >= 0; j-- {
		sum = Add(Mul(sum, t), row(j))
	}
	series := make([]*Node, len(pieces[0].Coefficients[0]))
	for k := range series {
		series[k] = Reshape(Slice(sum, AxisRange(), AxisElem(k)), alpha.Shape().Dimensions...)
	}
	return series
}

// quantilePieces returns the pieces of the table in the order of α.
func quantilePieces() []quantile.Piece {
	below := slices.Clone(quantile.Quantiles.Below)
	slices.Reverse(below)
	return append(below, quantile.Quantiles.Above...)
}

// quantilePiece returns, for a vector of α, the index of the piece and t within it, both of shape `[size, 1]`.
func quantilePiece(alpha *Node) (index, t *Node) {
	g, dtype := alpha.Graph(), alpha.DType()
	constant := func(v float64) *Node { return Scalar(g, dtype, v) }
	below := LessThan(alpha, constant(2))
	b := Max(AddScalar(alpha, -2.0), constant(limitsOf(dtype).nearest))
	rest := Where(below, MulScalar(MaxScalar(alpha, 0), 0.5), Reciprocal(AddScalar(b, 1.0))) // 1 − β
	root := Sqrt(AddScalar(Neg(rest), 1.0))
	u := Sqrt(root)
	oneMinusU := Div(rest, Mul(AddScalar(u, 1.0), AddScalar(root, 1.0)))
	key := Where(below, Neg(u), u)
	index = Zeros(g, shapes.Make(dtypes.Int32, alpha.Shape().Size()))
	pieces := quantilePieces()
	var stretches, shifts []float64
	for i, piece := range pieces {
		stretches = append(stretches, 2/(piece.Hi-piece.Lo))
		shifts = append(shifts, (2-piece.Lo-piece.Hi)/(piece.Hi-piece.Lo))
		if i > 0 {
			start := piece.Lo
			if i < len(quantile.Quantiles.Below) {
				start = -piece.Hi
			}
			index = Add(index, ConvertDType(GreaterOrEqual(key, constant(start)), dtypes.Int32))
		}
	}
	index = ExpandAxes(index, -1)
	of := func(values []float64) *Node { return Gather(ConstAsDType(g, dtype, values), index) }
	t = ExpandAxes(Sub(of(shifts), Mul(oneMinusU, of(stretches))), -1)
	return index, t
}
