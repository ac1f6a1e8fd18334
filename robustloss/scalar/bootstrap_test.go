package scalar

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Under the hypothesis, p-values are uniform.
func TestTestShape_IsCalibrated(t *testing.T) {
	const tests, simulations, n = 50, 39, 20
	for _, alpha := range []float64{0, 2} {
		var p []float64
		for seed := range uint64(tests) {
			x := draw(General{Mu: 100, Alpha: alpha, Scale: 3}, n, 1000+seed)
			r, err := inferred(t, x, nil, nil).TestShape(alpha, &BootstrapOptions{Simulations: simulations, Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			if r.Simulations+r.Failed != simulations || r.Alpha != alpha {
				t.Fatalf("%+v", r)
			}
			p = append(p, r.PValue)
		}
		// At α = 0 half of the statistics are 0 in the limit, with p = 1: below ½ the distribution is uniform.
		small := 0
		for _, v := range p {
			if v <= 0.25 {
				small++
			}
		}
		// 4 standard deviations of the binomial distribution with p = ¼.
		if share := float64(small) / tests; math.Abs(share-0.25) > 0.245 {
			t.Errorf("α = %g: a p-value below ¼ in %.2f of the tests", alpha, share)
		}
	}
}

// It tells normal samples from Cauchy's, whatever their unit, and gives the same p-value again.
func TestTestShape_HasPower(t *testing.T) {
	options := &BootstrapOptions{Simulations: 99, Seed: 5}
	for _, c := range []struct{ truth, hypothesis, unit float64 }{{0, 2, 1}, {2, 0, 1e-200}} {
		x := shifted(draw(General{Alpha: c.truth, Scale: 1}, 60, 8), 1e3, c.unit)
		f := inferred(t, x, nil, nil)
		a, err := f.TestShape(c.hypothesis, options)
		if err != nil {
			t.Fatal(err)
		}
		if a.PValue != 0.01 {
			t.Errorf("samples with α = %g, hypothesis %g: %+v", c.truth, c.hypothesis, a)
		}
		if b, err := f.TestShape(c.hypothesis, options); err != nil || b != a {
			t.Errorf("again: %+v, before %+v (%v)", b, a, err)
		}
		given := inferred(t, x, nil, &FitOptions{Alpha: Fixed(c.hypothesis)})
		if want := 2 * (f.LogLikelihood - given.LogLikelihood); math.Abs(a.Statistic-want) > 1e-8*want {
			t.Errorf("statistic %v, by two fits %v", a.Statistic, want)
		}
	}
}

// The test of a regression on an intercept is that of a fit: the statistics are those of other random numbers.
func TestTestShape_OfARegression(t *testing.T) {
	x := draw(General{Alpha: 0.8, Scale: 1}, 60, 8)
	ones := mat.NewDense(len(x), 1, slices.Repeat([]float64{1}, len(x)))
	r, err := IRLS(ones, mat.NewVecDense(len(x), x), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := inferred(t, x, nil, &FitOptions{Alpha: Between(0, 2)})
	for _, alpha := range []float64{0, 2} {
		a, err1 := f.TestShape(alpha, &BootstrapOptions{Simulations: 99})
		b, err2 := r.TestShape(alpha, &BootstrapOptions{Simulations: 99})
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if math.Abs(a.Statistic-b.Statistic) > 1e-6*(1+a.Statistic) || math.Abs(a.PValue-b.PValue) > 0.05 {
			t.Errorf("α = %g: %+v, of the regression %+v", alpha, a, b)
		}
	}
	// With a slope, and weights.
	design, y := line(60, 0.15, 3)
	rng := rand.New(rand.NewPCG(1, 1))
	w := make([]float64, 60)
	for i := range w {
		w[i] = float64(1 + rng.IntN(2))
	}
	if r, err = IRLS(design, y, &IRLSOptions{Weights: w}); err != nil {
		t.Fatal(err)
	}
	if p, err := r.TestShape(2, &BootstrapOptions{Simulations: 19}); err != nil || !(p.PValue <= 0.1) || p.Failed > 0 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestTestShape_Errors(t *testing.T) {
	x := draw(General{Alpha: 0.8, Scale: 1}, 30, 8)
	for _, c := range []struct {
		options *FitOptions
		alpha   float64
	}{{nil, -1}, {&FitOptions{Alpha: Between(0, 1)}, 2}, {&FitOptions{Alpha: Fixed(2)}, 2}} {
		if r, err := inferred(t, x, nil, c.options).TestShape(c.alpha, nil); !errors.Is(err, ErrArgument) {
			t.Errorf("%+v: %+v, %v", c, r, err)
		}
	}
	design, y := noisyLine(30, 3)
	r, err := IRLS(design, y, &IRLSOptions{Alpha: Fixed(-2)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.TestShape(0, nil); !errors.Is(err, ErrArgument) {
		t.Error(err)
	}
	if _, err := inferred(t, x, nil, nil).TestShape(2, &BootstrapOptions{Simulations: 3}); err != nil {
		t.Error(err)
	}
	if _, err := bootstrap(0, 1, nil, func(rand.Source) (float64, error) { return 0, ErrUnbounded }); !errors.Is(err, ErrNotConverged) {
		t.Error(err)
	}
}
