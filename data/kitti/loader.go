package kitti

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"sync"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

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
}

// Loader streams stereo pairs. It is safe for concurrent use.
type Loader struct {
	options LoaderOptions
	days    map[string]*Calibration

	mutex  sync.Mutex
	cache  map[int]Pair
	cached int64
}

// NewLoader checks the options and reads the calibration of each day that the entries come from. Images are read when
// they are asked for.
func NewLoader(o LoaderOptions) (*Loader, error) {
	if len(o.Entries) == 0 {
		return nil, fmt.Errorf("kitti: there are no frames to load")
	}
	if o.Height < 1 || o.Width < 1 || o.Batch < 1 {
		return nil, fmt.Errorf("kitti: batches of %d images of %d×%d pixels: want them positive", o.Batch, o.Height, o.Width)
	}
	l := &Loader{options: o, days: map[string]*Calibration{}, cache: map[int]Pair{}}
	for _, entry := range o.Entries {
		if l.days[entry.Date] != nil {
			continue
		}
		c, err := ReadCalibration(filepath.Join(o.Root, entry.Date))
		if err != nil {
			return nil, err
		}
		l.days[entry.Date] = c
	}
	return l, nil
}

// Len returns the number of frames.
func (l *Loader) Len() int { return len(l.options.Entries) }

// Entry returns the i-th frame.
func (l *Loader) Entry(i int) Entry { return l.options.Entries[i] }

// Calibration returns that of the i-th frame's day.
func (l *Loader) Calibration(i int) *Calibration { return l.days[l.options.Entries[i].Date] }

// Pair returns the i-th pair, resized, without augmentation. It may be shared: do not change it.
func (l *Loader) Pair(i int) (Pair, error) {
	l.mutex.Lock()
	pair, ok := l.cache[i]
	l.mutex.Unlock()
	if ok {
		return pair, nil
	}
	o := l.options
	pair, err := ReadPair(o.Root, o.Entries[i].Frame, l.Calibration(i), o.Height, o.Width)
	if err != nil {
		return Pair{}, err
	}
	size := int64(4 * (len(pair.Left.RGB) + len(pair.Right.RGB)))
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if _, ok := l.cache[i]; !ok && l.cached+size <= o.CacheBytes {
		l.cache[i] = pair
		l.cached += size
	}
	return pair, nil
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
	return func(yield func(train.Batch, error) bool) {
		stop := make(chan struct{})
		defer close(stop)
		for ahead := range l.readAhead(step, stop) {
			pairs, err := ahead.wait()
			if err != nil {
				yield(train.Batch{}, err)
				return
			}
			if !yield(newBatch(pairs), nil) {
				return
			}
		}
	}
}

// pendingBatch is a batch whose pairs are being read.
type pendingBatch struct {
	pairs []Pair
	errs  []error
	done  sync.WaitGroup
}

func (p *pendingBatch) wait() ([]Pair, error) {
	p.done.Wait()
	for _, err := range p.errs {
		if err != nil {
			return nil, err
		}
	}
	return p.pairs, nil
}

// readAhead starts to read the batches from step on, two batches and Workers pairs ahead, until stop is closed.
func (l *Loader) readAhead(step int, stop <-chan struct{}) <-chan *pendingBatch {
	out := make(chan *pendingBatch, 1)
	o := l.options
	workers := make(chan struct{}, max(o.Workers, 2))
	visits := order.Sequential(len(o.Entries))
	if o.Shuffle {
		visits = order.New(o.Seed, len(o.Entries))
	}
	go func() {
		defer close(out)
		for ; ; step++ {
			batch := &pendingBatch{pairs: make([]Pair, o.Batch), errs: make([]error, o.Batch)}
			for k, item := range visits.Batch(step, o.Batch) {
				select {
				case workers <- struct{}{}:
				case <-stop:
					return
				}
				position := step*o.Batch + k
				batch.done.Go(func() {
					batch.pairs[k], batch.errs[k] = l.varied(item, position)
					<-workers
				})
			}
			select {
			case out <- batch:
			case <-stop:
				return
			}
		}
	}()
	return out
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
