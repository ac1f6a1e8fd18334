package registration

import (
	"math"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar/nls"
)

// Fast global registration weights a match by its line process l = (μ/(μ + r²))².
func TestScaleAnnealed_IsFastGlobalRegistrationAtMinusTwo(t *testing.T) {
	for step := range Iterations {
		kernel, err := KernelAt(ScaleAnnealed{Alpha: -2}, step)
		if err != nil {
			t.Fatal(err)
		}
		mu := Mu(step)
		for r := 1e-4; r < 3; r *= 1.3 {
			got := kernel.Weight(r) * kernel.Scale * kernel.Scale
			want := math.Pow(mu/(mu+r*r), 2)
			if math.Abs(got-want) > 1e-13*want {
				t.Fatalf("step %d, r = %g: c²·w = %.17g, want %.17g", step, r, got, want)
			}
			// And its loss is ½·μr²/(μ + r²) in units of c², the objective of the paper up to a factor.
			if rho := kernel.Rho(r) * kernel.Scale * kernel.Scale; math.Abs(rho-mu*r*r/(mu+r*r)/2) > 1e-13*rho {
				t.Fatalf("step %d, r = %g: c²ρ = %.17g", step, r, rho)
			}
		}
	}
}

// Numbers of the released program of [1]: 11 divisions, μ = 0.02469 from step 40 on.
func TestMu_FollowsTheReleasedProgram(t *testing.T) {
	if got := Mu(0); got != 1/1.4 {
		t.Errorf("μ starts at %g, want 1/1.4", got)
	}
	if Mu(3) != Mu(0) || Mu(4) != Mu(0)/1.4 {
		t.Error("μ changes at other steps than every fourth")
	}
	if got, want := Mu(40), math.Pow(1.4, -11); math.Abs(got-want) > 1e-15 || Mu(39) <= maxDistance || Mu(63) != got {
		t.Errorf("μ ends at %g (and %g at step 63), want %g", got, Mu(63), want)
	}
}

func TestSchedules_GiveTheKernelsOfTheirDescription(t *testing.T) {
	for _, test := range []struct {
		schedule     Schedule
		step         int
		alpha, scale float64
	}{
		{Graduated(), 0, 2, TerminalScale()},
		{Graduated(), 7, 1, TerminalScale()},
		{Graduated(), 16, 0, TerminalScale()},
		{Graduated(), 48, -32, TerminalScale()},
		{Graduated(), 63, -32, TerminalScale()},
		{Fixed{Alpha: -2, Scale: .1}, 9, -2, .1},
		{ScaleAnnealed{Alpha: math.Inf(-1)}, 0, math.Inf(-1), math.Sqrt(1 / 1.4 / 4)},
		{ScaleAnnealed{Alpha: 1}, 63, 1, TerminalScale()},
	} {
		kernel, err := KernelAt(test.schedule, test.step)
		if err != nil || kernel.Alpha != test.alpha || math.Abs(kernel.Scale/test.scale-1) > 1e-14 {
			t.Errorf("%+v at step %d: %+v (%v), want α = %g, c = %g", test.schedule, test.step, kernel, err, test.alpha, test.scale)
		}
	}
	for _, broken := range []Schedule{ShapeAnnealed{}, ShapeAnnealed{Alphas: []float64{1}}, Fixed{Alpha: 1}, Fixed{Scale: math.NaN()}} {
		if _, err := KernelAt(broken, 0); err == nil || !strings.Contains(err.Error(), "it must be positive and finite") {
			t.Errorf("%+v: error %v", broken, err)
		}
	}
	for step := range Iterations {
		kernel, err := KernelAt(ScaleAnnealed{Alpha: -2}, step)
		if want := math.Sqrt(Mu(step) / 4); err != nil || math.Abs(kernel.Scale/want-1) > 1e-14 {
			t.Errorf("step %d: c = %.17g (%v), want √(μ/4) = %.17g", step, kernel.Scale, err, want)
		}
		general := nls.ScaleAnnealed{Alpha: -2, From: math.Sqrt(Mu(0) / 4), Scale: TerminalScale(), Factor: math.Sqrt(divisor)}
		if other, err := KernelAt(general, step); err != nil || math.Abs(other.Scale/kernel.Scale-1) > 1e-14 || other.Alpha != kernel.Alpha {
			t.Errorf("step %d: %+v (%v), the general schedule has %+v", step, kernel, err, other)
		}
	}
	if _, err := KernelAt(nls.TruncatedLeastSquares{Scale: 1}, 4); err == nil || !strings.Contains(err.Error(), "is no kernel") {
		t.Errorf("truncated least squares: error %v", err)
	}
}

func TestFitted_LowersAlphaWithTheShareOfOutliers(t *testing.T) {
	last := 2.5
	for _, ratio := range []float64{0, .3, .6} {
		p := problem(t, pointcloud.ProblemOptions{Pairs: 300, OutlierRatio: ratio, Noise: .005, Seed: 1})
		s, err := Solve(p.P, p.Q, Fitted{})
		if err != nil {
			t.Fatal(err)
		}
		if alpha := s.last().Alpha; !(alpha < last) || alpha > 2 {
			t.Errorf("outlier ratio %g: α = %g, want below the %g of fewer outliers", ratio, alpha, last)
		} else {
			last = alpha
		}
		if e := PoseError(s.Pose, p.Truth, p.Q); e > .01 {
			t.Errorf("outlier ratio %g: pose error %g", ratio, e)
		}
		if s.last().Scale != TerminalScale() {
			t.Errorf("the scale ends at %g, want %g", s.last().Scale, TerminalScale())
		}
	}
}
