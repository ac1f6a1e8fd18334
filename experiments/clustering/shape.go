package clustering

import (
	"cmp"
	"slices"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// Shape chooses α as μ falls.
type Shape interface {
	// Alpha returns the shape for the edge lengths d. It is asked whenever μ has changed.
	Alpha(lengths []float64) (float64, error)
}

// Constant is the same α throughout. −2 is robust continuous clustering [1].
type Constant float64

// Alpha implements [Shape].
func (c Constant) Alpha([]float64) (float64, error) { return float64(c), nil }

// fittedLengths is the number of lengths that stand for all in a fit.
const fittedLengths = 512

// Fitted takes α from the data, anew for each μ: the shape of maximum likelihood for the lengths of the edges between
// representatives, with a scale of its own (scalar.FitTruncated). The scale of the penalty stays √(μ/4): a likelihood
// at that scale would call all short lengths normal, keep α = 2, and never let go of an edge.
type Fitted struct{}

// Alpha implements [Shape]. Of many lengths it takes 512, evenly spaced in their order.
func (Fitted) Alpha(lengths []float64) (float64, error) {
	sorted := slices.Clone(lengths)
	slices.SortFunc(sorted, cmp.Compare[float64])
	if n := len(sorted); n > fittedLengths {
		for i := range fittedLengths {
			sorted[i] = sorted[(2*i+1)*n/(2*fittedLengths)]
		}
		sorted = sorted[:fittedLengths]
	}
	fit, err := scalar.FitTruncated(sorted, nil, &scalar.TruncatedOptions{FitScale: true})
	return fit.Alpha, err
}
