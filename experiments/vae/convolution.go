package vae

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
)

// kernelSize is the height and width of all kernels.
const kernelSize = 5

// The channels of the layers, in units of Width, from the largest images to the smallest ones: those of the author, for
// images of 64×64 pixels. Smaller images get fewer layers, the last ones of the encoder and the last ones of the decoder.
// The encoder's last layer is not listed: it has four times as many channels as the latent space has dimensions.
var (
	encoderChannels = []int{1, 1, 2, 2, 4}
	decoderChannels = []int{4, 4, 2, 2, 1, 1}
)

// convolutionalLayers returns how many layers of stride 2 lead from images of this side to single pixels.
func convolutionalLayers(side int) int {
	layers := 0
	for ; 1<<layers < side; layers++ {
	}
	if 1<<layers != side || layers < 2 || layers > len(decoderChannels) {
		exceptions.Panicf("vae: the convolutional network takes images of 4, 8, 16, 32 or 64 pixels a side, these have %d", side)
	}
	return layers
}

// encodeConvolutional halves the images x, `[batch, side, side, channels]`, with 5×5 convolutions of stride 2 until they
// are single pixels: `[batch, 4·latent]`.
func encodeConvolutional(scope *model.Scope, c NetworkConfig, x *Node) *Node {
	layers := convolutionalLayers(x.Shape().Dimensions[1])
	for layer := range layers {
		channels := 4 * c.Latent
		if layer < layers-1 {
			channels = c.Width * encoderChannels[len(encoderChannels)-(layers-1)+layer]
		}
		x = convolution(scope.In("convolution_%d", layer), x, channels, 2)
		x = activation.LeakyReluWith(x, leak)
	}
	return Reshape(x, x.Shape().Dimensions[0], -1)
}

// decodeConvolutional doubles the latent points z, `[batch, latent]`, taken as single pixels, with transposed 5×5
// convolutions of stride 2 until they are images, and ends with a convolution to three channels: `[batch, side, side, 3]`.
func decodeConvolutional(scope *model.Scope, c NetworkConfig, z *Node, side int) *Node {
	layers := convolutionalLayers(side)
	x := Reshape(z, z.Shape().Dimensions[0], 1, 1, c.Latent)
	for layer := range layers {
		channels := c.Width * decoderChannels[len(decoderChannels)-layers+layer]
		x = upsampling(scope.In("upsampling_%d", layer), x, channels)
		x = activation.LeakyReluWith(x, leak)
	}
	return convolution(scope.In("image"), x, 3, 1)
}

// convolution is a 5×5 convolution with a bias; the result is smaller by the stride.
func convolution(scope *model.Scope, x *Node, channels, stride int) *Node {
	from := x.Shape().Dimensions[3]
	kernel := scope.VariableWithShape("weights", shapes.Make(dtype, kernelSize, kernelSize, from, channels))
	return addBias(scope, gomlxops.Conv2D(x, kernel.NodeValue(x.Graph()), stride))
}

// upsampling is a transposed 5×5 convolution of stride 2 with a bias; the result is twice as large.
func upsampling(scope *model.Scope, x *Node, channels int) *Node {
	from := x.Shape().Dimensions[3]
	kernel := scope.VariableWithShape("weights", shapes.Make(dtype, kernelSize, kernelSize, channels, from))
	return addBias(scope, gomlxops.ConvTranspose2D(x, kernel.NodeValue(x.Graph()), 2))
}

// addBias adds a learned number to each channel.
func addBias(scope *model.Scope, x *Node) *Node {
	channels := x.Shape().Dimensions[3]
	bias := scope.WithInitializer(initializer.Zero).VariableWithShape("bias", shapes.Make(dtype, channels))
	return Add(x, Reshape(bias.NodeValue(x.Graph()), 1, 1, 1, channels))
}
