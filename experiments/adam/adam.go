// Package adam is the optimiser of the experiments: Adam with a schedule of its learning rate.
//
// GoMLX's optimizer.Adam makes the same update, to rounding (TestUpdatesAreThoseOfGoMLX). It is not taken for two reasons. Its
// schedules have no constant part before the decay, as the author's training of the VAE has. And it multiplies in another order,
// which would change the last digits of every step, and with them all kept results. The learning rate of the shapes and scales
// of an adaptive loss is set where the loss is built, by robustloss's LatentRate.
package adam

import (
	"math"
	"path"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Config says how the variables are updated. It is part of a run's configuration. With g the gradient and t = 1, 2, … the
// step,
//
//	m ← β₁m + (1−β₁)g,   v ← β₂v + (1−β₂)g²,   θ ← θ − rate·s(t) · (m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + ε)
//
// where s is the schedule: it rises as t/WarmUp during the first WarmUp steps, is 1 up to step Constant, and then falls to 0
// along a cosine, s = ½(1 + cos(π(t−1−Constant)/(Steps−Constant))).
type Config struct {
	Rate     float64 `json:"rate"`
	Beta1    float64 `json:"beta1"`
	Beta2    float64 `json:"beta2"`
	Epsilon  float64 `json:"epsilon"`
	WarmUp   int     `json:"warm_up"`
	Constant int     `json:"constant"`
	Steps    int     `json:"steps"`
}

// Scale returns s(t), the schedule's factor at step t = 1, 2, ….
func (c Config) Scale(t int) float64 {
	scale := 1.0
	if c.WarmUp > 0 {
		scale = min(1, float64(t)/float64(c.WarmUp))
	}
	if done := t - 1 - c.Constant; done > 0 && c.Steps > c.Constant {
		scale *= .5 * (1 + math.Cos(math.Pi*min(1, float64(done)/float64(c.Steps-c.Constant))))
	}
	return scale
}

// scope is where the moments are kept.
const scope = "adam"

// New returns the optimiser. Its state, the moments and GoMLX's global step, lives in the model's store, so a run that is
// resumed from its checkpoint goes on as if it had not stopped.
func New(config Config) optimizer.Interface { return &adam{config} }

type adam struct{ Config }

// UpdateGraph updates all trainable variables that the loss depends on.
func (a *adam) UpdateGraph(root *model.Scope, g *Graph, loss *Node) {
	if !loss.Shape().IsScalar() {
		exceptions.Panicf("adam: the loss must be a scalar, it is %s", loss.Shape())
	}
	var variables []*model.Variable
	var values []*Node
	for v := range root.IterVariables() {
		if v.Trainable && v.InUseByGraph(g) {
			variables = append(variables, v)
			values = append(values, v.NodeValue(g))
		}
	}
	if len(variables) == 0 {
		exceptions.Panicf("adam: the loss depends on no trainable variable")
	}
	dtype := loss.DType()
	step := optimizer.IncrementGlobalStep(g, dtype)
	rate := MulScalar(a.scale(step), a.Rate)
	unbias1 := Reciprocal(OneMinus(Pow(Scalar(g, dtype, a.Beta1), step)))
	unbias2 := Reciprocal(OneMinus(Pow(Scalar(g, dtype, a.Beta2), step)))
	for i, gradient := range Gradient(loss, values...) {
		v := variables[i]
		if gradient.DType() != dtype {
			gradient = ConvertDType(gradient, dtype)
		}
		m := a.moment(root, v, "first", dtype, gradient, a.Beta1)
		s := a.moment(root, v, "second", dtype, Square(gradient), a.Beta2)
		update := Div(Mul(m, unbias1), AddScalar(Sqrt(Mul(s, unbias2)), a.Epsilon))
		update = Mul(update, rate)
		v.SetNodeValue(Sub(values[i], ConvertDType(update, values[i].DType())))
	}
}

// moment updates a moving average and returns it.
func (a *adam) moment(root *model.Scope, v *model.Variable, name string, dtype dtypes.DType, x *Node, beta float64) *Node {
	shape := v.Shape().Clone()
	shape.DType = dtype
	kept := root.Store().Scope(path.Join("/", scope, v.Scope())).WithInitializer(initializer.Zero).
		VariableWithShape(v.Name()+"_"+name, shape).SetTrainable(false)
	moment := Add(MulScalar(kept.NodeValue(x.Graph()), beta), MulScalar(x, 1-beta))
	kept.SetNodeValue(moment)
	return moment
}

// scale is Scale as a graph.
func (a *adam) scale(step *Node) *Node {
	scale := OnesLike(step)
	if a.WarmUp > 0 {
		scale = Min(scale, DivScalar(step, float64(a.WarmUp)))
	}
	if a.Steps > a.Constant {
		done := MaxScalar(DivScalar(AddScalar(step, float64(-1-a.Constant)), float64(a.Steps-a.Constant)), 0)
		scale = Mul(scale, MulScalar(OnePlus(Cos(MulScalar(MinScalar(done, 1), math.Pi))), .5))
	}
	return scale
}

// Clear deletes the moments.
func (a *adam) Clear(root *model.Scope) error { return root.At(scope).DeleteVariablesInScope() }
