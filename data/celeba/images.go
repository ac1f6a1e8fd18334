package celeba

import (
	"fmt"
	"image"
	"image/draw"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// Source is a sequence of square images of one size. Its methods may be called by several goroutines at a time.
type Source interface {
	// Len returns how many images there are.
	Len() int
	// Side returns the height and width of the images in pixels.
	Side() int
	// Channels returns how many values a pixel has: 3 for faces, red, green, blue; 1 for grey images.
	Channels() int
	// Read writes the i-th image to dst: Side·Side·Channels values in [0, 1], row by row, the channels of a pixel together.
	Read(i int, dst []float32) error
}

// Images reads one split's image files.
type Images struct {
	set           *Set
	split         Split
	preprocessing Preprocessing
	// MaxExpanded is how many bytes an image may take when it is decoded, 20 for each pixel. 0 stands for 256 MiB.
	MaxExpanded int64
}

// Images returns a split's images. It fails where the preprocessing makes no sense and where the split is empty.
func (s *Set) Images(split Split, p Preprocessing) (*Images, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if split < 0 || split >= numSplits || s.Len(split) == 0 {
		return nil, fmt.Errorf("celeba: %s lists no %v images", s.imagesDir, split)
	}
	return &Images{set: s, split: split, preprocessing: p}, nil
}

// Len returns how many images there are.
func (m *Images) Len() int { return m.set.Len(m.split) }

// Side returns the height and width of the preprocessed images in pixels.
func (m *Images) Side() int { return m.preprocessing.side() }

// Channels returns 3: red, green, blue.
func (m *Images) Channels() int { return 3 }

// Read decodes and preprocesses the i-th image. An error names the file.
func (m *Images) Read(i int, dst []float32) error {
	path := m.set.Path(m.split, i)
	img, err := input.Image(path, m.MaxExpanded)
	if err != nil {
		return fmt.Errorf("celeba: %w", err)
	}
	if err := m.preprocessing.apply(img, dst); err != nil {
		return fmt.Errorf("celeba: %s: %w", input.Name(path), err)
	}
	return nil
}

// The size of the aligned images, in pixels.
const (
	Width  = 178
	Height = 218
)

// Filter is a way to resize an image.
type Filter string

const (
	// LegacyBilinear is tf.image.resize_images of TensorFlow 1 with its defaults: the target pixel i is
	// interpolated linearly at the source coordinate i·(source size/target size), without half-pixel centres and
	// without smoothing before downsampling.
	LegacyBilinear Filter = "legacy-bilinear"
	// Area averages the source over each target pixel's square.
	Area Filter = "area"
)

// Preprocessing says how an image file becomes numbers in [0, 1].
type Preprocessing struct {
	// Crop is the side in pixels of the central square that is kept; 0 keeps the whole image, which must be square.
	Crop int `json:"crop"`
	// Size is the side of the result in pixels.
	Size int `json:"size"`
	// Filter resizes the crop.
	Filter Filter `json:"filter"`
	// Average is the side of the squares of pixels that are averaged after the resizing; the result has Size/Average
	// pixels a side. 0 and 1 leave the pixels as they are.
	Average int `json:"average,omitempty"`
}

// DefaultPreprocessing is the paper's: crop 160, TensorFlow 1's bilinear resizing to 64.
func DefaultPreprocessing() Preprocessing {
	return Preprocessing{Crop: 160, Size: 64, Filter: LegacyBilinear}
}

// side returns the side of the result in pixels.
func (p Preprocessing) side() int { return p.Size / max(p.Average, 1) }

func (p Preprocessing) check() error {
	switch {
	case p.Crop < 0 || p.Crop > min(Width, Height):
		return fmt.Errorf("celeba: crop of %d pixels, want 1 … %d, or 0 for the whole image", p.Crop, min(Width, Height))
	case p.Size < 1:
		return fmt.Errorf("celeba: size of %d pixels, want at least 1", p.Size)
	case p.Filter != LegacyBilinear && p.Filter != Area:
		return fmt.Errorf("celeba: unknown filter %q, want %q or %q", p.Filter, LegacyBilinear, Area)
	case p.Average < 0 || p.Size%max(p.Average, 1) != 0:
		return fmt.Errorf("celeba: %d pixels cannot be averaged in squares of side %d", p.Size, p.Average)
	}
	return nil
}

// apply writes the preprocessed image to dst: row by row, red green blue, in [0, 1].
func (p Preprocessing) apply(img image.Image, dst []float32) error {
	crop, err := p.crop(img)
	if err != nil {
		return err
	}
	axis := axisWeights(p.Filter, crop.Rect.Dx(), p.Size)
	resized := resample(crop, axis)
	average(resized, p.Size, max(p.Average, 1), dst)
	return nil
}

// crop returns the central square. As in [2], the first row and column are half of what is left over, rounded down.
func (p Preprocessing) crop(img image.Image) (*image.RGBA, error) {
	bounds := img.Bounds()
	width, height := bounds.Dx(), bounds.Dy()
	side := p.Crop
	if side == 0 {
		if width != height {
			return nil, fmt.Errorf("the image has %d×%d pixels, want a square", width, height)
		}
		side = width
	} else if width != Width || height != Height {
		return nil, fmt.Errorf("the image has %d×%d pixels, want %d×%d", width, height, Width, Height)
	}
	square := image.NewRGBA(image.Rect(0, 0, side, side))
	start := bounds.Min.Add(image.Pt((width-side)/2, (height-side)/2))
	draw.Draw(square, square.Rect, img, start, draw.Src)
	return square, nil
}

// tap is one source pixel's share of a target pixel.
type tap struct {
	at     int
	weight float32
}

// axisWeights returns, for each target coordinate of one axis, the source coordinates that it mixes.
func axisWeights(filter Filter, from, to int) [][]tap {
	axis := make([][]tap, to)
	scale := float64(from) / float64(to)
	for i := range axis {
		if filter == LegacyBilinear {
			source := float64(i) * scale
			low := int(source)
			fraction := float32(source - float64(low))
			axis[i] = []tap{{low, 1 - fraction}, {min(low+1, from-1), fraction}}
			continue
		}
		begin, end := float64(i)*scale, float64(i+1)*scale
		for at := int(begin); at < from && float64(at) < end-1e-9; at++ {
			share := min(end, float64(at+1)) - max(begin, float64(at))
			axis[i] = append(axis[i], tap{at, float32(share / scale)})
		}
	}
	return axis
}

// resample mixes the pixels along both axes and divides by 255.
func resample(src *image.RGBA, axis [][]tap) []float32 {
	side, size := src.Rect.Dx(), len(axis)
	rows := make([]float32, side*size*3) // resized along x only
	for y := range side {
		line := src.Pix[y*src.Stride:]
		for x, taps := range axis {
			out := rows[(y*size+x)*3:][:3]
			for _, t := range taps {
				pixel := line[4*t.at:][:3]
				out[0] += t.weight * float32(pixel[0])
				out[1] += t.weight * float32(pixel[1])
				out[2] += t.weight * float32(pixel[2])
			}
		}
	}
	result := make([]float32, size*size*3)
	for y, taps := range axis {
		out := result[y*size*3:][:size*3]
		for _, t := range taps {
			in := rows[t.at*size*3:][:size*3]
			for i, v := range in {
				out[i] += t.weight * v / 255
			}
		}
	}
	return result
}

// average writes the means of the squares of n×n pixels to dst.
func average(src []float32, size, n int, dst []float32) {
	if n == 1 {
		copy(dst, src)
		return
	}
	clear(dst)
	side := size / n
	for y := range size {
		for x := range size {
			out := dst[(y/n*side+x/n)*3:][:3]
			in := src[(y*size+x)*3:][:3]
			for c := range out {
				out[c] += in[c] / float32(n*n)
			}
		}
	}
}
