package order_test

import (
	"slices"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/order"
)

func TestEachEpochVisitsEveryItemOnce(t *testing.T) {
	const n = 17
	o := order.New(3, n)
	var epochs [2][]int
	for epoch := range epochs {
		for place := range n {
			epochs[epoch] = append(epochs[epoch], o.At(epoch*n+place))
		}
		sorted := slices.Sorted(slices.Values(epochs[epoch]))
		for i, item := range sorted {
			if i != item {
				t.Fatalf("epoch %d visits %v", epoch, epochs[epoch])
			}
		}
	}
	if slices.Equal(epochs[0], epochs[1]) {
		t.Errorf("two epochs have the same order: %v", epochs[0])
	}
}

func TestBatchDependsOnSeedAndStepOnly(t *testing.T) {
	const n, size = 10, 4
	whole := order.New(7, n)
	for step := range 8 {
		fresh := order.New(7, n)
		want := whole.Batch(step, size)
		if got := fresh.Batch(step, size); !slices.Equal(got, want) {
			t.Errorf("step %d: %v when asked first, %v when asked in turn", step, got, want)
		}
	}
	if slices.Equal(order.New(7, n).Batch(0, n), order.New(8, n).Batch(0, n)) {
		t.Error("seeds 7 and 8 give the same order")
	}
}

func TestSequentialOrderWrapsAround(t *testing.T) {
	if got, want := order.Sequential(5).Batch(1, 3), []int{3, 4, 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
