package kitti

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
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
		o := l.options
		pair, err := ReadPair(o.Root, o.Entries[i].Frame, l.Calibration(i), o.Height, o.Width)
		if err != nil {
			return Pair{}, 0, err
		}
		return pair, int64(4 * (len(pair.Left.RGB) + len(pair.Right.RGB))), nil
	})
}

// Depth returns the ground truth of the i-th frame at the recorded size of its camera's images.
func (l *Loader) Depth(i int) (*Depth, error) {
	entry, c := l.options.Entries[i], l.Calibration(i)
	path, err := entry.FindImage(l.options.Root, entry.Camera)
	if err != nil {
		return nil, err
	}
	im, err := ReadImage(path)
	if err != nil {
		return nil, err
	}
	return ReadDepth(l.options.Root, entry, c, im.Height, im.Width)
}

// Batches yields the batches of step, step+1, … without end. Their inputs are the left and the right views,
// [batch, height, width, 3] float32 in [0, 1]; there are no labels. The batch of a step depends on the options and the
// step only, so training that stops can go on. Pairs are read ahead of the training.
func (l *Loader) Batches(step int) iter.Seq2[train.Batch, error] {
	return streamed(l.options, step, l.varied, newBatch)
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
