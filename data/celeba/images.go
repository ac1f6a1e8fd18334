package celeba

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // the format of the original
	_ "image/png"  // the format of lossless copies
	"io"
	"os"
)

// Source is a sequence of square RGB images of one size. Its methods may be called by several goroutines at a time.
type Source interface {
	// Len returns how many images there are.
	Len() int
	// Side returns the height and width of the images in pixels.
	Side() int
	// Read writes the i-th image to dst: Side·Side·3 values in [0, 1], row by row, red, green, blue.
	Read(i int, dst []float32) error
}

// Images reads one split's image files.
type Images struct {
	set           *Set
	split         Split
	preprocessing Preprocessing
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

// Read decodes and preprocesses the i-th image. An error names the file.
func (m *Images) Read(i int, dst []float32) error {
	path := m.set.Path(m.split, i)
	img, err := decode(path)
	if err == nil {
		err = m.preprocessing.apply(img, dst)
	}
	if err != nil {
		return fmt.Errorf("celeba: %s: %w", path, err)
	}
	return nil
}

// decode reads an image file. A file that ends too early is an error.
func decode(path string) (image.Image, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.Unwrap(err) // the caller names the file
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	switch {
	case err == nil:
		return img, nil
	case endsEarly(data), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("the file ends too early: copy or unpack it again")
	default:
		return nil, fmt.Errorf("not a readable JPEG or PNG image: %w", err)
	}
}

// endsEarly reports whether the file is empty, or a JPEG file without its end marker.
func endsEarly(data []byte) bool {
	start, end := []byte{0xff, 0xd8}, []byte{0xff, 0xd9}
	return len(data) == 0 || bytes.HasPrefix(data, start) && !bytes.HasSuffix(data, end)
}
