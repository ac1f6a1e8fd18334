package scalar

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// bootstrapped returns replicates, of which none may fail.
func bootstrapped(t *testing.T, f interface {
	Bootstrap(options *BootstrapOptions) (*Bootstrap, error)
}, simulations int,
) *Bootstrap {
	t.Helper()
	b, err := f.Bootstrap(&BootstrapOptions{Simulations: simulations, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Replicates) != simulations || b.Failed != 0 {
		t.Fatalf("%d replicates and %d failures of %d simulations", len(b.Replicates), b.Failed, simulations)
	}
	return b
}

// The replicates are fits of samples of the fitted distribution, and intervals and standard errors are those of the definition.
func TestBootstrap_FitsSamplesOfTheFit(t *testing.T) {
	const simulations = 19
	x := shifted(draw(General{Alpha: 1.2, Scale: 1}, 60, 8), 100, 3)
	for _, options := range []*FitOptions{nil, {Alpha: Between(0.5, 1.5)}, {Mu: new(301.0), Scale: new(2.5)}, {Alpha: Fixed(1)}} {
		f := inferred(t, x, nil, options)
		b := bootstrapped(t, f, simulations)
		var columns [3][]float64
		for i, replicate := range b.Replicates {
			truth := f.General
			truth.Src = rand.NewPCG(5, uint64(i))
			samples := make([]float64, len(x))
			for j := range samples {
				samples[j] = truth.Rand()
			}
			fit, err := FitWith(samples, nil, options)
			if err != nil {
				t.Fatal(err)
			}
			for k, want := range []float64{fit.Mu, fit.Alpha, fit.Scale} {
				checkNear(t, "replicate", replicate[k], want, 1e-5)
				columns[k] = append(columns[k], replicate[k])
			}
		}
		for k, column := range columns {
			slices.Sort(column)
			if ends := b.Interval(k, 0.8); ends.Lo != column[1] || ends.Hi != column[17] { // (19+1)·0.1 = 2: the second of each end
				t.Errorf("%+v, parameter %d: %v of %v", options, k, ends, column)
			}
			if !math.IsInf(column[18], 1) {
				checkNear(t, "standard error", b.StdErr(k), stat.StdDev(column, nil), 1e-9)
			}
		}
		if again := bootstrapped(t, f, simulations); !slices.EqualFunc(b.Replicates, again.Replicates, slices.Equal) {
			t.Errorf("%+v: other replicates of the same seed", options)
		}
	}
}

// The intervals hold the truth where the normal approximation fails: at α = 0, the lower bound, at α = 2, and there as the upper bound.
// The log compares them with those of the observed information and with basic intervals, the percentile interval reflected at the estimate.
func TestBootstrap_CoversAtZeroAndTwo(t *testing.T) {
	const samples, simulations, n = 20, 39, 40
	for _, c := range []struct {
		alpha  float64
		bounds *Interval
	}{{0, nil}, {2, nil}, {2, Between(0, 2)}} {
		var held, basic, observed [3]int
		for seed := range uint64(samples) {
			truth := []float64{3, c.alpha, 2}
			f := inferred(t, draw(General{Mu: 3, Alpha: c.alpha, Scale: 2}, n, 900+seed), nil, &FitOptions{Alpha: c.bounds})
			b := bootstrapped(t, f, simulations)
			u, err := f.Uncertainty(Observed)
			for i, v := range truth {
				ends, normal := b.Interval(i, 0.95), Interval{math.NaN(), math.NaN()}
				if err == nil {
					normal = u.Interval(i, 0.95)
				}
				coordinate := []func(x float64) float64{func(x float64) float64 { return x }, compressAlpha, math.Log}[i]
				held[i] += countTrue(ends.Lo <= v && v <= ends.Hi)
				observed[i] += countTrue(normal.Lo <= v && v <= normal.Hi)
				mirrored := 2*coordinate(b.Values[i]) - coordinate(v)
				basic[i] += countTrue(coordinate(ends.Lo) <= mirrored && mirrored <= coordinate(ends.Hi))
			}
		}
		t.Logf("α = %g: μ, α and c in %v of %d, basic %v, observed information %v", c.alpha, held, samples, basic, observed)
		// Of 20 intervals that hold the truth with probability 0.95 fewer than 14 do once in 30,000 tries.
		if slices.Min(held[:]) < 14 {
			t.Errorf("α = %g: μ, α and c in %v of %d", c.alpha, held, samples)
		}
	}
}

// The bootstrap of a regression on an intercept is that of a fit, number by number; and a slope scatters as its standard error says.
func TestBootstrap_OfARegression(t *testing.T) {
	x := shifted(draw(General{Alpha: 1.2, Scale: 1}, 60, 8), 7, 0.01)
	ones := mat.NewDense(len(x), 1, slices.Repeat([]float64{1}, len(x)))
	for _, scale := range []*float64{nil, new(0.012)} {
		r, err := IRLS(ones, mat.NewVecDense(len(x), x), &IRLSOptions{Scale: scale})
		if err != nil {
			t.Fatal(err)
		}
		a := bootstrapped(t, inferred(t, x, nil, &FitOptions{Alpha: Between(0, 2), Scale: scale}), 19)
		b := bootstrapped(t, r, 19)
		for i := range a.Replicates {
			for k := range 3 {
				checkNear(t, "replicate", b.Replicates[i][k], a.Replicates[i][k], 1e-4)
			}
		}
	}
	design, y := noisyLine(80, 3)
	sizes := make([]float64, 80)
	for i := range sizes {
		sizes[i] = 1 + float64(i%2)
	}
	r, err := IRLS(design, y, &IRLSOptions{Scales: sizes, Inliers: []int{3, 4}})
	if err != nil {
		t.Fatal(err)
	}
	b, u := bootstrapped(t, r, 59), uncertain(t, r, Observed)
	for i := range 2 {
		// 4 standard errors of a standard deviation of 59 numbers are 37 %; the rest is for the normal approximation.
		if ratio := b.StdErr(i) / u.StdErr(i); math.Abs(math.Log(ratio)) > math.Log(1.7) {
			t.Errorf("coefficient %d: standard error %g, by the observed information %g", i, b.StdErr(i), u.StdErr(i))
		}
		if ends := b.Interval(i, 0.9); !(ends.Lo < r.Coefficients.AtVec(i) && r.Coefficients.AtVec(i) < ends.Hi) || b.Values[i] != r.Coefficients.AtVec(i) {
			t.Errorf("coefficient %d of %v: %v", i, b.Values, ends)
		}
	}
}

func TestBootstrap_Errors(t *testing.T) {
	b := &Bootstrap{Replicates: [][]float64{{0, math.Inf(1), 1e-200}, {0, 2, 3e-200}}}
	if b.StdErr(0) != 0 || !math.IsInf(b.StdErr(1), 1) || math.Abs(b.StdErr(2)/(math.Sqrt2*1e-200)-1) > 1e-14 {
		t.Errorf("standard errors %g, %g, %g", b.StdErr(0), b.StdErr(1), b.StdErr(2))
	}
	light := inferred(t, draw(General{Alpha: 1, Scale: 1}, 10, 8), slices.Repeat([]float64{0.1}, 10), nil)
	if _, err := light.Bootstrap(nil); !errors.Is(err, ErrTooFew) {
		t.Error(err)
	}
	x, y := noisyLine(30, 3)
	for _, options := range []*IRLSOptions{{Alpha: Fixed(-2)}, {ScaleBy: ByMAD}, {HighBreakdown: true}} {
		r, err := IRLS(x, y, options)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Bootstrap(nil); !errors.Is(err, ErrArgument) {
			t.Errorf("%+v: %v", options, err)
		}
	}
}
