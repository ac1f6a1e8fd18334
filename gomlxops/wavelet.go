package gomlxops

import (
	"fmt"
	"math"
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
	return inFloat32(x, func(x *Node) *Node {
		planes := onAxisPair(x, 1, wavelet.analysisMatrix(height), wavelet.analysisMatrix(width))
		return fromPlanes(onLowPlanes(planes, func(low *Node) *Node { return analyse(low, wavelet, levels-1) }))
	})
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
	return inFloat32(flat, func(flat *Node) *Node { return fromPlanes(synthesise(toPlanes(flat), wavelet, levels)) })
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

// Wavelet names a biorthogonal wavelet with symmetric filters of odd length.
type Wavelet int

const (
	// CDF97 is the wavelet 9/7 of Cohen, Daubechies and Feauveau [2], JPEG 2000's for lossy compression, with the author's
	// 12 digits [1]: nine taps for the low band, seven for the high band.
	CDF97 Wavelet = iota
	// LeGall53 is the wavelet 5/3 of Le Gall and Tabatabai [3], JPEG 2000's for lossless compression, scaled so that it
	// keeps volumes: five taps for the low band, three for the high band.
	LeGall53
)

// String returns "CDF9/7" or "LeGall5/3".
func (w Wavelet) String() string {
	switch w {
	case CDF97:
		return "CDF9/7"
	case LeGall53:
		return "LeGall5/3"
	default:
		return fmt.Sprintf("Wavelet(%d)", int(w))
	}
}

// valid says whether w is one of the constants above.
func (w Wavelet) valid() bool { return w == CDF97 || w == LeGall53 }

// filterPair is the right half, from the centre on, of two symmetric filters.
type filterPair struct{ low, high []float64 }

// analysis returns the filters that split a signal into its low and its high band.
func (w Wavelet) analysis() filterPair {
	if w == LeGall53 {
		return filterPair{
			low:  []float64{0.75 * math.Sqrt2, 0.25 * math.Sqrt2, -0.125 * math.Sqrt2},
			high: []float64{1 / math.Sqrt2, -0.5 / math.Sqrt2},
		}
	}
	return filterPair{
		low:  []float64{.852698679009, .377402855613, -.110624404418, -.023849465020, .037828455507},
		high: []float64{.788485616406, -.418092273222, -.040689417609, .064538882629},
	}
}

// synthesis returns the filters that put the bands together again: each is the other band's analysis filter with
// alternating signs.
func (w Wavelet) synthesis() filterPair {
	a := w.analysis()
	return filterPair{low: alternating(a.high), high: alternating(a.low)}
}

// alternating returns f with the sign of every second element, from the first after the centre on, changed.
func alternating(f []float64) []float64 {
	g := make([]float64, len(f))
	for i, tap := range f {
		if i%2 == 1 {
			tap = -tap
		}
		g[i] = tap
	}
	return g
}

// analysisMatrix returns one level of the transform of n samples: ⌈n/2⌉ rows of the low band, centred on the samples
// 0, 2, 4, …, and ⌊n/2⌋ rows of the high band, centred on 1, 3, 5, …. Beyond its ends the signal is reflected.
func (w Wavelet) analysisMatrix(n int) matrix {
	filters := w.analysis()
	low := (n + 1) / 2
	m := newMatrix(n, n)
	for row := range n {
		centre, filter := 2*row, filters.low
		if row >= low {
			centre, filter = 2*(row-low)+1, filters.high
		}
		for offset := 1 - len(filter); offset < len(filter); offset++ {
			m[row][reflected(centre+offset, n)] += filter[max(offset, -offset)]
		}
	}
	return m
}

// synthesisMatrix returns the inverse of analysisMatrix(n): the bands are spread over the even and the odd samples, with
// zeros between them, reflected beyond the ends, filtered and added.
func (w Wavelet) synthesisMatrix(n int) matrix {
	filters := w.synthesis()
	low := (n + 1) / 2
	m := newMatrix(n, n)
	for row := range n {
		for offset := 1 - len(filters.low); offset < len(filters.low); offset++ {
			if at := reflected(row+offset, n); at%2 == 0 {
				m[row][at/2] += filters.low[max(offset, -offset)]
			}
		}
		for offset := 1 - len(filters.high); offset < len(filters.high); offset++ {
			if at := reflected(row+offset, n); at%2 == 1 {
				m[row][low+at/2] += filters.high[max(offset, -offset)]
			}
		}
	}
	return m
}

// WaveletLogVolume returns log |det| of [WaveletTransform] for one channel of an image of height and width: what the
// log-likelihood of the pixels has more than that of the coefficients,
//
//	log p(pixels) = log p(coefficients) + log |det|
//
// It is 0 where each split meets an even number of rows and columns, as in a square of 2^levels·k. An odd number n is split
// into one low coefficient more than high ones, and low coefficients are K times as large as volumes allow, high ones
// 1/K times: each odd row or column adds log K, K = 1.149604398 for CDF97 (JPEG 2000's scaling constant) and √2 for LeGall53.
//
// It panics if the wavelet is unknown or the size has fewer levels.
func WaveletLogVolume(wavelet Wavelet, height, width, levels int) float64 {
	if !wavelet.valid() {
		exceptions.Panicf("gomlxops.WaveletLogVolume: unknown wavelet %s: it must be CDF97 or LeGall53", wavelet)
	}
	if most := MaxWaveletLevels(height, width); levels < 0 || levels > most {
		exceptions.Panicf("gomlxops.WaveletLogVolume: %d levels asked for, but an image of height %d and width %d has 0 to %d",
			levels, height, width, most)
	}
	// Three samples are the smallest odd number that is split: their transform has determinant K.
	m := wavelet.analysisMatrix(3)
	logK := math.Log(math.Abs(determinant3([3][3]float64{[3]float64(m[0]), [3]float64(m[1]), [3]float64(m[2])})))
	odd := 0
	for range levels {
		odd += width*(height%2) + height*(width%2)
		height, width = (height+1)/2, (width+1)/2
	}
	return float64(odd) * logK
}
