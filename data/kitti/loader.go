package kitti

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"sync"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/robustloss/gomlx-robustloss/data/internal/parallel"
	"github.com/robustloss/gomlx-robustloss/data/order"
)

// LoaderOptions says what a [Loader] reads.
type LoaderOptions struct {
	Root          string  // the folder that holds the days
	Entries       []Entry // the frames
	Height, Width int     // of the batches' images
	Batch         int     // pairs a batch
	Seed          int64   // of the order and of the augmentation
	Shuffle       bool
	Augment       Augmentation
	// CacheBytes is how much memory resized pairs may take, so that later epochs need not read and decode them again.
	CacheBytes int64
	// Workers is how many pairs are read at a time; 0 means 2.
	Workers int
	// MaxExpanded is how many bytes an image may take when it is decoded, 20 for each pixel. 0 stands for 256 MiB.
	MaxExpanded int64
}

// Loader streams stereo pairs. It is safe for concurrent use.
type Loader struct {
	options LoaderOptions
	days    map[string]*Calibration
	cache   memory[Pair]
}

// NewLoader checks the options and reads the calibration of each day that the entries come from. Images are read when
// they are asked for.
func NewLoader(o LoaderOptions) (*Loader, error) {
	days, err := o.calibrations()
	if err != nil {
		return nil, err
	}
	return &Loader{options: o, days: days, cache: memory[Pair]{limit: o.CacheBytes}}, nil
}

// calibrations checks the options and reads the calibration of each day that the entries come from.
func (o LoaderOptions) calibrations() (map[string]*Calibration, error) {
	if len(o.Entries) == 0 {
		return nil, fmt.Errorf("kitti: there are no frames to load")
	}
	if o.Height < 1 || o.Width < 1 || o.Batch < 1 {
		return nil, fmt.Errorf("kitti: batches of %d images of %d×%d pixels: want them positive", o.Batch, o.Height, o.Width)
	}
	days := map[string]*Calibration{}
	for _, entry := range o.Entries {
		if days[entry.Date] != nil {
			continue
		}
		c, err := ReadCalibration(filepath.Join(o.Root, entry.Date))
		if err != nil {
			return nil, err
		}
		days[entry.Date] = c
	}
	return days, nil
}

// Len returns the number of frames.
func (l *Loader) Len() int { return len(l.options.Entries) }

// Entry returns the i-th frame.
func (l *Loader) Entry(i int) Entry { return l.options.Entries[i] }

// Calibration returns that of the i-th frame's day.
func (l *Loader) Calibration(i int) *Calibration { return l.days[l.options.Entries[i].Date] }

// Pair returns the i-th pair, resized, without augmentation. It may be shared: do not change it.
func (l *Loader) Pair(i int) (Pair, error) {
	return l.cache.get(i, func() (Pair, int64, error) {
		pair, err := l.options.readPair(l.options.Entries[i].Frame, l.Calibration(i))
		if err != nil {
			return Pair{}, 0, err
		}
		return pair, int64(4 * (len(pair.Left.RGB) + len(pair.Right.RGB))), nil
	})
}

// Depth returns the ground truth of the i-th frame at the recorded size of its camera's images.
func (l *Loader) Depth(i int) (*Depth, error) {
	entry, c := l.options.Entries[i], l.Calibration(i)
	size := c.Size[entry.Camera]
	return readDepth(l.options.Root, entry, c, size[1], size[0])
}

// Batches yields the batches of step, step+1, … without end. Their inputs are the left and the right views,
// [batch, height, width, 3] float32 in [0, 1]; there are no labels. The batch of a step depends on the options and the
// step only, so training that stops can go on. Pairs are read ahead of the training.
func (l *Loader) Batches(step int) iter.Seq2[train.Batch, error] {
	return streamOf(l.options, l.varied, newBatch).Batches(step)
}

// varied returns a pair with the augmentation that belongs to its position in the run.
func (l *Loader) varied(item, position int) (Pair, error) {
	pair, err := l.Pair(item)
	if err != nil || l.options.Augment == (Augmentation{}) {
		return pair, err
	}
	return l.options.Augment.Apply(pair, rand.New(rand.NewPCG(uint64(l.options.Seed), uint64(position)))), nil
}

func newBatch(pairs []Pair) train.Batch {
	height, width := pairs[0].Left.Height, pairs[0].Left.Width
	var views [2][]float32
	for _, pair := range pairs {
		views[0] = append(views[0], pair.Left.RGB...)
		views[1] = append(views[1], pair.Right.RGB...)
	}
	batch := train.Batch{}
	for _, view := range views {
		batch.Inputs = append(batch.Inputs, tensors.FromFlatDataAndDimensions(view, len(pairs), height, width, 3))
	}
	return batch
}

// SnippetLoader streams snippets. It is safe for concurrent use.
type SnippetLoader struct {
	options LoaderOptions
	days    map[string]*Calibration
	cache   memory[Snippet]
}

// NewSnippetLoader is [NewLoader] for snippets. A frame without neighbours is an error when it is read: leave such frames
// out with [WithNeighbours].
func NewSnippetLoader(o LoaderOptions) (*SnippetLoader, error) {
	days, err := o.calibrations()
	if err != nil {
		return nil, err
	}
	return &SnippetLoader{options: o, days: days, cache: memory[Snippet]{limit: o.CacheBytes}}, nil
}

// Len returns the number of snippets.
func (l *SnippetLoader) Len() int { return len(l.options.Entries) }

// Snippet returns the i-th snippet, resized, without augmentation. It may be shared: do not change it.
func (l *SnippetLoader) Snippet(i int) (Snippet, error) {
	return l.cache.get(i, func() (Snippet, int64, error) {
		entry := l.options.Entries[i]
		s, err := l.options.readSnippet(entry, l.days[entry.Date])
		if err != nil {
			return Snippet{}, 0, err
		}
		return s, int64(3 * 4 * len(s.Target.RGB)), nil
	})
}

// Batches yields the batches of step, step+1, … without end, each depending on the options and the step only. The inputs
// are the target frames, those before and those after, [batch, height, width, 3] float32 in [0, 1], and the cameras,
// [batch, 4]: fx, fy, cx, cy as in [Snippet]. There are no labels.
func (l *SnippetLoader) Batches(step int) iter.Seq2[train.Batch, error] {
	return streamOf(l.options, l.varied, newSnippetBatch).Batches(step)
}

func (l *SnippetLoader) varied(item, position int) (Snippet, error) {
	s, err := l.Snippet(item)
	if err != nil || l.options.Augment == (Augmentation{}) {
		return s, err
	}
	return l.options.Augment.ApplySnippet(s, rand.New(rand.NewPCG(uint64(l.options.Seed), uint64(position)))), nil
}

func newSnippetBatch(snippets []Snippet) train.Batch {
	var frames [3][]float32
	var cameras []float32
	for _, s := range snippets {
		for i, im := range []*Image{s.Target, s.Before, s.After} {
			frames[i] = append(frames[i], im.RGB...)
		}
		k := s.Camera
		cameras = append(cameras, float32(k.Fx), float32(k.Fy), float32(k.Cx), float32(k.Cy))
	}
	height, width := snippets[0].Target.Height, snippets[0].Target.Width
	batch := train.Batch{}
	for _, f := range frames {
		batch.Inputs = append(batch.Inputs, tensors.FromFlatDataAndDimensions(f, len(snippets), height, width, 3))
	}
	batch.Inputs = append(batch.Inputs, tensors.FromFlatDataAndDimensions(cameras, len(snippets), 4))
	return batch
}

// memory keeps items that were read, up to limit bytes. It is safe for concurrent use.
type memory[T any] struct {
	limit int64

	mutex sync.Mutex
	items map[int]T
	used  int64
}

// get returns the i-th item: the kept one, or what read returns, with its size in bytes.
func (m *memory[T]) get(i int, read func() (T, int64, error)) (T, error) {
	m.mutex.Lock()
	item, ok := m.items[i]
	m.mutex.Unlock()
	if ok {
		return item, nil
	}
	item, size, err := read()
	if err != nil {
		return item, err
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if _, ok := m.items[i]; !ok && m.used+size <= m.limit {
		if m.items == nil {
			m.items = map[int]T{}
		}
		m.items[i] = item
		m.used += size
	}
	return item, nil
}

// streamOf is the stream of batches in the order of the options.
func streamOf[T any](o LoaderOptions, read func(item, position int) (T, error), join func([]T) train.Batch) parallel.Stream[T] {
	visits := order.Sequential(len(o.Entries))
	if o.Shuffle {
		visits = order.New(o.Seed, len(o.Entries))
	}
	return parallel.Stream[T]{Items: visits.Batch, Batch: o.Batch, Workers: max(o.Workers, 2), Read: read, Join: join}
}
