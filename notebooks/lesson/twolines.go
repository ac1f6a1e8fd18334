package lesson

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// TwoLines returns n points for the regression y ≈ slope·u + intercept, u ∈ [0, 1): 13 of 20 lie on y = u with noise 0.03,
// and 7 of 20, outliers with a structure of their own, on y = 2.6 − u with noise 0.1. The rows of x are (u, 1).
func TwoLines(n int, seed uint64) (x *mat.Dense, y *mat.VecDense) {
	rng := rand.New(rand.NewPCG(seed, 4))
	x, y = mat.NewDense(n, 2, nil), mat.NewVecDense(n, nil)
	for i := range n {
		u := rng.Float64()
		x.SetRow(i, []float64{u, 1})
		y.SetVec(i, u+0.03*rng.NormFloat64())
		if i%20 < 7 {
			y.SetVec(i, 2.6-u+0.1*rng.NormFloat64())
		}
	}
	return x, y
}
