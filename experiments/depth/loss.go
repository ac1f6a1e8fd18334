package depth

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/robustloss"
)

// The kinds of loss.
const (
	KindL1       = "l1"       // mean absolute residual of RGB
	KindLaplace  = "laplace"  // mean absolute wavelet coefficient, the likelihood of a Laplace distribution
	KindFixed    = "fixed"    // the general distribution with a fixed α
	KindAnnealed = "annealed" // the same, α moved linearly over the steps
	KindAdaptive = "adaptive" // the same, α learned
)

// How many α an adaptive loss has.
const (
	PerCoefficient = ""     // one for each wavelet coefficient and channel
	PerBand        = "band" // one for each band and channel
)

// LossConfig describes the loss.
type LossConfig struct {
	Kind string `json:"kind"`
	// The distribution of the wavelet coefficients of the YUV residual has the scale Scale. The coefficients of
	// level d (0 the finest) are multiplied with ScaleBaseᵈ, which at ½ makes those of an image in [0, 1] lie in about
	// [0, 1] at all levels, and their losses are weighted with LevelWeightᵈ.
	Scale       float64 `json:"scale,omitempty"`
	Levels      int     `json:"levels,omitempty"`
	ScaleBase   float64 `json:"scale_base,omitempty"`
	LevelWeight float64 `json:"level_weight,omitempty"`
	// Alpha is fixed, or where annealing or learning begins.
	Alpha    float64 `json:"alpha"`
	AlphaEnd float64 `json:"alpha_end,omitempty"`
	// The bounds of a learned α, and whether coefficients share it.
	AlphaLow  float64 `json:"alpha_low,omitempty"`
	AlphaHigh float64 `json:"alpha_high,omitempty"`
	Sharing   string  `json:"sharing,omitempty"`
	// LatentRate is how many times as far as the network's weights the latent variables of a learned α move at a step.
	LatentRate float64 `json:"latent_rate,omitempty"`
	// SSIM mixes structural similarity into an L1 loss: SSIM·mean (1−s)/2 + (1−SSIM)·L1; 0.85 is usual.
	SSIM float64 `json:"ssim,omitempty"`
	// Smoothness weighs mean |∂d|·exp(−|∂image|), which asks for disparities that change where the image does.
	Smoothness float64 `json:"smoothness,omitempty"`
}

// lossScope is where the loss keeps its variables.
const lossScope = "loss"

// terms are the numbers that are logged at each step.
var terms = []string{"photometric", "smoothness", "disparity"}

// trainingGraph builds one step's loss. inputs are as the loaders of the configuration's view give them. It returns
// the terms, each a scalar: the two parts of the loss, each a mean over the scales, and the mean disparity in pixels.
func (c Config) trainingGraph(scope *model.Scope, _ any, inputs []*Node) []*Node {
	target := inputs[0]
	disparities := c.Network.Disparities(scope, target)
	residual := c.residuals(scope, inputs)
	var photometric, smoothness *Node
	for i, disparity := range disparities {
		at := scope
		if i > 0 {
			at = scope.In("scale_%d", i)
		}
		p, s := c.Loss.terms(at, target, residual(disparity), disparity, c.Steps)
		s = DivScalar(s, float64(int(1)<<i))
		if i == 0 {
			photometric, smoothness = p, s
			continue
		}
		photometric, smoothness = Add(photometric, p), Add(smoothness, s)
	}
	scales := float64(len(disparities))
	photometric, smoothness = DivScalar(photometric, scales), DivScalar(smoothness, scales)
	train.AddMainLoss(Add(photometric, smoothness))
	return []*Node{photometric, smoothness, ReduceAllMean(disparities[0])}
}

// residuals returns what gives the residual of a disparity map. The residuals of several sources lie behind each other on
// the batch axis. inputs are as the loaders of the configuration's view give them.
func (c Config) residuals(scope *model.Scope, inputs []*Node) func(disparity *Node) *Node {
	if c.Data.View == ViewStereo {
		return func(disparity *Node) *Node { return Residual(inputs[0], inputs[1], disparity) }
	}
	target, sources, camera := inputs[0], inputs[1:3], inputs[3]
	poses := c.Pose.poses(scope, target, sources...)
	return func(disparity *Node) *Node {
		depth := MulScalar(Inverse(disparity), c.Pose.Distance*c.Network.InitialDisparity)
		var all []*Node
		for i, source := range sources {
			all = append(all, residualOfMotion(target, source, depth, poses[i], camera))
		}
		return Concatenate(all, 0)
	}
}

// Residual returns the left image minus the right one moved by the disparity, and 0 where that asks for pixels outside of
// the right image. All are `[batch, height, width, channels]`.
func Residual(left, right, disparity *Node) *Node {
	warped, inside := gomlxops.WarpDisparity(StopGradient(right), disparity)
	return Mul(Sub(left, warped), inside)
}

// Terms returns the photometric loss and the smoothness loss, scalars, of one prediction.
func (c LossConfig) Terms(scope *model.Scope, left, right, disparity *Node, steps int) (photometric, smoothness *Node) {
	return c.terms(scope, left, Residual(left, right, disparity), disparity, steps)
}

// terms is Terms for the residuals of the target, those of several sources behind each other on the batch axis.
func (c LossConfig) terms(scope *model.Scope, target, residual, disparity *Node, steps int) (photometric, smoothness *Node) {
	switch c.Kind {
	case KindL1:
		photometric = c.absolute(target, residual)
	case KindLaplace, KindFixed, KindAnnealed, KindAdaptive:
		photometric = c.general(scope.In(lossScope), residual, steps)
	default:
		exceptions.Panicf("depth: unknown kind of loss %q", c.Kind)
	}
	if c.Smoothness == 0 {
		return photometric, ScalarZero(target.Graph(), target.DType())
	}
	return photometric, MulScalar(roughness(disparity, target), c.Smoothness)
}

// absolute is the mean absolute residual, with structural similarity mixed in where the configuration says so.
func (c LossConfig) absolute(target, residual *Node) *Node {
	l1 := ReduceAllMean(Abs(residual))
	if c.SSIM == 0 {
		return l1
	}
	targets := []*Node{target}
	for len(targets)*target.Shape().Dimensions[0] < residual.Shape().Dimensions[0] {
		targets = append(targets, target)
	}
	target = Concatenate(targets, 0)
	dissimilarity := ReduceAllMean(gomlxops.DSSIM(target, Sub(target, residual)))
	return Add(MulScalar(dissimilarity, c.SSIM), MulScalar(l1, 1-c.SSIM))
}

// general is the weighted negative log-likelihood of the residual's wavelets, up to a constant, a pixel and channel: ρ(x, α, c)
// for the general distribution, |x|/c for Laplace's.
func (c LossConfig) general(scope *model.Scope, residual *Node, steps int) *Node {
	coefficients := c.Wavelets(residual)
	g, dtype := residual.Graph(), residual.DType()
	scale := Scalar(g, dtype, c.Scale)
	var losses *Node
	switch c.Kind {
	case KindLaplace:
		losses = DivScalar(Abs(coefficients), c.Scale)
	case KindFixed:
		losses = robustloss.Loss(coefficients, Scalar(g, dtype, c.Alpha), scale)
	case KindAnnealed:
		losses = robustloss.Loss(coefficients, c.annealed(scope, coefficients, steps), scale)
	default:
		losses, _ = c.adaptive(scope, coefficients)
	}
	return ReduceAllMean(Mul(losses, c.levelWeights(losses)))
}

// annealed returns α of the current step: on the line from Alpha to AlphaEnd.
func (c LossConfig) annealed(scope *model.Scope, x *Node, steps int) *Node {
	done := ConvertDType(optimizer.GetGlobalStepVar(scope).NodeValue(x.Graph()), x.DType())
	share := MinScalar(DivScalar(done, float64(steps)), 1)
	return AddScalar(MulScalar(share, c.AlphaEnd-c.Alpha), c.Alpha)
}

// Wavelets returns the scaled wavelet coefficients of the YUV image, in the layout of gomlxops.WaveletTransform.
func (c LossConfig) Wavelets(image *Node) *Node {
	flat := gomlxops.WaveletTransform(gomlxops.RGBToYUV(image), gomlxops.CDF97, c.Levels)
	return gomlxops.RescaleWavelets(flat, c.Levels, c.ScaleBase)
}

// levelWeights returns LevelWeightᵈ, `[1, height, width, 3]`.
func (c LossConfig) levelWeights(flat *Node) *Node {
	shape := flat.Shape().Clone()
	shape.Dimensions[0] = 1
	return gomlxops.RescaleWavelets(Ones(flat.Graph(), shape), c.Levels, c.LevelWeight)
}

// roughness is mean |∂d/∂x|·exp(−mean_c|∂I/∂x|) plus the same in y.
func roughness(disparity, image *Node) *Node {
	along := func(gradient func(*Node) *Node) *Node {
		edges := ReduceAndKeep(Abs(gradient(image)), ReduceMean, -1)
		return ReduceAllMean(Mul(Abs(gradient(disparity)), Exp(Neg(edges))))
	}
	return Add(along(gomlxops.DifferenceX), along(gomlxops.DifferenceY))
}

// adaptive returns the negative log-likelihoods of the coefficients under the general distribution with learned α and
// fixed scale, of the shape of x, and the α, `[height, width, 3]`.
func (c LossConfig) adaptive(scope *model.Scope, x *Node) (losses, alphas *Node) {
	if c.Sharing == PerBand {
		return c.adaptiveBands(scope, x)
	}
	return c.learned(scope, x)
}

// learned gives each element of x, the first axis apart, an α of its own.
func (c LossConfig) learned(scope *model.Scope, x *Node) (losses, alphas *Node) {
	a := robustloss.NewAdaptive(scope, x).
		AlphaRange(c.AlphaLow, c.AlphaHigh).AlphaInit(c.Alpha).
		FixedScale(c.Scale).
		LatentRate(c.LatentRate)
	losses = a.Done()
	return losses, a.Alpha()
}

// adaptiveBands gives each channel of each band one α.
func (c LossConfig) adaptiveBands(scope *model.Scope, x *Node) (losses, alphas *Node) {
	lossBands, alphaBands := gomlxops.Unflatten(x, c.Levels), gomlxops.Unflatten(Slice(x, AxisRange(0, 1)), c.Levels)
	share := func(name string, loss, alpha **Node) {
		dims := (*loss).Shape().Dimensions
		l, a := c.learned(scope.In("%s", name), Reshape(*loss, -1, dims[3]))
		*alpha = BroadcastToDims(Reshape(a, 1, 1, 1, dims[3]), 1, dims[1], dims[2], dims[3])
		*loss = Reshape(l, dims...)
	}
	for d := range lossBands.Levels {
		l, a := &lossBands.Levels[d], &alphaBands.Levels[d]
		share(fmt.Sprintf("high_high_%d", d), &l.HighHigh, &a.HighHigh)
		share(fmt.Sprintf("low_high_%d", d), &l.LowHigh, &a.LowHigh)
		share(fmt.Sprintf("high_low_%d", d), &l.HighLow, &a.HighLow)
	}
	share("low", &lossBands.Low, &alphaBands.Low)
	return lossBands.Flatten(), Squeeze(alphaBands.Flatten(), 0)
}
