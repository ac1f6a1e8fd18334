package vae

import (
	"math"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// leak is the slope of the leaky rectifier for negative inputs.
const leak = .2

// gaussian is a normal distribution with independent dimensions: location and standard deviation, `[batch, latent]`.
type gaussian struct{ location, scale *Node }

// encode returns the posterior q(z|x) of images x in [0, 1], `[batch, side, side, 3]`.
func encode(scope *model.Scope, c NetworkConfig, x *Node) gaussian {
	scope = scope.In("encoder").WithInitializer(initializer.GlorotUniformFn(scope))
	x = AddScalar(MulScalar(x, 2), -1)
	var h *Node
	switch c.Kind {
	case "dense":
		h = Reshape(x, x.Shape().Dimensions[0], -1)
		h = activation.LeakyReluWith(layers.Dense(scope.In("hidden"), h, true, c.Width), leak)
	case "convolutional":
		h = encodeConvolutional(scope, c, x)
	default:
		exceptions.Panicf("vae: unknown kind of network %q, want \"dense\" or \"convolutional\"", c.Kind)
	}
	out := layers.Dense(scope.In("posterior"), h, true, 2*c.Latent)
	return gaussian{
		location: Slice(out, AxisRange(), AxisRange(0, c.Latent)),
		scale:    unitSoftplus(Slice(out, AxisRange(), AxisRange(c.Latent, 2*c.Latent))),
	}
}

// decode returns the images that latent points z, `[batch, latent]`, stand for: `[batch, side, side, 3]` in [0, 1].
// bias, the logits of the mean training image, is where the dense network's output starts; nil starts it at grey.
func decode(scope *model.Scope, c NetworkConfig, z *Node, side int, bias []float32) *Node {
	scope = scope.In("decoder").WithInitializer(initializer.GlorotUniformFn(scope))
	batch := z.Shape().Dimensions[0]
	if c.Kind == "convolutional" {
		return Sigmoid(decodeConvolutional(scope, c, z, side))
	}
	h := activation.LeakyReluWith(layers.Dense(scope.In("hidden"), z, true, c.Width), leak)
	out := layers.Dense(scope.In("image"), h, false, side*side*3)
	if bias == nil {
		bias = make([]float32, side*side*3)
	}
	out = Add(out, ExpandDims(scope.VariableWithValue("bias", bias).NodeValue(z.Graph()), 0))
	return Reshape(Sigmoid(out), batch, side, side, 3)
}

// logDensity returns log N(z; location, scale²), `[batch]`.
func (q gaussian) logDensity(z *Node) *Node {
	return standardLogDensity(Div(Sub(z, q.location), q.scale), Log(q.scale))
}

// standardLogDensity sums −½u² − log σ − ½ log 2π over the last axis.
func standardLogDensity(u, logScale *Node) *Node {
	terms := Add(MulScalar(Square(u), -.5), Neg(logScale))
	return ReduceSum(AddScalar(terms, -.5*math.Log(2*math.Pi)), -1)
}

// priorLogDensity returns log p(z), `[batch]`: of N(0, I), or of a mixture of Gaussians with learned weights, locations
// and scales.
func priorLogDensity(scope *model.Scope, c NetworkConfig, z *Node) *Node {
	if c.PriorComponents == 0 {
		return standardLogDensity(z, ZerosLike(z))
	}
	logWeights, p := mixture(scope, c, z.Graph())
	u := Div(Sub(ExpandDims(z, 1), ExpandDims(p.location, 0)), ExpandDims(p.scale, 0)) // `[batch, components, latent]`
	logScale := BroadcastToShape(ExpandDims(Log(p.scale), 0), u.Shape())
	return logSumExp(Add(standardLogDensity(u, logScale), ExpandDims(logWeights, 0)))
}

// mixture returns the learned prior: log weights `[components]`, and the components, `[components, latent]`.
func mixture(scope *model.Scope, c NetworkConfig, g *Graph) (logWeights *Node, components gaussian) {
	scope = scope.In("prior").WithInitializer(initializer.GlorotUniformFn(scope))
	shape := shapes.Make(dtype, c.PriorComponents, c.Latent)
	components.location = scope.VariableWithShape("location", shape).NodeValue(g)
	components.scale = unitSoftplus(scope.VariableWithShape("raw_scale", shape).NodeValue(g))
	logits := scope.WithInitializer(initializer.Zero).VariableWithShape("logits", shapes.Make(dtype, c.PriorComponents)).NodeValue(g)
	return LogSoftmax(logits), components
}

// unitSoftplus is log(1 + e^(x + log(e−1))): positive, and 1 at x = 0.
func unitSoftplus(x *Node) *Node { return Softplus(AddScalar(x, math.Log(math.E-1))) }

// logSumExp returns log Σ exp x over the last axis.
func logSumExp(x *Node) *Node {
	top := StopGradient(ReduceAndKeep(x, ReduceMax, -1))
	return Add(Log(ReduceSum(Exp(Sub(x, top)), -1)), Squeeze(top, -1))
}
