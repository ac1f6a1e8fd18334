package robustloss

import . "github.com/gomlx/gomlx/core/graph"

// withDerivative returns value, an elementwise function of x with x's shape, with the given derivative in place of the
// one that differentiating the expression would give. The derivative is built only when a gradient needs it.
//
// It is the way of attach for a function of one input: the adjoint of the result is kept, and handed to x, times the
// derivative, through a branch of a Where that is never taken.
func withDerivative(x, value *Node, derivative func() *Node) *Node {
	var adjoint *Node
	link := IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return product(adjoint, derivative()) })
	result := Where(Const(x.Graph(), true), StopGradient(value), link)
	return IdentityWithCustomGradient(result, func(_, v *Node) *Node {
		adjoint = v
		return v
	})
}
