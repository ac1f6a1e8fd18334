package robustloss

import (
	"math"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/ml/train"
)

// source says where a parameter of a loss comes from.
type source int

const (
	fixed   source = iota // a constant
	learned               // a function of a latent variable
	given                 // a node of the caller's
)

// parameter is α, ν, the scale or the location of a loss: what the options say about it.
type parameter struct {
	name   string // in options and messages: "Alpha"
	link   link
	source source
	value  float64 // the constant, or the start where it is learned
	lo, hi float64 // bounds where it is learned: of α both, of the scale lo
	node   *Node   // where it is given
}

// link maps a latent ℓ, which is 0 at first and unbounded, to a parameter, which is p.value at ℓ = 0.
type link struct {
	latent string // the name of the variable of ℓ
	node   func(latent *Node, p *parameter) *Node
	number func(latent float64, p *parameter) float64 // the same on a float64
}

func (p *parameter) learn(start float64) { p.source, p.value = learned, start }
func (p *parameter) fix(value float64)   { p.source, p.value = fixed, value }
func (p *parameter) give(node *Node)     { p.source, p.node = given, node }

var (
	alphaLink = link{
		latent: "alpha_latent",
		node:   func(latent *Node, p *parameter) *Node { return shiftedSigmoid(latent, p.lo, p.hi, p.value) },
		number: func(latent float64, p *parameter) float64 {
			if latent == 0 {
				return p.value
			}
			u := latent + math.Log((p.value-p.lo)/(p.hi-p.value))
			part := (p.hi - p.lo) / (1 + math.Exp(math.Abs(u)))
			if u < 0 {
				return p.lo + part
			}
			return p.hi - part
		},
	}
	dfLink = link{
		latent: "log_df",
		node:   func(latent *Node, p *parameter) *Node { return MulScalar(boundedExp(latent), p.value) },
		number: func(latent float64, p *parameter) float64 { return p.value * math.Exp(min(max(latent, -60), 60)) },
	}
	scaleLink = link{
		latent: "scale_latent",
		node:   func(latent *Node, p *parameter) *Node { return shiftedSoftplus(latent, p.lo, p.value) },
		number: func(latent float64, p *parameter) float64 {
			if latent < 0 {
				return p.lo + (p.value-p.lo)*math.Log1p((math.E-1)*math.Exp(latent))
			}
			return p.lo + (p.value-p.lo)*(1+latent+math.Log1p(math.Expm1(-latent)/math.E))
		},
	}
	locationLink = link{
		latent: "location",
		node:   func(latent *Node, p *parameter) *Node { return AddScalar(latent, p.value) },
		number: func(latent float64, p *parameter) float64 { return p.value + latent },
	}
)

// shiftedSigmoid maps ℓ ∈ [−∞, +∞] to [lo, hi], increasing, with init at ℓ = 0:
//
//	lo + (hi − lo)·σ(ℓ + ℓ₀),  σ(ℓ) = 1/(1 + e^(−ℓ)),  ℓ₀ = log((init − lo)/(hi − init))
//
// from the nearer end, so that the digits of a small distance to it are kept. The derivative is
// (hi − lo)·e/(1 + e)², e = e^(−|ℓ + ℓ₀|), which is 0 only where e is below the least number of the dtype.
func shiftedSigmoid(latent *Node, lo, hi, init float64) *Node {
	zero := ScalarZero(latent.Graph(), latent.DType())
	u := AddScalar(latent, math.Log((init-lo)/(hi-init)))
	e := Exp(Neg(Abs(u)))
	part := MulScalar(Div(e, AddScalar(e, 1.0)), hi-lo)
	value := Where(LessThan(u, zero), AddScalar(part, lo), AddScalar(Neg(part), hi))
	value = Where(Equal(latent, zero), Scalar(latent.Graph(), latent.DType(), init), value) // Not an ulp beside it.
	return withDerivative(latent, value, func() *Node {
		return MulScalar(Div(e, Square(AddScalar(e, 1.0))), hi-lo)
	})
}

// shiftedSoftplus maps ℓ to (floor, ∞), increasing, with init at ℓ = 0:
//
//	floor + (init − floor)·s,  s = softplus(ℓ + log(e−1)) = log(1 + (e−1)·e^ℓ)
//
//	ℓ ≥ 0:  s = 1 + ℓ + log1p((e^(−ℓ) − 1)/e)      ℓ < 0:  s = log1p((e−1)·e^ℓ)
//
// where neither form overflows or loses the digits of a small s. The derivative of s is σ(ℓ + log(e−1)) = 1/(1 + e^(−ℓ)/(e−1)).
func shiftedSoftplus(latent *Node, floor, init float64) *Node {
	zero := ScalarZero(latent.Graph(), latent.DType())
	negative, positive := Min(latent, zero), Max(latent, zero)
	low := Log1p(MulScalar(Exp(negative), math.E-1))
	high := Add(AddScalar(latent, 1.0), Log1p(MulScalar(AddScalar(Exp(Neg(positive)), -1.0), 1/math.E)))
	value := AddScalar(MulScalar(Where(LessThan(latent, zero), low, high), init-floor), floor)
	value = Where(Equal(latent, zero), Scalar(latent.Graph(), latent.DType(), init), value) // Not an ulp beside it.
	return withDerivative(latent, value, func() *Node {
		return MulScalar(Reciprocal(AddScalar(MulScalar(Exp(Neg(latent)), 1/(math.E-1)), 1.0)), init-floor)
	})
}

// boundedExp returns e^ℓ, exactly 1 at ℓ = 0, with ℓ limited to ±60: between 9e-27 and 1e26.
func boundedExp(latent *Node) *Node {
	return Exp(MinScalar(MaxScalar(latent, -60), 60))
}

// latents are where the latents of a loss are kept, and how they are learned.
type latents struct {
	scope  *model.Scope
	graph  *Graph
	shape  shapes.Shape // of each parameter that is learned
	rate   float64      // how far a latent moves for a step of the optimizer
	frozen bool
}

// latentStepSuffix is appended to the name of a latent for the variable that the optimizer moves.
const latentStepSuffix = "_step"

// of returns the latent of the name, 0 at first.
//
// It is the sum of two variables, because of weight decay. GoMLX's optimizers take a fraction of its value from every trainable
// variable that the graph uses, without exceptions: what must not decay has to be 0 when the optimizer sees it.
//
//   - name holds the latent. It passes no gradient on, and what an optimizer does to it is undone after the step. Its flag
//     Trainable says whether it is learned.
//   - name_step is what the optimizer moves. It is 0 at the start of every training step; after the step it is added to the
//     first, and is 0 again. AdamW takes a fraction of 0 from it.
//
// A single variable could be shown to the optimizer as 0 and set to its old value plus the step afterwards. But there are steps
// without an "afterwards": a trainer that accumulates gradients runs the per-step updates only where it applies them, and the
// variable would be lost in between.
func (l *latents) of(name string) *Node {
	scope := l.scope.WithInitializer(initializer.Zero)
	value := scope.VariableWithShape(name, l.shape)
	before := StopGradient(value.NodeValue(l.graph))
	isLearned := value.Trainable && !l.frozen
	step := l.scope.GetVariable(name + latentStepSuffix) // frozen latents may have one from before
	if isLearned {
		step = scope.VariableWithShape(name+latentStepSuffix, l.shape)
	}
	after := func() *Node {
		if step == nil {
			return before
		}
		return Add(before, MulScalar(step.NodeValue(l.graph), l.rate))
	}
	latent := after()
	train.AddPerStepUpdateGraphFn(l.scope.At("%s", name), l.graph, func(*model.Scope, *Graph) {
		if isLearned {
			value.SetNodeValue(after())
		} else {
			value.SetNodeValue(latent)
		}
		if step != nil {
			step.SetNodeValue(Zeros(l.graph, l.shape))
		}
	})
	if !isLearned {
		return StopGradient(latent)
	}
	return latent
}

// in returns the parameter as a node: a scalar where it is a constant, of the latents' shape where it is learned.
func (p *parameter) in(l *latents) *Node {
	switch p.source {
	case given:
		return p.node
	case learned:
		return p.link.node(l.of(p.link.latent), p)
	default:
		return Scalar(l.graph, l.shape.DType, p.value)
	}
}

// isPositive reports whether v is finite and > 0.
func isPositive(v float64) bool { return v > 0 && !math.IsInf(v, 1) }

// isFinite reports whether v is a number.
func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
