package parallel_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/parallel"
)

func ExampleBlocks() {
	squares := make([]int, 10)
	parallel.Blocks(len(squares), 4, func(_, from, to int) {
		for i := from; i < to; i++ {
			squares[i] = i * i
		}
	})
	fmt.Println(squares)
	// Output: [0 1 4 9 16 25 36 49 64 81]
}

func TestBlocks_VisitsEachNumberOnceInTheSameBlocks(t *testing.T) {
	for _, processors := range []int{1, 2, 7} {
		old := runtime.GOMAXPROCS(processors)
		for _, n := range []int{0, 1, 5, 6, 100} {
			visits, block := make([]int, n), make([]int, n)
			parallel.Blocks(n, 6, func(b, from, to int) {
				for i := from; i < to; i++ {
					visits[i]++
					block[i] = b
				}
			})
			for i := range n {
				if visits[i] != 1 || block[i] != i/6 {
					t.Errorf("%d processors, n = %d: number %d visited %d times, in block %d", processors, n, i, visits[i], block[i])
				}
			}
		}
		runtime.GOMAXPROCS(old)
	}
}
