package robustloss

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// partials are the derivatives of one output in the inputs of a [terms], each of the output's shape, built only when a
// gradient needs them.
type partials struct {
	x, alpha, scale func() *Node
}

// attach returns value, an expression of the terms, with the given derivatives in place of those that differentiating
// the expression would give: these would cost a multiple, and be NaN wherever the branch of a Where that isn't taken is
// infinite.
//
// An operation with several inputs and its own gradient is put together from what the graph offers:
//
//	x → identity ┐
//	α → identity ┼→ link, a scalar ┐
//	c → identity ┘                 ├→ Where(true, value, link) → identity → result
//	      StopGradient(value) ─────┘
//
// The adjoint that arrives at the last identity is kept; the other identities, which the gradient reaches later, ignore
// what comes through the link and return the kept adjoint times their derivative. The link is never taken, so that no
// infinite input can turn into a NaN there, and XLA folds it away.
func (t *terms) attach(value *Node, derivatives partials) *Node {
	var adjoint *Node
	input := func(n *Node, derivative func() *Node) *Node {
		n = IdentityWithCustomGradient(n, func(n, _ *Node) *Node { return sumTo(product(adjoint, derivative()), n) })
		return Reshape(Slice(n, slices.Repeat([]SliceAxisSpec{AxisElem(0)}, n.Rank())...))
	}
	link := Add(input(t.x, derivatives.x), Add(input(t.alpha, derivatives.alpha), input(t.scale, derivatives.scale)))
	always := Const(value.Graph(), true)
	return IdentityWithCustomGradient(Where(always, StopGradient(value), link), func(_, v *Node) *Node {
		adjoint = v
		return v
	})
}

// product returns v·derivative, and 0 where v is 0, though the derivative be infinite.
func product(v, derivative *Node) *Node {
	v = repeated(v)
	zero := ScalarZero(v.Graph(), v.DType())
	return Where(Equal(v, zero), zero, Mul(v, derivative))
}

// repeated returns the scalar that v repeats, if v is such a broadcast, as the adjoint is of all that is summed or
// averaged next: the pure Go backend would write it out, slowly. Else it returns v.
func repeated(v *Node) *Node {
	if v.Type() == NodeTypeBroadcastInDim && v.Inputs()[0].Shape().Size() == 1 {
		return Reshape(v.Inputs()[0])
	}
	return v
}
