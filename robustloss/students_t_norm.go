package robustloss

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

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
