package clustering

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls do(i) for i = 0…n−1 from as many goroutines as there are processors. do(i) writes only what belongs to
// i, so that the outcome does not depend on the order.
func parallel(n int, do func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	group.Wait()
}

// parts cuts 0…n into parts of at most size and calls do for each, in parallel.
func parts(n, size int, do func(part, from, to int)) {
	parallel((n+size-1)/size, func(i int) { do(i, i*size, min(n, (i+1)*size)) })
}
