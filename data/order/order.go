// Package order says which items of a data set make up the batch of a training step, as a function of the seed and the
// step only. So training that stops and goes on later sees the items that unbroken training sees.
package order

import (
	"fmt"
	"math/rand/v2"
)

// Order visits n items in epochs: each epoch visits every item once, in its own shuffled order. The epochs follow each
// other without a gap, so a batch may hold the end of one and the start of the next. It is not safe for concurrent use.
type Order struct {
	seed        uint64
	n           int
	shuffled    bool
	epoch       int // whose permutation is in permutation
	permutation []int
}

// New returns the shuffled order of n items for the seed. It panics if n < 1.
func New(seed int64, n int) *Order {
	o := Sequential(n)
	o.seed, o.shuffled = uint64(seed), true
	return o
}

// Sequential returns the order 0, 1, …, n−1, 0, 1, …. It panics if n < 1.
func Sequential(n int) *Order {
	if n < 1 {
		panic(fmt.Sprintf("order: a data set needs at least one item, it has %d", n))
	}
	return &Order{n: n, epoch: -1, permutation: make([]int, n)}
}

// Batch returns the items of step's batch of the given size; steps count from 0.
func (o *Order) Batch(step, size int) []int {
	items := make([]int, size)
	for i := range items {
		items[i] = o.At(step*size + i)
	}
	return items
}

// At returns the item at a position, counted from 0 over all epochs.
func (o *Order) At(position int) int {
	epoch, place := position/o.n, position%o.n
	if !o.shuffled {
		return place
	}
	if epoch != o.epoch {
		o.shuffle(epoch)
	}
	return o.permutation[place]
}

// shuffle fills the permutation of the epoch.
func (o *Order) shuffle(epoch int) {
	for i := range o.permutation {
		o.permutation[i] = i
	}
	rng := rand.New(rand.NewPCG(o.seed, uint64(epoch)))
	rng.Shuffle(o.n, func(i, j int) {
		o.permutation[i], o.permutation[j] = o.permutation[j], o.permutation[i]
	})
	o.epoch = epoch
}
