package robustloss

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
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

// defaultLevels is how often wavelets split an image, if it is large enough: the author's choice.
const defaultLevels = 5

// imageMap is the linear map from a residual image to the coefficients that are compared.
type imageMap struct {
	colorSpace     ColorSpace
	representation Representation
	levels         int // −1: the default
	scaleBase      float64
}

// levelsOf returns how often an image of this size is split.
func (m imageMap) levelsOf(height, width int) int {
	if m.levels >= 0 {
		return m.levels
	}
	return min(defaultLevels, gomlxops.MaxWaveletLevels(height, width))
}

// check panics where the options don't make sense or don't suit the image x.
func (m imageMap) check(owner string, x *Node) {
	shape := x.Shape()
	switch {
	case shape.Rank() != 4:
		exceptions.Panicf("%s: x must be images [batch, height, width, channels], got rank %d: x=%s", owner, shape.Rank(), shape)
	case shape.Size() == 0:
		exceptions.Panicf("%s: x has an empty axis: x=%s", owner, shape)
	case m.colorSpace != RGB && m.colorSpace != YUV:
		exceptions.Panicf("%s: ColorSpace(%s): want RGB or YUV", owner, m.colorSpace)
	case m.representation < Pixel || m.representation > LeGall53:
		exceptions.Panicf("%s: Representation(%s): want Pixel, DCT, CDF97 or LeGall53", owner, m.representation)
	case m.colorSpace == YUV && shape.Dimensions[3] != 3:
		exceptions.Panicf("%s: YUV needs 3 channels, R, G and B in the last axis, got %d: x=%s. Use ColorSpace(RGB) for other channels, "+
			"and gomlxops.ToChannelsLast where the channels come first", owner, shape.Dimensions[3], shape)
	case !(m.scaleBase > 0) || math.IsInf(m.scaleBase, 1):
		exceptions.Panicf("%s: ScaleBase(%g): want a finite number > 0", owner, m.scaleBase)
	}
	height, width := shape.Dimensions[1], shape.Dimensions[2]
	if most := gomlxops.MaxWaveletLevels(height, width); m.representation.isWavelet() && (m.levels < -1 || m.levels > most) {
		exceptions.Panicf("%s: Levels(%d): an image of height %d and width %d has 0 to %d levels of wavelets: x=%s",
			owner, m.levels, height, width, most, shape)
	}
}

// apply returns the coefficients of the images x, in the shape of x.
func (m imageMap) apply(x *Node) *Node {
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
func (m imageMap) logVolume(height, width, channels int) float64 {
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
