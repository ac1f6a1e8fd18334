package robustloss

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/support/exceptions"
)

// latentStepSuffix is appended to the name of a latent for the variable that the optimizer changes.
const latentStepSuffix = "_step"

// latents are the parameters that a loss learns, and what all losses that learn have in common: x, the shape of a parameter,
// and the options.
type latents struct {
	owner string // for messages: "robustloss.NewAdaptive"
	scope *model.Scope
	x     *Node

	shared                bool
	rate                  float64
	scaleFloor, scaleInit float64
	withLocation          bool
	locationInit          float64
	mu                    *Node
}

func newLatents(owner string, scope *model.Scope, x *Node) latents {
	if !x.DType().IsFloat() {
		exceptions.Panicf("%s: x must be of a float dtype, got x=%s", owner, x.Shape())
	}
	return latents{owner: owner, scope: scope, x: x, rate: 1, scaleFloor: 1e-5, scaleInit: 1}
}

// check panics where an option doesn't make sense, or x has no batch axis.
func (l *latents) check() {
	switch {
	case !l.shared && l.x.IsScalar():
		exceptions.Panicf("%s: x must have a batch axis, [batchSize, dims...], got a scalar: use Shared() for one alpha and scale", l.owner)
	case !(l.scaleFloor > 0) || math.IsInf(l.scaleFloor, 1):
		exceptions.Panicf("%s: ScaleFloor(%g): want a number > 0", l.owner, l.scaleFloor)
	case !(l.scaleInit >= l.scaleFloor) || math.IsInf(l.scaleInit, 1):
		exceptions.Panicf("%s: ScaleInit(%g): want at least the floor of %g, which ScaleFloor sets; equal to it, the scale is fixed",
			l.owner, l.scaleInit, l.scaleFloor)
	case !(l.rate > 0) || math.IsInf(l.rate, 1):
		exceptions.Panicf("%s: LatentRate(%g): want a number > 0", l.owner, l.rate)
	case math.IsNaN(l.locationInit) || math.IsInf(l.locationInit, 0):
		exceptions.Panicf("%s: Location(%g): want a finite start", l.owner, l.locationInit)
	}
}

// dtype is that of the parameters: x's, but at least float32, in which small steps are not lost.
func (l *latents) dtype() dtypes.DType {
	if l.x.DType() == dtypes.Float64 {
		return dtypes.Float64
	}
	return dtypes.Float32
}

// constant returns a scalar of the parameters' dtype.
func (l *latents) constant(value float64) *Node { return Scalar(l.x.Graph(), l.dtype(), value) }

// parameter converts a parameter to the dtype of x.
func (l *latents) parameter(p *Node) *Node { return ConvertDType(p, l.x.DType()) }

// latent returns a learnable parameter of the loss, 0 at first: a scalar if shared, else of x's shape without the batch axis.
//
// It is kept in two variables. The first, under the given name, isn't trainable: no optimizer and no weight decay touches it.
// The other, name_step, is: it is 0 at the start of every training step, and what the optimizer makes of it is, after
// the step, added to the first and taken back to 0. AdamW decays every trainable variable by a fraction of its value: here,
// by a fraction of 0.
func (l *latents) latent(name string) *Node {
	shape := shapes.Make(l.dtype())
	if !l.shared {
		shape = shapes.Make(l.dtype(), l.x.Shape().Dimensions[1:]...)
	}
	g := l.x.Graph()
	scope := l.scope.WithInitializer(initializer.Zero)
	value := scope.VariableWithShape(name, shape).SetTrainable(false)
	step := scope.VariableWithShape(name+latentStepSuffix, shape)
	current := func(g *Graph) *Node {
		return Add(value.NodeValue(g), MulScalar(step.NodeValue(g), l.rate))
	}
	train.AddPerStepUpdateGraphFn(l.scope.At("%s", name), g, func(_ *model.Scope, g *Graph) {
		value.SetNodeValue(current(g))
		step.SetNodeValue(Zeros(g, shape))
	})
	return current(g)
}

// residual returns x, less μ where there is a location.
func (l *latents) residual() *Node {
	if !l.withLocation {
		return l.x
	}
	l.mu = l.parameter(AddScalar(l.latent("location"), l.locationInit))
	if l.mu.IsScalar() {
		return Sub(l.x, l.mu)
	}
	return Sub(l.x, ExpandLeftToRank(l.mu, l.x.Rank()))
}

// scale returns c = floor + (init − floor)·softplus(ℓ + log(e − 1)), which is init at ℓ = 0.
func (l *latents) scale() *Node {
	if l.scaleInit == l.scaleFloor {
		return l.parameter(l.constant(l.scaleInit))
	}
	return l.parameter(shiftedSoftplus(l.latent("scale_latent"), l.scaleFloor, l.scaleInit))
}
