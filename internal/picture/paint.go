package picture

import (
	"fmt"
	"image"
	"math"

	"golang.org/x/image/draw"
)

// Real is a type of pixel values.
type Real interface{ ~float32 | ~float64 }

// Map paints each pixel of height rows and width columns with the ramp's colour of a fraction in [0, 1], see [Fraction].
func Map(height, width int, fraction func(y, x int) float64, ramp Ramp) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			out.SetNRGBA(x, y, ramp(fraction(y, x)))
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

// Grid lays pictures out in rows, gap white pixels apart. All get the size of the first. A row may be shorter than the first.
//
// In notebooks, show.Images draws a page with titles and labels; here a picture keeps its pixels.
func Grid(rows [][]image.Image, gap int) *image.NRGBA {
	size := rows[0][0].Bounds().Size()
	out := image.NewNRGBA(image.Rect(0, 0, len(rows[0])*(size.X+gap)-gap, len(rows)*(size.Y+gap)-gap))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	for y, row := range rows {
		for x, p := range row {
			at := image.Rectangle{Max: size}.Add(image.Pt(x*(size.X+gap), y*(size.Y+gap)))
			draw.NearestNeighbor.Scale(out, at, p, p.Bounds(), draw.Src, nil)
		}
	}
	return out
}

// Enlarged draws each pixel as a square of factor×factor.
func Enlarged(p image.Image, factor int) *image.NRGBA {
	size := p.Bounds().Size().Mul(factor)
	out := image.NewNRGBA(image.Rect(0, 0, size.X, size.Y))
	draw.NearestNeighbor.Scale(out, out.Bounds(), p, p.Bounds(), draw.Src, nil)
	return out
}
