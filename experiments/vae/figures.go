package vae

import (
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"path/filepath"
	"slices"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// gap is the space between the images of a grid, in pixels of the images.
const gap = 1

// Grid arranges images in columns, with white gaps, each pixel drawn as a square of zoom×zoom.
func (m Images) Grid(columns, zoom int) image.Image {
	rows := (len(m.Values) + columns - 1) / columns
	pitch := m.Side + gap
	picture := image.NewRGBA(image.Rect(0, 0, (columns*pitch-gap)*zoom, (rows*pitch-gap)*zoom))
	for i := range picture.Pix {
		picture.Pix[i] = 255
	}
	for i, values := range m.Values {
		x0, y0 := i%columns*pitch*zoom, i/columns*pitch*zoom
		for y := range m.Side * zoom {
			for x := range m.Side * zoom {
				v := values[(y/zoom*m.Side+x/zoom)*3:]
				picture.SetRGBA(x0+x, y0+y, color.RGBA{toByte(v[0]), toByte(v[1]), toByte(v[2]), 255})
			}
		}
	}
	return picture
}

func toByte(v float32) uint8 { return uint8(min(max(v, 0), 1)*255 + .5) }

// Maps returns values of coefficients as grey images, one for each channel: low is black, high is white.
func Maps(side int, values []float32, low, high float64, transform func(float64) float64) Images {
	maps := Images{Side: side}
	for channel := range 3 {
		grey := make([]float32, side*side*3)
		for i := range side * side {
			v := float32((transform(float64(values[3*i+channel])) - low) / (high - low))
			grey[3*i], grey[3*i+1], grey[3*i+2] = v, v, v
		}
		maps.Values = append(maps.Values, grey)
	}
	return maps
}

// ShapeMaps returns the learned shapes, one map a channel: α from black at 0 to white at 3, or log df from black at −2
// to white at 6.
func (m *Model) ShapeMaps(p Parameters) Images {
	if m.Likelihood == "t" {
		return Maps(p.Side, p.Shape, -2, 6, math.Log)
	}
	return Maps(p.Side, p.Shape, m.Loss.AlphaLow, m.Loss.AlphaHigh, func(v float64) float64 { return v })
}

// ScaleMaps returns the learned scales, one map a channel: log c from its least value, black, to its greatest, white.
func (m *Model) ScaleMaps(p Parameters) Images {
	low, high := math.Log(float64(slices.Min(p.Scale))), math.Log(float64(slices.Max(p.Scale)))
	return Maps(p.Side, p.Scale, low, max(high, low+1e-6), math.Log)
}

// figureZoom is how many pixels of a PNG file a pixel of an image gets, at least.
func figureZoom(side int) int { return max(1, 128/side) }

// WriteFigures writes what the model has learned into dir and returns the files' paths: reconstructions.png (above each
// row of reconstructions its validation images), samples.png, interpolations.png, shapes.png and scales.png.
func (m *Model) WriteFigures(data *Data, dir string) (paths []string, err error) {
	const columns = 8
	n := min(columns, data.Validation.Len())
	items := make([]int, n)
	for i := range items {
		items[i] = i
	}
	originals, err := Read(data.Validation, items...)
	if err != nil {
		return nil, err
	}
	draw := func(name string, columns int, images func() (Images, error)) {
		if err != nil {
			return
		}
		var drawn Images
		if drawn, err = images(); err != nil {
			return
		}
		path := filepath.Join(dir, name)
		err = run.WriteFile(path, func(w io.Writer) error { return png.Encode(w, drawn.Grid(columns, figureZoom(drawn.Side))) })
		paths = append(paths, path)
	}
	draw("reconstructions.png", n, func() (Images, error) {
		reconstructed, err := m.Reconstruct(originals)
		return Images{originals.Side, append(slices.Clone(originals.Values), reconstructed.Values...)}, err
	})
	draw("samples.png", columns, func() (Images, error) { return m.Sample(4*columns, 1) })
	draw("interpolations.png", columns, func() (Images, error) {
		return m.Interpolate(Images{originals.Side, originals.Values[:n/2*2]}, columns)
	})
	p, parametersErr := m.Parameters()
	draw("shapes.png", 3, func() (Images, error) { return m.ShapeMaps(p), parametersErr })
	draw("scales.png", 3, func() (Images, error) { return m.ScaleMaps(p), parametersErr })
	return paths, err
}
