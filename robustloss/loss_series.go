package robustloss

import . "github.com/gomlx/gomlx/core/graph"

// expm1Ratio returns the Taylor polynomial of (eᵗ−1)/t: Σ tᵏ/(k+1)!, k ≤ degree.
func expm1Ratio(t *Node, degree int) *Node {
	coefficients := make([]float64, degree+1)
	factorial := 1.0
	for k := range coefficients {
		factorial *= float64(k + 1)
		coefficients[k] = 1 / factorial
	}
	return polynomial(t, coefficients)
}

// expm1RatioSlope returns the Taylor polynomial of the derivative of (eᵗ−1)/t: Σ tᵏ·(k+1)/(k+2)!, k ≤ degree.
func expm1RatioSlope(t *Node, degree int) *Node {
	coefficients := make([]float64, degree+1)
	factorial := 1.0
	for k := range coefficients {
		factorial *= float64(k + 2)
		coefficients[k] = float64(k+1) / factorial
	}
	return polynomial(t, coefficients)
}

// polynomial returns Σ coefficients[k]·tᵏ, by Horner's rule.
func polynomial(t *Node, coefficients []float64) *Node {
	last := len(coefficients) - 1
	sum := MulScalar(t, coefficients[last])
	for k := last - 1; k > 0; k-- {
		sum = Mul(t, AddScalar(sum, coefficients[k]))
	}
	return AddScalar(sum, coefficients[0])
}
