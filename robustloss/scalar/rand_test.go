package scalar

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat"
)

// kolmogorovSmirnov returns √n·D, D the largest distance between the empirical and the true distribution function.
// It exceeds 1.95 with probability 1e-3.
func kolmogorovSmirnov(sample []float64, cdf func(x float64) float64) float64 {
	slices.Sort(sample)
	n, largest := float64(len(sample)), 0.0
	for i := 0; i < len(sample); i += 10 { // the CDF hardly moves over ten neighbours
		p := cdf(sample[i])
		largest = math.Max(largest, math.Max(p-float64(i)/n, float64(i+1)/n-p))
	}
	return largest * math.Sqrt(n)
}

func TestGeneral_RandFollowsTheCDF(t *testing.T) {
	for i, alpha := range []float64{0, 0.1, 1, 1.9, 2, 4, math.Inf(1)} {
		g := General{Mu: -1, Alpha: alpha, Scale: 0.3, Src: rand.NewPCG(7, uint64(i))}
		sample := make([]float64, 100_000)
		for j := range sample {
			sample[j] = g.Rand()
		}
		if d := kolmogorovSmirnov(sample, g.CDF); d > 1.95 {
			t.Errorf("α = %g: √n·D = %.2f", alpha, d)
		}
	}
	// The test can fail: a neighbouring shape is told apart.
	g := General{Alpha: 1, Scale: 1, Src: rand.NewPCG(7, 0)}
	sample := make([]float64, 100_000)
	for j := range sample {
		sample[j] = g.Rand()
	}
	g.Alpha = 1.1
	if d := kolmogorovSmirnov(sample, g.CDF); d < 1.95 {
		t.Errorf("samples of α = 1 pass for α = 1.1: √n·D = %.2f", d)
	}
}

// The fraction of proposals that Rand accepts, as its comment says.
func TestGeneral_RandAccepts(t *testing.T) {
	for alpha, want := range map[float64]float64{0: 1, 1: 0.74, math.Inf(1): 0.46} {
		if got := math.Exp(LogPartition(alpha) - LogPartition(0)); math.Abs(got-want) > 0.005 {
			t.Errorf("α = %g: Z(α)/Z(0) = %.4f, want %g", alpha, got, want)
		}
	}
}

func TestGeneral_RandUsesItsSource(t *testing.T) {
	a, b := General{Alpha: 1, Scale: 1, Src: rand.NewPCG(3, 4)}, General{Alpha: 1, Scale: 1, Src: rand.NewPCG(3, 4)}
	for range 10 {
		if x, y := a.Rand(), b.Rand(); x != y {
			t.Fatalf("same seed, %g and %g", x, y)
		}
	}
	a.Src = nil
	if x, y := a.Rand(), a.Rand(); x == y {
		t.Errorf("global source: %g twice", x)
	}
}

// The battery that gonum puts all its continuous distributions to.
func TestGeneral_Battery(t *testing.T) {
	for i, g := range []General{
		{Mu: 0, Alpha: 2, Scale: 1},
		{Mu: -3, Alpha: 1, Scale: 0.4},
		{Mu: 5, Alpha: 1.5, Scale: 2},
		{Mu: 0, Alpha: 3, Scale: 1},
		{Mu: 1, Alpha: math.Inf(1), Scale: 2},
	} {
		g.Src = rand.NewPCG(11, uint64(i))
		x := make([]float64, 300_000)
		for j := range x {
			x[j] = g.Rand()
		}
		slices.Sort(x)
		checkSampleMoments(t, g, x)
		checkQuantileCDFSurvival(t, g, x)
		checkProb(t, g, x)
	}
}

func checkSampleMoments(t *testing.T, g General, x []float64) {
	t.Helper()
	near := func(what string, got, want, tolerance float64) {
		t.Helper()
		if math.Abs(got-want) > tolerance*math.Max(1, math.Abs(want)) {
			t.Errorf("%+v: %s of the samples %v, want %v", g, what, got, want)
		}
	}
	mean, variance := stat.MeanVariance(x, nil)
	fourth, entropy := 0.0, 0.0
	for _, v := range x {
		d := (v - mean) * (v - mean)
		fourth += d * d
		entropy -= g.LogProb(v)
	}
	n := float64(len(x))
	near("mean", mean, g.Mean(), 1e-2)
	near("median", stat.Quantile(0.5, stat.Empirical, x, nil), g.Median(), 1e-2)
	near("variance", variance, g.Variance(), 2e-2)
	near("standard deviation", math.Sqrt(variance), g.StdDev(), 1e-2)
	near("excess kurtosis", fourth/n/variance/variance-3, g.ExKurtosis(), 0.15)
	near("entropy", entropy/n, g.Entropy(), 1e-2)
	near("skewness", stat.Skew(x, nil), g.Skewness(), 0.1)
}

func checkQuantileCDFSurvival(t *testing.T, g General, x []float64) {
	t.Helper()
	for _, p := range []float64{0.1, 0.25, 0.5, 0.75, 0.9} {
		q := g.Quantile(p)
		cdf := g.CDF(q)
		if math.Abs(cdf-stat.CDF(q, stat.Empirical, x, nil)) > 3e-3 || math.Abs(cdf-p) > 1e-13 {
			t.Errorf("%+v: CDF(Quantile(%g)) = %v", g, p, cdf)
		}
		if math.Abs(1-cdf-g.Survival(q)) > 1e-14 {
			t.Errorf("%+v: Survival(%g) = %v, 1 − CDF = %v", g, q, g.Survival(q), 1-cdf)
		}
	}
}

// checkProb checks that the density agrees with its logarithm, integrates to 1, and integrates to the probabilities
// between quantiles.
func checkProb(t *testing.T, g General, x []float64) {
	t.Helper()
	for _, v := range x[:1000] {
		if math.Abs(math.Log(g.Prob(v))-g.LogProb(v)) > 1e-13*math.Max(1, math.Abs(g.LogProb(v))) {
			t.Fatalf("%+v: Prob and LogProb differ at %g", g, v)
		}
	}
	reach := -g.Quantile(1e-15) + g.Mu
	if q := quad.Fixed(g.Prob, g.Mu-reach, g.Mu+reach, 2000, nil, 0); math.Abs(q-1) > 1e-10 {
		t.Errorf("%+v: the density integrates to %v", g, q)
	}
	ps := floats.Span(make([]float64, 101), 0, 1)
	for i := 2; i < 100; i++ {
		q := quad.Fixed(g.Prob, g.Quantile(ps[i-1]), g.Quantile(ps[i]), 50, nil, 0)
		if math.Abs(q-0.01) > 1e-10 {
			t.Errorf("%+v: %v between the quantiles of %g and %g", g, q, ps[i-1], ps[i])
		}
	}
}

func FuzzGeneral_QuantileInvertsCDF(f *testing.F) {
	for _, alpha := range []float64{0, 1e-3, 1, 2, 7, math.Inf(1)} {
		f.Add(alpha, 0.5, 1e-9)
		f.Add(alpha, 1e10, 0.3)
	}
	f.Fuzz(func(t *testing.T, alpha, scale, p float64) {
		if !(alpha >= 0) || !(scale > 1e-100 && scale < 1e100) || !(p > 1e-290 && p < 1) {
			t.Skip()
		}
		g := General{Alpha: alpha, Scale: scale}
		x := g.Quantile(p)
		if got := g.CDF(x); !math.IsInf(x, 0) && !(math.Abs(got-p) <= 1e-8*math.Min(p, 1-p)*(1+math.Abs(math.Log(p)))+1e-15) {
			t.Errorf("%+v: CDF(Quantile(%g)) = %g", g, p, got)
		}
	})
}

func BenchmarkGeneral(b *testing.B) {
	g := General{Alpha: 0.7, Scale: 1, Src: rand.NewPCG(1, 2)}
	for name, f := range map[string]func(){
		"LogProb":         func() { g.LogProb(1.3) },
		"Rand":            func() { g.Rand() },
		"CDF/middle":      func() { g.CDF(0.7) },
		"CDF/tail":        func() { g.CDF(7) },
		"Quantile/middle": func() { g.Quantile(0.4) },
		"Quantile/tail":   func() { g.Quantile(1e-3) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
		})
	}
}
