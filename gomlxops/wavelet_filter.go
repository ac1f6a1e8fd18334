package gomlxops

import (
	"fmt"
	"math"
)

// Wavelet names a biorthogonal wavelet with symmetric filters of odd length.
type Wavelet int

const (
	// CDF97 is the wavelet 9/7 of Cohen, Daubechies and Feauveau [2], JPEG 2000's for lossy compression, with the author's
	// 12 digits [1]: nine taps for the low band, seven for the high band.
	CDF97 Wavelet = iota
	// LeGall53 is the wavelet 5/3 of Le Gall and Tabatabai [3], JPEG 2000's for lossless compression, scaled so that it
	// keeps volumes: five taps for the low band, three for the high band.
	LeGall53
)

// String returns "CDF9/7" or "LeGall5/3".
func (w Wavelet) String() string {
	switch w {
	case CDF97:
		return "CDF9/7"
	case LeGall53:
		return "LeGall5/3"
	default:
		return fmt.Sprintf("Wavelet(%d)", int(w))
	}
}

// valid says whether w is one of the constants above.
func (w Wavelet) valid() bool { return w == CDF97 || w == LeGall53 }

// filterPair is the right half, from the centre on, of two symmetric filters.
type filterPair struct{ low, high []float64 }

// analysis returns the filters that split a signal into its low and its high band.
func (w Wavelet) analysis() filterPair {
	if w == LeGall53 {
		return filterPair{
			low:  []float64{0.75 * math.Sqrt2, 0.25 * math.Sqrt2, -0.125 * math.Sqrt2},
			high: []float64{1 / math.Sqrt2, -0.5 / math.Sqrt2},
		}
	}
	return filterPair{
		low:  []float64{.852698679009, .377402855613, -.110624404418, -.023849465020, .037828455507},
		high: []float64{.788485616406, -.418092273222, -.040689417609, .064538882629},
	}
}

// synthesis returns the filters that put the bands together again: each is the other band's analysis filter with
// alternating signs.
func (w Wavelet) synthesis() filterPair {
	a := w.analysis()
	return filterPair{low: alternating(a.high), high: alternating(a.low)}
}

// alternating returns f with the sign of every second element, from the first after the centre on, changed.
func alternating(f []float64) []float64 {
	g := make([]float64, len(f))
	for i, tap := range f {
		if i%2 == 1 {
			tap = -tap
		}
		g[i] = tap
	}
	return g
}

// analysisMatrix returns one level of the transform of n samples: ⌈n/2⌉ rows of the low band, centred on the samples
// 0, 2, 4, …, and ⌊n/2⌋ rows of the high band, centred on 1, 3, 5, …. Beyond its ends the signal is reflected.
func (w Wavelet) analysisMatrix(n int) matrix {
	filters := w.analysis()
	low := (n + 1) / 2
	m := newMatrix(n, n)
	for row := range n {
		centre, filter := 2*row, filters.low
		if row >= low {
			centre, filter = 2*(row-low)+1, filters.high
		}
		for offset := 1 - len(filter); offset < len(filter); offset++ {
			m[row][reflected(centre+offset, n)] += filter[max(offset, -offset)]
		}
	}
	return m
}

// synthesisMatrix returns the inverse of analysisMatrix(n): the bands are spread over the even and the odd samples, with
// zeros between them, reflected beyond the ends, filtered and added.
func (w Wavelet) synthesisMatrix(n int) matrix {
	filters := w.synthesis()
	low := (n + 1) / 2
	m := newMatrix(n, n)
	for row := range n {
		for offset := 1 - len(filters.low); offset < len(filters.low); offset++ {
			if at := reflected(row+offset, n); at%2 == 0 {
				m[row][at/2] += filters.low[max(offset, -offset)]
			}
		}
		for offset := 1 - len(filters.high); offset < len(filters.high); offset++ {
			if at := reflected(row+offset, n); at%2 == 1 {
				m[row][low+at/2] += filters.high[max(offset, -offset)]
			}
		}
	}
	return m
}
