package scalar

import (
	"math"
	"testing"
)

func TestSchedule_EndsAreExactAndAlphaIsMonotone(t *testing.T) {
	ends := []float64{math.Inf(-1), -1e300, -8, 0, 0.3, 1, 2, 3, 1e6, math.Inf(1)}
	for _, from := range ends {
		for _, to := range ends {
			for _, s := range []Schedule{
				LinearSchedule{From: from, To: to, Steps: 7},
				ExponentialSchedule{From: from, To: to, Steps: 7},
				ExponentialSchedule{From: from, To: to, Steps: 7, Rate: 0.1},
			} {
				for _, step := range []int{-3, 0} {
					if got := s.Alpha(step); got != from {
						t.Errorf("%+v: step %d gives %g", s, step, got)
					}
				}
				for _, step := range []int{7, 8, 1000} {
					if got := s.Alpha(step); got != to {
						t.Errorf("%+v: step %d gives %g", s, step, got)
					}
				}
				for step := range 7 {
					a, b := s.Alpha(step), s.Alpha(step+1)
					if math.IsNaN(a) || from < to && a > b || from > to && a < b {
						t.Errorf("%+v: %g at step %d, then %g", s, a, step, b)
					}
				}
			}
		}
	}
}

func TestLinearSchedule_IsLinearInAlphaOrInV(t *testing.T) {
	if got := (LinearSchedule{From: 2, To: -2, Steps: 8}).Alpha(3); got != 0.5 {
		t.Errorf("2 → −2 after 3 of 8 steps: %g, want 0.5", got)
	}
	// v goes 0 → −1: −1/2 half way, where α = 2 − ½/½ = 1; −¾ after three quarters, where α = 2 − 3.
	s := LinearSchedule{From: 2, To: math.Inf(-1), Steps: 4}
	if a, b := s.Alpha(2), s.Alpha(3); a != 1 || b != -1 {
		t.Errorf("2 → −∞: %g, %g, want 1, −1", a, b)
	}
}

func TestExponentialSchedule_DistanceShrinksByAFactor(t *testing.T) {
	s := ExponentialSchedule{From: 2, To: -2, Steps: 10, Rate: 3}
	d := func(k int) float64 { return s.Alpha(k) - s.Alpha(k+1) } // differences drop the constant
	for k := range 9 {
		if got, want := d(k+1)/d(k), math.Exp(-0.3); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: factor %g, want %g", k, got, want)
		}
	}
	half := ExponentialSchedule{From: 0, To: 1, Steps: 100}
	if a, b := half.Alpha(13), half.Alpha(14); a > 0.5 || b < 0.5 {
		t.Errorf("default rate: %g at 13 %%, %g at 14 %%, want ½ between them", a, b)
	}
}

func TestSchedule_WithoutStepsIsTo(t *testing.T) {
	for _, s := range []Schedule{LinearSchedule{From: 2, To: 1}, ExponentialSchedule{From: 2, To: 1}, ConstantSchedule(1)} {
		if got := s.Alpha(0); got != 1 {
			t.Errorf("%+v gives %g", s, got)
		}
	}
}
