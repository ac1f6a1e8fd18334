package testkit

import (
	"math"
	"testing"
)

// maxReported is how many wrong elements a failure lists.
const maxReported = 5

// Close reports whether |got − want| ≤ max(abs, rel·|want|). Equal infinities are close, and so are two NaN.
func Close(got, want, rel, abs float64) bool {
	if got == want || (math.IsNaN(got) && math.IsNaN(want)) {
		return true
	}
	if math.IsInf(got, 0) || math.IsInf(want, 0) {
		return false
	}
	return math.Abs(got-want) <= math.Max(abs, rel*math.Abs(want))
}

// CheckClose fails the test where an element of got is not [Close] to that of want.
func CheckClose(tb testing.TB, what string, got, want []float64, rel, abs float64) {
	tb.Helper()
	if len(got) != len(want) {
		tb.Errorf("%s: got %d numbers, want %d", what, len(got), len(want))
		return
	}
	wrong := 0
	for i := range want {
		if Close(got[i], want[i], rel, abs) {
			continue
		}
		if wrong++; wrong <= maxReported {
			tb.Errorf("%s[%d] = %.17g, want %.17g (off by %.3g, relative %.3g; allowed %.3g, relative %.3g)",
				what, i, got[i], want[i], got[i]-want[i], math.Abs(got[i]/want[i]-1), abs, rel)
		}
	}
	if wrong > maxReported {
		tb.Errorf("%s: %d of %d numbers are wrong", what, wrong, len(want))
	}
}
