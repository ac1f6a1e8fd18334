package celeba

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// ahead is how many batches are read before they are asked for.
const ahead = 4

// Batches returns the batches of a training from any step on, for run.Training: step's batch holds the images that
// items(step, batchSize) lists, as one input of shape `[batchSize, side, side, 3]`, float32, in [0, 1].
//
// The images of a batch are read by all cores, a few batches ahead of the training. What a step gets depends on items
// only, not on where the iteration began. An image that cannot be read ends the iteration with an error that names it.
func Batches(src Source, items func(step, size int) []int, batchSize int) func(step int) iter.Seq2[train.Batch, error] {
	return func(step int) iter.Seq2[train.Batch, error] {
		return func(yield func(train.Batch, error) bool) {
			ctx, cancel := context.WithCancel(context.Background())
			results := make(chan batchResult, ahead)
			var done sync.WaitGroup
			done.Go(func() { readAhead(ctx, src, items, batchSize, step, results) })
			defer done.Wait()
			defer cancel()
			for result := range results {
				if !yield(result.batch, result.err) || result.err != nil {
					return
				}
			}
		}
	}
}

type batchResult struct {
	batch train.Batch
	err   error
}

// readAhead sends one batch after the other until ctx ends or an image cannot be read.
func readAhead(ctx context.Context, src Source, items func(step, size int) []int, batchSize, step int, results chan<- batchResult) {
	defer close(results)
	for ; ctx.Err() == nil; step++ {
		var result batchResult
		images, err := ReadBatch(src, items(step, batchSize))
		if err != nil {
			result.err = err
		} else {
			result.batch = train.Batch{Inputs: []*tensors.Tensor{images}}
		}
		select {
		case results <- result:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// ReadBatch reads the items, in parallel, into a tensor of shape `[len(items), side, side, 3]`, float32.
func ReadBatch(src Source, items []int) (*tensors.Tensor, error) {
	side := src.Side()
	record := side * side * 3
	values := make([]float32, len(items)*record)
	err := inParallel(context.Background(), len(items), func(k int) error {
		if items[k] < 0 || items[k] >= src.Len() {
			return fmt.Errorf("celeba: image %d of %d", items[k], src.Len())
		}
		return src.Read(items[k], values[k*record:][:record])
	})
	if err != nil {
		return nil, err
	}
	return tensors.FromFlatDataAndDimensions(values, len(items), side, side, 3), nil
}

// Memory holds images in memory: for sets that fit.
type Memory struct {
	side   int
	values []float32
}

// Preload reads a whole source into memory, in parallel: 4 bytes a value, 49 kB an image of side 64.
func Preload(ctx context.Context, src Source) (*Memory, error) {
	record := src.Side() * src.Side() * 3
	m := &Memory{side: src.Side(), values: make([]float32, src.Len()*record)}
	err := inParallel(ctx, src.Len(), func(i int) error { return src.Read(i, m.values[i*record:][:record]) })
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Len returns how many images there are.
func (m *Memory) Len() int { return len(m.values) / (m.side * m.side * 3) }

// Side returns the height and width of the images in pixels.
func (m *Memory) Side() int { return m.side }

// Read copies the i-th image to dst.
func (m *Memory) Read(i int, dst []float32) error {
	copy(dst, m.values[i*len(dst):])
	return nil
}

// Values returns all images, one after the other. They must not be changed.
func (m *Memory) Values() []float32 { return m.values }

// inParallel calls work(0) … work(n−1) on all cores, and returns the error of the smallest index that failed among
// those that were tried, or that of ctx.
func inParallel(ctx context.Context, n int, work func(i int) error) error {
	var (
		mutex   sync.Mutex
		next    int
		failed  = n
		failure error
		group   sync.WaitGroup
	)
	take := func() int {
		mutex.Lock()
		defer mutex.Unlock()
		if failure != nil || ctx.Err() != nil || next >= n {
			return n
		}
		next++
		return next - 1
	}
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for i := take(); i < n; i = take() {
				if err := work(i); err != nil {
					mutex.Lock()
					if i < failed {
						failed, failure = i, err
					}
					mutex.Unlock()
				}
			}
		})
	}
	group.Wait()
	if failure == nil && next < n {
		return context.Cause(ctx)
	}
	return failure
}
