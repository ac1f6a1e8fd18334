package clustering

import (
	"math"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Method is one row of the table: k-means, or robust continuous clustering with some shape.
type Method struct {
	run.Label
	Shape Shape // nil for k-means
	swept bool  // whether the tuned row may choose it
}

const (
	kmeansKey = "kmeans"
	rccKey    = "-2"
	tunedKey  = "tuned"
)

// Methods lists the rows.
func Methods() []Method {
	methods := []Method{{Label: run.Label{Key: kmeansKey, Title: "k-means, told the number of clusters"}}}
	for _, s := range []struct {
		key, title string
		alpha      float64
	}{
		{"1", "α = 1", 1},
		{"0.5", "α = 0.5", .5},
		{"0", "α = 0", 0},
		{"-0.5", "α = −0.5", -.5},
		{"-1", "α = −1", -1},
		{rccKey, "RCC: α = −2", -2},
		{"-4", "α = −4", -4},
		{"-8", "α = −8", -8},
		{"-32", "α = −32", -32},
		{"-inf", "α = −∞", math.Inf(-1)},
	} {
		methods = append(methods, Method{Label: run.Label{Key: s.key, Title: s.title}, Shape: Constant(s.alpha), swept: true})
	}
	return append(methods, Method{Label: run.Label{Key: "fitted", Title: "α from the edge lengths"}, Shape: Fitted{}})
}
