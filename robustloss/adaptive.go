package robustloss

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Adaptive is a loss that learns its own shape α and scale c with the model's weights. Make it with [NewAdaptive], choose
// options, and call [Adaptive.Done].
type Adaptive struct {
	latents
	alphaLo, alphaHi float64
	alphaInit        float64 // NaN: the midpoint
	alpha            *Node   // given by WithAlpha
}

// NewAdaptive returns a builder of the negative log-likelihood of the residuals x under the robust distribution, see [NLL],
// whose α and c are learned: one of each per element of dims, the same for all of the batch [1, Section 3.1].
//
// The parameters are functions of latents that are 0 at first and unbounded:
//
//	α = lo + (hi − lo)·σ(ℓ_α + logit p),  p = (init − lo)/(hi − lo),  σ the logistic sigmoid
//	c = floor + (init − floor)·softplus(ℓ_c + log(e − 1))
//
// so that both start exactly at their init.
//
//   - scope: owns the variables; give each loss its own, as scope.In("loss"). In it, "alpha_latent" and "scale_latent" hold ℓ_α
//     and ℓ_c, and "location" holds μ less its start; they are saved in checkpoints as any variable, and count only together
//     with the options, which must be the same where they are used again. The optimizer works on the variables
//     "alpha_latent_step", … beside them, which are 0 between steps: so the latents are out of reach of any weight decay. The
//     trainer's per-step update moves them over; without a train.Trainer they just stay there, and count as well.
//   - x: residuals, shape `[batchSize, dims...]`, float, in the units of the data: predictions − labels.
//
// In a model function, with a nil loss function for train.NewTrainer:
//
//	nll, _, _ := robustloss.NewAdaptive(scope.In("loss"), Sub(predictions, labels)).Done()
//	train.AddMainLoss(ReduceAllMean(nll))
//
// The loss is not bounded below: where a model can fit a column exactly, c goes to its floor and the loss far below 0. Raise
// the floor to the precision of the data.
func NewAdaptive(scope *model.Scope, x *Node) *Adaptive {
	return &Adaptive{
		latents: newLatents("robustloss.NewAdaptive", scope, x),
		alphaLo: 0.001, alphaHi: 1.999, alphaInit: math.NaN(),
	}
}

// AlphaRange bounds α: it stays in [lo, hi], 0 ≤ lo. If lo == hi, α is fixed there, at +∞ if you like, and isn't a variable.
//
// The default is 0.001 to 1.999, the author's.
func (a *Adaptive) AlphaRange(lo, hi float64) *Adaptive {
	a.alphaLo, a.alphaHi = lo, hi
	return a
}

// AlphaInit sets the first α, inside the range and not at its ends, where the latent would be infinite.
//
// The default is the middle of the range.
func (a *Adaptive) AlphaInit(alpha float64) *Adaptive {
	a.alphaInit = alpha
	return a
}

// WithAlpha takes α from a node in place of learning it, as [AlphaVariable] with a schedule: a scalar, or of shape `[dims...]`,
// x's dtype. Only the scale is learned, and AlphaRange and AlphaInit have no effect. The NLL is NaN where alpha is negative.
//
// The default is to learn α.
func (a *Adaptive) WithAlpha(alpha *Node) *Adaptive {
	a.alpha = alpha
	return a
}

// ScaleFloor sets the smallest scale, > 0, in the units of x. It keeps the loss of a column that is fitted exactly from
// running away to −∞.
//
// The default is 1e-5.
func (a *Adaptive) ScaleFloor(floor float64) *Adaptive {
	a.scaleFloor = floor
	return a
}

// ScaleInit sets the first scale, in the units of x: the size of residuals to expect. If it equals the floor, the scale is
// fixed there and isn't a variable.
//
// The default is 1. The softplus moves c in steps of about (init − floor): a start much too small takes long to grow.
func (a *Adaptive) ScaleInit(scale float64) *Adaptive {
	a.scaleInit = scale
	return a
}

// Shared learns one α and one c for all of x, scalars, and takes x of any shape.
//
// The default is one per element of x's dims.
func (a *Adaptive) Shared() *Adaptive {
	a.shared = true
	return a
}

// Location learns a location μ too, with this start, in the units of x: the NLL is that of x − μ. See [Adaptive.Mu].
//
// The default is no location: residuals are around 0.
func (a *Adaptive) Location(init float64) *Adaptive {
	a.withLocation, a.locationInit = true, init
	return a
}

// LatentRate makes the latents move factor times as far at each step of the optimizer: with Adam and a learning rate of 1e-3
// for the network, LatentRate(50) gives them one of 0.05. (To scale their gradients would change nothing under Adam, which
// normalizes them.)
//
// The default is 1.
func (a *Adaptive) LatentRate(factor float64) *Adaptive {
	a.rate = factor
	return a
}

// Done creates the variables and returns the negative log-likelihood in nats, elementwise, of x's shape, and α and c: scalars
// where they are fixed or shared, else of shape `[dims...]`. All have the dtype of x. It panics, saying which, where an option
// doesn't make sense.
func (a *Adaptive) Done() (nll, alpha, scale *Node) {
	a.check()
	alpha = a.alpha
	if alpha == nil {
		alpha = a.learnedAlpha()
	}
	scale = a.scale()
	return NLL(a.residual(), alpha, scale), alpha, scale
}

// Mu returns the learned location after [Adaptive.Done]: shaped as the scale, or nil without [Adaptive.Location].
func (a *Adaptive) Mu() *Node { return a.mu }

// learnedAlpha checks the range, and returns α in it.
func (a *Adaptive) learnedAlpha() *Node {
	lo, hi, init := a.alphaLo, a.alphaHi, a.alphaInit
	if !(lo >= 0) || !(lo <= hi) || (lo < hi && math.IsInf(hi, 1)) {
		exceptions.Panicf("%s: AlphaRange(%g, %g): want 0 ≤ lo ≤ hi, both finite unless they are equal: there is no distribution for "+
			"alpha < 0", a.owner, lo, hi)
	}
	if lo == hi {
		if !math.IsNaN(init) && init != lo {
			exceptions.Panicf("%s: AlphaInit(%g) but AlphaRange(%g, %g) fixes alpha", a.owner, init, lo, hi)
		}
		return a.parameter(a.constant(lo))
	}
	if math.IsNaN(init) {
		init = (lo + hi) / 2
	}
	if !(init > lo) || !(init < hi) {
		exceptions.Panicf("%s: AlphaInit(%g): want a number inside AlphaRange(%g, %g), not at its ends", a.owner, init, lo, hi)
	}
	return a.parameter(shiftedSigmoid(a.latent("alpha_latent"), lo, hi, init))
}
