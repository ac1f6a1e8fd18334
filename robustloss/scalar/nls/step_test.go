package nls

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// J̃ᵀJ̃ = H and J̃ᵀr̃ = ∇F, with the gradient and, since the residuals are linear, the Hessian by differences of F. Blocks of
// two, α = 1: the correction applies where the curvature along r is a fifth of that across it or more, and nowhere else.
func TestLinearise_IsTheModelOfItsComment(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	const n, blocks = 3, 8
	matrix := mat.NewDense(2*blocks, n, nil)
	matrix.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, matrix)
	x := []float64{.3, -.2, .5}
	for _, test := range []struct {
		name   string
		spread float64 // size of the residuals, in units of c
		exact  bool    // whether no block's correction is left out
	}{{"inliers", .1, true}, {"outliers", 8, false}} {
		offset := make([]float64, 2*blocks)
		for i := range offset {
			offset[i] = test.spread * rng.NormFloat64()
			for j := range n {
				offset[i] -= matrix.At(i, j) * x[j]
			}
		}
		p := Problem{Size: 2 * blocks, Block: 2, Inliers: []int{3}, Residuals: func(x, r []float64) {
			for i := range r {
				r[i] = offset[i]
				for j := range n {
					r[i] += matrix.At(i, j) * x[j]
				}
			}
		}, Jacobian: func(_ []float64, to *mat.Dense) { to.Copy(matrix) }}
		s, err := newSolver(&p, x, Fixed{Alpha: 1, Scale: 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.loss, s.scale = scalar.Kernel{Alpha: 1, Scale: 1}, make([]float64, n)
		if err := s.linearise(); err != nil {
			t.Fatal(err)
		}
		cost := func(x []float64) float64 {
			r := make([]float64, p.Size)
			p.Residuals(x, r)
			return s.costOf(r)
		}
		moved := func(j int, h float64, k int, g float64) float64 {
			y := append([]float64{}, x...)
			y[j] += h
			y[k] += g
			return cost(y)
		}
		const h = 1e-4
		for j := range n {
			gradient := 0.0
			for i := range j + 1 {
				gradient += s.triangle.At(i, j) * s.triangle.At(i, n)
			}
			if want := (moved(j, h, j, 0) - moved(j, -h, j, 0)) / 2 / h; math.Abs(gradient-want) > 1e-6*(1+math.Abs(want)) {
				t.Errorf("%s: gradient %d is %g, differences %g", test.name, j, gradient, want)
			}
			for k := range j + 1 {
				hessian := 0.0
				for i := range k + 1 {
					hessian += s.triangle.At(i, j) * s.triangle.At(i, k)
				}
				want := (moved(j, h, k, h) - moved(j, h, k, -h) - moved(j, -h, k, h) + moved(j, -h, k, -h)) / 4 / h / h
				if test.exact && math.Abs(hessian-want) > 1e-5*(1+math.Abs(want)) {
					t.Errorf("%s: H[%d, %d] is %g, differences %g", test.name, j, k, hessian, want)
				}
				if !test.exact && j == k && hessian < want {
					t.Errorf("%s: H[%d, %d] is %g, less than the %g of F", test.name, j, j, hessian, want)
				}
			}
		}
	}
}
