package show

import (
	"math"
	"reflect"
	"testing"
)

func TestTicks_AreRoundAndInside(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   []string
	}{
		{-5, 5, []string{"−4", "−2", "0", "2", "4"}},
		{0, 1, []string{"0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
		{0, 0.03, []string{"0", "0.005", "0.010", "0.015", "0.020", "0.025", "0.030"}},
		{0, 3e6, []string{"0", "5·10^{5}", "1·10^{6}", "1.5·10^{6}", "2·10^{6}", "2.5·10^{6}", "3·10^{6}"}},
	} {
		got := ticks{}.Ticks(c.lo, c.hi)
		if len(got) != len(c.want) {
			t.Errorf("ticks of %g … %g: %v, want %v", c.lo, c.hi, got, c.want)
			continue
		}
		for i, tick := range got {
			if tick.Label != c.want[i] {
				t.Errorf("tick %d of %g … %g is %q, want %q", i, c.lo, c.hi, tick.Label, c.want[i])
			}
		}
	}
}

func TestTicks_Logarithmic(t *testing.T) {
	labels := func(lo, hi float64) []string {
		var out []string
		for _, tick := range (ticks{log: true}).Ticks(lo, hi) {
			if tick.Value < lo*(1-1e-9) || tick.Value > hi*(1+1e-9) {
				t.Errorf("tick %g outside %g … %g", tick.Value, lo, hi)
			}
			out = append(out, tick.Label)
		}
		return out
	}
	if got := labels(0.1, 1000); len(got) != 5 || got[0] != "0.1" || got[4] != "1000" {
		t.Errorf("few decades: %v, want every power of ten from 0.1 to 1000", got)
	}
	if got := labels(1e-12, 1e12); len(got) > 9 || len(got) < 4 || got[0] != "10^{−12}" {
		t.Errorf("many decades: %v, want some powers of ten", got)
	}
	for _, c := range []struct {
		lo, hi float64
		want   []string
	}{
		{3e-4, 1.4, []string{"0.001", "0.01", "0.1", "1"}}, // in one form, not 10^{−3} beside 0.01
		{8e-5, 2, []string{"10^{−4}", "10^{−3}", "10^{−2}", "10^{−1}", "1"}},
		{5e-4, 0.06, []string{"0.0005", "0.001", "0.002", "0.005", "0.01", "0.02", "0.05"}},
		{3e-5, 6e-4, []string{"5·10^{−5}", "10^{−4}", "2·10^{−4}", "5·10^{−4}"}},
	} {
		if got := labels(c.lo, c.hi); !reflect.DeepEqual(got, c.want) {
			t.Errorf("from %g to %g: %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
	if got := labels(1, 9); len(got) != 3 {
		t.Errorf("less than a decade: %v, want 1, 2, 5", got)
	}
}

func TestRoundStep_Is125(t *testing.T) {
	for wish := 1e-7; wish < 1e7; wish *= 1.07 {
		step := roundStep(wish)
		mantissa := step / math.Pow(10, math.Floor(math.Log10(step)*(1+1e-15)+1e-12))
		if r := step / wish; r < 0.5 || r > 2 {
			t.Errorf("roundStep(%g) = %g is too far away", wish, step)
		}
		if d := math.Min(math.Abs(mantissa-1), math.Min(math.Abs(mantissa-2), math.Abs(mantissa-5))); d > 1e-9 {
			t.Errorf("roundStep(%g) = %g is not 1, 2 or 5 times a power of ten", wish, step)
		}
	}
}
