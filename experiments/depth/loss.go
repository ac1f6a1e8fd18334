package depth

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/robustloss"
)

// The kinds of loss.
const (
	KindL1       = "l1"       // mean absolute residual of RGB
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
	// The general distribution: of the wavelet coefficients of the YUV residual, with scale Scale. The coefficients of
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
	case KindFixed, KindAnnealed, KindAdaptive:
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

// general is the weighted negative log-likelihood of the residual's wavelets, up to a constant, a pixel and channel.
func (c LossConfig) general(scope *model.Scope, residual *Node, steps int) *Node {
	coefficients := c.Wavelets(residual)
	g, dtype := residual.Graph(), residual.DType()
	scale := Scalar(g, dtype, c.Scale)
	var losses *Node
	switch c.Kind {
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
	return Add(along(gomlxops.GradientX), along(gomlxops.GradientY))
}
