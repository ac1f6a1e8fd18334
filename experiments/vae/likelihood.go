package vae

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/robustloss"
)

// dtype is the type of all variables and images.
const dtype = dtypes.Float32

// likelihoodScope holds the likelihood's own parameters, which have their own learning rate.
const likelihoodScope = "likelihood"

// waveletLevels is the depth of the wavelet transform of images that are large enough for it.
const waveletLevels = 5

// fitted is a likelihood with its learned parameters: one of each per coefficient, `[side, side, 3]`.
type fitted struct {
	nll   *Node // `[batch, side, side, 3]`
	shape *Node // α of the general distribution, df of Student's t
	scale *Node // c
}

// score returns the negative log-likelihood of the coefficients of residual images, `[batch, side, side, 3]`. The likelihood's
// variables are below the scope "likelihood".
func score(scope *model.Scope, c Config, residual *Node) fitted {
	l := c.Loss
	a := robustloss.NewImageAdaptive(scope.In(likelihoodScope), residual).
		ScaleFloor(l.ScaleFloor).ScaleInit(l.ScaleInit).LatentRate(c.Training.LatentFactor)
	switch c.Representation {
	case "pixel":
		a.ColorSpace(robustloss.RGB).Representation(robustloss.Pixel)
	case "dct":
		a.ColorSpace(robustloss.YUV).Representation(robustloss.DCT)
	case "wavelet":
		side := residual.Shape().Dimensions[1]
		a.ColorSpace(robustloss.YUV).Representation(robustloss.CDF97).Levels(levels(side))
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
