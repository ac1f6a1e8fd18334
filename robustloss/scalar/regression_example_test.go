package scalar_test

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// One length, measured by a good instrument and by a poor one whose errors are ten times as large; one reading of each is wrong.
func ExampleIRLSOptions() {
	lengths := mat.NewVecDense(8, []float64{5.02, 4.99, 5.01, 9.80, 5.3, 4.6, 5.4, 0.4})
	ones := mat.NewDense(8, 1, []float64{1, 1, 1, 1, 1, 1, 1, 1})
	fit, err := scalar.IRLS(ones, lengths, &scalar.IRLSOptions{
		Alpha: scalar.Fixed(0), Scale: new(0.02), Scales: []float64{1, 1, 1, 1, 10, 10, 10, 10},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("length %.2f, weights %.1f\n", fit.Coefficients.AtVec(0), fit.Weights)
	// Output:
	// length 5.01, weights [0.9 0.7 1.0 0.0 0.5 0.3 0.3 0.0]
}
