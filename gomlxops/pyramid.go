package gomlxops

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Bands are the three detail bands of one level of a wavelet transform, each `[batch, height, width, channels]`. Of n rows,
// the low band has ⌈n/2⌉ and the high band ⌊n/2⌋; likewise columns.
type Bands struct {
	HighHigh *Node // rows high, columns high: diagonal detail
	LowHigh  *Node // rows low, columns high: vertical edges
	HighLow  *Node // rows high, columns low: horizontal edges
}

// Pyramid is a wavelet transform in pieces.
type Pyramid struct {
	Levels []Bands // the finest level, of half the image's size, first
	Low    *Node   // what is left after the last level, the low band of rows and columns
}

// WaveletPyramid returns the wavelet transform of x as bands: [Unflatten] of [WaveletTransform], which see.
func WaveletPyramid(x *Node, wavelet Wavelet, levels int) Pyramid {
	return Unflatten(WaveletTransform(x, wavelet, levels), levels)
}

// Image puts the image together again, the inverse of [WaveletPyramid].
func (p Pyramid) Image(wavelet Wavelet) *Node {
	return InverseWaveletTransform(p.Flatten(), wavelet, len(p.Levels))
}

// Flatten lays the bands out as one image, in the layout of [WaveletTransform]. It panics if the sizes of the bands are not
// those of a pyramid.
func (p Pyramid) Flatten() *Node {
	flat := p.Low
	for level := len(p.Levels) - 1; level >= 0; level-- {
		bands := p.Levels[level]
		checkFits(level, flat, bands)
		top := joined(flat, bands.LowHigh, 2)
		flat = joined(top, joined(bands.HighLow, bands.HighHigh, 2), 1)
	}
	return flat
}

// Unflatten cuts the image of [WaveletTransform] into bands, the inverse of [Pyramid.Flatten].
//
//   - flat: `[batch, height, width, channels]`.
//   - levels: 0 … [MaxWaveletLevels](height, width).
//
// It panics if flat is not an image or there are too many levels.
func Unflatten(flat *Node, levels int) Pyramid {
	checkImage("Unflatten", flat)
	checkLevels("Unflatten", flat, levels)
	p := Pyramid{Low: flat}
	for range levels {
		height, width := imageSize(p.Low)
		h, w := (height+1)/2, (width+1)/2
		part := func(rows, columns SliceAxisSpec) *Node { return Slice(p.Low, AxisRange(), rows, columns, AxisRange()) }
		bands := Bands{
			HighHigh: part(AxisRange(h), AxisRange(w)),
			LowHigh:  part(AxisRange(0, h), AxisRange(w)),
			HighLow:  part(AxisRange(h), AxisRange(0, w)),
		}
		p.Levels, p.Low = append(p.Levels, bands), part(AxisRange(0, h), AxisRange(0, w))
	}
	return p
}

// Rescale multiplies the bands of level d, the finest being 0, by base^d, and the low band by base^(number of levels).
//
// With base 1 nothing changes. With base ½ the low band of an image in [0, 1] is again about in [0, 1]; with base 2 coarse
// bands weigh more. It panics unless base is positive and finite.
func (p Pyramid) Rescale(base float64) Pyramid {
	return Unflatten(RescaleWavelets(p.Flatten(), len(p.Levels), base), len(p.Levels))
}

// RescaleWavelets is [Pyramid.Rescale] for the image of [WaveletTransform]: each coefficient is multiplied by base^d, where
// d is its level ([WaveletLevels]), 0 for the finest bands and levels for the low band. Unless base is 1 it does not keep
// volumes: log |det| is log base times the sum of the levels of all coefficients.
//
//   - flat: `[batch, height, width, channels]`.
//   - levels: those of the transform.
//   - base: positive and finite, dimensionless.
//
// The result has the shape of flat. It panics if flat is not an image, has fewer levels, or base is not positive and finite.
func RescaleWavelets(flat *Node, levels int, base float64) *Node {
	checkImage("RescaleWavelets", flat)
	checkLevels("RescaleWavelets", flat, levels)
	if !(base > 0) || math.IsInf(base, 1) {
		exceptions.Panicf("gomlxops.RescaleWavelets: the base must be positive and finite, got %g", base)
	}
	if base == 1 || levels == 0 {
		return flat
	}
	height, width := imageSize(flat)
	factors := make([][][][]float64, 1)
	factors[0] = make([][][]float64, height)
	for row, levelsOfRow := range WaveletLevels(height, width, levels) {
		factors[0][row] = make([][]float64, width)
		for column, level := range levelsOfRow {
			factors[0][row][column] = []float64{math.Pow(base, float64(level))}
		}
	}
	return Mul(flat, ConstAs(flat, factors))
}

// WaveletLevels returns the level of each coefficient in the layout of [WaveletTransform], `[height][width]`: 0 for the
// three finest bands, …, levels for the low band. It panics if the size has fewer levels.
func WaveletLevels(height, width, levels int) [][]int {
	if most := MaxWaveletLevels(height, width); levels < 0 || levels > most {
		exceptions.Panicf("gomlxops.WaveletLevels: %d levels asked for, but an image of height %d and width %d has 0 to %d",
			levels, height, width, most)
	}
	of := make([][]int, height)
	for row := range of {
		of[row] = make([]int, width)
	}
	for level := range levels {
		height, width = (height+1)/2, (width+1)/2
		for row := range height {
			for column := range width {
				of[row][column] = level + 1
			}
		}
	}
	return of
}

// checkFits panics unless the bands of a level surround the low band: of n rows, ⌈n/2⌉ are low and ⌊n/2⌋ high.
func checkFits(level int, low *Node, bands Bands) {
	h, w := imageSize(low)
	rows, w1 := imageSize(bands.HighLow)
	h1, columns := imageSize(bands.LowHigh)
	h2, w2 := imageSize(bands.HighHigh)
	if h1 != h || w1 != w || h2 != rows || w2 != columns || (rows != h && rows != h-1) || (columns != w && columns != w-1) {
		exceptions.Panicf("gomlxops.Flatten: the bands of level %d do not fit together: low %s, LowHigh %s, HighLow %s, HighHigh %s",
			level, low.Shape(), bands.LowHigh.Shape(), bands.HighLow.Shape(), bands.HighHigh.Shape())
	}
}

// joined puts b behind a on the axis.
func joined(a, b *Node, axis int) *Node { return Concatenate([]*Node{a, b}, axis) }
