package input

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // one of the formats that are read
	_ "image/png"  // the other one
	"io"
	"math"
)

// bytesPerPixel is what a pixel costs at most until it is a number: 16-bit RGBA when decoded, three float32 afterwards.
const bytesPerPixel = 8 + 12

// Image reads a PNG or JPEG file. Transparent pixels are an error: their colours are not what a viewer shows. maxExpanded
// is that of [NewBudget]; a pixel counts as 20 bytes.
func Image(path string, maxExpanded int64) (image.Image, error) {
	r, err := OpenBudget(path, maxExpanded)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.Image()
}

// Image decodes the file as a PNG or JPEG image.
func (r *Reader) Image() (image.Image, error) {
	data, err := r.All()
	if err != nil {
		return nil, err
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, imageError(data, err))
	}
	if config.Width < 1 || config.Height < 1 {
		return nil, fmt.Errorf("%s: the %s image has no pixels: %d×%d", r.name, format, config.Width, config.Height)
	}
	pixels := int64(config.Width) * int64(config.Height) // a side is an int32 at most
	if r.budget.Spend(min(pixels, math.MaxInt64/bytesPerPixel)*bytesPerPixel) != nil {
		return nil, fmt.Errorf("%s: an image of %d×%d pixels takes more than %s when it is decoded: scale it down, or raise MaxExpanded (--max-expanded)",
			r.name, config.Width, config.Height, Bytes(r.budget.limit))
	}
	decoded, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, imageError(data, err))
	}
	if x, y, found := transparent(decoded); found {
		return nil, fmt.Errorf("%s: the pixel in column %d and row %d is transparent: flatten the image, or remove its alpha channel", r.name, x, y)
	}
	return decoded, nil
}

// transparent finds the first pixel that does not hide what lies behind it.
func transparent(img image.Image) (x, y int, found bool) {
	if o, ok := img.(interface{ Opaque() bool }); ok && o.Opaque() {
		return 0, 0, false
	}
	bounds := img.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if _, _, _, alpha := img.At(x, y).RGBA(); alpha != 0xffff {
				return x - bounds.Min.X, y - bounds.Min.Y, true
			}
		}
	}
	return 0, 0, false
}

func imageError(data []byte, err error) error {
	start, end := []byte{0xff, 0xd8}, []byte{0xff, 0xd9}
	cut := len(data) == 0 || bytes.HasPrefix(data, start) && !bytes.HasSuffix(data, end)
	if cut || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends too early: copy or unpack it again")
	}
	return fmt.Errorf("not a readable JPEG or PNG image: %w", err)
}
