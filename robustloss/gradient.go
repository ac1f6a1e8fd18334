package robustloss

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
	"github.com/robustloss/gomlx-robustloss/internal/gradient"
)

// partial is the derivative of a value in one of its inputs, built only when a gradient needs it. It has the shape of the
// value, or one that broadcasts to it.
type partial struct {
	input      *Node
	derivative func() *Node
}

// withPartials returns value, an elementwise function of the inputs, which broadcast to it, with the given derivatives in
// place of those that differentiating its expression would give: these would cost a multiple, and be NaN wherever the
// branch of a Where that isn't taken is infinite.
func withPartials(value *Node, partials ...partial) *Node {
	var inputs []gradient.Input
	for _, p := range partials {
		inputs = append(inputs, gradient.Input{Node: p.input, Adjoint: func(v *Node) *Node {
			return adjointOf(p.input, value, product(v, p.derivative()))
		}})
	}
	return gradient.With(value, inputs...)
}

// withDerivative is [withPartials] for a function of one input.
func withDerivative(x, value *Node, derivative func() *Node) *Node {
	return withPartials(value, partial{x, derivative})
}

// product returns v·derivative, and 0 where v is 0, though the derivative be infinite or NaN: what nobody asks for must
// not turn into 0·∞.
//
// Its own derivatives don't see this exception: ∂/∂v is the derivative also where v is 0. Else ∂²(w·ρ)/∂w∂x, of which v is
// the w, would be 0 and not ψ for a weight of 0; and so would ∂²(ρ−ρ₀)²/∂x² be where ρ = ρ₀, and not 2ψ².
func product(v, derivative *Node) *Node {
	v = repeated(v)
	var result, adjoint *Node
	factor := func(n, other *Node) *Node {
		return IdentityWithCustomGradient(n, func(n, _ *Node) *Node { return adjointOf(n, result, product(adjoint, other)) })
	}
	a, b := factor(v, derivative), factor(derivative, v)
	zero := ScalarZero(v.Graph(), v.DType())
	result = IdentityWithCustomGradient(where(Equal(a, zero), zero, Mul(a, b)), func(_, v *Node) *Node {
		adjoint = v
		return v
	})
	return result
}

// repeated returns the scalar that v repeats, if v is such a broadcast, as the adjoint is of all that is summed or
// averaged next: the pure Go backend would write it out, slowly. Else it returns v.
func repeated(v *Node) *Node {
	if v.Type() == NodeTypeBroadcastInDim && v.Inputs()[0].Shape().Size() == 1 {
		return Reshape(v.Inputs()[0])
	}
	return v
}

// adjointOf turns v, the elements' contributions to the adjoint of an input of value, into that adjoint: their sum over
// the axes along which the input was repeated. v may be smaller than value, where its contributions repeat.
func adjointOf(input, value, v *Node) *Node {
	if input.Shape().Equal(v.Shape()) && input.Shape().Equal(value.Shape()) {
		return v
	}
	if !v.Shape().Equal(value.Shape()) {
		v = BroadcastToDims(v, value.Shape().Dimensions...)
	}
	return sumTo(v, input)
}

// withoutGradient returns the derivative n as a node that panics when it is differentiated in its turn: no wrong higher
// derivative leaves here silently.
func withoutGradient(n *Node) *Node {
	return IdentityWithCustomGradient(n, func(n, _ *Node) *Node {
		notImplemented(n)
		return nil
	})
}

func notImplemented(n *Node) {
	exceptions.Panicf("robustloss: this higher derivative of the loss, of a node of shape %s, is not implemented: there are the "+
		"first derivatives of Loss, LossSquared, Influence and Weight, and the second ones of Loss and PowerTransform but ∂²ρ/∂α² and ∂²f/∂λ²", n.Shape())
}
