// Package parallel shares the work of packages below data among the processors: [Each] for a number of things to do, and
// [Batches] for training batches that are read ahead.
package parallel

import (
	"context"
	"iter"
	"runtime"
	"sync"

	"github.com/gomlx/gomlx/ml/train"
)

// Each calls work(0) … work(n−1), as many at a time as there are processors, and tells progress, which may be nil, how many
// are done: every hundred, and at the end. It stops at the first error and returns that of the smallest number that
// failed among those that were tried, or the cause for which ctx ended.
func Each(ctx context.Context, n int, progress func(done, total int), work func(i int) error) error {
	var (
		mutex      sync.Mutex
		next, done int
		failed     = n
		failure    error
		group      sync.WaitGroup
	)
	take := func(finished int) int {
		mutex.Lock()
		defer mutex.Unlock()
		if done += finished; finished > 0 && progress != nil && (done%100 == 0 || done == n) {
			progress(done, n)
		}
		if failure != nil || ctx.Err() != nil || next >= n {
			return n
		}
		next++
		return next - 1
	}
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for i := take(0); i < n; i = take(1) {
				if err := work(i); err != nil {
					mutex.Lock()
					if i < failed {
						failed, failure = i, err
					}
					mutex.Unlock()
					return
				}
			}
		})
	}
	group.Wait()
	if failure == nil && done < n {
		return context.Cause(ctx)
	}
	return failure
}

// Stream says which batches are read, and by how many goroutines.
type Stream[T any] struct {
	// Items lists the items of a step's batch of the given size.
	Items func(step, size int) []int
	Batch int // items of a batch
	// Workers is how many items are read at a time; 0 stands for the number of processors, 2 at least.
	Workers int
	// Read returns an item as it is at a position of the training, counted over all batches.
	Read func(item, position int) (T, error)
	// Join makes a batch of its items.
	Join func(items []T) train.Batch
}

// ahead is how many batches wait to be asked for.
const ahead = 4

// Batches yields the batches of step, step+1, … without end; they are read ahead of the training. What a step gets depends
// on the stream and the step only, not on where the iteration began. An item that cannot be read ends it with its error.
// When the iteration ends, nothing of it goes on.
func (s Stream[T]) Batches(step int) iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		stop := make(chan struct{})
		var running sync.WaitGroup
		defer running.Wait()
		defer close(stop)
		for pending := range s.read(step, stop, &running) {
			items, err := pending.wait()
			if err != nil {
				yield(train.Batch{}, err)
				return
			}
			if !yield(s.Join(items), nil) {
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

// read starts to read the batches from step on, until stop is closed.
func (s Stream[T]) read(step int, stop <-chan struct{}, running *sync.WaitGroup) <-chan *pendingBatch[T] {
	out := make(chan *pendingBatch[T], ahead)
	workers := s.Workers
	if workers < 1 {
		workers = max(runtime.GOMAXPROCS(0), 2)
	}
	free := make(chan struct{}, workers)
	running.Go(func() {
		defer close(out)
		for ; ; step++ {
			batch := &pendingBatch[T]{items: make([]T, s.Batch), errs: make([]error, s.Batch)}
			for k, item := range s.Items(step, s.Batch) {
				select {
				case free <- struct{}{}:
				case <-stop:
					batch.done.Wait()
					return
				}
				position := step*s.Batch + k
				batch.done.Add(1)
				running.Go(func() {
					defer batch.done.Done()
					batch.items[k], batch.errs[k] = s.Read(item, position)
					<-free
				})
			}
			select {
			case out <- batch:
			case <-stop:
				return
			}
		}
	})
	return out
}
