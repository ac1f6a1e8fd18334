// Package gradient gives an operation with several inputs a gradient of its own.
package gradient

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// Input is an input of an operation, and what turns the adjoint of the operation's value into that of this input, built only
// when a gradient needs it.
type Input struct {
	Node    *Node
	Adjoint func(v *Node) *Node
}

// With returns value, a function of the inputs, with the given adjoints in place of those that differentiating its expression
// would give.
//
// It is put together from what the graph offers:
//
//	x → identity ┐
//	α → identity ┼→ link, a scalar ┐
//	c → identity ┘                 ├→ Where(true, value, link) → identity → result
//	      StopGradient(value) ─────┘
//
// The adjoint that arrives at the last identity is kept; the other identities, which the gradient reaches later, ignore
// what comes through the link and turn the kept adjoint into theirs. The link is never taken, so that no infinite input can
// turn into a NaN there, and XLA folds it away.
func With(value *Node, inputs ...Input) *Node {
	var adjoint, link *Node
	for _, in := range inputs {
		identity := IdentityWithCustomGradient(in.Node, func(_, _ *Node) *Node { return in.Adjoint(adjoint) })
		first := Reshape(Slice(identity, slices.Repeat([]SliceAxisSpec{AxisElem(0)}, identity.Rank())...))
		if link == nil {
			link = first
		} else {
			link = Add(link, first)
		}
	}
	always := Const(value.Graph(), true)
	return IdentityWithCustomGradient(Where(always, StopGradient(value), link), func(_, v *Node) *Node {
		adjoint = v
		return v
	})
}
