package vae

import (
	"fmt"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
)

// Images are square RGB images of one size, values in [0, 1], row by row, one after the other.
type Images struct {
	Side   int
	Values [][]float32 // each Side·Side·3
}

func imagesOf(t *tensors.Tensor, side int) Images {
	flat := tensors.MustCopyFlatData[float32](t)
	size := side * side * 3
	images := Images{Side: side}
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
	return imagesOf(t, src.Side()), nil
}

func (m Images) tensor() *tensors.Tensor {
	var flat []float32
	for _, image := range m.Values {
		flat = append(flat, image...)
	}
	return tensors.FromFlatDataAndDimensions(flat, len(m.Values), m.Side, m.Side, 3)
}

// Reconstruct encodes images and decodes the locations of their posteriors.
func (m *Model) Reconstruct(images Images) (Images, error) {
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

// Interpolate decodes steps points on the straight line between the posteriors' locations of two images: each pair of
// neighbours in images gives one row.
func (m *Model) Interpolate(images Images, steps int) (Images, error) {
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
	return decode(scope, m.Network, z, m.side(), m.bias)
}

func (m *Model) draw(function graphFunction, inputs ...any) (Images, error) {
	outputs, err := m.call(function, inputs...)
	if err != nil {
		return Images{}, fmt.Errorf("cannot draw images: %w", err)
	}
	return imagesOf(outputs[0], m.side()), nil
}
