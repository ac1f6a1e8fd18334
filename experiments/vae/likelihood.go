package vae

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
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

// fitted is a likelihood with its learned parameters: one of each per coefficient, `[dims]`.
type fitted struct {
	nll   *Node // per coefficient, `[batch, dims]`
	shape *Node // α of the general distribution, df of Student's t
	scale *Node // c
}

// score returns the negative log-likelihood of coefficients `[batch, dims]`.
func score(scope *model.Scope, c Config, coefficients *Node) fitted {
	scope = scope.In(likelihoodScope).WithInitializer(initializer.Zero)
	g, dims := coefficients.Graph(), coefficients.Shape().Dimensions[1]
	raw := scope.VariableWithShape("scale", shapes.Make(dtype, dims)).NodeValue(g)
	scale := AddScalar(MulScalar(unitSoftplus(MulScalar(raw, 1)), c.Loss.ScaleInit-c.Loss.ScaleFloor), c.Loss.ScaleFloor)
	alpha, logZ := 2.0, .5*math.Log(2*math.Pi)
	if c.Likelihood == "cauchy" {
		alpha, logZ = 0, math.Log(math.Pi*math.Sqrt2)
	}
	a := BroadcastToDims(Scalar(g, dtype, alpha), dims)
	rho := robustloss.Loss(coefficients, ExpandDims(a, 0), ExpandDims(scale, 0))
	return fitted{nll: AddScalar(Add(rho, ExpandDims(Log(scale), 0)), logZ), shape: a, scale: scale}
}
