package robustloss

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// StudentsTNLL returns the negative log-likelihood of the residuals x under Student's t-distribution, elementwise, in nats:
// the other classical distribution with a parameter for the weight of its tails.
//
//		½(ν+1)·log(1 + (x/s)²/ν) + log s + ½·log(πν) + log Γ(ν/2) − log Γ((ν+1)/2)
//
//		ν = 1   Cauchy of scale s   log(1 + (x/s)²) + log s + log π
//		ν → ∞   normal, σ = s       ½(x/s)² + log s + ½·log(2π)
//
//	  - x: residuals, any float shape, in the units of the data.
//	  - df: degrees of freedom ν > 0, dimensionless, +∞ included; a scalar, or a shape that broadcasts to x's: see [Loss].
//	  - scale: s > 0, in the units of x; as df. s² is the variance only for ν → ∞, otherwise it is smaller (ν > 2) or there is no
//	    variance.
//
// The result has the shape and dtype of x, and is NaN where df or scale is not positive. It panics where [Loss] does. It is
// differentiable in all three, once. The absolute error is below 1e-13·(1 + the largest term) for float64 and 1e-6 of it for
// float32: the Γ functions are not computed one by one, so that nothing is lost where ν is large.
func StudentsTNLL(x, df, scale *Node) *Node {
	return elementwise("StudentsTNLL", x, df, scale, func(x, df, scale *Node) *Node {
		s := newStudentsTerms(x, df, scale)
		return withPartials(s.nll(), partial{x, s.influence}, partial{df, s.dfGradient}, partial{scale, s.scaleGradient})
	})
}

// studentsTerms are the sub-expressions of Student's NLL and its derivatives.
type studentsTerms struct {
	x, scale *Node
	df       *Node // ν, at most largest
	r        *Node // x/s
	logTerm  *Node // log(1 + r²/ν)
	norm     *Node // see logGammaRatio; a function of ν
}

func newStudentsTerms(x, df, scale *Node) *studentsTerms {
	s := &studentsTerms{x: x, scale: scale}
	largest, far := 0x1p100, 0x1p450
	if x.DType() == dtypes.Float32 {
		largest, far = 0x1p50, 0x1p50
	}
	s.df = Where(LessOrEqual(df, s.constant(largest)), df, s.constant(largest))
	s.df = Where(GreaterThan(df, s.constant(0)), s.df, s.constant(math.NaN()))
	s.r = Div(x, scale)
	s.r = where(GreaterOrEqual(scale, s.constant(leastNormal(x.DType()))), s.r, s.constant(math.NaN()))
	// Where r² would overflow, 1 is nothing beside r²/ν.
	isFar := GreaterThan(Abs(s.r), s.constant(far))
	near := Where(isFar, s.constant(1), s.r)
	s.logTerm = where(isFar,
		Sub(MulScalar(Log(Where(isFar, Abs(s.r), s.constant(1))), 2), Log(s.df)),
		Log1P(Div(Square(near), s.df)))
	s.norm = logGammaRatio(MulScalar(s.df, 0.5))
	return s
}

func (s *studentsTerms) constant(value float64) *Node { return Scalar(s.x.Graph(), s.x.DType(), value) }

func (s *studentsTerms) nll() *Node {
	kernel := Mul(MulScalar(AddScalar(s.df, 1.0), 0.5), s.logTerm)
	return addParameters(kernel, AddScalar(s.norm, 0.5*math.Log(2*math.Pi)), Log(s.scale))
}

// influence returns ψ = ∂/∂x = (ν+1)·r/(ν + r²)/s, without squaring r.
func (s *studentsTerms) influence() *Node {
	return withoutGradient(Div(Div(AddScalar(s.df, 1.0), Add(Div(s.df, s.r), s.r)), s.scale))
}

// xInfluence returns x·ψ = (ν+1)·r²/(ν + r²), without squaring r.
func (s *studentsTerms) xInfluence() *Node {
	return Div(AddScalar(s.df, 1.0), AddScalar(Div(Div(s.df, s.r), s.r), 1.0))
}

// scaleGradient returns ∂/∂s = (1 − x·ψ)/s.
func (s *studentsTerms) scaleGradient() *Node {
	return withoutGradient(Div(AddScalar(Neg(s.xInfluence()), 1.0), s.scale))
}

// dfGradient returns ∂/∂ν = ½·log(1 + r²/ν) − ½(ν+1)/ν · r²/(ν + r²) + ½·g′(ν/2), where g is logGammaRatio.
func (s *studentsTerms) dfGradient() *Node {
	slope := logGammaRatioSlope(MulScalar(s.df, 0.5))
	return withoutGradient(MulScalar(Add(Sub(s.logTerm, Div(s.xInfluence(), s.df)), slope), 0.5))
}

// stirlingDifference are (1 − 4⁻ᵏ)·B₂ₖ/(k(2k−1)), k = 1, 2, …, with Bernoulli's numbers B₂ₖ: the coefficients of y^(1−2k) in
// the asymptotic series of g in [logGammaRatio]: Stirling's series of log Γ at y less that at y + ½.
var stirlingDifference = []float64{
	1. / 8, -1. / 192, 1. / 640, -17. / 14336, 31. / 18432, -691. / 180224, 5461. / 425984, -929569. / 15728640,
}

// logGammaRatio returns, elementwise for y > 0,
//
//	g(y) = ½·log y + log Γ(y) − log Γ(y + ½),   → 0 like 1/(8y) for y → ∞,
//
// the part of the normaliser of Student's t-distribution that the normal's hasn't. The recurrence Γ(y+1) = y·Γ(y) takes it to
// y + n, where the series is accurate, at the cost of one logarithm:
//
//	g(y) = ½·log[y/(y+n) · ∏ ((y+k+½)/(y+k))², k = 0, …, n−1] + Σ stirlingDifference·(y+n)^(1−2k)
func logGammaRatio(y *Node) *Node {
	steps, terms := gammaSteps(y.DType())
	end := AddScalar(y, float64(steps))
	half := AddScalar(y, 0.5)
	product := Mul(Div(half, y), Div(half, end))
	for k := 1; k < steps; k++ {
		product = Mul(product, Square(Div(AddScalar(y, float64(k)+0.5), AddScalar(y, float64(k)))))
	}
	return Add(MulScalar(Log(product), 0.5), oddSeries(Reciprocal(end), stirlingDifference[:terms]))
}

// logGammaRatioSlope returns g′(y) = ½n/(y(y+n)) − Σ ½/((y+k)(y+k+½)) − Σ (2k−1)·stirlingDifference·(y+n)^(−2k).
func logGammaRatioSlope(y *Node) *Node {
	steps, terms := gammaSteps(y.DType())
	end := AddScalar(y, float64(steps))
	slope := Mul(Reciprocal(y), MulScalar(Reciprocal(end), 0.5*float64(steps)))
	for k := range steps {
		slope = Sub(slope, Mul(
			Reciprocal(AddScalar(y, float64(k))),
			MulScalar(Reciprocal(AddScalar(y, float64(k)+0.5)), 0.5)))
	}
	inverse := Reciprocal(end)
	coefficients := make([]float64, terms)
	for k := range coefficients {
		coefficients[k] = float64(2*k+1) * stirlingDifference[k]
	}
	return Sub(slope, Mul(inverse, oddSeries(inverse, coefficients)))
}

// gammaSteps returns how far to shift y, and the length of the series: the error is then below 1e-15 or 1e-8.
func gammaSteps(dtype dtypes.DType) (steps, terms int) {
	if dtype == dtypes.Float64 {
		return 9, 8
	}
	return 4, 4
}

// oddSeries returns Σ c[k]·v^(2k+1).
func oddSeries(v *Node, c []float64) *Node {
	square := Square(v)
	sum := Scalar(v.Graph(), v.DType(), c[len(c)-1])
	for k := len(c) - 2; k >= 0; k-- {
		sum = AddScalar(Mul(sum, square), c[k])
	}
	return Mul(sum, v)
}
