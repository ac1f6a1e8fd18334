package order_test

import (
	"fmt"

	"github.com/robustloss/gomlx-robustloss/data/order"
)

// Two epochs over five items in batches of two. A training that stops and goes on asks for later steps only, and gets the
// same batches.
func Example() {
	o := order.New(1, 5)
	for step := range 5 {
		fmt.Println("step", step, o.Batch(step, 2))
	}
	resumed := order.New(1, 5)
	fmt.Println("resumed, step 3:", resumed.Batch(3, 2), "item 7:", resumed.At(7))
	fmt.Println("in turn:", order.Sequential(5).Batch(2, 2))
	// Output:
	// step 0 [1 0]
	// step 1 [3 4]
	// step 2 [2 1]
	// step 3 [0 2]
	// step 4 [3 4]
	// resumed, step 3: [0 2] item 7: 2
	// in turn: [4 0]
}
