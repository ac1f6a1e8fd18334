package nls

import (
	"math"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// Schedule chooses the loss of each stage. The schedules of this package are plain values: they can be used again, and by
// several solvers at a time.
type Schedule interface {
	// Loss returns the loss of a stage, counted from 0, and whether it is the last. previous is the loss of the stage
	// before, nil at the first. norms are the norms of the blocks before the stage, without those known to be inliers.
	Loss(stage int, previous Loss, norms []float64) (loss Loss, last bool, err error)
}

// Fixed is a schedule with one loss. Alpha = 2 is least squares, whatever the scale.
type Fixed scalar.Kernel

// Loss implements [Schedule].
func (f Fixed) Loss(int, Loss, []float64) (loss Loss, last bool, err error) {
	return scalar.Kernel(f), true, checkKernel(scalar.Kernel(f))
}

func checkKernel(k scalar.Kernel) error {
	if !(k.Scale > 0 && finite(k.Scale)) {
		return failure(scalar.ErrArgument, "the scale is %g: it must be positive and finite", k.Scale)
	}
	if math.IsNaN(k.Alpha) {
		return failure(scalar.ErrArgument, "alpha is NaN")
	}
	return nil
}

// ShapeAnnealed keeps the scale and takes a shape from Alphas at each stage.
type ShapeAnnealed struct {
	Alphas []float64 // nil means 2, 1, ½, ¼, 0, −¼, −½, −1, −2, −4, −8, −16, −32 [2]
	Scale  float64   // c, in the units of the residuals
}

// defaultAlphas are those of [2] for the registration of point clouds.
var defaultAlphas = []float64{2, 1, .5, .25, 0, -.25, -.5, -1, -2, -4, -8, -16, -32}

// Loss implements [Schedule].
func (s ShapeAnnealed) Loss(stage int, _ Loss, _ []float64) (loss Loss, last bool, err error) {
	alphas := s.Alphas
	if len(alphas) == 0 {
		alphas = defaultAlphas
	}
	k := scalar.Kernel{Alpha: alphas[min(stage, len(alphas)-1)], Scale: s.Scale}
	return k, stage >= len(alphas)-1, checkKernel(k)
}

// ScaleAnnealed keeps the shape and lets the scale fall by the same factor at each stage, from From until it is Scale. With
// α = −2 it is graduated non-convexity of Geman and McClure's loss [3], in which μ = (c/Scale)² is divided by Factor².
type ScaleAnnealed struct {
	Alpha float64 // α
	Scale float64 // c at the end
	// From is c at the first stage. 0 means 1/√2 of the largest norm [3], after one stage of least squares.
	From float64
	// Factor is what c is divided by at each stage. 0 means √1.4 [3].
	Factor float64
}

// defaultFactor is that of [3] for μ, which goes with the square of the scale.
const defaultFactor = 1.4

// Loss implements [Schedule].
func (s ScaleAnnealed) Loss(stage int, previous Loss, norms []float64) (loss Loss, last bool, err error) {
	if s.Factor == 0 {
		s.Factor = math.Sqrt(defaultFactor)
	}
	if !(s.Factor > 1) || !(s.From >= 0 && finite(s.From)) {
		return nil, false, failure(scalar.ErrArgument, "a scale from %g on that is divided by %g: want 0 or more, and a factor above 1", s.From, s.Factor)
	}
	k := scalar.Kernel{Alpha: s.Alpha, Scale: s.Scale}
	if err := checkKernel(k); err != nil {
		return nil, false, err
	}
	before, _ := previous.(scalar.Kernel)
	switch {
	case stage == 0 && s.From == 0:
		return scalar.Kernel{Alpha: 2, Scale: s.Scale}, false, nil
	case stage == 0:
		k.Scale = max(s.Scale, s.From)
	case stage == 1 && s.From == 0:
		k.Scale = max(s.Scale, largest(norms)/math.Sqrt2)
	default:
		k.Scale = max(s.Scale, before.Scale/s.Factor)
	}
	return k, k.Scale == s.Scale, checkKernel(k)
}

func largest(norms []float64) float64 {
	l := 0.0
	for _, r := range norms {
		l = max(l, r)
	}
	return l
}

// TruncatedLeastSquares ends with the loss ½·min((r/c)², 1): inliers count as in least squares, and a block whose norm is
// beyond c counts nothing. It begins with least squares and goes on with the surrogates [Truncated], μ rising from
// c²/(2·r_max² − c²) by Factor at each stage, until no norm lies where a surrogate is neither [3].
//
// c is best taken from the noise, see [InlierBound].
type TruncatedLeastSquares struct {
	Scale  float64 // c, in the units of the residuals
	Factor float64 // of μ; 0 means 1.4 [3]
}

// Loss implements [Schedule].
func (t TruncatedLeastSquares) Loss(stage int, previous Loss, norms []float64) (loss Loss, last bool, err error) {
	if t.Factor == 0 {
		t.Factor = defaultFactor
	}
	if !(t.Factor > 1) {
		return nil, false, failure(scalar.ErrArgument, "mu rises by the factor %g: want more than 1", t.Factor)
	}
	if err := checkKernel(scalar.Kernel{Scale: t.Scale}); err != nil {
		return nil, false, err
	}
	current := Truncated{Scale: t.Scale, Mu: math.Inf(1)}
	before, annealed := previous.(Truncated)
	switch {
	case stage == 0:
		return scalar.Kernel{Alpha: 2, Scale: t.Scale}, false, nil
	case !annealed:
		if z := 2 * square(largest(norms)/t.Scale); z > 1 {
			current.Mu = 1 / (z - 1)
		}
	default:
		current.Mu = before.Mu * t.Factor
	}
	if annealed && current.decided(norms) {
		current.Mu = math.Inf(1)
	}
	return current, math.IsInf(current.Mu, 1), nil
}

// decided reports whether each norm counts fully or not at all.
func (t Truncated) decided(norms []float64) bool {
	lo, hi := t.band()
	for _, r := range norms {
		if z := square(r / t.Scale); z > lo && z < hi {
			return false
		}
	}
	return true
}

func square(x float64) float64 { return x * x }

// Adaptive fits α to the residuals at each stage: the shape of maximum likelihood of their norms in a window around 0, see
// [scalar.FitTruncated]. The more outliers there are, the lower it comes out [4]. The scale falls from From to Scale as
// that of [ScaleAnnealed], or stays. It ends when the scale has arrived and α has settled.
//
// It needs a start at which many residuals are below c already, or a large From.
//
// The likelihood is that of single residuals. Norms of blocks of two or more have a distribution of their own, for which α
// comes out somewhat too low.
type Adaptive struct {
	Scale  float64 // c at the end
	From   float64 // c at the first stage; 0 means Scale
	Factor float64 // what c is divided by at each stage; 0 means √1.4
	// Tau is the half width of the window in units of c; residuals beyond it take no part in the fit. 0 means a window
	// that holds all, and 10 at least. [4] takes 10.
	Tau float64
}

const (
	adaptiveStages = 60   // at most
	settledAlpha   = 1e-3 // change of α/(1 + |α|) from one stage to the next below which it has settled
	leastTau       = 10
)

// Loss implements [Schedule].
func (a Adaptive) Loss(stage int, previous Loss, norms []float64) (loss Loss, last bool, err error) {
	if err := checkKernel(scalar.Kernel{Scale: a.Scale}); err != nil {
		return nil, false, err
	}
	start := max(a.From, a.Scale)
	annealed, arrived, err := ScaleAnnealed{Alpha: 2, Scale: a.Scale, From: start, Factor: a.Factor}.Loss(stage, previous, norms)
	if err != nil {
		return nil, false, err
	}
	k, _ := annealed.(scalar.Kernel)
	if k.Alpha, err = fitAlpha(norms, k.Scale, a.Tau, math.Inf(-1)); err != nil {
		return nil, false, err
	}
	before, ok := previous.(scalar.Kernel)
	settled := ok && before.Scale == k.Scale && math.Abs(bounded(before.Alpha)-bounded(k.Alpha)) < settledAlpha
	return k, arrived && (settled || stage >= adaptiveStages), nil
}

// bounded maps [−∞, ∞] to [−1, 1].
func bounded(alpha float64) float64 {
	if math.IsInf(alpha, 0) {
		return math.Copysign(1, alpha)
	}
	return alpha / (1 + math.Abs(alpha))
}

func fitAlpha(norms []float64, c, tau, least float64) (float64, error) {
	if tau == 0 {
		tau = max(leastTau, 1.01*largest(norms)/c)
	}
	fit, err := scalar.FitTruncated(norms, nil, &scalar.TruncatedOptions{Alpha: scalar.Between(least, 2), Scale: &c, Tau: tau})
	return fit.Alpha, err
}

// AdaptiveAnnealed fits α*, −1,000 at least, to the residuals once, after a stage of least squares, as [Adaptive] does at
// each stage, and then goes there from α = 2 in stages [5]:
//
//	α(μ) = (α*·μ + 2)/(μ + 1),  μ rising by Factor from 1/(2·(r_max/c)² − 1), or .001, to 1,000
type AdaptiveAnnealed struct {
	Scale  float64 // c, in the units of the residuals
	Factor float64 // of μ; 0 means 1.4 [5]
	Tau    float64 // as in Adaptive
}

const (
	firstMu     = 1e-3 // at least [5]
	lastMu      = 1e3
	leastTarget = -1e3 // of α*: nearly −∞, from which no finite μ would lead away
)

// Loss implements [Schedule].
func (a AdaptiveAnnealed) Loss(stage int, previous Loss, norms []float64) (loss Loss, last bool, err error) {
	if a.Factor == 0 {
		a.Factor = defaultFactor
	}
	k := AnnealedKernel{Kernel: scalar.Kernel{Alpha: 2, Scale: a.Scale}}
	if err := checkKernel(k.Kernel); err != nil {
		return nil, false, err
	}
	if !(a.Factor > 1) {
		return nil, false, failure(scalar.ErrArgument, "mu rises by the factor %g: want more than 1", a.Factor)
	}
	before, annealed := previous.(AnnealedKernel)
	switch {
	case stage == 0:
		return k.Kernel, false, nil
	case !annealed:
		if k.Target, err = fitAlpha(norms, a.Scale, a.Tau, leastTarget); err != nil {
			return nil, false, err
		}
		k.Mu = firstMu
		if z := 2 * square(largest(norms)/a.Scale); z > 1 {
			k.Mu = max(firstMu, 1/(z-1))
		}
	default:
		k.Target, k.Mu = before.Target, before.Mu*a.Factor
	}
	if last = k.Mu > lastMu; last {
		k.Mu = math.Inf(1)
	}
	if k.Alpha = k.Target; !last {
		k.Alpha = (k.Target*k.Mu + 2) / (k.Mu + 1)
	}
	return k, last, nil
}
