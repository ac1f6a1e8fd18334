package show

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

// Real is a type of pixel values.
type Real interface{ ~float32 | ~float64 }

// missing is the colour of a pixel without a value.
var missing = color.NRGBA{R: 0xf3, G: 0xe6, B: 0xe6, A: 0xff}

// GrayImage makes a picture of values in rows, [height·width]: lo becomes black and hi white, values beyond are cut
// off, and NaN, a value that is missing, becomes a pale red. Use [RangeOf] for lo and hi of the values themselves.
func GrayImage[T Real](values []T, height, width int, lo, hi T) image.Image {
	return paint(values, height, width, lo, hi, func(t float64) color.NRGBA {
		g := uint8(math.Round(255 * t))
		return color.NRGBA{R: g, G: g, B: g, A: 0xff}
	})
}

// ColorImage makes a picture as [GrayImage] does, in the colours of [Shade]: the one for depths, coefficients and other
// quantities that are no brightness.
func ColorImage[T Real](values []T, height, width int, lo, hi T) image.Image {
	return paint(values, height, width, lo, hi, func(t float64) color.NRGBA { return Shade(t).(color.NRGBA) })
}

// RGBImage makes a picture of values in rows of red, green and blue, [height·width·3], in [0, 1]; values beyond are cut off.
func RGBImage[T Real](values []T, height, width int) image.Image {
	if !fits(len(values), height, width, 3) {
		return image.NewNRGBA(image.Rect(0, 0, 1, 1))
	}
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range height * width {
		for channel := range 3 {
			v := float64(values[3*i+channel])
			if math.IsNaN(v) {
				v = 0
			}
			out.Pix[4*i+channel] = uint8(math.Round(255 * min(max(v, 0), 1)))
		}
		out.Pix[4*i+3] = 0xff
	}
	return out
}

// RangeOf returns the least and the greatest of the finite values, 0 and 1 where there are none.
func RangeOf[T Real](values []T) (lo, hi T) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if x := float64(v); !math.IsNaN(x) && !math.IsInf(x, 0) {
			low, high = min(low, x), max(high, x)
		}
	}
	if low > high {
		return 0, 1
	}
	return T(low), T(high)
}

// paint gives every value the colour of its place between lo and hi.
func paint[T Real](values []T, height, width int, lo, hi T, at func(float64) color.NRGBA) image.Image {
	if !fits(len(values), height, width, 1) {
		return image.NewNRGBA(image.Rect(0, 0, 1, 1))
	}
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i, v := range values {
		out.SetNRGBA(i%width, i/width, colorOf(float64(v), float64(lo), float64(hi), at))
	}
	return out
}

func colorOf(v, lo, hi float64, at func(float64) color.NRGBA) color.NRGBA {
	switch {
	case math.IsNaN(v):
		return missing
	case v <= lo:
		return at(0)
	case v >= hi:
		return at(1)
	}
	return at((v - lo) / (hi - lo))
}

// fits tells whether there are as many values as a picture has, and ends the cell where not.
func fits(count, height, width, channels int) bool {
	if height < 1 || width < 1 || count != height*width*channels {
		fail(fmt.Sprintf("a picture of %d × %d pixels and %d channels got %d values", height, width, channels, count))
		return false
	}
	return true
}
