package robustloss

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// middle is the start of α where none is given: the middle of its range.
var middle = math.NaN()

// Likelihood sets the family of distributions.
//
// The default is General, and StudentsT for [NewStudentsT].
func (a *Adaptive) Likelihood(l Likelihood) *Adaptive {
	a.option("Likelihood")
	a.likelihood = l
	return a
}

// AlphaRange bounds an α that is learned: it stays in [lo, hi], 0 ≤ lo < hi < ∞. To keep it at one value use [Adaptive.FixedAlpha].
//
// The default is 0.001 to 1.999, the author's.
func (a *Adaptive) AlphaRange(lo, hi float64) *Adaptive {
	a.option("AlphaRange")
	a.alpha.lo, a.alpha.hi = lo, hi
	return a
}

// AlphaInit learns α, from this start inside the range and not at its ends, where the latent would be infinite.
//
// The default is to learn it from the middle of the range.
func (a *Adaptive) AlphaInit(alpha float64) *Adaptive {
	a.option("AlphaInit")
	a.alpha.learn(alpha)
	return a
}

// FixedAlpha makes α a constant in [0, +∞], and no variable: 2 for the normal distribution, 0 for Cauchy's.
//
// The default is to learn it.
func (a *Adaptive) FixedAlpha(alpha float64) *Adaptive {
	a.option("FixedAlpha")
	a.alpha.fix(alpha)
	return a
}

// WithAlpha takes α from a node: [AlphaVariable] with a schedule, or what a network predicts for each residual. It is a scalar
// or broadcasts to the shape of x, and has x's dtype, or float32 where that is smaller. The NLL is NaN where it is negative.
//
// The default is to learn it.
func (a *Adaptive) WithAlpha(alpha *Node) *Adaptive {
	a.option("WithAlpha")
	a.alpha.give(alpha)
	return a
}

// DFInit learns the degrees of freedom of a StudentsT likelihood, from this start > 0.
//
// The default is to learn them from 1, Cauchy's distribution.
func (a *Adaptive) DFInit(df float64) *Adaptive {
	a.option("DFInit")
	a.df.learn(df)
	return a
}

// FixedDF makes the degrees of freedom of a StudentsT likelihood a constant > 0, +∞ included, and no variable.
//
// The default is to learn them.
func (a *Adaptive) FixedDF(df float64) *Adaptive {
	a.option("FixedDF")
	a.df.fix(df)
	return a
}

// WithDF takes the degrees of freedom of a StudentsT likelihood from a node, as [Adaptive.WithAlpha]. The NLL is NaN where they
// are not positive.
//
// The default is to learn them.
func (a *Adaptive) WithDF(df *Node) *Adaptive {
	a.option("WithDF")
	a.df.give(df)
	return a
}

// ScaleFloor bounds a scale that is learned from below, > 0, in the units of x. It keeps the loss of a column that is fitted
// exactly from running away to −∞.
//
// The default is 1e-5.
func (a *Adaptive) ScaleFloor(floor float64) *Adaptive {
	a.option("ScaleFloor")
	a.scale.lo = floor
	return a
}

// ScaleInit learns the scale, from this start above the floor, in the units of x: the size of residuals to expect. To keep it at
// one value use [Adaptive.FixedScale].
//
// The default is to learn it from 1. The softplus moves c in steps of about (init − floor): a start much too small takes long to
// grow.
func (a *Adaptive) ScaleInit(scale float64) *Adaptive {
	a.option("ScaleInit")
	a.scale.learn(scale)
	return a
}

// FixedScale makes the scale a constant > 0, in the units of x, and no variable.
//
// The default is to learn it.
func (a *Adaptive) FixedScale(scale float64) *Adaptive {
	a.option("FixedScale")
	a.scale.fix(scale)
	return a
}

// WithScale takes the scale from a node, as [Adaptive.WithAlpha]: what a network predicts for each residual. The NLL is NaN
// where it is not positive.
//
// The default is to learn it.
func (a *Adaptive) WithScale(scale *Node) *Adaptive {
	a.option("WithScale")
	a.scale.give(scale)
	return a
}

// LocationInit learns a location μ, from this start, in the units of x: the NLL is that of x − μ.
//
// The default is FixedLocation(0): residuals are around 0.
func (a *Adaptive) LocationInit(location float64) *Adaptive {
	a.option("LocationInit")
	a.location.learn(location)
	return a
}

// FixedLocation makes the location a constant, in the units of x, and no variable.
//
// The default is 0.
func (a *Adaptive) FixedLocation(location float64) *Adaptive {
	a.option("FixedLocation")
	a.location.fix(location)
	return a
}

// WithLocation takes the location from a node, as [Adaptive.WithAlpha].
//
// The default is FixedLocation(0).
func (a *Adaptive) WithLocation(location *Node) *Adaptive {
	a.option("WithLocation")
	a.location.give(location)
	return a
}

// Shared learns one of each parameter for all of x, scalars, and takes x of any shape.
//
// The default is one per element of x's dims.
func (a *Adaptive) Shared() *Adaptive {
	a.option("Shared")
	a.shared = true
	return a
}

// LatentRate makes the latents move factor times as far at each step of the optimizer: with Adam and a learning rate of 1e-3
// for the network, LatentRate(50) gives them one of 0.05. (To scale their gradients would change nothing under Adam, which
// normalizes them.)
//
// The default is 1.
func (a *Adaptive) LatentRate(factor float64) *Adaptive {
	a.option("LatentRate")
	a.rate = factor
	return a
}

// Freeze keeps the parameters that are learned where they are: at their starts, or where an earlier training left them. The
// gradient reaches x alone.
//
// The default is to learn them.
func (a *Adaptive) Freeze() *Adaptive {
	a.option("Freeze")
	a.frozen = true
	return a
}

// Weights multiplies the NLL of each element by a weight: a float node of the shape of x, or of leading axes of it, as
// `[batchSize]`, which are repeated over the rest. For images the elements are the coefficients.
//
// The default is a weight of 1.
func (a *Adaptive) Weights(weights *Node) *Adaptive {
	a.option("Weights")
	if weights == nil || !weights.DType().IsFloat() {
		a.panicf("Weights: want a node of a float dtype, got %s", shapeOf(weights))
	}
	a.weights = weights
	return a
}

// Mask leaves elements out: a Bool node, shaped as [Adaptive.Weights], true for those to use. Whatever the mask hides, NaN
// included, neither the loss nor its gradient sees it. (For images in wavelets or cosines, a NaN in one pixel is a NaN in all
// coefficients: mask whole images there.)
//
// The default is to use all.
func (a *Adaptive) Mask(mask *Node) *Adaptive {
	a.option("Mask")
	if mask == nil || mask.DType() != dtypes.Bool {
		a.panicf("Mask: want a node of dtype Bool, got %s", shapeOf(mask))
	}
	a.mask = mask
	return a
}

func shapeOf(n *Node) string {
	if n == nil {
		return "nil"
	}
	return n.Shape().String()
}

// option notes that an option was called. It panics after Done, when options would have no effect.
func (a *Adaptive) option(name string) {
	if a.done {
		a.panicf("%s was called after Done, when it has no effect: call options before Done", name)
	}
	a.called = append(a.called, name)
}

// Options that not all losses have.
var (
	alphaOptions = []string{"AlphaRange", "AlphaInit", "FixedAlpha", "WithAlpha"}
	dfOptions    = []string{"DFInit", "FixedDF", "WithDF"}
	imageOptions = []string{"ColorSpace", "Representation", "Levels", "ScaleBase"}
)

// check panics where an option makes no sense, or x doesn't suit the options.
func (a *Adaptive) check() {
	switch {
	case a.x.Shape().Size() == 0:
		a.panicf("x is empty: x=%s", a.x.Shape())
	case a.images == nil && !a.shared && !a.vectors && a.x.IsScalar():
		a.panicf("x must have a batch axis, [batchSize, dims...], got a scalar: use Shared() for one alpha and scale")
	case a.likelihood != General && a.likelihood != StudentsT:
		a.panicf("Likelihood(%d): want General or StudentsT", int(a.likelihood))
	case a.vectors:
		a.checkVectors()
	}
	if !isPositive(a.rate) {
		a.panicf("LatentRate(%g): want a number > 0", a.rate)
	}
	a.checkCalled()
	if a.images != nil {
		a.images.check(a)
	}
	if a.likelihood == StudentsT {
		a.checkDF()
	} else {
		a.checkAlpha()
	}
	a.checkScale()
	if a.location.source != given && !isFinite(a.location.value) {
		a.panicf("%s(%g): want a finite number", a.location.option(), a.location.value)
	}
	for _, p := range []*parameter{a.shape(), &a.scale, &a.location} {
		if p.source == given && p.node == nil {
			a.panicf("%s(nil): want a node", p.option())
		}
	}
}

// checkCalled panics where options were called that this loss doesn't have.
func (a *Adaptive) checkCalled() {
	for _, option := range a.called {
		switch {
		case a.likelihood == StudentsT && slices.Contains(alphaOptions, option):
			a.panicf("%s has no meaning for the likelihood StudentsT, whose shape is its degrees of freedom: see DFInit and FixedDF", option)
		case a.likelihood == General && slices.Contains(dfOptions, option):
			a.panicf("%s has no meaning for the likelihood General, whose shape is alpha: see AlphaInit and FixedAlpha", option)
		case a.images == nil && slices.Contains(imageOptions, option):
			a.panicf("%s has no meaning for residuals that are not images: see NewImageAdaptive", option)
		case a.vectors && option == "Shared":
			a.panicf("Shared has no meaning for vectors, which have one alpha and one L for all of x")
		}
	}
}

// checkAlpha checks the options of α, and puts its start into the middle of the range where none is given.
func (a *Adaptive) checkAlpha() {
	p := &a.alpha
	switch {
	case p.source == fixed && !(p.value >= 0):
		a.panicf("FixedAlpha(%g): want a number ≥ 0, +Inf included: there is no distribution for alpha < 0", p.value)
	case p.source == fixed && p.value == 0 && a.vectors && a.x.Shape().Dimensions[1] > 1:
		a.panicf("FixedAlpha(0): want a number > 0 for vectors: there is no distribution for alpha = 0, x=%s", a.x.Shape())
	case p.source != learned:
		return
	case p.lo == p.hi:
		a.panicf("AlphaRange(%g, %g): want lo < hi: FixedAlpha(%g) makes alpha a constant", p.lo, p.hi, p.lo)
	case !(p.lo >= 0) || !(p.lo < p.hi) || math.IsInf(p.hi, 1):
		a.panicf("AlphaRange(%g, %g): want 0 ≤ lo < hi, both finite: there is no distribution for alpha < 0", p.lo, p.hi)
	case p.lo == 0 && a.vectors && a.x.Shape().Dimensions[1] > 1:
		a.panicf("AlphaRange(0, %g): want lo > 0 for vectors: there is no distribution for alpha = 0, x=%s", p.hi, a.x.Shape())
	}
	if math.IsNaN(p.value) && !slices.Contains(a.called, "AlphaInit") {
		p.value = (p.lo + p.hi) / 2
	}
	if !(p.value > p.lo) || !(p.value < p.hi) {
		a.panicf("AlphaInit(%g): want a number inside AlphaRange(%g, %g), not at its ends", p.value, p.lo, p.hi)
	}
}

func (a *Adaptive) checkDF() {
	switch p := &a.df; {
	case p.source == learned && !isPositive(p.value):
		a.panicf("DFInit(%g): want degrees of freedom > 0, finite: FixedDF(+Inf) is the normal distribution", p.value)
	case p.source == fixed && !(p.value > 0):
		a.panicf("FixedDF(%g): want degrees of freedom > 0, +Inf included", p.value)
	}
}

func (a *Adaptive) checkScale() {
	p := &a.scale
	switch {
	case p.source == fixed && !isPositive(p.value):
		a.panicf("FixedScale(%g): want a finite number > 0", p.value)
	case p.source != learned:
		return
	case !isPositive(p.lo):
		a.panicf("ScaleFloor(%g): want a finite number > 0", p.lo)
	case p.value == p.lo:
		a.panicf("ScaleInit(%g): want more than the floor of %g, which ScaleFloor sets: FixedScale(%g) makes the scale a constant",
			p.value, p.lo, p.value)
	case !(p.value > p.lo) || math.IsInf(p.value, 1):
		a.panicf("ScaleInit(%g): want a finite number above the floor of %g, which ScaleFloor sets", p.value, p.lo)
	}
}
