package picture

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

// Real is a type of pixel values.
type Real interface{ ~float32 | ~float64 }

// Map paints each pixel of height rows and width columns with the ramp's colour of a fraction in [0, 1], see [Fraction]; NaN
// is painted as [Missing].
func Map(height, width int, fraction func(y, x int) float64, ramp Ramp) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := Missing
			if f := fraction(y, x); !math.IsNaN(f) {
				c = ramp(f)
			}
			out.SetNRGBA(x, y, c)
		}
	}
	return out
}

// Values paints values in rows, [height·width]: those of lo and below with the first colour of the ramp, those of hi and
// above with the last. It returns an error where the number of values is another.
func Values[T Real](values []T, height, width int, lo, hi T, ramp Ramp) (*image.NRGBA, error) {
	if err := fits(len(values), height, width, 1); err != nil {
		return nil, err
	}
	return Map(height, width, func(y, x int) float64 { return Fraction(float64(values[y*width+x]), float64(lo), float64(hi)) }, ramp), nil
}

// RGB paints values in rows of red, green and blue, [height·width·3], from 0 to 1; values beyond are cut off, and NaN counts
// as 0. It returns an error where the number of values is another.
func RGB[T Real](values []T, height, width int) (*image.NRGBA, error) {
	if err := fits(len(values), height, width, 3); err != nil {
		return nil, err
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
	return out, nil
}

// fits tells whether there are as many values as a picture has.
func fits(count, height, width, channels int) error {
	if height < 1 || width < 1 || count != height*width*channels {
		return fmt.Errorf("a picture of %d × %d pixels and %d channels got %d values", height, width, channels, count)
	}
	return nil
}

// Fraction returns where v lies between lo and hi: 0 at lo and below, 1 at hi and above. NaN stays NaN.
func Fraction(v, lo, hi float64) float64 {
	switch {
	case math.IsNaN(v):
		return v
	case v <= lo:
		return 0
	case v >= hi:
		return 1
	}
	return (v - lo) / (hi - lo)
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

// Grid lays pictures out in rows of so many columns, with gap white pixels between them, and shows each pixel as a square of
// zoom × zoom. Every cell has the size of the largest picture.
func Grid(pictures []image.Image, columns, gap, zoom int) *image.NRGBA {
	columns = max(1, min(columns, len(pictures)))
	var cell image.Point
	for _, p := range pictures {
		size := p.Bounds().Size()
		cell = image.Pt(max(cell.X, size.X), max(cell.Y, size.Y))
	}
	pitch := cell.Add(image.Pt(gap, gap))
	rows := (len(pictures) + columns - 1) / columns
	out := image.NewNRGBA(image.Rect(0, 0, max(0, columns*pitch.X-gap)*zoom, max(0, rows*pitch.Y-gap)*zoom))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	for i, p := range pictures {
		at := image.Pt(i%columns*pitch.X, i/columns*pitch.Y).Mul(zoom)
		target := image.Rectangle{Min: at, Max: at.Add(p.Bounds().Size().Mul(zoom))}
		draw.NearestNeighbor.Scale(out, target, p, p.Bounds(), draw.Src, nil)
	}
	return out
}
