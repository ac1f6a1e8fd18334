package stats

import "slices"

// EvenlySpaced returns n of the values, evenly spaced in their order: of the sorted values those at the places
// ⌊(i + ½)·len(values)/n⌋, i = 0…n−1, the middles of n equal parts. They stand for all in a fit. If there are n or fewer,
// it returns all of them, sorted. values is not changed and must hold no NaN.
//
// They are the stat.Quantile of gonum at (i + ½)/n, except where that falls on the border of two values: there it takes the
// smaller one. The kept results were made with the larger one.
func EvenlySpaced(values []float64, n int) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) <= n {
		return sorted
	}
	picked := make([]float64, n)
	for i := range picked {
		picked[i] = sorted[(2*i+1)*len(sorted)/(2*n)]
	}
	return picked
}

// Median returns the middle value, of an even number of values the mean of the two middle ones. values is not changed; there
// must be at least one, and no NaN.
//
// It is the stat.Quantile of gonum at ½ only for odd numbers of values: between two, that takes the smaller one.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
