package kitti

import (
	"iter"
	"sync"

	"github.com/gomlx/gomlx/ml/train"

	"github.com/robustloss/gomlx-robustloss/data/order"
)

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

// streamed yields the batches of step, step+1, … without end. read returns an item as it is at a position of the run. Items
// are read ahead of the training.
func streamed[T any](o LoaderOptions, step int, read func(item, position int) (T, error), join func([]T) train.Batch) iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		stop := make(chan struct{})
		defer close(stop)
		for ahead := range readAhead(o, step, stop, read) {
			items, err := ahead.wait()
			if err != nil {
				yield(train.Batch{}, err)
				return
			}
			if !yield(join(items), nil) {
				return
			}
		}
	}
}

// pendingBatch is a batch whose items are being read.
type pendingBatch[T any] struct {
	items []T
	errs  []error
	done  sync.WaitGroup
}

func (p *pendingBatch[T]) wait() ([]T, error) {
	p.done.Wait()
	for _, err := range p.errs {
		if err != nil {
			return nil, err
		}
	}
	return p.items, nil
}

// readAhead starts to read the batches from step on, two batches and Workers items ahead, until stop is closed.
func readAhead[T any](o LoaderOptions, step int, stop <-chan struct{}, read func(item, position int) (T, error)) <-chan *pendingBatch[T] {
	out := make(chan *pendingBatch[T], 1)
	workers := make(chan struct{}, max(o.Workers, 2))
	visits := order.Sequential(len(o.Entries))
	if o.Shuffle {
		visits = order.New(o.Seed, len(o.Entries))
	}
	go func() {
		defer close(out)
		for ; ; step++ {
			batch := &pendingBatch[T]{items: make([]T, o.Batch), errs: make([]error, o.Batch)}
			for k, item := range visits.Batch(step, o.Batch) {
				select {
				case workers <- struct{}{}:
				case <-stop:
					return
				}
				position := step*o.Batch + k
				batch.done.Go(func() {
					batch.items[k], batch.errs[k] = read(item, position)
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
