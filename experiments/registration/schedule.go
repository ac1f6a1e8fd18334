package registration

import (
	"fmt"
	"math"

	"github.com/robustloss/gomlx-robustloss/experiments/stats"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar/nls"
)

// Constants of fast global registration [1], in units of the larger cloud's radius.
const (
	divisor        = 1.4  // by which μ is divided
	maxDistance    = .025 // μ is divided while it is above this
	stepsPerKernel = 4    // steps with the same kernel
	startMu        = 1.   // μ before the first division
)

// Schedule chooses the kernel: a stage of the schedule is four Gauss–Newton steps, the last stage all that are left. Norms
// are the distances of the matches, and like the kernels' scales in units of the larger cloud's radius.
type Schedule = nls.Schedule

// Fixed uses one kernel for all steps. Alpha = 2 is least squares, whatever the scale.
type Fixed = nls.Fixed

// ShapeAnnealed keeps the scale and takes a shape from Alphas at each stage, the last one until the end.
type ShapeAnnealed = nls.ShapeAnnealed

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

// ScaleAnnealed keeps the shape and lets the scale fall as [1] does: c² = μ/4, see [Mu]. Alpha = −2 is fast global
// registration. It is the nls.ScaleAnnealed from 0.42 to [TerminalScale], up to the last digit of c, in which the kept
// results follow [1].
type ScaleAnnealed struct{ Alpha float64 }

// Loss implements [Schedule].
func (s ScaleAnnealed) Loss(stage int, _ nls.Loss, _ []float64) (loss nls.Loss, last bool, err error) {
	step := stage * stepsPerKernel
	return scalar.Kernel{Alpha: s.Alpha, Scale: math.Sqrt(Mu(step) / 4)}, Mu(step) <= maxDistance, nil
}

// Graduated is the shape-annealed schedule of [3]: from the convex α = 2 to α = −32 at the scale where [1] ends.
func Graduated() ShapeAnnealed {
	return ShapeAnnealed{Alphas: []float64{2, 1, .5, .25, 0, -.25, -.5, -1, -2, -4, -8, -16, -32}, Scale: TerminalScale()}
}

// Fitted lets the scale fall as in [1] and takes α from the data: whenever the scale changes, the shape of maximum
// likelihood for the distances at that scale (scalar.FitTruncated), in a window that holds all of them; it goes on doing so
// where the scale has arrived. The more of the matches are outliers at that scale, the lower α. Of many distances it takes 512, evenly spaced in their order.
type Fitted struct{}

const (
	fittedDistances = 512 // distances that stand for all in a fit
	minWindow       = 10  // least half width of the fit's window, in units of the scale
)

// Loss implements [Schedule].
func (Fitted) Loss(stage int, _ nls.Loss, norms []float64) (loss nls.Loss, last bool, err error) {
	kernel := scalar.Kernel{Scale: math.Sqrt(Mu(stage*stepsPerKernel) / 4)}
	window := max(minWindow, 1.01*maximum(norms)/kernel.Scale)
	fit, err := scalar.FitTruncated(stats.EvenlySpaced(norms, fittedDistances), nil, &scalar.TruncatedOptions{Scale: &kernel.Scale, Tau: window})
	kernel.Alpha = fit.Alpha
	return kernel, (stage+1)*stepsPerKernel >= Iterations, err
}

func maximum(values []float64) float64 {
	largest := 0.0
	for _, v := range values {
		largest = max(largest, v)
	}
	return largest
}

// annealing follows a schedule from step to step.
type annealing struct {
	schedule Schedule
	stage    int
	loss     nls.Loss
	last     bool
}

// kernel returns the kernel of the next step, the step-th from 0.
func (a *annealing) kernel(step int, norms []float64) (scalar.Kernel, error) {
	if step%stepsPerKernel == 0 && !a.last {
		var err error
		if a.loss, a.last, err = a.schedule.Loss(a.stage, a.loss, norms); err != nil {
			return scalar.Kernel{}, err
		}
		a.stage++
	}
	kernel, ok := nls.Kernel(a.loss)
	if !ok {
		return kernel, fmt.Errorf("a %T gives a %T, which is no kernel", a.schedule, a.loss)
	}
	return kernel, nil
}

// KernelAt returns the kernel of a step, counted from 0, of a schedule that does not look at the distances.
func KernelAt(schedule Schedule, step int) (scalar.Kernel, error) {
	a := annealing{schedule: schedule}
	for i := range step {
		if _, err := a.kernel(i, nil); err != nil {
			return scalar.Kernel{}, err
		}
	}
	return a.kernel(step, nil)
}
