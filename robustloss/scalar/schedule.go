package scalar

import "math"

// Schedule gives the shape α to use at a step of a solver or of a training loop: annealing. Starting at α = 2, where
// the problem is least squares and has one minimum, and lowering α step by step lets a solver find its way to the
// minimum of a loss that is not convex (graduated non-convexity).
type Schedule interface {
	// Alpha returns α at the given step, counted from 0.
	Alpha(step int) float64
}

// LinearSchedule goes from From at step 0 to To at step Steps in equal steps, and stays there. Both may be any value
// in [−∞, +∞]. Between finite ends the steps are equal in α. If an end is infinite they are equal in
//
//	v(α) = (α−2)/(1 + |α−2|) ∈ [−1, 1],  α(v) = 2 + v/(1 − |v|)
//
// which is 0 at α = 2 and ±1 at α = ±∞. A step below 0 counts as 0; with Steps ≤ 0, α is To at once.
type LinearSchedule struct {
	From, To float64
	Steps    int
}

var _ Schedule = LinearSchedule{}

// Alpha returns α at the given step.
func (s LinearSchedule) Alpha(step int) float64 {
	return interpolateAlpha(s.From, s.To, step, s.Steps, func(x float64) float64 { return x })
}

// ExponentialSchedule approaches To with a distance that shrinks by the same factor at every step, less a constant
// that makes it arrive exactly at step Steps:
//
//	α(k) = To + (From − To)·(e^(−λk/Steps) − e^−λ)/(1 − e^−λ),  λ = Rate
//
// If an end is infinite, v(α) of [LinearSchedule] stands in the place of α: towards −∞ the gap 2−α then grows
// exponentially. Rate ≤ 0 means the default, 5: half of the way is done after 14 % of the steps.
type ExponentialSchedule struct {
	From, To float64
	Steps    int
	Rate     float64
}

var _ Schedule = ExponentialSchedule{}

const defaultScheduleRate = 5

// Alpha returns α at the given step.
func (s ExponentialSchedule) Alpha(step int) float64 {
	rate := s.Rate
	if !(rate > 0) {
		rate = defaultScheduleRate
	}
	return interpolateAlpha(s.From, s.To, step, s.Steps, func(x float64) float64 {
		return math.Expm1(-rate*x) / math.Expm1(-rate)
	})
}

// ConstantSchedule is the same α at every step.
type ConstantSchedule float64

var _ Schedule = ConstantSchedule(0)

// Alpha returns α.
func (s ConstantSchedule) Alpha(int) float64 { return float64(s) }

// interpolateAlpha goes from → to by the fraction progress(step/steps), in α or, if an end is infinite, in v(α).
func interpolateAlpha(from, to float64, step, steps int, progress func(float64) float64) float64 {
	switch {
	case step >= steps || from == to:
		return to
	case step <= 0:
		return from
	}
	x := progress(float64(step) / float64(steps))
	if !math.IsInf(from, 0) && !math.IsInf(to, 0) {
		return (1-x)*from + x*to
	}
	v := (1-x)*compressAlpha(from) + x*compressAlpha(to)
	return 2 + v/(1-math.Abs(v))
}

func compressAlpha(alpha float64) float64 {
	if math.IsInf(alpha, 0) {
		return math.Copysign(1, alpha)
	}
	return (alpha - 2) / (1 + math.Abs(alpha-2))
}
