package scalar_test

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// Positions with an error in the plane, of which a tenth is wrong altogether: α, and the error ellipse of the others.
func ExampleFitVectors() {
	truth := scalar.Vector{Mu: []float64{2, -1}, Alpha: 2, Factor: mat.NewTriDense(2, mat.Lower, []float64{0.5, 0, 0.4, 0.3}), Src: rand.NewPCG(1, 1)}
	wrong := truth
	wrong.Factor = mat.NewTriDense(2, mat.Lower, []float64{30, 0, 0, 30})
	positions := mat.NewDense(300, 2, nil)
	for i := range 300 {
		if i%10 == 0 {
			wrong.Rand(positions.RawRowView(i))
		} else {
			truth.Rand(positions.RawRowView(i))
		}
	}
	for _, options := range []*scalar.VectorOptions{{Alpha: scalar.Fixed(2)}, nil} {
		fit, err := scalar.FitVectors(positions, nil, options)
		if err != nil {
			fmt.Println(err)
			return
		}
		nll := 0.0
		for i := range 300 {
			nll -= fit.LogProb(positions.RawRowView(i)) / 300
		}
		l, k := fit.Factor, scalar.Kernel{Alpha: fit.Alpha, Scale: 1}
		fmt.Printf("α = %.1f, μ = %.1f, tilt of the ellipse %.1f, %.1f nats for each of the %d numbers\n",
			fit.Alpha, fit.Mu, l.At(1, 0)/l.At(0, 0), nll/float64(fit.Dim()), fit.Dim())
		weight := func(i int) float64 { return k.Weight(fit.Distance(positions.RawRowView(i))) }
		fmt.Println("the first position, a wrong one, counts for less than a hundredth of the second:", weight(0) < weight(1)/100)
	}
	fmt.Printf("log Z of the plane at α = 1: %.4f\n", scalar.VectorLogPartition(1, 2))
	// Output:
	// α = 2.0, μ = [2.2 -1.3], tilt of the ellipse -0.1, 3.7 nats for each of the 2 numbers
	// the first position, a wrong one, counts for less than a hundredth of the second: false
	// α = 0.1, μ = [2.0 -1.0], tilt of the ellipse 0.7, 1.3 nats for each of the 2 numbers
	// the first position, a wrong one, counts for less than a hundredth of the second: true
	// log Z of the plane at α = 1: 2.5310
}
