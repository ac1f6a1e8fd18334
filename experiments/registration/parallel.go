package registration

import (
	"runtime"
	"sync"
)

// parallel calls do for contiguous parts of 0…n, one goroutine per processor. The parts depend on n alone, so what is
// computed does not depend on the number of processors as long as do(i) writes only what belongs to i.
func parallel(n int, do func(from, to int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() { do(w*n/workers, (w+1)*n/workers) })
	}
	group.Wait()
}
