package show

import (
	"math"
	"testing"
)

func TestShortNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", -2: "−2", 0.5: "0.5", 1.0 / 3: "0.3333", 12345.678: "1.235e+04", 1e-7: "1e−07",
		math.Inf(1): "∞", math.Inf(-1): "−∞",
	} {
		if got := shortNumber(v); got != want {
			t.Errorf("shortNumber(%g) = %q, want %q", v, got, want)
		}
	}
	if got := AlphaLabel(math.Inf(-1)); got != "α = −∞" {
		t.Errorf("AlphaLabel(−∞) = %q", got)
	}
}
