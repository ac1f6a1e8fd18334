package gomlxops

import (
	"math/bits"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// MaxWaveletLevels returns how many times an image of this size can be split: ⌈log₂ min(height, width)⌉, until its shorter
// side is one. It is 0 for a side of 1, and for sizes below 1.
func MaxWaveletLevels(height, width int) int {
	side := min(height, width)
	if side < 1 {
		return 0
	}
	return bits.Len(uint(side - 1))
}

// WaveletTransform returns the wavelet coefficients of each channel as one image of the same size. Each level splits the
// rows and the columns of what is left into a low and a high band:
//
//	low_k = Σ_j l_j · x_{2k+j},    high_k = Σ_j h_j · x_{2k+1+j},    l, h: the symmetric filters of the wavelet
//
// with x reflected beyond its ends, as by [ReflectPad], and puts ⌈n/2⌉ low coefficients before ⌊n/2⌋ high ones:
//
//	┌─────────┬─────────┐
//	│ low low │ low high│   rows low, columns high: vertical edges
//	├─────────┼─────────┤
//	│ high low│high high│   rows high, columns low: horizontal edges
//	└─────────┴─────────┘
//
// The next level does the same with the quarter at the top left. A transform of 0 levels is the image. The map keeps
// volumes where each level meets even sizes, so that log-likelihoods of pixels and of coefficients can be compared;
// [WaveletLogVolume] says what odd sizes add. It is not orthogonal: [InverseWaveletTransform] is its inverse, not its
// transpose.
//
//   - x: `[batch, height, width, channels]`, of any size, odd and tiny ones too.
//   - wavelet: CDF97 or LeGall53.
//   - levels: 0 … [MaxWaveletLevels](height, width).
//
// The result has the shape of x, the author's layout [1, wavelet.flatten]; [Unflatten] cuts it into bands. It panics if x
// is not an image, the wavelet is unknown or there are too many levels.
func WaveletTransform(x *Node, wavelet Wavelet, levels int) *Node {
	checkWavelet("WaveletTransform", x, wavelet, levels)
	if levels == 0 {
		return x
	}
	height, width := imageSize(x)
	planes := onAxisPair(x, 1, wavelet.analysisMatrix(height), wavelet.analysisMatrix(width))
	return fromPlanes(onLowPlanes(planes, func(low *Node) *Node { return analyse(low, wavelet, levels-1) }))
}

// InverseWaveletTransform is the inverse of [WaveletTransform]: it makes an image of its coefficients. Round trips are exact
// to rounding for LeGall53, and to 1e-11 of the largest value for CDF97, whose filters have 12 digits.
//
//   - flat: `[batch, height, width, channels]`, in the layout of [WaveletTransform].
//   - wavelet, levels: those of the transform.
//
// The result has the shape of flat. It panics as [WaveletTransform] does.
func InverseWaveletTransform(flat *Node, wavelet Wavelet, levels int) *Node {
	checkWavelet("InverseWaveletTransform", flat, wavelet, levels)
	if levels == 0 {
		return flat
	}
	return fromPlanes(synthesise(toPlanes(flat), wavelet, levels))
}

// analyse transforms planes `[batch, channels, height, width]`.
func analyse(planes *Node, wavelet Wavelet, levels int) *Node {
	if levels == 0 {
		return planes
	}
	dims := planes.Shape().Dimensions
	planes = onPlanes(planes, wavelet.analysisMatrix(dims[2]), wavelet.analysisMatrix(dims[3]))
	return onLowPlanes(planes, func(low *Node) *Node { return analyse(low, wavelet, levels-1) })
}

// synthesise is the inverse of analyse.
func synthesise(planes *Node, wavelet Wavelet, levels int) *Node {
	if levels == 0 {
		return planes
	}
	planes = onLowPlanes(planes, func(low *Node) *Node { return synthesise(low, wavelet, levels-1) })
	dims := planes.Shape().Dimensions
	return onPlanes(planes, wavelet.synthesisMatrix(dims[2]), wavelet.synthesisMatrix(dims[3]))
}

// onLowPlanes replaces the quarter at the top left of planes, where the low band is, by what transform makes of it.
func onLowPlanes(planes *Node, transform func(low *Node) *Node) *Node {
	dims := planes.Shape().Dimensions
	height, width := (dims[2]+1)/2, (dims[3]+1)/2
	low := Slice(planes, AxisRange(), AxisRange(), AxisRange(0, height), AxisRange(0, width))
	transformed := transform(low)
	if transformed == low {
		return planes
	}
	right := Slice(planes, AxisRange(), AxisRange(), AxisRange(0, height), AxisRange(width))
	below := Slice(planes, AxisRange(), AxisRange(), AxisRange(height), AxisRange())
	return Concatenate([]*Node{Concatenate([]*Node{transformed, right}, 3), below}, 2)
}

// checkWavelet panics unless x is an image that the wavelet can split that often.
func checkWavelet(op string, x *Node, wavelet Wavelet, levels int) {
	checkImage(op, x)
	if !wavelet.valid() {
		exceptions.Panicf("gomlxops.%s: unknown wavelet %s: it must be CDF97 or LeGall53", op, wavelet)
	}
	checkLevels(op, x, levels)
}

// checkLevels panics unless the image x can be split that often.
func checkLevels(op string, x *Node, levels int) {
	height, width := imageSize(x)
	if most := MaxWaveletLevels(height, width); levels < 0 || levels > most {
		exceptions.Panicf("gomlxops.%s: %d levels of wavelets asked for, but an image of height %d and width %d has 0 to %d: %s",
			op, levels, height, width, most, x.Shape())
	}
}
