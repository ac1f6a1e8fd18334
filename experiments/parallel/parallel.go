// Package parallel shares loops among the processors, in such a way that what they compute does not depend on how many
// there are.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Blocks cuts 0…n into blocks of size consecutive numbers, of which the last may be shorter, and calls do for each:
// do(block, from, to) handles the numbers from ≤ i < to. As many goroutines as there are processors take the blocks in
// turn, and Blocks returns when all are done.
//
// The blocks depend on n and size alone. So if do writes only what belongs to its block, the outcome is the same on any
// number of processors, to the last bit. size must be positive; for n = 0 nothing is called.
func Blocks(n, size int, do func(block, from, to int)) {
	count := (n + size - 1) / size
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), count) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < count; i = int(next.Add(1)) - 1 {
				do(i, i*size, min(n, (i+1)*size))
			}
		})
	}
	group.Wait()
}
