package robustloss

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// The derivative in α keeps its digits for residuals near 0 and very negative α, where it is far smaller than the terms of ρ that
// cancel in it. float32 takes an |α| beyond 2⁴⁴ for infinite, with a derivative of 0.
func TestLoss_AlphaGradientKeepsItsDigits(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		var xs, as []float64
		for _, x := range []float64{1e-12, 1e-8, 1e-5, 1e-3, .01, .1, .5, 1, 3, 30} {
			for _, a := range []float64{-1e15, -1e12, -1e6, -1e3, -100, -16, -4, -2, -1, -.5, -1e-3, 1e-3, .5, 1, 1.5, 1.999, 2.001, 2.5, 3} {
				xs, as = append(xs, x), append(as, a)
			}
		}
		grad := func(x, a *Node) *Node { return Gradient(ReduceAllSum(Loss(x, a, OnesLike(x))), a)[0] }
		got := MustNewExec(backend, grad).MustCall(xs, as)[0].Value().([]float64)
		worst := 0.0
		for i := range xs {
			want := scalar.Kernel{Alpha: as[i], Scale: 1}.AlphaGradient(xs[i])
			e := math.Abs(got[i]-want) / math.Abs(want)
			if want == 0 {
				e = math.Abs(got[i])
			}
			worst = max(worst, e)
			if !(e <= 1e-13) {
				t.Errorf("x = %g, α = %g: %g, want %g, relative error %.1e", xs[i], as[i], got[i], want, e)
			}
		}
		t.Logf("float64: %.1e", worst)
		x32, a32 := make([]float32, len(xs)), make([]float32, len(xs))
		for i := range xs {
			x32[i], a32[i] = float32(xs[i]), float32(as[i])
		}
		g32 := MustNewExec(backend, grad).MustCall(x32, a32)[0].Value().([]float32)
		worst = 0
		for i := range xs {
			want := scalar.Kernel{Alpha: float64(a32[i]), Scale: 1}.AlphaGradient(float64(x32[i]))
			if math.Abs(want) < 1e-36 || math.Abs(as[i]) > float32Limits.largest {
				continue
			}
			e := math.Abs(float64(g32[i])-want) / math.Abs(want)
			worst = max(worst, e)
			if !(e <= 3e-6) {
				t.Errorf("float32: x = %g, α = %g: %g, want %g, relative error %.1e", xs[i], as[i], g32[i], want, e)
			}
		}
		t.Logf("float32: %.1e", worst)
	})
}
