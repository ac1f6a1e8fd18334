// Package polynomial fits polynomials through Chebyshev's series, for the generators of tables.
package polynomial

import "math"

// Node is the k-th of count Chebyshev nodes of the first kind, in [−1, 1], in decreasing order.
func Node(k, count int) float64 {
	return math.Cos(math.Pi * (float64(k) + 0.5) / float64(count))
}

// Series returns the Chebyshev coefficients up to the degree of the function that has these values at the nodes. Where there are
// more values than coefficients, they fit it nearly as closely as any polynomial of the degree.
func Series(values []float64, degree int) []float64 {
	count := len(values)
	series := make([]float64, degree+1)
	for j := range series {
		for k, v := range values {
			series[j] += v * math.Cos(math.Pi*float64(j)*(float64(k)+0.5)/float64(count))
		}
		series[j] *= 2 / float64(count)
	}
	series[0] /= 2
	return series
}

// Powers turns a Chebyshev series into coefficients of the powers of t, the constant first, by T_{j+1} = 2t·T_j − T_{j−1}.
func Powers(series []float64) []float64 {
	size := len(series)
	sum := make([]float64, size)
	previous, current := make([]float64, size), make([]float64, size)
	current[0] = 1
	for j, c := range series {
		for i := range sum {
			sum[i] += c * current[i]
		}
		next := make([]float64, size)
		for i := range next {
			if i > 0 {
				next[i] = 2 * current[i-1]
			}
			if next[i] -= previous[i]; j == 0 {
				next[i] /= 2
			}
		}
		previous, current = current, next
	}
	return sum
}

// At evaluates the polynomial with these coefficients of the powers at t.
func At(coefficients []float64, t float64) float64 {
	sum := 0.0
	for i := len(coefficients) - 1; i >= 0; i-- {
		sum = sum*t + coefficients[i]
	}
	return sum
}
