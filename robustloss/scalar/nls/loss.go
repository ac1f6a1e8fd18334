package nls

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// Loss is the loss ρ of a block of residuals as a function of its squared norm s = ‖r‖².
type Loss interface {
	// RhoSquared returns ρ and its first two derivatives in s. ρ is 0 at s = 0 and does not fall; its derivative is
	// positive at 0.
	RhoSquared(s float64) (rho, rho1, rho2 float64)
}

var (
	_ Loss = scalar.Kernel{}
	_ Loss = Truncated{}
	_ Loss = AnnealedKernel{}
)

// Truncated is the truncated square and its smoother surrogates [3, Eq. 12], in the normalisation of [scalar.Kernel],
// with curvature 1/c² at 0:
//
//	        ½(r/c)²                                     r² ≤ c²·μ/(μ+1)
//	ρ(r) =  (r/c)·√(μ(μ+1)) − ½μ·(1 + (r/c)²)           between
//	        ½                                           r² ≥ c²·(μ+1)/μ
//
// For μ → 0 it is ever nearer to a square, and μ = +∞ is ½·min((r/c)², 1): a residual beyond c counts ½, however large.
type Truncated struct {
	Scale float64 // c, in the units of the residuals
	Mu    float64 // μ > 0
}

// RhoSquared implements [Loss]. At the two kinks of μ = +∞ and at the borders of the parts the derivatives are those from
// below.
func (t Truncated) RhoSquared(s float64) (rho, rho1, rho2 float64) {
	z, flat := s/t.Scale/t.Scale, .5/t.Scale/t.Scale
	switch lo, hi := t.band(); {
	case z <= lo:
		return z / 2, flat, 0
	case z >= hi:
		return .5, 0, 0
	}
	u := math.Sqrt(z)
	root := math.Sqrt(t.Mu) * math.Sqrt(t.Mu+1)
	return u*root - t.Mu*(1+z)/2, (root/u - t.Mu) * flat, -root / (2 * u * z) * flat / t.Scale / t.Scale
}

// band returns (r/c)² of the two borders.
func (t Truncated) band() (lo, hi float64) {
	if t.Mu > 1/epsilon {
		return 1, 1
	}
	return t.Mu / (t.Mu + 1), (t.Mu + 1) / t.Mu
}

// AnnealedKernel is a kernel on its way to a shape: the loss of [AdaptiveAnnealed].
type AnnealedKernel struct {
	scalar.Kernel
	Target float64 // α at the end
	Mu     float64 // how far on the way: 0 at α = 2, +∞ at the target
}

// Kernel returns the kernel of a loss that has one.
func Kernel(l Loss) (k scalar.Kernel, ok bool) {
	switch l := l.(type) {
	case scalar.Kernel:
		return l, true
	case AnnealedKernel:
		return l.Kernel, true
	}
	return scalar.Kernel{}, false
}

// InlierBound returns the norm that a block of residuals stays below with the given probability if it is an inlier: if its
// components are independent and normal, with mean 0 and standard deviation sigma. It is sigma times the root of a quantile
// of χ² with as many degrees of freedom.
//
// It is the Scale of [TruncatedLeastSquares]. Geman and McClure's loss of the same bound, c̄²r²/(c̄² + r²) [3], is the
// kernel with α = −2 and c = c̄/2. It panics for a sigma that is not positive, components below 1, and a probability that is
// not within (0, 1), as gonum's distributions do.
func InlierBound(sigma float64, components int, probability float64) float64 {
	if !(sigma > 0) || components < 1 || !(probability > 0 && probability < 1) {
		panic("robustloss/scalar/nls: InlierBound: want sigma > 0, components ≥ 1 and 0 < probability < 1")
	}
	return sigma * math.Sqrt(distuv.ChiSquared{K: float64(components)}.Quantile(probability))
}
