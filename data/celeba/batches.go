package celeba

import (
	"context"
	"fmt"
	"iter"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/robustloss/gomlx-robustloss/data/internal/parallel"
)

// Batches returns the batches of a training from any step on, for run.Training: step's batch holds the images that
// items(step, batchSize) lists, as one input of shape `[batchSize, side, side, channels]`, float32, in [0, 1].
//
// The images are read by all cores, a few batches ahead of the training. What a step gets depends on items only, not on
// where the iteration began. An image that cannot be read ends the iteration with an error that names it.
func Batches(src Source, items func(step, size int) []int, batchSize int) func(step int) iter.Seq2[train.Batch, error] {
	side, channels := src.Side(), src.Channels()
	record := side * side * channels
	stream := parallel.Stream[[]float32]{
		Items: items, Batch: batchSize,
		Read: func(item, _ int) ([]float32, error) {
			image := make([]float32, record)
			return image, readItem(src, item, image)
		},
		Join: func(images [][]float32) train.Batch {
			values := make([]float32, 0, len(images)*record)
			for _, image := range images {
				values = append(values, image...)
			}
			return train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(values, len(images), side, side, channels)}}
		},
	}
	return stream.Batches
}

func readItem(src Source, item int, dst []float32) error {
	if item < 0 || item >= src.Len() {
		return fmt.Errorf("celeba: image %d of %d", item, src.Len())
	}
	return src.Read(item, dst)
}

// ReadBatch reads the items, in parallel, into a tensor of shape `[len(items), side, side, channels]`, float32.
func ReadBatch(src Source, items []int) (*tensors.Tensor, error) {
	side, channels := src.Side(), src.Channels()
	record := side * side * channels
	values := make([]float32, len(items)*record)
	err := parallel.Each(context.Background(), len(items), nil, func(k int) error {
		return readItem(src, items[k], values[k*record:][:record])
	})
	if err != nil {
		return nil, err
	}
	return tensors.FromFlatDataAndDimensions(values, len(items), side, side, channels), nil
}

// Memory holds images in memory: for sets that fit.
type Memory struct {
	side, channels int
	values         []float32
}

// Preload reads a whole source into memory, in parallel: 4 bytes a value, 49 kB an RGB image of side 64.
func Preload(ctx context.Context, src Source) (*Memory, error) {
	record := src.Side() * src.Side() * src.Channels()
	m := &Memory{side: src.Side(), channels: src.Channels(), values: make([]float32, src.Len()*record)}
	err := parallel.Each(ctx, src.Len(), nil, func(i int) error { return src.Read(i, m.values[i*record:][:record]) })
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Len returns how many images there are.
func (m *Memory) Len() int { return len(m.values) / (m.side * m.side * m.channels) }

// Side returns the height and width of the images in pixels.
func (m *Memory) Side() int { return m.side }

// Channels returns how many values a pixel has.
func (m *Memory) Channels() int { return m.channels }

// Read copies the i-th image to dst.
func (m *Memory) Read(i int, dst []float32) error {
	copy(dst, m.values[i*len(dst):])
	return nil
}

// Values returns all images, one after the other. They must not be changed.
func (m *Memory) Values() []float32 { return m.values }
