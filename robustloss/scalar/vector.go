package scalar

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition"
)

// Vector is the distribution of vectors x ∈ ℝᵈ, d = 1 … 8, whose density depends on one distance, with one shape α for all coordinates:
//
//	p(x) = exp(−ρ(‖L⁻¹(x−μ)‖, α, 1)) / (|L|·Z_d(α)),  α ∈ (0, +∞], and 0 for d = 1
//
// LLᵀ plays the part of a covariance matrix, and is it at α = 2, where the distribution is normal. Below 2 the tails are heavy in all directions, and
// large values come together: where one coordinate is far out, the others are expected to be so too, even where they are not correlated.
// One [General] for each coordinate cannot say that. For d = 1 it is General, with L = c.
type Vector struct {
	// Mu is the location μ, the mode and for α > 0 the mean.
	Mu []float64

	// Alpha is the shape α.
	Alpha float64

	// Factor is L, lower triangular with a positive diagonal, in the units of x.
	Factor *mat.TriDense

	// Src is the source of Rand. Nil means the global source.
	Src rand.Source
}

// VectorLogPartition returns log Z_d(α), what [LogPartition] is for numbers, for vectors of d = 1 … 8 dimensions:
//
//	Z_d(α) = ∫ exp(−ρ(‖x‖, α, 1)) dx over ℝᵈ,  α ∈ (0, +∞]
//
//	Z_d(2) = (2π)^(d/2)   Z₂(1) = 4π   Z₁ = Z
//
// Its error is below 1e-12·max(1, |log Z_d|). For d ≥ 2 the integral diverges at α = 0, and the result is +Inf there; it is NaN below. It panics for another d.
func VectorLogPartition(alpha float64, d int) float64 {
	checkDimension(d)
	if d == 1 && alpha < 0 {
		return math.NaN()
	}
	return partition.LogZVector(d, alpha)
}

func checkDimension(d int) {
	if d < 1 || d > partition.MaxVector {
		panic(fmt.Sprintf("robustloss/scalar: vectors have 1 to %d dimensions, got %d", partition.MaxVector, d))
	}
}

// Dim returns d.
func (v Vector) Dim() int {
	d := len(v.Mu)
	checkDimension(d)
	if v.Factor == nil {
		panic("robustloss/scalar: a Vector without a Factor")
	}
	if n, kind := v.Factor.Triangle(); n != d || kind != mat.Lower {
		panic(fmt.Sprintf("robustloss/scalar: the Factor of vectors of %d dimensions must be lower triangular of that size, got %d", d, n))
	}
	for i := range d {
		if !validScale(v.Factor.At(i, i)) {
			panic(fmt.Sprintf("robustloss/scalar: the Factor has %g on its diagonal: it must be positive and finite", v.Factor.At(i, i)))
		}
	}
	if !(v.Alpha > 0) && !(v.Alpha == 0 && d == 1) {
		panic(fmt.Sprintf("robustloss/scalar: alpha = %g has no distribution of vectors of %d dimensions", v.Alpha, d))
	}
	return d
}

// Distance returns ‖L⁻¹(x−μ)‖: how far x is from the middle, in units of the distribution. Kernel{Alpha, 1}.Weight of it says what x counts in a fit.
// It panics, as the other methods do, for impossible parameters and an x of another length.
func (v Vector) Distance(x []float64) float64 {
	d := v.Dim()
	if len(x) != d {
		panic(fmt.Sprintf("robustloss/scalar: a vector of %d numbers, the distribution has %d", len(x), d))
	}
	return distanceFrom(v.Mu, v.Factor, x, make([]float64, d))
}

// distanceFrom returns ‖L⁻¹(x−μ)‖ by forward substitution, and leaves L⁻¹(x−μ) in y.
func distanceFrom(mu []float64, factor *mat.TriDense, x, y []float64) float64 {
	norm := 0.0
	for i := range y {
		y[i] = x[i] - mu[i]
		for j := range i {
			y[i] -= factor.At(i, j) * y[j]
		}
		y[i] /= factor.At(i, i)
		norm = math.Hypot(norm, y[i])
	}
	return norm
}

// logVolume returns log|L|.
func logVolume(factor *mat.TriDense) float64 {
	n, _ := factor.Triangle()
	sum := 0.0
	for i := range n {
		sum += math.Log(factor.At(i, i))
	}
	return sum
}

// LogProb returns the natural logarithm of the density at x.
func (v Vector) LogProb(x []float64) float64 {
	return -(Kernel{Alpha: v.Alpha, Scale: 1}).Rho(v.Distance(x)) - logVolume(v.Factor) - VectorLogPartition(v.Alpha, len(v.Mu))
}

// Rand stores a random vector in x, which is allocated if nil, and returns it: a direction, and a radius r with the density
// r^(d−1)·exp(−ρ(r, α, 1)) up to a constant. For α < 2 and b = 2−α, y = (b/α)·(1 + r²/b)^(α/2) has the density
//
//	(r²/(r²+b))^(d/2−1) · y^(d/α−1)·e^−y,  y ≥ b/α
//
// so that y is drawn from a gamma distribution, and accepted with the first factor; for α ≥ 2 r is drawn from the normal distribution and accepted with
// the probability exp(½r² − ρ).
func (v Vector) Rand(x []float64) []float64 {
	d := v.Dim()
	if x == nil {
		x = make([]float64, d)
	}
	if len(x) != d {
		panic(fmt.Sprintf("robustloss/scalar: a vector of %d numbers for %d", len(x), d))
	}
	direction, norm := make([]float64, d), 0.0
	for norm == 0 {
		for i := range direction {
			direction[i] = distuv.Normal{Sigma: 1, Src: v.Src}.Rand()
			norm = math.Hypot(norm, direction[i])
		}
	}
	radius := v.radius(d)
	for i := range x {
		x[i] = v.Mu[i]
		for j := range i + 1 {
			x[i] += v.Factor.At(i, j) * (radius * (direction[j] / norm))
		}
	}
	return x
}

// radius draws ‖L⁻¹(x−μ)‖.
func (v Vector) radius(d int) float64 {
	uniform := distuv.Uniform{Max: 1, Src: v.Src}
	if d == 1 {
		return math.Abs(General{Alpha: v.Alpha, Scale: 1, Src: v.Src}.Rand())
	}
	n := float64(d)
	if v.Alpha >= 2 {
		kernel, square := Kernel{Alpha: v.Alpha, Scale: 1}, distuv.ChiSquared{K: n, Src: v.Src}
		for {
			r := math.Sqrt(square.Rand())
			if v.Alpha == 2 || uniform.Rand() < math.Exp(r*r/2-kernel.Rho(r)) {
				return r
			}
		}
	}
	b := 2 - v.Alpha
	gamma := distuv.Gamma{Alpha: n / v.Alpha, Beta: 1, Src: v.Src}
	for {
		y := gamma.Rand()
		square := b * math.Expm1(2/v.Alpha*math.Log(v.Alpha*y/b)) // r²
		if square > 0 && uniform.Rand() < math.Pow(1/(1+b/square), n/2-1) {
			return math.Sqrt(square)
		}
	}
}
