package show

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"slices"
)

// encodePNG writes an image as a PNG of at most 256 colours: a third of the size, and for plots no visible loss.
func encodePNG(source image.Image) ([]byte, error) {
	return encodeExactly(withPalette(source))
}

// encodeExactly writes an image as a PNG with all its colours.
func encodeExactly(source image.Image) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&buffer, source); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

// withPalette keeps the most frequent colours of an image exactly, and groups the others, the shades between line and
// background, into cells of the colour cube, each shown by the most frequent colour in it.
func withPalette(source image.Image) image.Image {
	bounds := source.Bounds()
	count := map[color.RGBA]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[color.RGBAModel.Convert(source.At(x, y)).(color.RGBA)]++
		}
	}
	colors := make([]color.RGBA, 0, len(count))
	for c := range count {
		colors = append(colors, c)
	}
	key := func(c color.RGBA) uint32 { return uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B) }
	slices.SortFunc(colors, func(a, b color.RGBA) int { // frequent ones first, and always in the same order
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(key(a), key(b)))
	})
	palette, index := group(colors)
	out := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			out.SetColorIndex(x, y, index[color.RGBAModel.Convert(source.At(x, y)).(color.RGBA)])
		}
	}
	return out
}

// group chooses at most 256 colours out of those that come in order of frequency: the first ones as they are, and the
// finest cells for the others that leave no more.
func group(colors []color.RGBA) (color.Palette, map[color.RGBA]uint8) {
	const limit, exact = 256, 80
	for side := 1; ; side++ {
		cellOf := map[color.RGBA]uint8{}
		index := make(map[color.RGBA]uint8, len(colors))
		var palette color.Palette
		for i, c := range colors {
			cell := color.RGBA{R: c.R / uint8(side), G: c.G / uint8(side), B: c.B / uint8(side)}
			at, known := cellOf[cell]
			if !known || i < exact {
				if len(palette) == limit {
					palette = nil
					break
				}
				at = uint8(len(palette))
				palette = append(palette, c)
				if !known {
					cellOf[cell] = at
				}
			}
			index[c] = at
		}
		if palette != nil {
			return palette, index
		}
	}
}
