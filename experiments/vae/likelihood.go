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

// waveletLevels is the depth of the wavelet transform; images that are too small for it get the most that they allow.
const waveletLevels = 5

// represent transforms residual images, `[batch, side, side, 3]`, into the representation, a coefficient for a value.
func represent(representation string, residual *Node) *Node {
	switch representation {
	case "pixel":
		return residual
	case "dct":
		return gomlxops.DCT(gomlxops.RGBToYUV(residual))
	case "wavelet":
		height, width := residual.Shape().Dimensions[1], residual.Shape().Dimensions[2]
		levels := min(waveletLevels, gomlxops.MaxWaveletLevels(height, width))
		return gomlxops.WaveletTransform(gomlxops.RGBToYUV(residual), gomlxops.CDF97, levels)
	default:
		exceptions.Panicf("vae: unknown representation %q", representation)
		return nil
	}
}

// fitted is a likelihood with its learned parameters: one of each per coefficient.
type fitted struct {
	nll   *Node // per coefficient, `[batch, dims]`
	shape *Node // α of the general distribution, df of Student's t: `[dims]`
	scale *Node // c: `[dims]`
}

// score returns the negative log-likelihood of coefficients `[batch, dims]`. The likelihood's variables are below the scope
// "likelihood".
func score(scope *model.Scope, c Config, coefficients *Node) fitted {
	scope = scope.In(likelihoodScope)
	l, dims := c.Loss, coefficients.Shape().Dimensions[1]
	if c.Likelihood == "t" {
		nll, df, scale := robustloss.NewStudentsT(scope, coefficients).DFInit(1).
			ScaleFloor(l.ScaleFloor).ScaleInit(l.ScaleInit).LatentRate(c.Training.LatentFactor).Done()
		return fitted{nll, df, scale}
	}
	adaptive := robustloss.NewAdaptive(scope, coefficients).
		ScaleFloor(l.ScaleFloor).ScaleInit(l.ScaleInit).LatentRate(c.Training.LatentFactor)
	switch c.Likelihood {
	case "normal":
		adaptive.AlphaRange(2, 2)
	case "cauchy":
		adaptive.AlphaRange(0, 0)
	case "general":
		adaptive.AlphaRange(l.AlphaLow, l.AlphaHigh).AlphaInit(l.AlphaInit)
	default:
		exceptions.Panicf("vae: unknown likelihood %q", c.Likelihood)
	}
	nll, alpha, scale := adaptive.Done()
	return fitted{nll, BroadcastToDims(alpha, dims), scale}
}
