package stats_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/stats"
)

func ExampleEvenlySpaced() {
	fmt.Println(stats.EvenlySpaced([]float64{9, 1, 8, 2, 7, 3}, 3))
	// Output: [2 7 9]
}

func TestEvenlySpaced_KeepsTheOrder(t *testing.T) {
	if got := stats.EvenlySpaced([]float64{3, 1, 2}, 5); !slices.Equal(got, []float64{1, 2, 3}) {
		t.Errorf("few values: %v", got)
	}
	values := make([]float64, 1000)
	for i := range values {
		values[i] = float64((i * 7) % 1000)
	}
	before := slices.Clone(values)
	if got := stats.EvenlySpaced(values, 10); got[0] != 50 || got[9] != 950 || len(got) != 10 {
		t.Errorf("deciles' middles: %v", got)
	}
	if !slices.Equal(values, before) {
		t.Error("the values were changed")
	}
}

func ExampleMedian() {
	fmt.Println(stats.Median([]float64{9, 1, 4}), stats.Median([]float64{9, 1, 4, 5}))
	// Output: 4 4.5
}
