package parallel

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

func TestEach_DoesAllAndTellsHowFar(t *testing.T) {
	var done [250]atomic.Int64
	var told []int
	err := Each(t.Context(), len(done), func(n, total int) { told = append(told, n, total) }, func(i int) error {
		done[i].Add(1)
		return nil
	})
	if err != nil || fmt.Sprint(told) != "[100 250 200 250 250 250]" {
		t.Errorf("%v, told %v", err, told)
	}
	for i := range done {
		if done[i].Load() != 1 {
			t.Errorf("%d was done %d times", i, done[i].Load())
		}
	}
	if err := Each(t.Context(), 0, nil, nil); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
}

func TestEach_StopsAtErrorsAndAtTheEndOfItsContext(t *testing.T) {
	broken := errors.New("broken")
	var calls atomic.Int64
	err := Each(t.Context(), 1_000_000, nil, func(int) error { calls.Add(1); return broken })
	if !errors.Is(err, broken) || calls.Load() > int64(runtime.GOMAXPROCS(0)) {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
	reason := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	calls.Store(0)
	err = Each(ctx, 1_000_000, nil, func(i int) error {
		if calls.Add(1) == 10 {
			cancel(reason)
		}
		return nil
	})
	if !errors.Is(err, reason) || calls.Load() > int64(10+runtime.GOMAXPROCS(0)) {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

func numbers(read func(item, position int) (float32, error)) Stream[float32] {
	return Stream[float32]{
		Items: func(step, size int) (items []int) {
			for k := range size {
				items = append(items, (step*size+k)%7)
			}
			return items
		},
		Batch: 4, Workers: 3, Read: read,
		Join: func(items []float32) train.Batch {
			return train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(items, len(items))}}
		},
	}
}

func TestStream_DependsOnTheStepOnlyAndStopsWhole(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	var reads atomic.Int64
	s := numbers(func(item, position int) (float32, error) {
		reads.Add(1)
		return float32(100*position + item), nil
	})
	collect := func(from, to int) (got []string) {
		step := from
		for batch, err := range s.Batches(from) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(tensors.MustCopyFlatData[float32](batch.Inputs[0])))
			if step++; step == to {
				break
			}
		}
		return got
	}
	all, late := collect(0, 9), collect(5, 9)
	if fmt.Sprint(all[5:]) != fmt.Sprint(late) || all[1] != "[404 505 606 700]" {
		t.Errorf("%v\n%v", all, late)
	}
	// What was asked for, what waits, and one batch in the reader's hand.
	if n := reads.Load(); n > 4*(9+ahead+1+4+ahead+1) {
		t.Errorf("%d items were read", n)
	}
	for end := time.Now().Add(10 * time.Minute); runtime.NumGoroutine() > goroutines; runtime.Gosched() { // they may still be returning
		if time.Now().After(end) {
			t.Fatalf("%d goroutines are left over", runtime.NumGoroutine()-goroutines)
		}
	}
}

func TestStream_EndsWithTheErrorOfAnItem(t *testing.T) {
	s := numbers(func(_, position int) (float32, error) {
		if position == 9 {
			return 0, errors.New("item 9 is broken")
		}
		return 0, nil
	})
	batches := 0
	var last error
	for _, err := range s.Batches(0) {
		if last = err; err == nil {
			batches++
		}
	}
	if batches != 2 || last == nil || last.Error() != "item 9 is broken" {
		t.Errorf("%d batches, then %v", batches, last)
	}
}
