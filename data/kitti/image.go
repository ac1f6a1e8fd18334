package kitti

import (
	"fmt"
	"image"
	"image/png"
	"io"
	"math"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// Image is an RGB image with values in [0, 1]: rows from the top, columns from the left, three values a pixel.
type Image struct {
	Height, Width int
	RGB           []float32
}

// NewImage returns a black image.
func NewImage(height, width int) *Image {
	return &Image{Height: height, Width: width, RGB: make([]float32, 3*height*width)}
}

// At returns the three values of a pixel, which share memory with the image.
func (im *Image) At(row, column int) []float32 {
	i := 3 * (row*im.Width + column)
	return im.RGB[i : i+3 : i+3]
}

// ReadImage reads a PNG or JPEG file. An image with transparent pixels is an error: its colours are not what is seen.
func ReadImage(path string) (*Image, error) { return readImage(path, 0) }

func readImage(path string, maxExpanded int64) (*Image, error) {
	decoded, err := input.Image(path, maxExpanded)
	if err != nil {
		return nil, fmt.Errorf("kitti: cannot read the image: %w", err)
	}
	return fromImage(decoded), nil
}

// fromImage converts an opaque image of the standard library.
func fromImage(source image.Image) *Image {
	bounds := source.Bounds()
	im := NewImage(bounds.Dy(), bounds.Dx())
	if rgba, ok := source.(*image.RGBA); ok { // what decoders of 8-bit RGB give
		for y := range im.Height {
			row := rgba.Pix[y*rgba.Stride:]
			for x := range im.Width {
				pixel := im.At(y, x)
				for k := range 3 {
					pixel[k] = float32(row[4*x+k]) / 255
				}
			}
		}
		return im
	}
	for y := range im.Height {
		for x := range im.Width {
			r, g, b, _ := source.At(bounds.Min.X+x, bounds.Min.Y+y).RGBA()
			pixel := im.At(y, x)
			pixel[0], pixel[1], pixel[2] = float32(r)/0xffff, float32(g)/0xffff, float32(b)/0xffff
		}
	}
	return im
}

// WritePNG writes the image with 8 bits a channel, rounded to nearest.
func (im *Image) WritePNG(w io.Writer) error {
	out := image.NewRGBA(image.Rect(0, 0, im.Width, im.Height))
	for i := range im.Height * im.Width {
		for k := range 3 {
			out.Pix[4*i+k] = uint8(math.Round(255 * min(max(float64(im.RGB[3*i+k]), 0), 1)))
		}
		out.Pix[4*i+3] = 0xff
	}
	return png.Encode(w, out)
}

// FlippedHorizontal returns the mirror image, left to right.
func (im *Image) FlippedHorizontal() *Image {
	out := NewImage(im.Height, im.Width)
	for y := range im.Height {
		for x := range im.Width {
			copy(out.At(y, x), im.At(y, im.Width-1-x))
		}
	}
	return out
}

// Resized returns the image averaged over areas: each new pixel is the mean of the part of the old image that it
// covers, pixels at its border counted by the share that is covered. For whole factors it is the mean of blocks; the
// mean of the whole image does not change.
func (im *Image) Resized(height, width int) *Image {
	if height == im.Height && width == im.Width {
		return &Image{height, width, append([]float32(nil), im.RGB...)}
	}
	rows, columns := coverage(im.Height, height), coverage(im.Width, width)
	narrow := NewImage(im.Height, width)
	for y := range im.Height {
		for x, c := range columns {
			average(narrow.At(y, x), c, func(i int) []float32 { return im.At(y, i) })
		}
	}
	out := NewImage(height, width)
	for y, r := range rows {
		for x := range width {
			average(out.At(y, x), r, func(i int) []float32 { return narrow.At(i, x) })
		}
	}
	return out
}

// covered says which old pixels a new one covers, and how much of it each of them is.
type covered struct {
	first  int
	shares []float32 // sum 1
}

// coverage lays to new pixels over from old ones.
func coverage(from, to int) []covered {
	scale := float64(from) / float64(to)
	out := make([]covered, to)
	for i := range out {
		begin, end := float64(i)*scale, float64(i+1)*scale
		first := int(begin)
		out[i].first = first
		for j := first; j < from && float64(j) < end-1e-9; j++ {
			overlap := math.Min(end, float64(j+1)) - math.Max(begin, float64(j))
			out[i].shares = append(out[i].shares, float32(overlap/scale))
		}
	}
	return out
}

func average(dst []float32, c covered, at func(i int) []float32) {
	for k, share := range c.shares {
		source := at(c.first + k)
		for i := range dst {
			dst[i] += share * source[i]
		}
	}
}
