package clustering

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// lanczosSteps is more than the largest eigenvalue needs to come out to 1e-3 from below; fewer where it settles earlier.
const lanczosSteps = 80

// largestEigenvalue returns the largest eigenvalue of a symmetric positive semidefinite matrix of the given size, which
// multiply applies, by Lanczos' method from a fixed random vector. It ends where five steps change it by less than 1e-6
// of it.
func largestEigenvalue(size int, multiply func(x, y []float64)) float64 {
	rng := rand.New(rand.NewPCG(1, 0xbb67ae8584caa73b))
	v, previous, w := make([]float64, size), make([]float64, size), make([]float64, size)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	scale(v, 1/math.Sqrt(dot(v, v)))
	var diagonal, beside []float64
	last := 0.0
	for step := 1; ; step++ {
		multiply(v, w)
		if len(beside) > 0 {
			add(w, previous, -beside[len(beside)-1])
		}
		a := dot(v, w)
		diagonal = append(diagonal, a)
		add(w, v, -a)
		b := math.Sqrt(dot(w, w))
		done := step == min(size, lanczosSteps) || b <= 1e-14*math.Abs(a)
		if done || step%5 == 0 {
			now := largestOfTridiagonal(diagonal, beside)
			if done || now-last < 1e-6*now {
				return now
			}
			last = now
		}
		beside = append(beside, b)
		previous, v, w = v, w, previous
		scale(v, 1/b)
	}
}

func largestOfTridiagonal(diagonal, beside []float64) float64 {
	n := len(diagonal)
	m := mat.NewSymDense(n, nil)
	for i, d := range diagonal {
		m.SetSym(i, i, d)
		if i+1 < n {
			m.SetSym(i, i+1, beside[i])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(m, false) {
		return math.NaN()
	}
	return eigen.Values(nil)[n-1]
}

// spectralNorm returns the largest singular value of X, of shape [rows, cols]: the root of XᵀX's largest eigenvalue.
func spectralNorm(x []float64, cols int) float64 {
	rows := len(x) / cols
	product := make([]float64, rows)
	const size = 512
	partial := make([][]float64, (rows+size-1)/size)
	return math.Sqrt(largestEigenvalue(cols, func(v, y []float64) {
		parts(rows, size, func(part, from, to int) {
			sum := make([]float64, cols)
			for i := from; i < to; i++ {
				row := x[i*cols : (i+1)*cols]
				product[i] = dot(row, v)
				add(sum, row, product[i])
			}
			partial[part] = sum
		})
		clear(y)
		for _, sum := range partial {
			add(y, sum, 1)
		}
	}))
}

// norm returns the largest eigenvalue of A.
func (a *laplacian) norm() float64 {
	return largestEigenvalue(len(a.diagonal), func(x, y []float64) { a.multiply(x, y, 1) })
}

func scale(x []float64, by float64) {
	for i := range x {
		x[i] *= by
	}
}

func add(x, y []float64, by float64) {
	y = y[:len(x)]
	for i := range x {
		x[i] += by * y[i]
	}
}
