package photo

import (
	"cmp"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
)

// Mean returns the mean of the values.
func Mean(values []float64) (mean float64) {
	for _, x := range values {
		mean += x / float64(len(values))
	}
	return mean
}

// Centred returns the values less their mean.
func Centred(values []float64) []float64 {
	mean := Mean(values)
	moved := make([]float64, len(values))
	for i, x := range values {
		moved[i] = x - mean
	}
	return moved
}

// Variance returns the mean square of the values less their mean.
func Variance(values []float64) (variance float64) {
	for _, x := range Centred(values) {
		variance += x * x / float64(len(values))
	}
	return variance
}

// Kurtosis returns the mean fourth power of the values less their mean, divided by the square of the variance: 3 for a normal
// distribution, more for heavier tails.
func Kurtosis(values []float64) (kurtosis float64) {
	variance := Variance(values)
	for _, x := range Centred(values) {
		kurtosis += math.Pow(x, 4) / float64(len(values))
	}
	return kurtosis / (variance * variance)
}

// Concentration returns how many values, the largest first, it takes to have the share of the sum of squares.
func Concentration(values []float64, share float64) (count int) {
	sorted := slices.SortedFunc(slices.Values(values), func(a, b float64) int { return cmp.Compare(math.Abs(b), math.Abs(a)) })
	need := 0.0
	for _, x := range values {
		need += share * x * x
	}
	for have := 0.0; count < len(sorted) && have < need; count++ {
		have += sorted[count] * sorted[count]
	}
	return count
}

// Spotted returns an image of the size of the photograph, black or the photograph itself, with all colours of one pixel near
// the nose 1 larger than they were.
func Spotted(black bool) (*tensors.Tensor, error) {
	values := make([]float64, Size*Size*Channels)
	if !black {
		whole, err := Load()
		if err != nil {
			return nil, err
		}
		if values, err = tensors.CopyFlatData[float64](whole); err != nil {
			return nil, err
		}
	}
	const row, column = 170, 150
	for c := range Channels {
		values[(row*Size+column)*Channels+c]++
	}
	return tensors.FromFlatDataAndDimensions(values, 1, Size, Size, Channels), nil
}
