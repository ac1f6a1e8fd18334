package registration

import (
	"fmt"
	"math"

	"github.com/robustloss/gomlx-robustloss/experiments/stats"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// Constants of fast global registration [1], in units of the larger cloud's radius.
const (
	divisor        = 1.4  // by which μ is divided
	maxDistance    = .025 // μ is divided while it is above this
	stepsPerKernel = 4    // steps with the same kernel
	startMu        = 1.   // μ before the first division
)

// Schedule chooses the kernel of each Gauss–Newton step.
type Schedule interface {
	// Kernel returns the kernel of the step, counted from 0. residuals are the distances of the matches before the
	// step; they and the kernel's scale are in units of the larger cloud's radius.
	Kernel(step int, residuals []float64) (scalar.Kernel, error)
}

// Mu is the scale parameter of [1] at a step: it starts at 1 and is divided by 1.4 at the steps 0, 4, 8, … while it is
// above 0.025. So it is 0.714 first, and 0.0247 from step 40 on.
func Mu(step int) float64 {
	mu := startMu
	for i := 0; i <= step && mu > maxDistance; i += stepsPerKernel {
		mu /= divisor
	}
	return mu
}

// TerminalScale is the scale at which the annealed schedules end: c = √(μ/4) for the last μ.
func TerminalScale() float64 { return math.Sqrt(Mu(Iterations) / 4) }

// ScaleAnnealed keeps the shape and lets the scale fall: c² = μ/4. Alpha = −2 is fast global registration [1].
type ScaleAnnealed struct{ Alpha float64 }

// Kernel implements [Schedule].
func (s ScaleAnnealed) Kernel(step int, _ []float64) (scalar.Kernel, error) {
	return scalar.Kernel{Alpha: s.Alpha, Scale: math.Sqrt(Mu(step) / 4)}, nil
}

// ShapeAnnealed keeps the scale and takes a shape from Alphas every four steps, the last one until the end.
type ShapeAnnealed struct {
	Alphas []float64
	Scale  float64 // in units of the larger cloud's radius
}

// Graduated is the shape-annealed schedule of [3]: from the convex α = 2 to α = −32 at the scale where [1] ends.
func Graduated() ShapeAnnealed {
	return ShapeAnnealed{Alphas: []float64{2, 1, .5, .25, 0, -.25, -.5, -1, -2, -4, -8, -16, -32}, Scale: TerminalScale()}
}

// Kernel implements [Schedule].
func (s ShapeAnnealed) Kernel(step int, _ []float64) (scalar.Kernel, error) {
	if len(s.Alphas) == 0 || !(s.Scale > 0) {
		return scalar.Kernel{}, fmt.Errorf("a shape-annealed schedule of %d shapes with the scale %g: want one shape or more and a scale > 0", len(s.Alphas), s.Scale)
	}
	return scalar.Kernel{Alpha: s.Alphas[min(step/stepsPerKernel, len(s.Alphas)-1)], Scale: s.Scale}, nil
}

// Fixed uses one kernel for all steps. Alpha = 2 is least squares, whatever the scale.
type Fixed struct{ Alpha, Scale float64 }

// Kernel implements [Schedule].
func (s Fixed) Kernel(int, []float64) (scalar.Kernel, error) {
	if !(s.Scale > 0) {
		return scalar.Kernel{}, fmt.Errorf("a fixed kernel with the scale %g: want > 0", s.Scale)
	}
	return scalar.Kernel{Alpha: s.Alpha, Scale: s.Scale}, nil
}

const (
	fittedResiduals = 512 // residuals that stand for all in a fit
	minWindow       = 10  // least half width of the fit's window, in units of the scale
)

// Fitted lets the scale fall as in [1] and takes α from the data: whenever the scale changes, the shape of maximum
// likelihood for the residuals at that scale (scalar.FitTruncated), in a window that holds all of them. The more of the
// matches are outliers at that scale, the lower α.
//
// A Fitted belongs to one solve at a time.
type Fitted struct{ alpha float64 }

// Kernel implements [Schedule]. Of many residuals it takes 512, evenly spaced in their order.
func (f *Fitted) Kernel(step int, residuals []float64) (scalar.Kernel, error) {
	c := math.Sqrt(Mu(step) / 4)
	if step%stepsPerKernel == 0 {
		sorted := stats.EvenlySpaced(residuals, fittedResiduals)
		largest := residuals[0]
		for _, r := range residuals {
			largest = max(largest, r)
		}
		fit, err := scalar.FitTruncated(sorted, nil, &scalar.TruncatedOptions{Scale: &c, Tau: max(minWindow, 1.01*largest/c)})
		if err != nil {
			return scalar.Kernel{}, err
		}
		f.alpha = fit.Alpha
	}
	return scalar.Kernel{Alpha: f.alpha, Scale: c}, nil
}
