package scalar

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The exact optima of the golden data sets, free and at bounds.
func TestFit_MatchesGoldenOptima(t *testing.T) {
	var file struct {
		Datasets []struct {
			Name    string
			Samples []float64
			MLE     []struct {
				AlphaLo float64 `json:"alpha_lo"`
				AlphaHi float64 `json:"alpha_hi"`
				Alpha   float64
				Scale   float64
				Mu      float64
				NLLSum  float64 `json:"nll_sum"`
			}
		}
	}
	readJSON(t, goldenDir+"adaptive.json", &file)
	optima := 0
	for _, d := range file.Datasets {
		for _, want := range d.MLE {
			optima++
			g, err := FitWith(d.Samples, nil, &FitOptions{Alpha: &Interval{want.AlphaLo, want.AlphaHi}})
			if err != nil {
				t.Errorf("%s: %v", d.Name, err)
				continue
			}
			if math.Abs(g.Alpha-want.Alpha) > 1e-5 || math.Abs(g.Scale-want.Scale) > 1e-5 || math.Abs(g.Mu-want.Mu) > 1e-5 {
				t.Errorf("%s: %+v, want %+v", d.Name, g, want)
			}
			if nll := nllSum(g, d.Samples, nil); nll > want.NLLSum+1e-7 {
				t.Errorf("%s: NLL %.10f is above the optimum %.10f", d.Name, nll, want.NLLSum)
			}
		}
	}
	if optima < 4 {
		t.Fatalf("only %d optima", optima)
	}
}

func nllSum(g General, samples, weights []float64) float64 {
	sum := 0.0
	for i, x := range samples {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		sum -= w * g.LogProb(x)
	}
	return sum
}

// draw returns n samples of g from a seed.
func draw(g General, n int, seed uint64) []float64 {
	g.Src = rand.NewPCG(seed, 1)
	x := make([]float64, n)
	for i := range x {
		x[i] = g.Rand()
	}
	return x
}

// With many samples the estimate is near the truth, over the whole range of α.
func TestFit_FindsTheParameters(t *testing.T) {
	for i, want := range []General{
		{Mu: 1, Alpha: 0.2, Scale: 2},
		{Mu: 0, Alpha: 1, Scale: 1e-3},
		{Mu: -3e5, Alpha: 1.6, Scale: 40},
		{Mu: 1, Alpha: 2, Scale: 1},
		{Mu: 0, Alpha: 4, Scale: 1},
	} {
		g, err := Fit(draw(want, 10_000, uint64(i)), nil)
		if err != nil {
			t.Fatal(err)
		}
		dv := compressAlpha(g.Alpha) - compressAlpha(want.Alpha)
		if math.Abs(g.Mu-want.Mu) > 0.06*want.Scale || math.Abs(g.Scale/want.Scale-1) > 0.1 || math.Abs(dv) > 0.08 {
			t.Errorf("fit %+v of samples of %+v", g, want)
		}
	}
}

// At the optimum the scores sum to 0, but at a bound.
func TestFit_IsStationary(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		truth := General{Mu: rng.NormFloat64(), Alpha: 0.3 + 2*rng.Float64(), Scale: math.Exp(rng.NormFloat64())}
		n := 50 + rng.IntN(200)
		x, w := draw(truth, n, rng.Uint64()), make([]float64, n)
		for i := range w {
			w[i] = float64(rng.IntN(4))
		}
		g, err := Fit(x, w)
		if err != nil {
			t.Fatal(err)
		}
		var sum, size [3]float64
		for i := range x {
			for j, s := range g.Score(nil, x[i]) {
				sum[j] += w[i] * s
				size[j] += w[i] * math.Abs(s)
			}
		}
		for j := range sum {
			if j == 1 && (g.Alpha == 0 || math.IsInf(g.Alpha, 1)) {
				continue
			}
			if math.Abs(sum[j]) > 1e-6*size[j] {
				t.Errorf("%+v: the scores of parameter %d sum to %.3g, their sizes to %.3g", g, j, sum[j], size[j])
			}
		}
	}
}

// No other point of a grid is better: the optimum is global over μ, α, c as far as a grid sees it.
func TestFit_BeatsAGrid(t *testing.T) {
	for seed := range uint64(2) {
		x := draw(General{Alpha: 0.5, Scale: 1}, 40, seed)
		x = append(x, 30, 31, 29.5, -200)
		g, err := Fit(x, nil)
		if err != nil {
			t.Fatal(err)
		}
		best := nllSum(g, x, nil)
		for _, alpha := range []float64{0, 0.2, 0.6, 1.2, 2, 5} {
			for mu := -3.0; mu < 40; mu += 0.5 {
				for c := 0.1; c < 300; c *= 1.5 {
					if other := nllSum(General{Mu: mu, Alpha: alpha, Scale: c}, x, nil); other < best {
						t.Fatalf("NLL %.6f at %+v, but %.6f at μ = %g, α = %g, c = %g", best, g, other, mu, alpha, c)
					}
				}
			}
		}
	}
}

// shifted returns unit·(offset + x).
func shifted(x []float64, offset, unit float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = unit * (offset + x[i])
	}
	return y
}

// Samples whose shift and unit are exact: the fit is the same to the last digit, but for the rounding of μ's own shift, which
// processors with fused operations do not do twice.
func TestFit_IsExactlyEquivariant(t *testing.T) {
	for i, truth := range []General{{Alpha: 2, Scale: 1}, {Alpha: 0.8, Scale: 2}, {Alpha: 0, Scale: 0.5}, {Alpha: 6, Scale: 1}} {
		x := draw(truth, 100+50*i, uint64(i))
		for j := range x {
			x[j] = math.Max(-300, math.Min(300, math.Round(x[j]*1024)/1024))
		}
		g, err := Fit(x, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, offset := range []float64{0, 1, -3e6, 1e9, 1e12, -1e12} {
			for _, unit := range []float64{1, 0x1p-996, 0x1p-500, 0x1p-1, 0x1p40, 0x1p980} {
				h, err := Fit(shifted(x, offset, unit), nil)
				if err != nil {
					t.Errorf("%+v, offset %g, unit %g: %v", truth, offset, unit, err)
					continue
				}
				rounding := 0x1p-52 * (math.Abs(offset) + math.Abs(g.Mu))
				if h.Alpha != g.Alpha || h.Scale != unit*g.Scale || math.Abs(h.Mu/unit-(offset+g.Mu)) > rounding {
					t.Errorf("%+v, offset %g, unit %g: %+v, before %+v", truth, offset, unit, h, g)
				}
			}
		}
	}
}

// Any offset and unit: the fit changes no more than the rounding of the samples makes it.
func TestFit_IsEquivariant(t *testing.T) {
	for i, truth := range []General{{Alpha: 2, Scale: 1}, {Alpha: 0.8, Scale: 2}, {Alpha: 0.1, Scale: 0.7}} {
		x := draw(truth, 60*(i+1), uint64(10+i))
		for _, options := range []FitOptions{{}, {Mu: new(0.25)}, {Scale: new(1.5)}, {Alpha: Between(1, 2)}} {
			g, err := FitWith(x, nil, &options)
			if err != nil {
				t.Fatal(err)
			}
			for _, offset := range []float64{0, 1, 3e6, -1e9, 1e12} {
				for _, unit := range []float64{1e-300, 1e-3, 1e120, 1e294} {
					o := options
					if o.Mu != nil {
						o.Mu = new(unit * (offset + *o.Mu))
					}
					if o.Scale != nil {
						o.Scale = new(unit * *o.Scale)
					}
					h, err := FitWith(shifted(x, offset, unit), nil, &o)
					if err != nil {
						t.Errorf("%+v, offset %g, unit %g: %v", truth, offset, unit, err)
						continue
					}
					rounding := 1e-8 + 8*0x1p-52*math.Abs(offset)/g.Scale
					if math.Abs(h.Alpha-g.Alpha) > rounding*(1+math.Abs(g.Alpha-2)) || math.Abs(h.Scale/unit/g.Scale-1) > rounding ||
						math.Abs(h.Mu/unit-offset-g.Mu) > rounding*g.Scale {
						t.Errorf("%+v, offset %g, unit %g: %+v, before %+v", truth, offset, unit, h, g)
					}
				}
			}
		}
	}
}

// What was found wrong first: samples far from 0, which took minutes, or did not converge.
func TestFit_FarFromZero(t *testing.T) {
	for _, c := range []struct {
		n    int
		mean float64
	}{{100, 3e6}, {500, 1e9}, {1000, 1e12}, {100, -1e9}} {
		x := draw(General{Mu: c.mean, Alpha: 2, Scale: 1}, c.n, 1)
		g, err := Fit(x, nil)
		if err != nil {
			t.Errorf("%d samples around %g: %v", c.n, c.mean, err)
		} else if math.Abs(g.Mu-c.mean) > 0.5 || math.Abs(math.Log(g.Scale)) > 0.5 {
			t.Errorf("%d samples around %g: %+v", c.n, c.mean, g)
		}
	}
}

// An integer weight is a repeated sample, and the unit of the weights does not matter.
func TestFit_WeightsRepeatSamples(t *testing.T) {
	x := draw(General{Mu: 1, Alpha: 0.8, Scale: 2}, 200, 9)
	w, tiny, huge := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
	var repeated []float64
	for i := range x {
		w[i], tiny[i], huge[i] = float64(i%3), float64(i%3)*1e-300, float64(i%3)*8e307
		for range i % 3 {
			repeated = append(repeated, x[i])
		}
	}
	b, err := Fit(repeated, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, weights := range [][]float64{w, tiny, huge} {
		a, err := Fit(x, weights)
		if err != nil || math.Abs(a.Alpha-b.Alpha) > 1e-7 || math.Abs(a.Mu-b.Mu) > 1e-7 || math.Abs(a.Scale-b.Scale) > 1e-7 {
			t.Errorf("weights %+v (%v), repeated %+v", a, err, b)
		}
	}
}

// Half of the samples are gross outliers, of many sizes and all on one side: the location is that of the others.
func TestFit_StartsRobustly(t *testing.T) {
	for _, far := range []float64{1e2, 1e6, 1e12} {
		x := draw(General{Mu: 5, Alpha: 2, Scale: 0.1}, 250, 3)
		rng := rand.New(rand.NewPCG(8, 8))
		for range 249 {
			x = append(x, 5+math.Exp(rng.Float64()*math.Log(far)))
		}
		for _, options := range []*FitOptions{nil, {Scale: new(0.1)}, {Alpha: &Interval{0, 2}}} {
			g, err := FitWith(x, nil, options)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(g.Mu-5) > 0.1 || g.Alpha > 0.1 || g.Scale > 1 {
				t.Errorf("outliers up to %g, options %+v: %+v", far, options, g)
			}
		}
	}
}

func TestFit_AtABound(t *testing.T) {
	x := draw(General{Alpha: 1, Scale: 1}, 300, 4)
	free, err := Fit(x, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		bounds Interval
		want   float64
	}{
		{Interval{1.5, 2}, 1.5},
		{Interval{0, 0.5}, 0.5},
		{Interval{0, 0}, 0},
		{Interval{2, 2}, 2},
		{Interval{3, math.Inf(1)}, 3},
		{Interval{0.1, 5}, free.Alpha},
		{Interval{math.Inf(1), math.Inf(1)}, math.Inf(1)},
	} {
		g, err := FitWith(x, nil, &FitOptions{Alpha: &c.bounds})
		if err != nil {
			t.Errorf("%+v: %v", c.bounds, err)
		} else if g.Alpha != c.want && math.Abs(g.Alpha-c.want) > 1e-7 {
			t.Errorf("%+v: α = %v, want %v", c.bounds, g.Alpha, c.want)
		}
	}
	// Data with flat tails: the lightest tails of all fit best.
	uniform := make([]float64, 101)
	for i := range uniform {
		uniform[i] = float64(i)
	}
	if g, err := Fit(uniform, nil); err != nil || !math.IsInf(g.Alpha, 1) || math.Abs(g.Mu-50) > 1e-6 {
		t.Errorf("uniform data: %+v, %v", g, err)
	}
}

func TestFit_FixedParameters(t *testing.T) {
	x := draw(General{Mu: 1, Alpha: 1, Scale: 2}, 500, 12)
	g, err := FitWith(x, nil, &FitOptions{Mu: new(0.5), Scale: new(3.0)})
	if err != nil || g.Mu != 0.5 || g.Scale != 3 {
		t.Fatalf("%+v, %v", g, err)
	}
	best := nllSum(g, x, nil)
	for _, alpha := range []float64{g.Alpha - 1e-3, g.Alpha + 1e-3} {
		if other := nllSum(General{Mu: 0.5, Alpha: alpha, Scale: 3}, x, nil); other <= best {
			t.Errorf("NLL %.8f at α = %g, %.8f at %g", best, g.Alpha, other, alpha)
		}
	}
	// α = 2: mean and standard deviation.
	two, err := FitWith([]float64{1, 2, 3, 6}, nil, &FitOptions{Alpha: &Interval{2, 2}})
	if err != nil || math.Abs(two.Mu-3) > 1e-9 || math.Abs(two.Scale-math.Sqrt(3.5)) > 1e-9 {
		t.Errorf("normal fit %+v, %v", two, err)
	}
}

func TestFit_Errors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		samples, weights []float64
		options          *FitOptions
		want             string
	}{
		{nil, nil, nil, "0 samples"},
		{[]float64{1, 2}, nil, nil, "2 samples"},
		{[]float64{1, 2, 3, 4}, []float64{1, 1, 0, 0}, nil, "2 samples"},
		{[]float64{1, nan, 3}, nil, nil, "samples[1] is NaN"},
		{[]float64{1, 2, -inf}, nil, nil, "samples[2] is -Inf"},
		{[]float64{4, 4, 4, 4}, nil, nil, "equal"},
		{[]float64{4, 4, 4, 1, 9}, nil, nil, "of the weight is on one value"},
		{[]float64{1, 2, 3}, []float64{1, 2}, nil, "2 weights for 3 samples"},
		{[]float64{1, 2, 3}, []float64{1, -2, 1}, nil, "weights[1] is -2"},
		{[]float64{1, 2, 3}, []float64{1, nan, 1}, nil, "weights[1] is NaN"},
		{[]float64{1, 2, 3}, []float64{math.MaxFloat64, math.MaxFloat64, 1}, nil, "of the weight is on one value"},
		{[]float64{-1e308, 2, 1.1e308}, nil, &FitOptions{Mu: new(-1e308)}, "overflows"},
		{[]float64{1, 2, 1e300}, nil, &FitOptions{Scale: new(1e-300)}, "overflows"},
		{[]float64{1, -math.MaxFloat64, math.MaxFloat64}, nil, nil, "overflows"},
		{[]float64{1, 2, 3}, nil, &FitOptions{Alpha: &Interval{-1, 2}}, "alpha in [-1, 2]"},
		{[]float64{1, 2, 3}, nil, &FitOptions{Alpha: &Interval{2, 1}}, "alpha in [2, 1]"},
		{[]float64{1, 2, 3}, nil, &FitOptions{Alpha: &Interval{nan, 1}}, "alpha in [NaN, 1]"},
		{[]float64{1, 2, 3}, nil, &FitOptions{Mu: new(nan)}, "location"},
		{[]float64{1, 2, 3}, nil, &FitOptions{Scale: new(0.0)}, "scale"},
	} {
		g, err := FitWith(c.samples, c.weights, c.options)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, %v: %+v, error %v, want %q", c.samples, c.weights, g, err, c.want)
		}
	}
	if g, err := Fit([]float64{0.1, math.Nextafter(0.1, 1), 0.1, 53, -1170}, nil); err == nil {
		t.Errorf("samples that differ by their rounding: %+v", g)
	}
	// Ties below half of the weight, and above it with α bounded, are fine.
	if _, err := Fit([]float64{4, 4, 1, 9, 5, 3}, nil); err != nil {
		t.Error(err)
	}
	if _, err := FitWith([]float64{4, 4, 4, 1, 9}, nil, &FitOptions{Alpha: &Interval{1, 2}}); err != nil {
		t.Error(err)
	}
}

// illegitimate returns what is wrong with an error of Fit, or nothing.
func illegitimate(err error, x, w []float64) string {
	smallest, largest, positive, heaviest := math.Inf(1), math.Inf(-1), 0, 0.0
	for i := range x {
		smallest, largest, heaviest = math.Min(smallest, x[i]), math.Max(largest, x[i]), math.Max(heaviest, w[i])
	}
	share := 0.0 // the largest share of the weight within rounding errors
	for i, center := range x {
		if w[i] > 0 {
			positive++
		}
		near, total := 0.0, 0.0
		for j := range x {
			total += w[j] / heaviest
			if math.Abs(x[j]-center) <= 1e-13*math.Abs(center)+1e-321 {
				near += w[j] / heaviest
			}
		}
		share = math.Max(share, near/total)
	}
	bad := slices.ContainsFunc(append(x, w...), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) || slices.Min(w) < 0
	switch {
	case errors.Is(err, ErrArgument) && bad, bad:
		return ""
	case errors.Is(err, ErrTooFew) && (positive < minSamples || heaviest > 1e300*slices.Min(w)):
		return ""
	case errors.Is(err, ErrOverflow) && largest-smallest > math.MaxFloat64:
		return ""
	case errors.Is(err, ErrUnbounded) && share > 0.5-1e-9:
		return ""
	}
	return fmt.Sprintf("%d weights are positive, at most %.12g of the weight is on one value", positive, share)
}

func FuzzFit(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 4.0, 1.0, 1.0)
	f.Add(0.0, 0.0, 1e300, -1e300, 0.5, 2.0)
	f.Add(1e-300, 2e-300, 5e-324, 0.0, 1.0, 3.0)
	f.Add(1.0, 1.0, 1.0, 1.0000000001, 1.0, 1e-9)
	f.Add(8e-300, 5e-301, 5e-324, 70.0, 1.0, 3.0) // log c has no curvature far from the optimum
	f.Fuzz(func(t *testing.T, a, b, c, d, w0, w1 float64) {
		x, w := []float64{a, b, c, d, (a + b) / 3}, []float64{w0, w1, 1, 1, w0}
		g, err := Fit(x, w)
		if err != nil {
			if why := illegitimate(err, x, w); why != "" {
				t.Fatalf("Fit(%v, %v): %v; but %s", x, w, err, why)
			}
			return
		}
		if !(g.Alpha >= 0) || !(g.Scale > 0) || math.IsInf(g.Scale, 0) || math.IsNaN(g.Mu) || math.IsInf(g.Mu, 0) {
			t.Fatalf("Fit(%v, %v) = %+v", x, w, g)
		}
		best := nllSum(g, x, w)
		for _, other := range []General{
			{Mu: g.Mu, Alpha: g.Alpha, Scale: g.Scale * 1.01},
			{Mu: g.Mu, Alpha: g.Alpha, Scale: g.Scale / 1.01},
			{Mu: g.Mu + 0.01*g.Scale, Alpha: g.Alpha, Scale: g.Scale},
			{Mu: g.Mu - 0.01*g.Scale, Alpha: g.Alpha, Scale: g.Scale},
			{Mu: g.Mu, Alpha: g.Alpha + 0.01, Scale: g.Scale},
			{Mu: g.Mu, Alpha: math.Abs(g.Alpha - 0.01), Scale: g.Scale},
		} {
			if !(other.Scale > 1e-300 && other.Scale < 1e300 && other.Scale > 1e-12*math.Abs(g.Mu)) { // the rounding of c and μ shows
				continue
			}
			if value := nllSum(other, x, w); value < best-1e-9*(1+math.Abs(best)) {
				t.Fatalf("Fit(%v, %v) = %+v with NLL %v, but %+v has %v", x, w, g, best, other, value)
			}
		}
	})
}

func BenchmarkFit(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		x := draw(General{Alpha: 1, Scale: 1}, n, 1)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Fit(x, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Newton's method goes on until the derivatives are rounding errors. Those must not grow with the number of samples: a
// hundred thousand of few different values, as of an image, once took minutes and ended in ErrNotConverged.
func TestFit_SumsOfManySamplesStayExact(t *testing.T) {
	const n = 100_000
	rng := rand.New(rand.NewPCG(2, 0))
	x := make([]float64, n)
	for i := range x {
		x[i] = math.Round(1000*rng.NormFloat64()) / 1000
	}
	data, err := newSamples("samples", x, nil)
	if err != nil {
		t.Fatal(err)
	}
	zero := 0.0
	f, err := newFitter(data, &FitOptions{Alpha: Fixed(1), Mu: &zero})
	if err != nil {
		t.Fatal(err)
	}
	l := f.newLikelihood(1, 0, 0, 0.65)
	k := Kernel{Alpha: 1, Scale: 1}
	value, pull := big.NewFloat(0).SetPrec(200), big.NewFloat(0).SetPrec(200)
	for _, u := range f.data.x {
		one := k.terms(l.residual(u))
		value.Add(value, big.NewFloat(one.rho))
		pull.Add(pull, big.NewFloat(one.pull))
	}
	meanOf := func(sum *big.Float) float64 {
		m, _ := sum.Quo(sum, big.NewFloat(n)).Float64()
		return m
	}
	wantValue, wantPull := meanOf(value)+math.Log(0.65), meanOf(pull)
	if off := math.Abs(l.value - wantValue); off > valueNoise*(1+math.Abs(wantValue)) {
		t.Errorf("the value is off by %g", off)
	}
	if off := math.Abs(l.dS - (1 - wantPull)); off > derivativeNoise*(1+wantPull) {
		t.Errorf("the derivative in log c is off by %g", off)
	}
	g, err := FitWith(x, nil, &FitOptions{Alpha: Fixed(1), Mu: &zero})
	if err != nil {
		t.Fatal(err)
	}
	if l := f.newLikelihood(1, 0, 0, g.Scale/f.unit); math.Abs(l.dS) > 1e-13 {
		t.Errorf("at the fit, c = %g, the derivative in log c is %g", g.Scale, l.dS)
	}
}

// No samples are known that need as many steps as a fit may take. With fewer it does not return what it has reached.
func TestFit_SaysThatItDidNotConverge(t *testing.T) {
	rng, x := rand.New(rand.NewPCG(1, 2)), make([]float64, 50)
	for i := range x {
		x[i] = rng.NormFloat64() / rng.Float64()
	}
	data, err := newSamples("samples", x, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, options := range []*FitOptions{nil, {Alpha: Fixed(1)}} {
		f, err := newFitter(data, options)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.fit(); err != nil {
			t.Error(err)
		}
		f.steps = 1
		if l, err := f.fit(); !errors.Is(err, ErrNotConverged) || !strings.Contains(err.Error(), "did not converge in 1 steps") {
			t.Errorf("after one step: %+v, %v", l.value, err)
		}
	}
}
