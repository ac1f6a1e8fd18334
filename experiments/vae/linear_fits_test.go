package vae

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

func randomMatrix(rows, columns int, seed uint64) *mat.Dense {
	rng := rand.New(rand.NewPCG(seed, 0))
	m := mat.NewDense(rows, columns, nil)
	m.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, m)
	return m
}

// The score of N(0, c²) can be written down: −(½ mean v²/c² + log c + ½ log 2π) for each column.
func TestScoreAddsUpTheColumns(t *testing.T) {
	train, validation := randomMatrix(200, 6, 4), randomMatrix(100, 6, 5)
	var want float64
	for j := range 6 {
		var c2, v2 float64
		for i := range 200 {
			c2 += train.At(i, j) * train.At(i, j) / 200
		}
		for i := range 100 {
			v2 += validation.At(i, j) * validation.At(i, j) / 100
		}
		want -= .5*v2/c2 + .5*math.Log(2*math.Pi*c2)
	}
	if got := scoreColumns(families[0], train, validation, 1); math.Abs(got-want) > 1e-9 {
		t.Errorf("score %v, want %v", got, want)
	}
	if got := scoreColumns(families[0], train, validation, 2); math.Abs(got-want) > .1*math.Abs(want) {
		t.Errorf("every second column, scaled up: %v, want about %v", got, want)
	}
}

func draws(n int, draw func(rng *rand.Rand) float64) []float64 {
	rng := rand.New(rand.NewPCG(11, 12))
	x := make([]float64, n)
	for i := range x {
		x[i] = draw(rng)
	}
	return x
}

// studentsT3 draws from Student's t with three degrees of freedom.
func studentsT3(rng *rand.Rand) float64 {
	var chi2 float64
	for range 3 {
		v := rng.NormFloat64()
		chi2 += v * v
	}
	return rng.NormFloat64() / math.Sqrt(chi2/3)
}

func TestFittedDensitiesIntegrateToOne(t *testing.T) {
	x := draws(400, studentsT3)
	for _, family := range families {
		nll := family.fit(x)
		var integral float64
		const step = .01 // v = sinh u, so that the tails are covered
		for u := -14.0; u <= 14; u += step {
			integral += step * math.Cosh(u) * math.Exp(-nll(math.Sinh(u)))
		}
		if math.Abs(integral-1) > 1e-3 {
			t.Errorf("%s: the density integrates to %v", family.key, integral)
		}
	}
}

// The mean of the negative log-likelihood over many samples of a distribution in the family is its entropy: that of N(0, 2²)
// is ½ log 2πe + log 2, that of the Cauchy distribution with quartiles ±γ is log 4πγ, and γ = c√2.
func TestFitsReachTheEntropyOfTheirOwnSamples(t *testing.T) {
	const n = 40_000
	gauss := draws(n, func(rng *rand.Rand) float64 { return 2 * rng.NormFloat64() })
	cauchy := draws(n, func(rng *rand.Rand) float64 { return 3 * math.Tan(math.Pi*(rng.Float64()-.5)) })
	gaussEntropy, cauchyEntropy := .5*math.Log(2*math.Pi*math.E)+math.Log(2), math.Log(4*math.Pi*3)
	for _, c := range []struct {
		family int
		x      []float64
		want   float64
	}{{0, gauss, gaussEntropy}, {2, gauss, gaussEntropy}, {3, gauss, gaussEntropy}, {1, cauchy, cauchyEntropy}, {2, cauchy, cauchyEntropy}, {3, cauchy, cauchyEntropy}} {
		family := families[c.family]
		if got := total(family.fit(c.x), c.x) / n; math.Abs(got-c.want) > .02 {
			t.Errorf("%s: %.4f nats, want %.4f", family.key, got, c.want)
		}
	}
}

func TestFitScaleSolvesTheLikelihoodEquation(t *testing.T) {
	x := draws(500, studentsT3)
	for _, alpha := range []float64{.01, .5, 1, 1.5, 1.99} {
		weight := func(z float64) float64 {
			return scalar.Kernel{Alpha: alpha, Scale: 1}.Weight(math.Sqrt(z))
		}
		c := fitScale(x, startScale(x), weight)
		var mean float64
		for _, v := range x {
			z := (v / c) * (v / c)
			mean += z * weight(z) / float64(len(x))
		}
		if math.Abs(mean-1) > 1e-4 {
			t.Errorf("α = %g: mean(z·w) = %v, want 1", alpha, mean)
		}
	}
	if c := fitScale(make([]float64, 10), 1, func(float64) float64 { return 1 }); c != minScale {
		t.Errorf("constant zeros get the scale %v, want the floor", c)
	}
}

func TestMinimiseFindsTheMinimum(t *testing.T) {
	if got := minimise(-2, 6, func(v float64) float64 { return math.Cosh(v - 1.7) }); math.Abs(got-1.7) > .05 {
		t.Errorf("minimum at %v, want 1.7", got)
	}
}
