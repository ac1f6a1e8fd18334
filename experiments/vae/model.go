// Package vae is the first experiment of [1]: variational autoencoders of images whose reconstruction term is the normal,
// Cauchy, Student's t or the general distribution, on three image representations: a 4 × 3 table of ELBOs.
//
//	go run ./experiments vae table --preset quick
//
//	config.go     the rows, the columns, the presets
//	model.go      the networks, the prior, the likelihoods, the bounds: all that a step computes
//	train.go      the training of one cell
//	data.go       the images: synthetic faces, CelebA
//	fashion.go    grey images: Fashion-MNIST
//	evaluate.go   a trained model: its bounds and what its likelihood has learned
//	figures.go    its reconstructions, samples and interpolations
//	table.go      the table and the kept results
//	linear.go     the same table without a network
//	command.go    the command line
//
// [1] J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, arXiv:1701.03077.
package vae

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/robustloss"
)

// dtype is the type of all variables and images.
const dtype = dtypes.Float32

// shapeOf is a shape of float32.
func shapeOf(dimensions ...int) shapes.Shape { return shapes.Make(dtype, dimensions...) }

// autoencoder is what all graphs of one run share.
type autoencoder struct {
	Config
	bias []float32 // logits of the mean training image, row by row; nil where the variable is loaded
}

// terms is [Terms], with the bias of the decoder's last layer started at a.bias.
func (a autoencoder) terms(scope *model.Scope, x, noise *Node) (distortion, rate *Node) {
	batch, samples, latent := noise.Shape().Dimensions[0], noise.Shape().Dimensions[1], noise.Shape().Dimensions[2]
	perSample := func(v *Node) *Node { // `[batch, latent]` → `[batch·K, latent]`
		return Reshape(BroadcastToDims(ExpandDims(v, 1), batch, samples, latent), batch*samples, latent)
	}
	q := encode(scope, a.Network, x)
	q = gaussian{perSample(q.location), perSample(q.scale)}
	z := Add(q.location, Mul(q.scale, Reshape(noise, batch*samples, latent)))
	rate = Sub(q.logDensity(z), priorLogDensity(scope, a.Network, z))

	side, channels := a.Side(), a.Images.channels()
	reconstructed := decode(scope, a.Network, z, side, channels, a.bias)
	target := Reshape(BroadcastToDims(ExpandDims(x, 1), batch, samples, side, side, channels), batch*samples, side, side, channels)
	nll := score(scope, a.Config, Sub(target, reconstructed)).nll
	distortion = ReduceSum(nll, 1, 2, 3)
	return Reshape(distortion, batch, samples), Reshape(rate, batch, samples)
}

// Terms returns the two parts of the evidence lower bound, in nats an image, for each of K latent samples:
//
//	distortion = −log p(x|z)              `[batch, K]`
//	rate       = log q(z|x) − log p(z)    `[batch, K]`
//
// so that −(distortion + rate) is an estimate of the bound of log p(x), and its gradient one of the bound's gradient.
//
//   - scope: owns the variables, below "encoder", "decoder", "prior" and "likelihood"; those that are not there yet are made.
//   - c: the networks, the prior, the likelihood and the representation; they must suit the images' side.
//   - x: images in [0, 1], `[batch, side, side, channels]`, float32; 1 channel of Fashion-MNIST, 3 of faces.
//   - noise: standard normal, `[batch, K, latent]`, float32: the codes are z = location + scale·noise.
//
// It panics where the configuration names what there is not, or where a shape does not fit.
func Terms(scope *model.Scope, c Config, x, noise *Node) (distortion, rate *Node) {
	return autoencoder{Config: c}.terms(scope, x, noise)
}

// elbo returns the evidence lower bound log p(x) ≥ E[log p(x|z) + log p(z) − log q(z|x)] from the first sample, `[batch]`.
func elbo(distortion, rate *Node) *Node {
	first := func(v *Node) *Node { return Squeeze(Slice(v, AxisRange(), AxisRange(0, 1)), 1) }
	return Neg(Add(first(distortion), first(rate)))
}

// importanceBound returns the importance-weighted bound log (1/K) Σ p(x|z)·p(z)/q(z|x) from all K samples, `[batch]`.
// Its expectation is at least the ELBO's, and grows with K towards log p(x).
func importanceBound(distortion, rate *Node) *Node {
	samples := distortion.Shape().Dimensions[1]
	return AddScalar(logSumExp(Neg(Add(distortion, rate))), -math.Log(float64(samples)))
}

// leak is the slope of the leaky rectifier for negative inputs.
const leak = .2

// gaussian is a normal distribution with independent dimensions: location and standard deviation, `[batch, latent]`.
type gaussian struct{ location, scale *Node }

// encode returns the posterior q(z|x) of images x in [0, 1], `[batch, side, side, channels]`.
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

// decode returns the images that latent points z, `[batch, latent]`, stand for: `[batch, side, side, channels]` in [0, 1].
// bias, the logits of the mean training image, is where the dense network's output starts; nil starts it at grey.
func decode(scope *model.Scope, c NetworkConfig, z *Node, side, channels int, bias []float32) *Node {
	scope = scope.In("decoder").WithInitializer(initializer.GlorotUniformFn(scope))
	batch := z.Shape().Dimensions[0]
	if c.Kind == "convolutional" {
		return Sigmoid(decodeConvolutional(scope, c, z, side, channels))
	}
	h := activation.LeakyReluWith(layers.Dense(scope.In("hidden"), z, true, c.Width), leak)
	out := layers.Dense(scope.In("image"), h, false, side*side*channels)
	if bias == nil {
		bias = make([]float32, side*side*channels)
	}
	out = Add(out, ExpandDims(scope.VariableWithValue("bias", bias).NodeValue(z.Graph()), 0))
	return Reshape(Sigmoid(out), batch, side, side, channels)
}

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
// convolutions of stride 2 until they are images, and ends with a convolution to the images' channels: `[batch, side, side, channels]`.
func decodeConvolutional(scope *model.Scope, c NetworkConfig, z *Node, side, channels int) *Node {
	layers := convolutionalLayers(side)
	x := Reshape(z, z.Shape().Dimensions[0], 1, 1, c.Latent)
	for layer := range layers {
		channels := c.Width * decoderChannels[len(decoderChannels)-layers+layer]
		x = upsampling(scope.In("upsampling_%d", layer), x, channels)
		x = activation.LeakyReluWith(x, leak)
	}
	return convolution(scope.In("image"), x, channels, 1)
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

// likelihoodScope holds the likelihood's own parameters, which have their own learning rate.
const likelihoodScope = "likelihood"

// waveletLevels is the depth of the wavelet transform of images that are large enough for it.
const waveletLevels = 5

// fitted is a likelihood with its learned parameters: one of each per coefficient, `[side, side, channels]`.
type fitted struct {
	nll   *Node // `[batch, side, side, channels]`
	shape *Node // α of the general distribution, df of Student's t
	scale *Node // c
}

// score returns the negative log-likelihood of the coefficients of residual images, `[batch, side, side, channels]`: of the colours
// in YUV but for the pixels, of grey images as they are. The likelihood's variables are below the scope "likelihood".
func score(scope *model.Scope, c Config, residual *Node) fitted {
	l := c.Loss
	a := robustloss.NewImageAdaptive(scope.In(likelihoodScope), residual).
		ScaleFloor(l.ScaleFloor).ScaleInit(l.ScaleInit).LatentRate(c.Training.LatentFactor)
	if c.Representation == "pixel" || residual.Shape().Dimensions[3] != 3 {
		a.ColorSpace(robustloss.RGB) // the channels as they are
	}
	switch c.Representation {
	case "pixel":
		a.Representation(robustloss.Pixel)
	case "dct":
		a.Representation(robustloss.DCT)
	case "wavelet":
		a.Representation(robustloss.CDF97).Levels(levels(residual.Shape().Dimensions[1]))
	default:
		exceptions.Panicf("vae: unknown representation %q", c.Representation)
	}
	switch c.Likelihood {
	case "normal":
		a.FixedAlpha(2)
	case "cauchy":
		a.FixedAlpha(0)
	case "t":
		a.Likelihood(robustloss.StudentsT).DFInit(1)
	case "general":
		a.AlphaRange(l.AlphaLow, l.AlphaHigh).AlphaInit(l.AlphaInit)
	default:
		exceptions.Panicf("vae: unknown likelihood %q", c.Likelihood)
	}
	nll := a.Done()
	if c.Likelihood == "t" {
		return fitted{nll, a.DF(), a.Scale()}
	}
	return fitted{nll, a.Alpha(), a.Scale()}
}

// levels returns the depth of the wavelet transform: five, or the most that small images allow.
func levels(side int) int { return min(waveletLevels, gomlxops.MaxWaveletLevels(side, side)) }
