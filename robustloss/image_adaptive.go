package robustloss

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/robustloss/gomlx-robustloss/gomlxops"
)

// ColorSpace says which colours a residual image is compared in.
type ColorSpace int

const (
	// RGB leaves the channels as they are, however many there are.
	RGB ColorSpace = iota
	// YUV turns RGB into luma and two colour differences, keeping volumes: see [gomlxops.RGBToYUV].
	YUV
)

// String returns "RGB" or "YUV".
func (c ColorSpace) String() string {
	switch c {
	case RGB:
		return "RGB"
	case YUV:
		return "YUV"
	default:
		return fmt.Sprintf("ColorSpace(%d)", int(c))
	}
}

// Representation says in which coefficients a residual image is compared.
type Representation int

const (
	// Pixel compares pixels.
	Pixel Representation = iota
	// DCT compares the coefficients of the orthonormal cosine transform: see [gomlxops.DCT].
	DCT
	// CDF97 compares the coefficients of the wavelet CDF 9/7: see [gomlxops.WaveletTransform].
	CDF97
	// LeGall53 compares the coefficients of the wavelet LeGall 5/3: see [gomlxops.WaveletTransform].
	LeGall53
)

// String returns "Pixel", "DCT", "CDF9/7" or "LeGall5/3".
func (r Representation) String() string {
	switch r {
	case Pixel:
		return "Pixel"
	case DCT:
		return "DCT"
	case CDF97, LeGall53:
		return r.wavelet().String()
	default:
		return fmt.Sprintf("Representation(%d)", int(r))
	}
}

// isWavelet says whether r is one of the wavelets.
func (r Representation) isWavelet() bool { return r == CDF97 || r == LeGall53 }

// wavelet returns the wavelet of a representation that is one.
func (r Representation) wavelet() gomlxops.Wavelet {
	if r == LeGall53 {
		return gomlxops.LeGall53
	}
	return gomlxops.CDF97
}

// NewImageAdaptive returns a builder of the negative log-likelihood of residual images, the loss of [1, Sections 3.1, 3.2]:
//
//	residual → colours (RGB or YUV) → coefficients (pixels, DCT or wavelets) → NLL with one α, one c per coefficient
//
// A pixel of a residual is nearly a copy of its neighbour; a wavelet coefficient says what is new, at one size, place and
// direction. Most of them are near 0 and a few are far from it, and how far depends on the size and the colour: which is what
// an α and a c for each of them can learn. The maps keep volumes, up to [Adaptive.LogVolume], so that the loss is the negative
// log-likelihood of the pixels in every representation, and the losses of representations can be compared.
//
//   - scope: owns the variables, as for [NewAdaptive].
//   - x: residuals `[batch, height, width, channels]`, float; images − predictions, in [−1, 1] for images in [0, 1]. Where
//     channels come first, gomlxops.ToChannelsLast(x) converts.
//
// In a model function, with a nil loss function for train.NewTrainer:
//
//	nll := robustloss.NewImageAdaptive(scope.In("loss"), Sub(predictions, images)).Done()
//	train.AddMainLoss(ReduceAllMean(nll))
//
// By default it is the author's: YUV, CDF 9/7 with 5 levels, α from 0.001 to 1.999, c from 1e-5, starting at 1. In its VAE
// the paper has AlphaRange(0, 3), AlphaInit(1), ScaleFloor(1e-8), ScaleInit(0.01).
func NewImageAdaptive(scope *model.Scope, x *Node) *Adaptive {
	a := newAdaptive("NewImageAdaptive", scope, x)
	a.images = &imageMap{colorSpace: YUV, representation: CDF97, scaleBase: 1}
	return a
}

// ColorSpace sets the colours in which images are compared: YUV needs 3 channels, RGB takes any number as they are.
//
// The default is YUV.
func (a *Adaptive) ColorSpace(c ColorSpace) *Adaptive {
	a.imageOption("ColorSpace").colorSpace = c
	return a
}

// Representation sets the coefficients in which images are compared: Pixel, DCT, CDF97 or LeGall53.
//
// The default is CDF97.
func (a *Adaptive) Representation(r Representation) *Adaptive {
	a.imageOption("Representation").representation = r
	return a
}

// Levels sets how often wavelets split an image, from 0 to ⌈log₂ min(height, width)⌉. It means nothing for Pixel and DCT.
//
// The default is 5, or as many as the image has.
func (a *Adaptive) Levels(n int) *Adaptive {
	m := a.imageOption("Levels")
	m.levels, m.levelsGiven = n, true
	return a
}

// ScaleBase multiplies the wavelet coefficients of level d, the finest being 0, by base^d, and the low band by base^levels,
// > 0: below 1, coarse levels weigh less; above, more. It means nothing for Pixel and DCT. Other bases than 1 change volumes:
// see [Adaptive.LogVolume].
//
// The default is 1.
func (a *Adaptive) ScaleBase(base float64) *Adaptive {
	a.imageOption("ScaleBase").scaleBase = base
	return a
}

// imageOption notes an option of images, and returns where it is kept.
func (a *Adaptive) imageOption(name string) *imageMap {
	a.option(name)
	if a.images == nil {
		return &imageMap{} // Done refuses the option
	}
	return a.images
}

// Coefficients returns, after [Adaptive.Done], what the likelihood is of, in the shape and dtype of x: the coefficients of
// residual images in their representation, and x itself where it is not images.
func (a *Adaptive) Coefficients() *Node {
	a.mustBeDone("Coefficients")
	return a.returned(a.result.coefficients)
}

// LogVolume returns log |det| of the map from one residual image's pixels to its coefficients:
//
//	−log p(pixels) = Σ nll − LogVolume
//
// It is 0 in RGB, and below 5e-8 per pixel in YUV, unless wavelets meet an odd number of rows or columns, or
// [Adaptive.ScaleBase] is not 1. A constant, it changes no gradient; it matters where representations are compared. It is
// known after [Adaptive.Done], and 0 for residuals that are not images.
func (a *Adaptive) LogVolume() float64 {
	a.mustBeDone("LogVolume")
	if a.images == nil {
		return 0
	}
	dims := a.x.Shape().Dimensions
	return a.images.logVolume(dims[1], dims[2], dims[3])
}

// defaultLevels is how often wavelets split an image, if it is large enough: the author's choice.
const defaultLevels = 5

// imageMap is the linear map from a residual image to the coefficients that are compared.
type imageMap struct {
	colorSpace     ColorSpace
	representation Representation
	levels         int // what Levels gives, if it was called
	levelsGiven    bool
	scaleBase      float64
}

// levelsOf returns how often an image of this size is split.
func (m *imageMap) levelsOf(height, width int) int {
	if m.levelsGiven {
		return m.levels
	}
	return min(defaultLevels, gomlxops.MaxWaveletLevels(height, width))
}

// check panics where the options of images make no sense or don't suit the image x.
func (m *imageMap) check(a *Adaptive) {
	shape := a.x.Shape()
	switch {
	case shape.Rank() != 4:
		a.panicf("x must be images [batch, height, width, channels], got rank %d: x=%s", shape.Rank(), shape)
	case m.colorSpace != RGB && m.colorSpace != YUV:
		a.panicf("ColorSpace(%s): want RGB or YUV", m.colorSpace)
	case m.representation < Pixel || m.representation > LeGall53:
		a.panicf("Representation(%s): want Pixel, DCT, CDF97 or LeGall53", m.representation)
	case m.colorSpace == YUV && shape.Dimensions[3] != 3:
		a.panicf("YUV needs 3 channels, R, G and B in the last axis, got %d: x=%s. Use ColorSpace(RGB) for other channels, "+
			"and gomlxops.ToChannelsLast where the channels come first", shape.Dimensions[3], shape)
	case !isPositive(m.scaleBase):
		a.panicf("ScaleBase(%g): want a finite number > 0", m.scaleBase)
	}
	height, width := shape.Dimensions[1], shape.Dimensions[2]
	levels, most := m.levelsOf(height, width), gomlxops.MaxWaveletLevels(height, width)
	if m.representation.isWavelet() && (levels < 0 || levels > most) {
		a.panicf("Levels(%d): an image of height %d and width %d has 0 to %d levels of wavelets: x=%s", levels, height, width, most, shape)
	}
}

// apply returns the coefficients of the images x, in the shape of x.
func (m *imageMap) apply(x *Node) *Node {
	if m.colorSpace == YUV {
		x = gomlxops.RGBToYUV(x)
	}
	switch {
	case m.representation == DCT:
		return gomlxops.DCT(x)
	case m.representation.isWavelet():
		levels := m.levelsOf(x.Shape().Dimensions[1], x.Shape().Dimensions[2])
		return gomlxops.RescaleWavelets(gomlxops.WaveletTransform(x, m.representation.wavelet(), levels), levels, m.scaleBase)
	default:
		return x
	}
}

// logVolume returns log |det| of the map, for one image.
func (m *imageMap) logVolume(height, width, channels int) float64 {
	volume := 0.0
	if m.colorSpace == YUV {
		volume += float64(height*width) * gomlxops.YUVLogVolume()
	}
	if !m.representation.isWavelet() {
		return volume
	}
	levels := m.levelsOf(height, width)
	sum := 0
	for _, row := range gomlxops.WaveletLevels(height, width, levels) {
		for _, level := range row {
			sum += level
		}
	}
	perChannel := gomlxops.WaveletLogVolume(m.representation.wavelet(), height, width, levels) + float64(sum)*math.Log(m.scaleBase)
	return volume + float64(channels)*perChannel
}
