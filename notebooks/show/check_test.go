package show

import (
	"math"
	"strings"
	"testing"
)

func TestChecks_PassExactlyWhereTheClaimHolds(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func()
		want bool
	}{
		{"true", func() { Check("c", true) }, true},
		{"false", func() { Check("c", false) }, false},
		{"near", func() { CheckNear("c", 1.0001, 1, 1e-3) }, true},
		{"far", func() { CheckNear("c", 1.002, 1, 1e-3) }, false},
		{"NaN is near nothing", func() { CheckNear("c", math.NaN(), math.NaN(), 1) }, false},
		{"∞ is near itself", func() { CheckNear("c", math.Inf(1), math.Inf(1), 0) }, true},
		{"∞ is far from −∞", func() { CheckNear("c", math.Inf(1), math.Inf(-1), 1e300) }, false},
		{"between", func() { CheckBetween("c", 2, 1, 3) }, true},
		{"on the edge", func() { CheckBetween("c", 3, 1, 3) }, true},
		{"beyond", func() { CheckBetween("c", 3.1, 1, 3) }, false},
		{"NaN lies nowhere", func() { CheckBetween("c", math.NaN(), math.Inf(-1), math.Inf(1)) }, false},
	} {
		r := record(t)
		c.do()
		if passed := r.status == -1; passed != c.want {
			t.Errorf("%s: passed = %v, want %v", c.name, passed, c.want)
		}
		if len(r.messages) != 1 {
			t.Errorf("%s: %d messages, want one", c.name, len(r.messages))
		}
	}
}

func TestCheck_SaysWhatWasCompared(t *testing.T) {
	r := record(t)
	CheckNear("ρ < 1 & more", 2.5, -1, 0.25)
	r.wantFailure(t, "ρ &lt; 1 &amp; more", "got 2.5", "want −1 ± 0.25")
	r = record(t)
	CheckBetween("inside", 0.5, 0, math.Inf(1))
	if plain := r.last(t).plain; !strings.Contains(plain, "✓ inside: got 0.5, want 0 … ∞") {
		t.Errorf("plain text %q", plain)
	}
}
