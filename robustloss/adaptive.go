package robustloss

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Likelihood is a family of distributions of residuals, with a shape and a scale.
type Likelihood int

const (
	// General is the distribution of Barron's loss, with the shape α: see [NLL].
	General Likelihood = iota
	// StudentsT is Student's t-distribution, whose shape is its degrees of freedom ν: see [StudentsTNLL].
	StudentsT
)

// String returns "General" or "StudentsT".
func (l Likelihood) String() string {
	switch l {
	case General:
		return "General"
	case StudentsT:
		return "StudentsT"
	default:
		return fmt.Sprintf("Likelihood(%d)", int(l))
	}
}

// Adaptive is a loss that learns its own shape and scale with the model's weights: a negative log-likelihood of residuals, of
// images in any representation and of vectors too. Make it with [NewAdaptive], [NewStudentsT], [NewImageAdaptive] or
// [NewVectorAdaptive], choose options, and call [Adaptive.Done]; after it, [Adaptive.Alpha], [Adaptive.DF], [Adaptive.Scale], [Adaptive.Location] and others tell more.
//
// Options say the same things in the same way for each parameter P: PInit(v) learns it, starting at v; FixedP(v) makes it the
// constant v; WithP(node) takes it from a node of the graph, as a prediction of the model. The last of these three that is
// called counts; bounds (AlphaRange, ScaleFloor) matter only to a parameter that is learned. What an option is not given, its
// comment states under "the default". Options that make no sense, alone or together, make Done panic, saying which.
type Adaptive struct {
	owner      string // for messages: "NewAdaptive"
	scope      *model.Scope
	x          *Node
	likelihood Likelihood
	images     *imageMap // nil: x is compared as it is
	vectors    bool      // x are vectors with one distribution

	alpha, df, scale, location parameter

	shared, frozen bool
	rate           float64
	weights, mask  *Node

	called []string // options that only some losses have
	done   bool
	result result
}

// result is what Done computes, in the dtype in which the loss computes.
type result struct {
	coefficients           *Node
	nll                    *Node
	shape, scale, location *Node // scale is L for vectors
}

// NewAdaptive returns a builder of the negative log-likelihood of the residuals x under the general robust distribution, see
// [NLL], whose α and c are learned: one of each per element of dims, the same for all of the batch [1, Section 3.1].
//
// The parameters are functions of latents that are 0 at first and unbounded:
//
//	α = lo + (hi − lo)·σ(ℓ_α + logit p),  p = (init − lo)/(hi − lo),  σ the logistic sigmoid
//	c = floor + (init − floor)·softplus(ℓ_c + log(e − 1))
//	μ = init + ℓ_μ, where there is a location
//
// so that each starts exactly at its init.
//
//   - scope: owns the variables; give each loss its own, as scope.In("loss"). In it, "alpha_latent", "scale_latent" and
//     "location" hold the latents. Weight decay does not reach them, and SetTrainable(false) freezes them, from the next graph
//     on, as it does every variable; [Adaptive.Freeze] freezes all. "options" records what the latents mean, so that
//     [ReadParameters] can read them, and so that other options in the same scope are refused. The variables
//     "alpha_latent_step", … beside them are 0 between steps: the optimizer moves these, and the trainer's per-step update
//     adds what they hold to the latents. (A loop without a train.Trainer leaves it there; it counts as well.)
//   - x: residuals, shape `[batchSize, dims...]`, float, in the units of the data: predictions − labels.
//
// In a model function, with a nil loss function for train.NewTrainer:
//
//	nll := robustloss.NewAdaptive(scope.In("loss"), Sub(predictions, labels)).Done()
//	train.AddMainLoss(ReduceAllMean(nll))
//
// Residuals smaller than float32 are converted to it, and so the parameters and the likelihood are computed; only what Done and
// the accessors return has x's dtype. With such residuals train on [Adaptive.Mean], which stays in float32: the optimizer
// computes in the dtype of the loss, and float16 is too coarse for Adam.
//
// The loss is not bounded below: where a model can fit a column exactly, c goes to its floor and the loss far below 0. Raise
// the floor to the precision of the data.
func NewAdaptive(scope *model.Scope, x *Node) *Adaptive {
	return newAdaptive("NewAdaptive", scope, x)
}

// NewStudentsT returns [NewAdaptive] with [Adaptive.Likelihood](StudentsT): the negative log-likelihood of the residuals x under
// Student's t-distribution, see [StudentsTNLL], whose degrees of freedom ν and scale s are learned:
//
//	ν = init·exp(ℓ_ν), with ℓ_ν limited to ±60      s = floor + (init − floor)·softplus(ℓ_s + log(e − 1))
//
// ℓ_ν is held by the variable "log_df"; all else is as for [NewAdaptive].
func NewStudentsT(scope *model.Scope, x *Node) *Adaptive {
	return newAdaptive("NewStudentsT", scope, x).Likelihood(StudentsT)
}

func newAdaptive(owner string, scope *model.Scope, x *Node) *Adaptive {
	switch {
	case x == nil || scope == nil:
		exceptions.Panicf("robustloss.%s: want a scope and a node, got nil", owner)
	case !x.DType().IsFloat():
		exceptions.Panicf("robustloss.%s: x must be of a float dtype, got x=%s", owner, x.Shape())
	}
	return &Adaptive{
		owner: owner, scope: scope, x: x, rate: 1,
		alpha:    parameter{name: "Alpha", link: alphaLink, source: learned, value: middle, lo: 0.001, hi: 1.999},
		df:       parameter{name: "DF", link: dfLink, source: learned, value: 1},
		scale:    parameter{name: "Scale", link: scaleLink, source: learned, value: 1, lo: 1e-5},
		location: parameter{name: "Location", link: locationLink, source: fixed, value: 0},
	}
}

// Done creates the variables and returns the negative log-likelihood of each element in nats, of the shape and dtype of x:
// times its weight where there are [Adaptive.Weights], and 0 where the [Adaptive.Mask] is false. For images it is that of each
// coefficient in its representation, `[batch, height, width, channels]`, wavelets as [gomlxops.WaveletTransform] lays them out;
// for vectors that of each vector, `[batch]`.
//
// It panics where an option makes no sense, where x is empty or has no batch axis, and when it is called again.
func (a *Adaptive) Done() *Node {
	if a.done {
		a.panicf("Done was called before: use its result again, or build another loss in another scope")
	}
	a.check()
	a.record()
	x := ConvertDType(a.x, workingDType(a.x.DType()))
	if a.images != nil {
		x = a.images.apply(x)
	}
	l := &latents{scope: a.scope, graph: x.Graph(), shape: shapes.Make(x.DType()), rate: a.rate, frozen: a.frozen}
	if a.vectors {
		a.result = a.vectorParameters(l, x)
	} else {
		if !a.shared {
			l.shape.Dimensions = slices.Clone(x.Shape().Dimensions[1:])
		}
		a.result = result{
			shape:    a.parameterIn(l, a.shape(), x),
			scale:    a.parameterIn(l, &a.scale, x),
			location: a.parameterIn(l, &a.location, x),
		}
	}
	a.result.coefficients = x
	a.result.nll = a.weighted(a.likelihoodOf(x))
	a.done = true
	return a.returned(a.result.nll)
}

// shape returns the parameter that is the likelihood's shape.
func (a *Adaptive) shape() *parameter {
	if a.likelihood == StudentsT {
		return &a.df
	}
	return &a.alpha
}

// parameterIn returns a parameter as a node that broadcasts to x, in the dtype of x.
func (a *Adaptive) parameterIn(l *latents, p *parameter, x *Node) *Node {
	if p.source != given {
		return p.in(l)
	}
	node := p.node
	if node.DType() == a.x.DType() {
		node = ConvertDType(node, x.DType())
	}
	broadcastable(a.owner, "With"+p.name, node, x)
	return node
}

// likelihoodOf returns the NLL of x, with 0 in place of what the mask hides.
func (a *Adaptive) likelihoodOf(x *Node) *Node {
	a.repeatWeightsAndMask()
	switch {
	case a.mask != nil && a.vectors:
		x = Where(BroadcastToDims(ExpandDims(a.mask, -1), x.Shape().Dimensions...), x, ZerosLike(x))
	case a.mask != nil:
		x = Where(a.mask, x, ZerosLike(x))
	}
	if location := a.result.location; a.location.source != fixed || a.location.value != 0 {
		x = Sub(x, ExpandLeftToRank(location, x.Rank()))
	}
	switch {
	case a.vectors:
		return VectorNLL(x, a.result.shape, a.result.scale)
	case a.likelihood == StudentsT:
		return StudentsTNLL(x, a.result.shape, a.result.scale)
	default:
		return NLL(x, a.result.shape, a.result.scale)
	}
}

// repeatWeightsAndMask gives the weights and the mask the shape of the NLL, and the weights its dtype.
func (a *Adaptive) repeatWeightsAndMask() {
	elements, want := a.x, "the shape of x or leading axes of it"
	if a.vectors {
		elements, want = a.column(a.x), "[batchSize]"
	}
	repeat := func(option string, n *Node) *Node {
		repeated := repeatTrailing(n, elements)
		if !slices.Equal(repeated.Shape().Dimensions, elements.Shape().Dimensions) {
			a.panicf("%s: want %s, got %s and x=%s", option, want, n.Shape(), a.x.Shape())
		}
		return repeated
	}
	if a.weights != nil {
		a.weights = ConvertDType(repeat("Weights", a.weights), a.result.coefficients.DType())
	}
	if a.mask != nil {
		a.mask = repeat("Mask", a.mask)
	}
}

// weighted returns the NLL times the weights, and 0 where the mask hides it.
func (a *Adaptive) weighted(nll *Node) *Node {
	if a.weights != nil {
		nll = Mul(nll, a.weights)
	}
	if a.mask != nil {
		nll = Where(a.mask, nll, ZerosLike(nll))
	}
	return nll
}

// returned converts what is returned to the dtype of x.
func (a *Adaptive) returned(n *Node) *Node { return last(ConvertDType(n, a.x.DType())) }

// last returns n as a node that comes after all variables of the graph so far. GoMLX's pure-Go backend fails where a variable
// comes after the last node that is computed, as where a graph returns α alone.
func last(n *Node) *Node {
	return IdentityWithCustomGradient(n, func(_, v *Node) *Node { return v })
}

// Mean returns, after [Adaptive.Done], the mean of the negative log-likelihood, a scalar: a loss to train. The mean is over the
// elements that the [Adaptive.Mask] leaves, and is not divided by the sum of the [Adaptive.Weights]. It has the dtype in which
// the loss computes, float32 where x is smaller.
func (a *Adaptive) Mean() *Node {
	a.mustBeDone("Mean")
	nll := a.result.nll
	if a.mask == nil {
		return ReduceAllMean(nll)
	}
	count := ReduceAllSum(ConvertDType(a.mask, nll.DType()))
	return Div(ReduceAllSum(nll), Max(count, ScalarOne(nll.Graph(), nll.DType())))
}

// Alpha returns, after [Adaptive.Done], the α of a General likelihood in the dtype of x: a scalar where it is fixed or shared,
// `[dims...]` where it is learned, and what was given with [Adaptive.WithAlpha]. For images it is `[height, width, channels]`
// always, laid out as the coefficients.
func (a *Adaptive) Alpha() *Node {
	a.mustBeDone("Alpha")
	if a.likelihood != General {
		a.panicf("Alpha: a loss with the likelihood %s has no alpha: see DF", a.likelihood)
	}
	return a.parameterNode(a.result.shape)
}

// DF returns, after [Adaptive.Done], the degrees of freedom of a StudentsT likelihood, shaped as [Adaptive.Alpha].
func (a *Adaptive) DF() *Node {
	a.mustBeDone("DF")
	if a.likelihood != StudentsT {
		a.panicf("DF: a loss with the likelihood %s has no degrees of freedom: see Alpha", a.likelihood)
	}
	return a.parameterNode(a.result.shape)
}

// Scale returns, after [Adaptive.Done], the scale in the units of x, shaped as [Adaptive.Alpha]. For vectors it is L, `[d, d]`.
func (a *Adaptive) Scale() *Node {
	a.mustBeDone("Scale")
	return a.parameterNode(a.result.scale)
}

// Location returns, after [Adaptive.Done], the location in the units of x, shaped as [Adaptive.Alpha]: 0 by default.
func (a *Adaptive) Location() *Node {
	a.mustBeDone("Location")
	return a.parameterNode(a.result.location)
}

// parameterNode returns a parameter of the result as its accessor does.
func (a *Adaptive) parameterNode(p *Node) *Node {
	if a.images != nil && p.IsScalar() {
		p = BroadcastToDims(p, a.x.Shape().Dimensions[1:]...)
	}
	return a.returned(p)
}

func (a *Adaptive) mustBeDone(accessor string) {
	if !a.done {
		a.panicf("%s is known only after Done: call Done first", accessor)
	}
}

func (a *Adaptive) panicf(format string, args ...any) {
	exceptions.Panicf("robustloss."+a.owner+": "+format, args...)
}
