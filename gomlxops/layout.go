package gomlxops

import . "github.com/gomlx/gomlx/core/graph"

// ToChannelsLast turns images `[batch, channels, height, width]` (PyTorch's layout) into the layout of this package and
// of GoMLX's layers, `[batch, height, width, channels]`. It panics unless x is a float tensor of rank 4.
func ToChannelsLast(x *Node) *Node {
	checkImage("ToChannelsLast", x)
	return fromPlanes(x)
}

// ToChannelsFirst is the inverse of [ToChannelsLast]: `[batch, height, width, channels]` becomes
// `[batch, channels, height, width]`. It panics unless x is a float tensor of rank 4.
func ToChannelsFirst(x *Node) *Node {
	checkImage("ToChannelsFirst", x)
	return toPlanes(x)
}
