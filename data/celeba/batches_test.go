package celeba_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
	"github.com/robustloss/gomlx-robustloss/data/order"
)

// numbers is a source of grey images, of which the i-th is filled with i. It counts what is read.
type numbers struct {
	n      int
	reads  atomic.Int64
	broken int // this image cannot be read; 0 for none
}

func (s *numbers) Len() int      { return s.n }
func (s *numbers) Side() int     { return 2 }
func (s *numbers) Channels() int { return 1 }
func (s *numbers) Read(i int, dst []float32) error {
	s.reads.Add(1)
	if s.broken != 0 && i == s.broken {
		return fmt.Errorf("image %d is broken", i)
	}
	for k := range dst {
		dst[k] = float32(i)
	}
	return nil
}

func TestBatchesDoNotDependOnWhereTheIterationBegins(t *testing.T) {
	const n, size, steps = 37, 5, 30
	src := &numbers{n: n}
	collect := func(from int) (got [][]float32) {
		step := from
		for batch, err := range celeba.Batches(src, order.New(3, n).Batch, size)(from) {
			if err != nil {
				t.Fatal(err)
			}
			if dims := batch.Inputs[0].Shape().Dimensions; len(batch.Inputs) != 1 || dims[0] != size || dims[1] != 2 || dims[2] != 2 || dims[3] != 1 {
				t.Fatalf("inputs %v", batch.Inputs)
			}
			got = append(got, tensors.MustCopyFlatData[float32](batch.Inputs[0]))
			if step++; step == steps {
				break
			}
		}
		return got
	}
	all, late := collect(0), collect(11)
	if len(all) != steps || len(late) != steps-11 {
		t.Fatalf("%d and %d batches", len(all), len(late))
	}
	want := order.New(3, n)
	for step := range all {
		for k, item := range want.Batch(step, size) {
			if all[step][k*4] != float32(item) || all[step][k*4+3] != float32(item) {
				t.Errorf("step %d, image %d: %v, want %d", step, k, all[step][k*4], item)
			}
		}
		if step >= 11 && fmt.Sprint(all[step]) != fmt.Sprint(late[step-11]) {
			t.Errorf("step %d: %v from the start, %v from step 11", step, all[step], late[step-11])
		}
	}
}

func TestBatchesReadAheadButNotFar(t *testing.T) {
	src := &numbers{n: 1000}
	goroutines := runtime.NumGoroutine()
	for _, err := range celeba.Batches(src, order.Sequential(1000).Batch, 10)(0) {
		if err != nil {
			t.Fatal(err)
		}
		// A slow training step: one batch is taken, four are waiting, one is in the reader's hand.
		eventually(t, "60 images are read", func() bool { return src.reads.Load() >= 60 })
		time.Sleep(50 * time.Millisecond)
		break
	}
	if reads := src.reads.Load(); reads > 60 {
		t.Errorf("%d images were read for one batch of 10", reads)
	}
	eventually(t, "no goroutine is left over", func() bool { return runtime.NumGoroutine() <= goroutines })
}

// eventually waits until something is so. The limit is for what never comes: a busy machine is slow.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("after ten minutes it is not so that ", what)
		}
	}
}

func TestBatchesEndWithTheErrorOfTheImage(t *testing.T) {
	src := &numbers{n: 100, broken: 25}
	batches, failed := 0, error(nil)
	for _, err := range celeba.Batches(src, order.Sequential(100).Batch, 10)(0) {
		if failed = err; err == nil {
			batches++
		}
	}
	if batches != 2 {
		t.Errorf("%d batches before the broken one, want 2", batches)
	}
	wantError(t, failed, "image 25 is broken")
	_, err := celeba.ReadBatch(src, []int{100})
	wantError(t, err, "image 100 of 100")
}

func TestPreloadHoldsAllImages(t *testing.T) {
	images := mustImages(t, writeFaces(t), celeba.Train, celeba.DefaultPreprocessing())
	memory, err := celeba.Preload(t.Context(), images)
	if err != nil || memory.Len() != 3 || memory.Side() != 64 || len(memory.Values()) != 3*64*64*3 {
		t.Fatalf("%d images of side %d, %v", memory.Len(), memory.Side(), err)
	}
	for i := range 3 {
		want, got := read(t, images, i), read(t, memory, i)
		for k := range want {
			if got[k] != want[k] {
				t.Fatalf("image %d, value %d: %v, want %v", i, k, got[k], want[k])
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := celeba.Preload(ctx, images); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after an interruption", err)
	}
}
