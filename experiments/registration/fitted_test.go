package registration

import (
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
)

func TestFitted_LowersAlphaWithTheShareOfOutliers(t *testing.T) {
	last := 2.5
	for _, ratio := range []float64{0, .3, .6} {
		p := problem(t, pointcloud.ProblemOptions{Pairs: 300, OutlierRatio: ratio, Noise: .005, Seed: 1})
		s, err := Solve(p.P, p.Q, &Fitted{})
		if err != nil {
			t.Fatal(err)
		}
		if alpha := s.Last().Alpha; !(alpha < last) || alpha > 2 {
			t.Errorf("outlier ratio %g: α = %g, want below the %g of fewer outliers", ratio, alpha, last)
		} else {
			last = alpha
		}
		if e := PoseError(s.Pose, p.Truth, p.Q); e > .01 {
			t.Errorf("outlier ratio %g: pose error %g", ratio, e)
		}
		if s.Last().Scale != TerminalScale() {
			t.Errorf("the scale ends at %g, want %g", s.Last().Scale, TerminalScale())
		}
	}
}

func TestQuantiles_KeepTheOrderStatistics(t *testing.T) {
	if got := quantiles([]float64{3, 1, 2}, 5); len(got) != 3 || got[0] != 1 || got[2] != 3 {
		t.Errorf("few values: %v", got)
	}
	values := make([]float64, 1000)
	for i := range values {
		values[i] = float64((i * 7) % 1000)
	}
	if got := quantiles(values, 10); got[0] != 50 || got[9] != 950 {
		t.Errorf("deciles' middles: %v", got)
	}
}
