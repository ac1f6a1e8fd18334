package nls_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar/nls"
)

// next asks a schedule for the loss of a stage.
func next(t *testing.T, s nls.Schedule, stage int, previous nls.Loss, norms []float64) (nls.Loss, bool) {
	t.Helper()
	loss, last, err := s.Loss(stage, previous, norms)
	if err != nil {
		t.Fatal(err)
	}
	return loss, last
}

// weight is ρ′(r²)/ρ′(0).
func weight(l nls.Loss, r float64) float64 {
	_, at, _ := l.RhoSquared(r * r)
	_, origin, _ := l.RhoSquared(0)
	return at / origin
}

// The surrogates' values at the borders, and derivatives by differences.
func TestTruncated_HasTheDerivativesOfItsDefinition(t *testing.T) {
	for _, mu := range []float64{1e-6, .01, 1, 30, 1e6, math.Inf(1)} {
		l := nls.Truncated{Scale: .3, Mu: mu}
		if rho, rho1, rho2 := l.RhoSquared(0); rho != 0 || math.Abs(rho1-.5/.09) > 1e-12 || rho2 != 0 {
			t.Errorf("μ = %g at 0: %g, %g, %g", mu, rho, rho1, rho2)
		}
		lo, hi := mu/(mu+1), (mu+1)/mu
		if math.IsInf(mu, 1) {
			lo, hi = 1, 1
		}
		for _, z := range []float64{1e-9, .5 * lo, .999 * lo, 1.001 * lo, math.Sqrt(lo * hi), .9 * hi, 1.1 * hi, 1e9} {
			if math.Abs(z/lo-1) < 1e-4 || math.Abs(z/hi-1) < 1e-4 {
				continue // at a border the differences mix two parts
			}
			s, h := z*.09, z*.09*1e-5
			rho, rho1, rho2 := l.RhoSquared(s)
			below, below1, _ := l.RhoSquared(s - h)
			above, above1, _ := l.RhoSquared(s + h)
			if d := (above - below) / 2 / h; math.Abs(d-rho1) > 1e-5*(rho1+rho/s) {
				t.Errorf("μ = %g, z = %g: ρ′ = %g, differences %g", mu, z, rho1, d)
			}
			if d := (above1 - below1) / 2 / h; math.Abs(d-rho2) > 1e-5*(math.Abs(rho2)+rho1/s) {
				t.Errorf("μ = %g, z = %g: ρ″ = %g, differences %g", mu, z, rho2, d)
			}
		}
		inside, _, _ := l.RhoSquared(lo * .09 * (1 - 1e-9))
		outside, _, _ := l.RhoSquared(lo * .09 * (1 + 1e-9))
		if far, _, _ := l.RhoSquared(hi * .09 * 1.000001); math.Abs(inside-outside) > 1e-8 || far != .5 {
			t.Errorf("μ = %g: %g inside, %g outside of the first border, %g beyond the second", mu, inside, outside, far)
		}
	}
}

// The weights of Yang et al., Eq. 14: 1, 0, and c̄/r·√(μ(μ+1)) − μ between.
func TestTruncatedLeastSquares_IsThatOfTheReference(t *testing.T) {
	const c = .2
	schedule := nls.TruncatedLeastSquares{Scale: c}
	norms := []float64{.05, .1, .3, 1}
	loss, last := next(t, schedule, 0, nil, norms)
	if k, ok := nls.Kernel(loss); !ok || k.Alpha != 2 || last {
		t.Fatalf("begins with %v", loss)
	}
	mu := c * c / (2*1*1 - c*c) // of the largest norm
	for stage := 1; stage < 100; stage++ {
		if loss, last = next(t, schedule, stage, loss, norms); last {
			break
		}
		got, ok := loss.(nls.Truncated)
		if !ok || math.Abs(got.Mu/mu-1) > 1e-12 {
			t.Fatalf("stage %d: %v, want μ = %g", stage, loss, mu)
		}
		for _, r := range norms {
			want := c/r*math.Sqrt(mu*(mu+1)) - mu
			switch z := r * r; {
			case z <= mu/(mu+1)*c*c:
				want = 1
			case z >= (mu+1)/mu*c*c:
				want = 0
			}
			if math.Abs(weight(loss, r)-want) > 1e-12 {
				t.Errorf("stage %d, norm %g: weight %g, want %g", stage, r, weight(loss, r), want)
			}
		}
		mu *= 1.4
	}
	// No norm is in doubt any more: the end is the truncated square itself.
	if final, ok := loss.(nls.Truncated); !last || !ok || !math.IsInf(final.Mu, 1) {
		t.Errorf("ends with %v (last: %v)", loss, last)
	}
	for i, want := range []float64{1, 1, 0, 0} {
		if w := weight(loss, norms[i]); w != want {
			t.Errorf("norm %g ends with the weight %g, want %g", norms[i], w, want)
		}
	}
	// All within reach from the start.
	loss, _ = next(t, schedule, 0, nil, []float64{.01})
	if loss, last = next(t, schedule, 1, loss, []float64{.01}); !last || weight(loss, .01) != 1 {
		t.Errorf("with inliers only: %v, last %v", loss, last)
	}
}

// α = −2 with c = c̄/2·√μ is Geman and McClure's μc̄²r²/(μc̄² + r²), whose weights are (μc̄²/(r² + μc̄²))² (Yang et al.,
// Eqs. 10 and 12); μ begins at 2·r_max²/c̄².
func TestScaleAnnealed_IsGraduatedNonConvexityOfGemanAndMcClure(t *testing.T) {
	const bound = .2
	schedule := nls.ScaleAnnealed{Alpha: -2, Scale: bound / 2}
	norms := []float64{.05, .1, .3, 1}
	loss, last := next(t, schedule, 0, nil, norms)
	mu := 2 / (bound * bound)
	for stage := 1; !last; stage++ {
		loss, last = next(t, schedule, stage, loss, norms)
		for _, r := range norms {
			want := mu * bound * bound / (r*r + mu*bound*bound)
			if want *= want; math.Abs(weight(loss, r)-want) > 1e-12 {
				t.Fatalf("stage %d, norm %g: weight %g, want %g", stage, r, weight(loss, r), want)
			}
		}
		if mu = max(1, mu/1.4); stage > 100 {
			t.Fatal("does not end")
		}
	}
	if k, _ := nls.Kernel(loss); k != (scalar.Kernel{Alpha: -2, Scale: bound / 2}) {
		t.Errorf("ends with %+v", k)
	}
	// From a given scale there is no stage of least squares.
	if loss, _ = next(t, nls.ScaleAnnealed{Alpha: 0, Scale: .1, From: 1, Factor: 4}, 0, nil, norms); loss != (scalar.Kernel{Alpha: 0, Scale: 1}) {
		t.Errorf("begins with %+v", loss)
	}
	if loss, last = next(t, nls.ScaleAnnealed{Alpha: 0, Scale: .1, From: 1, Factor: 4}, 1, loss, norms); loss != (scalar.Kernel{Alpha: 0, Scale: .25}) || last {
		t.Errorf("goes on with %+v", loss)
	}
}

func TestShapeAnnealed_TakesItsShapesInTurn(t *testing.T) {
	for _, test := range []struct {
		schedule nls.ShapeAnnealed
		stage    int
		alpha    float64
		last     bool
	}{
		{nls.ShapeAnnealed{Scale: 1}, 0, 2, false},
		{nls.ShapeAnnealed{Scale: 1}, 4, 0, false},
		{nls.ShapeAnnealed{Scale: 1}, 12, -32, true},
		{nls.ShapeAnnealed{Scale: 1, Alphas: []float64{1, math.Inf(-1)}}, 0, 1, false},
		{nls.ShapeAnnealed{Scale: 1, Alphas: []float64{1, math.Inf(-1)}}, 1, math.Inf(-1), true},
	} {
		loss, last := next(t, test.schedule, test.stage, nil, nil)
		if k, _ := nls.Kernel(loss); k.Alpha != test.alpha || k.Scale != 1 || last != test.last {
			t.Errorf("%+v, stage %d: %+v, last %v", test.schedule, test.stage, k, last)
		}
	}
}

// norms of 200 normal residuals of standard deviation 1, of which a share is spread up to 10.
func norms(share float64) []float64 {
	rng := rand.New(rand.NewPCG(8, 8))
	r := make([]float64, 200)
	for i := range r {
		if r[i] = math.Abs(rng.NormFloat64()); float64(i) < share*200 {
			r[i] = 10 * rng.Float64()
		}
	}
	return r
}

func TestAdaptive_LowersAlphaWithTheShareOfOutliers(t *testing.T) {
	alpha := 2.1
	for _, share := range []float64{0, .3, .6} {
		var loss nls.Loss
		last, stage := false, 0
		for ; !last; stage++ {
			loss, last = next(t, nls.Adaptive{Scale: 1}, stage, loss, norms(share))
		}
		k, _ := nls.Kernel(loss)
		if k.Alpha >= alpha || stage != 2 { // the second stage sees that α has settled
			t.Errorf("share %g: α = %g after %d stages, want below %g", share, k.Alpha, stage, alpha)
		}
		alpha = k.Alpha
		// The target of AdaptiveAnnealed is the same α.
		first, _ := next(t, nls.AdaptiveAnnealed{Scale: 1}, 0, nil, norms(share))
		second, _ := next(t, nls.AdaptiveAnnealed{Scale: 1}, 1, first, norms(share))
		if annealed := second.(nls.AnnealedKernel); math.Abs(annealed.Target-k.Alpha) > 1e-6*math.Abs(k.Alpha) {
			t.Errorf("share %g: the target is %g, want %g", share, annealed.Target, k.Alpha)
		}
	}
	// The scale falls first.
	falling := nls.Adaptive{Scale: 1, From: 4, Factor: 2}
	var loss nls.Loss
	for stage, want := range []float64{4, 2, 1, 1} {
		var last bool
		loss, last = next(t, falling, stage, loss, norms(.3))
		if k, _ := nls.Kernel(loss); k.Scale != want || last != (stage == 3) {
			t.Errorf("stage %d: c = %g, last %v", stage, k.Scale, last)
		}
	}
}

// α = (α*·μ + 2)/(μ + 1), μ from 1/(2·(r_max/c)² − 1) by factors of 1.4 (Jung et al.).
func TestAdaptiveAnnealed_FollowsItsFormula(t *testing.T) {
	residuals := norms(.4)
	farthest := 0.0
	for _, r := range residuals {
		farthest = max(farthest, r)
	}
	loss, _ := next(t, nls.AdaptiveAnnealed{Scale: 1}, 0, nil, residuals)
	mu := max(1e-3, 1/(2*farthest*farthest-1))
	previous, stages := 2.0, 0
	for last := false; ; mu *= 1.4 {
		stages++
		if loss, last = next(t, nls.AdaptiveAnnealed{Scale: 1}, stages, loss, residuals); last {
			break
		}
		k := loss.(nls.AnnealedKernel)
		if want := (k.Target*mu + 2) / (mu + 1); math.Abs(k.Alpha-want) > 1e-9*math.Abs(want) || k.Alpha >= previous {
			t.Fatalf("stage %d: α = %g, want %g, below %g", stages, k.Alpha, want, previous)
		}
		previous = k.Alpha
	}
	if k := loss.(nls.AnnealedKernel); k.Alpha != k.Target || mu/1.4 > 1e3*1.4 || stages < 30 {
		t.Errorf("ends with %+v after %d stages, μ = %g", k, stages, mu)
	}
}

// Quantiles of χ²: 6.634897 (.99, 1 component), 5.991465 (.95, 2), 11.344867 (.99, 3) in every table.
func TestInlierBound_IsAQuantileOfChiSquared(t *testing.T) {
	for _, test := range []struct {
		components  int
		probability float64
		squared     float64
	}{{1, .99, 6.634897}, {2, .95, 5.991465}, {3, .99, 11.344867}} {
		got := nls.InlierBound(.1, test.components, test.probability)
		if math.Abs(got*got/.01-test.squared) > 1e-6 {
			t.Errorf("%d components, probability %g: %g² σ², want %g", test.components, test.probability, got/.1, test.squared)
		}
	}
	// As often as asked for, normal residuals stay below it.
	rng := rand.New(rand.NewPCG(2, 4))
	bound, below := nls.InlierBound(2, 3, .9), 0
	for range 100_000 {
		x, y, z := 2*rng.NormFloat64(), 2*rng.NormFloat64(), 2*rng.NormFloat64()
		if x*x+y*y+z*z < bound*bound {
			below++
		}
	}
	if share := float64(below) / 100_000; math.Abs(share-.9) > .005 { // five standard errors
		t.Errorf("%g of the residuals are below the bound of .9", share)
	}
	defer func() {
		if recover() == nil {
			t.Error("a probability of 1: no panic")
		}
	}()
	nls.InlierBound(1, 1, 1)
}

// The table in the package comment, at 60 % of outliers and on half of its samples.
func TestSchedules_FindTheCurveAmongOutliers(t *testing.T) {
	const samples = 50
	found := func(schedule nls.Schedule) int {
		count := 0
		for seed := range uint64(samples) {
			x, y := noisyDecay(100, .6, seed)
			b := solve(t, decay(x, y), []float64{1, .2, 2}, schedule, nil).X
			farthest := 0.0
			for _, v := range x {
				farthest = max(farthest, math.Abs(b[0]*math.Exp(-b[1]*v)+b[2]-(2.5*math.Exp(-1.3*v)+.5)))
			}
			if farthest < .15 { // three standard deviations of the noise
				count++
			}
		}
		return count
	}
	bound := nls.InlierBound(.05, 1, .99)
	for _, schedule := range []nls.Schedule{
		nls.ShapeAnnealed{Scale: .05}, nls.ScaleAnnealed{Alpha: -2, Scale: .05}, nls.TruncatedLeastSquares{Scale: bound}, nls.AdaptiveAnnealed{Scale: .05},
	} {
		got := found(schedule)
		t.Logf("%T: %d of %d", schedule, got, samples)
		if got < samples*8/10 { // of 100 samples 94 or more, ± 2.4
			t.Errorf("%T finds the curve in %d of %d samples", schedule, got, samples)
		}
	}
	for _, schedule := range []nls.Schedule{nls.Fixed{Alpha: 2, Scale: 1}, nls.Fixed{Alpha: -2, Scale: .05}} {
		if got := found(schedule); got > samples*2/10 {
			t.Errorf("%+v finds the curve in %d of %d samples: it needs no schedule", schedule, got, samples)
		}
	}
}
