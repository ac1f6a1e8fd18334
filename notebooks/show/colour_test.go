package show

import (
	"math"
	"testing"
)

func TestAlphaColor_OrderedAndContinuous(t *testing.T) {
	if AlphaColor(math.Inf(-1)) != Ramp(0) || AlphaColor(math.Inf(1)) != Ramp(1) || AlphaColor(1) != Ramp(0.5) {
		t.Error("the ends and the middle are not those of Ramp")
	}
	for _, end := range []float64{-1e9, 1e9} {
		if got, want := AlphaColor(end), AlphaColor(math.Copysign(math.Inf(1), end)); got != want {
			t.Errorf("AlphaColor(%g) = %v, want that of infinity, %v", end, got, want)
		}
	}
	for i, shapes := 0, []float64{-2, -1, 0, 1, 1.5, 2}; i+1 < len(shapes); i++ {
		if AlphaColor(shapes[i]) == AlphaColor(shapes[i+1]) {
			t.Errorf("%g and %g have the same colour", shapes[i], shapes[i+1])
		}
	}
}
