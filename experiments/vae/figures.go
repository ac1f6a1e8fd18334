package vae

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
	"github.com/robustloss/gomlx-robustloss/experiments/figure"
	"github.com/robustloss/gomlx-robustloss/internal/picture"
)

// Images are square images of one size, values in [0, 1], row by row, one after the other: RGB, or grey.
type Images struct {
	Side, Channels int
	Values         [][]float32 // each Side·Side·Channels
}

// imagesOf takes a tensor `[n, side, side, channels]` apart.
func imagesOf(t *tensors.Tensor) Images {
	flat := tensors.MustCopyFlatData[float32](t)
	images := Images{Side: t.Shape().Dim(1), Channels: t.Shape().Dim(3)}
	size := images.Side * images.Side * images.Channels
	for begin := 0; begin < len(flat); begin += size {
		images.Values = append(images.Values, flat[begin:begin+size])
	}
	return images
}

// Read reads some images of a source.
func Read(src celeba.Source, items ...int) (Images, error) {
	t, err := celeba.ReadBatch(src, items)
	if err != nil {
		return Images{}, err
	}
	return imagesOf(t), nil
}

func (m Images) tensor() *tensors.Tensor {
	var flat []float32
	for _, image := range m.Values {
		flat = append(flat, image...)
	}
	return tensors.FromFlatDataAndDimensions(flat, len(m.Values), m.Side, m.Side, m.Channels)
}

// reconstruct encodes images and decodes the locations of their posteriors.
func (m *Model) reconstruct(images Images) (Images, error) {
	return m.draw(func(scope *model.Scope, inputs []*Node) []*Node {
		return []*Node{m.decode(scope, encode(scope, m.Network, inputs[0]).location)}
	}, images.tensor())
}

// Sample decodes n points drawn from the prior.
func (m *Model) Sample(n int, seed uint64) (Images, error) {
	rng := rand.New(rand.NewPCG(seed, 1))
	noise, uniform := make([]float32, n*m.Network.Latent), make([]float32, n)
	for i := range noise {
		noise[i] = float32(rng.NormFloat64())
	}
	for i := range uniform {
		uniform[i] = float32(rng.Float64())
	}
	return m.draw(func(scope *model.Scope, inputs []*Node) []*Node {
		z := inputs[0]
		if m.Network.PriorComponents > 0 {
			z = fromMixture(scope, m.Network, z, inputs[1])
		}
		return []*Node{m.decode(scope, z)}
	}, tensors.FromFlatDataAndDimensions(noise, n, m.Network.Latent), tensors.FromFlatDataAndDimensions(uniform, n))
}

// fromMixture turns standard normal numbers `[n, latent]` and uniform ones `[n]` into draws from the mixture prior: the
// uniform number picks the component by inverting the cumulative weights.
func fromMixture(scope *model.Scope, c NetworkConfig, noise, uniform *Node) *Node {
	logWeights, p := mixture(scope, c, noise.Graph())
	k := c.PriorComponents
	row := Iota(noise.Graph(), shapeOf(k, k), 0)
	column := Iota(noise.Graph(), shapeOf(k, k), 1)
	below := ConvertDType(LessThan(column, row), dtype)
	start := ReduceSum(Mul(below, ExpandDims(Exp(logWeights), 0)), -1) // cumulative weight before each component
	passed := ConvertDType(GreaterOrEqual(ExpandDims(uniform, 1), ExpandDims(start, 0)), dtype)
	index := AddScalar(ReduceSum(passed, -1), -1)
	chosen := ConvertDType(Equal(ExpandDims(index, 1), Iota(noise.Graph(), shapeOf(1, k), 1)), dtype) // one-hot `[n, k]`
	return Add(Dot(chosen, p.location).Product(), Mul(Dot(chosen, p.scale).Product(), noise))
}

// interpolate decodes steps points on the straight line between the posteriors' locations of two images: each pair of
// neighbours in images gives one row.
func (m *Model) interpolate(images Images, steps int) (Images, error) {
	if len(images.Values)%2 != 0 || steps < 2 {
		return Images{}, fmt.Errorf("interpolation of %d images in %d steps: want pairs and at least 2 steps", len(images.Values), steps)
	}
	return m.draw(func(scope *model.Scope, inputs []*Node) []*Node {
		pairs := len(images.Values) / 2
		ends := Reshape(encode(scope, m.Network, inputs[0]).location, pairs, 2, 1, m.Network.Latent)
		from := Squeeze(Slice(ends, AxisRange(), AxisRange(0, 1)), 1)
		to := Squeeze(Slice(ends, AxisRange(), AxisRange(1, 2)), 1)
		t := DivScalar(Iota(inputs[0].Graph(), shapeOf(1, steps, 1), 1), float64(steps-1))
		z := Add(Mul(from, OneMinus(t)), Mul(to, t)) // `[pairs, steps, latent]`
		return []*Node{m.decode(scope, Reshape(z, pairs*steps, m.Network.Latent))}
	}, images.tensor())
}

func (m *Model) decode(scope *model.Scope, z *Node) *Node {
	return decode(scope, m.Network, z, m.Side(), m.Images.channels(), m.bias)
}

func (m *Model) draw(function graphFunction, inputs ...any) (Images, error) {
	outputs, err := m.call(function, inputs...)
	if err != nil {
		return Images{}, fmt.Errorf("cannot draw images: %w", err)
	}
	return imagesOf(outputs[0]), nil
}

// gap is the space between the images of a grid, in pixels of the images.
const gap = 1

// grid arranges images in columns, with white gaps, each pixel drawn as a square of zoom×zoom.
func (m Images) grid(columns, zoom int) image.Image {
	var rows [][]image.Image
	for values := range slices.Chunk(m.Values, columns) {
		var row []image.Image
		for _, v := range values {
			row = append(row, m.picture(v))
		}
		rows = append(rows, row)
	}
	return picture.Enlarged(picture.Grid(rows, gap), zoom)
}

// picture paints one of the images.
func (m Images) picture(values []float32) image.Image {
	if m.Channels == 3 {
		return figure.RGB(values, m.Side, m.Side)
	}
	return picture.Map(m.Side, m.Side, func(y, x int) float64 { return picture.Fraction(float64(values[y*m.Side+x]), 0, 1) }, picture.Greys)
}

// maps returns values of coefficients as grey images, one for each channel: low is black, high is white.
func maps(side int, values []float32, low, high float64, transform func(float64) float64) Images {
	maps, channels := Images{Side: side, Channels: 1}, len(values)/side/side
	for channel := range channels {
		grey := make([]float32, side*side)
		for i := range grey {
			grey[i] = float32((transform(float64(values[channels*i+channel])) - low) / (high - low))
		}
		maps.Values = append(maps.Values, grey)
	}
	return maps
}

// shapeMaps returns the learned shapes, one map a channel: α from black at 0 to white at 3, or log df from black at −2
// to white at 6.
func (m *Model) shapeMaps(p Parameters) Images {
	if m.Likelihood == "t" {
		return maps(p.Side, p.Shape, -2, 6, math.Log)
	}
	return maps(p.Side, p.Shape, m.Loss.AlphaLow, m.Loss.AlphaHigh, func(v float64) float64 { return v })
}

// scaleMaps returns the learned scales, one map a channel: log c from its least value, black, to its greatest, white.
func (m *Model) scaleMaps(p Parameters) Images {
	low, high := math.Log(float64(slices.Min(p.Scale))), math.Log(float64(slices.Max(p.Scale)))
	return maps(p.Side, p.Scale, low, max(high, low+1e-6), math.Log)
}

// figureZoom is how many pixels of a PNG file a pixel of an image gets, at least.
func figureZoom(side int) int { return max(1, 128/side) }

// writeFigures writes what the model has learned into dir and returns the files' paths: reconstructions.png (above each
// row of reconstructions its validation images), samples.png, interpolations.png, shapes.png and scales.png.
func (m *Model) writeFigures(data *Data, dir string) (paths []string, err error) {
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
		err = figure.WritePicture(path, drawn.grid(columns, figureZoom(drawn.Side)))
		paths = append(paths, path)
	}
	draw("reconstructions.png", n, func() (Images, error) {
		reconstructed, err := m.reconstruct(originals)
		reconstructed.Values = append(slices.Clone(originals.Values), reconstructed.Values...)
		return reconstructed, err
	})
	draw("samples.png", columns, func() (Images, error) { return m.Sample(4*columns, 1) })
	draw("interpolations.png", columns, func() (Images, error) {
		pairs := originals
		pairs.Values = pairs.Values[:n/2*2]
		return m.interpolate(pairs, columns)
	})
	p, parametersErr := m.Parameters()
	channels := m.Images.channels()
	draw("shapes.png", channels, func() (Images, error) { return m.shapeMaps(p), parametersErr })
	draw("scales.png", channels, func() (Images, error) { return m.scaleMaps(p), parametersErr })
	return paths, err
}
