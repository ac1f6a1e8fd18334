package scalar

import "math"

// gaussOrder is the number of nodes of the Gauss-Legendre rule on each panel.
const gaussOrder = 16

// gaussNodes and gaussWeights are the rule on [−1, 1].
var gaussNodes, gaussWeights = gaussLegendre()

// gaussLegendre returns the zeros of the Legendre polynomial P_n, found by Newton's method, and the weights
// 2/((1−x²)·P_n′(x)²), n = gaussOrder.
func gaussLegendre() (nodes, weights [gaussOrder]float64) {
	const n = gaussOrder
	for i := range n {
		x := -math.Cos(math.Pi * (float64(i) + 0.75) / (n + 0.5))
		var slope float64
		for range 8 {
			previous, p := 1.0, x
			for k := 2.0; k <= n; k++ {
				previous, p = p, ((2*k-1)*x*p-(k-1)*previous)/k
			}
			slope = n * (x*p - previous) / (x*x - 1)
			x -= p / slope
		}
		nodes[i], weights[i] = x, 2/((1-x*x)*slope*slope)
	}
	return nodes, weights
}

// gauss returns the integral of f from a to b by one panel of the rule.
func gauss(f func(x float64) float64, a, b float64) float64 {
	center, half := (a+b)/2, (b-a)/2
	sum := 0.0
	for i, x := range gaussNodes {
		sum += gaussWeights[i] * f(center+half*x)
	}
	return sum * half
}
