package gomlxops

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
)

// Picture draws a wavelet transform for people: each detail band by itself, mid-grey for 0, black and white for its largest
// magnitudes; the low band from its smallest value, black, to its largest, white. With percentile 99 it is the picture of the
// author's code [1, wavelet.visualize], byte for byte.
//
//	detail:    ½ + ½·clip(y/m, −1, 1),   m: element min(⌊n·percentile/100⌋, n−1), from 0, of the band's n sorted |y|
//	low band:  (y − min)/(max − min)
//
// All channels of a band count together. Where m is 0, numbers above and below 0 are white and black; where max = min, the
// low band is black.
//
//   - flat: coefficients of one image `[height, width, channels]` or `[1, height, width, channels]`, float32 or float64, in the
//     layout of [WaveletTransform], with 1 channel (grey) or 3 (red, green, blue).
//   - levels: of the transform.
//   - percentile: in (0, 100]; 99 lets the largest hundredth of each band saturate, 100 nothing.
//
// It returns an error for other shapes, dtypes, levels or percentiles, and for coefficients that are not finite. It is no graph
// function: it reads the tensor.
func Picture(flat *tensors.Tensor, levels int, percentile float64) (image.Image, error) {
	dims := flat.Shape().Dimensions
	if len(dims) == 4 && dims[0] == 1 {
		dims = dims[1:]
	}
	if len(dims) != 3 || (dims[2] != 1 && dims[2] != 3) {
		return nil, fmt.Errorf("gomlxops.Picture: the coefficients must be [height, width, channels] with 1 or 3 channels, got %s", flat.Shape())
	}
	if dims[0] < 1 || dims[1] < 1 {
		return nil, fmt.Errorf("gomlxops.Picture: the coefficients have no rows or no columns: %s", flat.Shape())
	}
	if most := MaxWaveletLevels(dims[0], dims[1]); levels < 0 || levels > most {
		return nil, fmt.Errorf("gomlxops.Picture: %d levels, but an image of height %d and width %d has 0 to %d", levels, dims[0], dims[1], most)
	}
	if !(percentile > 0 && percentile <= 100) {
		return nil, fmt.Errorf("gomlxops.Picture: the percentile must be in (0, 100], got %g", percentile)
	}
	values, err := float64s(flat)
	if err != nil {
		return nil, fmt.Errorf("gomlxops.Picture: %w", err)
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("gomlxops.Picture: the coefficient at row %d, column %d, channel %d is %g: it must be finite",
				i/dims[2]/dims[1], i/dims[2]%dims[1], i%dims[2], v)
		}
	}
	c := canvas{values: values, width: dims[1], channels: dims[2]}
	height, width := dims[0], dims[1]
	for range levels {
		h, w := (height+1)/2, (width+1)/2
		for _, band := range []image.Rectangle{image.Rect(w, 0, width, h), image.Rect(0, h, w, height), image.Rect(w, h, width, height)} {
			c.drawDetail(band, percentile)
		}
		height, width = h, w
	}
	c.drawLow(image.Rect(0, 0, width, height))
	return c.image(dims[0]), nil
}

// float64s returns the numbers of a float tensor.
func float64s(t *tensors.Tensor) (values []float64, err error) {
	dataErr := t.ConstFlatData(func(flat any) {
		switch data := flat.(type) {
		case []float64:
			values = slices.Clone(data)
		case []float32:
			for _, v := range data {
				values = append(values, float64(v))
			}
		default:
			err = fmt.Errorf("the tensor must be float32 or float64, got %s", t.Shape())
		}
	})
	if dataErr != nil {
		return nil, dataErr
	}
	return values, err
}

// canvas holds the numbers of an image [height, width, channels], which are replaced by brightness in [0, 1].
type canvas struct {
	values          []float64
	width, channels int
}

// each replaces the numbers in a rectangle.
func (c canvas) each(r image.Rectangle, f func(v float64) float64) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for i := (y*c.width + r.Min.X) * c.channels; i < (y*c.width+r.Max.X)*c.channels; i++ {
			c.values[i] = f(c.values[i])
		}
	}
}

// in returns the numbers in a rectangle.
func (c canvas) in(r image.Rectangle) (all []float64) {
	c.each(r, func(v float64) float64 { all = append(all, v); return v })
	return all
}

func (c canvas) drawDetail(r image.Rectangle, percentile float64) {
	magnitudes := c.in(r)
	for i, v := range magnitudes {
		magnitudes[i] = math.Abs(v)
	}
	slices.Sort(magnitudes)
	largest := magnitudes[min(int(float64(len(magnitudes))*(percentile/100)), len(magnitudes)-1)]
	c.each(r, func(v float64) float64 {
		if largest == 0 {
			return (1 + float64(sign(v))) / 2
		}
		return (1 + min(max(v/largest, -1), 1)) / 2
	})
}

func sign(v float64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	default:
		return 0
	}
}

func (c canvas) drawLow(r image.Rectangle) {
	all := c.in(r)
	low, high := slices.Min(all), slices.Max(all)
	c.each(r, func(v float64) float64 {
		if high == low {
			return 0
		}
		return (v - low) / (high - low)
	})
}

// image rounds brightness to 0 … 255.
func (c canvas) image(height int) image.Image {
	picture := image.NewNRGBA(image.Rect(0, 0, c.width, height))
	for y := range height {
		for x := range c.width {
			var rgb [3]uint8
			for k := range rgb {
				rgb[k] = uint8(math.RoundToEven(255 * c.values[(y*c.width+x)*c.channels+min(k, c.channels-1)]))
			}
			picture.SetNRGBA(x, y, color.NRGBA{R: rgb[0], G: rgb[1], B: rgb[2], A: 255})
		}
	}
	return picture
}
