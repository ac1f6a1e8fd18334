package scalar

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// truncatedDraw returns n samples of the density truncated at τ = 10, by rejection from the uniform one.
func truncatedDraw(alpha, scale float64, n int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 2))
	k := Kernel{Alpha: alpha, Scale: scale}
	x := make([]float64, 0, n)
	for len(x) < n {
		r := (2*rng.Float64() - 1) * 10 * scale
		if rng.Float64() < math.Exp(-k.Rho(r)) {
			x = append(x, r)
		}
	}
	return x
}

func TestFitTruncated_FindsTheShape(t *testing.T) {
	for i, alpha := range []float64{math.Inf(-1), -8, -2, -0.5, 0, 1, 2} {
		x := truncatedDraw(alpha, 0.3, 3_000, uint64(i))
		fit, err := FitTruncated(x, nil, &TruncatedOptions{Scale: new(0.3)})
		if err != nil {
			t.Fatal(err)
		}
		if fit.Used != 3_000 || fit.Tau != 10 || fit.Scale != 0.3 || math.Abs(compressAlpha(fit.Alpha)-compressAlpha(alpha)) > 0.08 {
			t.Errorf("α = %g: %+v", alpha, fit)
		}
		both, err := FitTruncated(x, nil, &TruncatedOptions{Scale: new(0.4), Tau: 7.5, FitScale: true})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(both.Scale/0.3-1) > 0.15 || math.Abs(both.Tau*both.Scale-3) > 1e-12 || both.NLL > fit.NLL+1e-9 {
			t.Errorf("α = %g, scale fitted: %+v, at the true scale %+v", alpha, both, fit)
		}
	}
}

// The result is the minimum of its own criterion, computed here from the definition.
func TestFitTruncated_IsTheMinimum(t *testing.T) {
	x := append(truncatedDraw(0.5, 1, 300, 1), 9, -8.5, 9.7, 50, -1e6)
	w := make([]float64, len(x))
	for i := range w {
		w[i] = float64(i%3 + 1)
	}
	fit, err := FitTruncated(x, w, &TruncatedOptions{Scale: new(1.0)})
	if err != nil {
		t.Fatal(err)
	}
	if fit.Used != len(x)-2 {
		t.Errorf("%d residuals used, want %d", fit.Used, len(x)-2)
	}
	criterion := func(alpha float64) float64 {
		sum, total := 0.0, 0.0
		for i, r := range x {
			if math.Abs(r) <= 10 {
				sum += w[i] * Kernel{Alpha: alpha, Scale: 1}.Rho(r)
				total += w[i]
			}
		}
		return sum/total + LogPartitionTruncated(alpha, 10)
	}
	if math.Abs(fit.NLL-criterion(fit.Alpha)) > 1e-12 {
		t.Errorf("NLL %v, by definition %v", fit.NLL, criterion(fit.Alpha))
	}
	for alpha := -20.0; alpha <= 2; alpha += 0.01 {
		if other := criterion(alpha); other < fit.NLL-1e-13 {
			t.Fatalf("%+v, but %v at α = %g", fit, other, alpha)
		}
	}
}

// The more outliers, the lower α.
func TestFitTruncated_FallsWithOutliers(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	last := math.Inf(1)
	for _, share := range []float64{0, 0.1, 0.3, 0.6} {
		x := make([]float64, 4000)
		for i := range x {
			x[i] = rng.NormFloat64()
			if rng.Float64() < share {
				x[i] = 20*rng.Float64() - 10
			}
		}
		fit, err := FitTruncated(x, nil, &TruncatedOptions{Scale: new(1.0)})
		if err != nil {
			t.Fatal(err)
		}
		if !(fit.Alpha < last) || share == 0 && fit.Alpha < 1.9 || share > 0.5 && fit.Alpha > -1 {
			t.Errorf("%g of outliers: α = %g, with fewer %g", share, fit.Alpha, last)
		}
		last = fit.Alpha
	}
}

func TestFitTruncated_Options(t *testing.T) {
	x := truncatedDraw(2, 1, 2000, 3)
	auto, err := FitTruncated(x, nil, nil)
	if err != nil || math.Abs(auto.Scale-1) > 0.1 || auto.Tau != 10 {
		t.Errorf("no options: %+v, %v", auto, err)
	}
	if fit, err := FitTruncated(x, nil, &TruncatedOptions{Alpha: Between(-3, -1)}); err != nil || fit.Alpha != -1 {
		t.Errorf("α ≤ −1: %+v, %v", fit, err)
	}
	if fit, err := FitTruncated(x, nil, &TruncatedOptions{Alpha: Fixed(0.5)}); err != nil || fit.Alpha != 0.5 {
		t.Errorf("α = ½: %+v, %v", fit, err)
	}
	if fit, err := FitTruncated(x, nil, &TruncatedOptions{Alpha: Fixed(0)}); err != nil || fit.Alpha != 0 {
		t.Errorf("α = 0: %+v, %v", fit, err)
	}
	if fit, err := FitTruncated(truncatedDraw(-3, 1, 200, 3), nil, &TruncatedOptions{Scale: new(1.0), Alpha: Between(0, 1)}); err != nil || fit.Alpha != 0 {
		t.Errorf("α in [0, 1]: %+v, %v", fit, err)
	}
	norms := make([]float64, len(x))
	for i, r := range x {
		norms[i] = math.Abs(r)
	}
	if fit, err := FitTruncated(norms, nil, nil); err != nil || fit != auto {
		t.Errorf("of norms %+v, of residuals %+v", fit, auto)
	}
	if k := auto.Kernel(); k.Alpha != auto.Alpha || k.Scale != auto.Scale {
		t.Errorf("kernel %+v of %+v", k, auto)
	}
}

// The unit of the residuals changes the scale and log c, and nothing else.
func TestFitTruncated_IsEquivariant(t *testing.T) {
	x := append(truncatedDraw(-0.5, 0.3, 400, 8), 11, -40)
	for _, options := range []TruncatedOptions{{}, {Scale: new(0.3)}, {Scale: new(0.4), Tau: 8, FitScale: true}} {
		want, err := FitTruncated(x, nil, &options)
		if err != nil {
			t.Fatal(err)
		}
		for _, unit := range []float64{0x1p-996, 0x1p-3, 0x1p980, 1e-300, 1e-3, 1e120, 1e300} {
			o := options
			if o.Scale != nil {
				o.Scale = new(unit * *o.Scale)
			}
			fit, err := FitTruncated(shifted(x, 0, unit), nil, &o)
			if err != nil {
				t.Errorf("unit %g: %v", unit, err)
				continue
			}
			limit := 1e-6 // of a minimum that is found by its values
			if fraction, _ := math.Frexp(unit); fraction == 0.5 {
				limit = 1e-15
			}
			if fit.Used != want.Used || math.Abs(compressAlpha(fit.Alpha)-compressAlpha(want.Alpha)) > limit ||
				math.Abs(fit.Scale/unit/want.Scale-1) > limit || math.Abs(fit.Tau/want.Tau-1) > limit ||
				math.Abs(fit.NLL-math.Log(unit)-want.NLL) > 1e-12 {
				t.Errorf("unit %g: %+v, before %+v", unit, fit, want)
			}
		}
	}
}

// The interval of α holds the truth about as often as it says, also below 0, and its ends are critical.
func TestProfileTruncated(t *testing.T) {
	const repeats = 60
	for _, alpha := range []float64{-2, 0.5} {
		covered := 0
		for seed := range uint64(repeats) {
			x := truncatedDraw(alpha, 1, 300, 100+seed)
			ends, err := ProfileTruncated(x, nil, &TruncatedOptions{Scale: new(1.0)}, 0.9)
			if err != nil {
				t.Fatal(err)
			}
			if ends.Lo <= alpha && alpha <= ends.Hi {
				covered++
			}
		}
		// 4 standard deviations of the binomial distribution.
		if share := float64(covered) / repeats; math.Abs(share-0.9) > 0.155 {
			t.Errorf("α = %g: %.2f of the intervals of level 0.9", alpha, share)
		}
	}
	x := truncatedDraw(0.5, 0.3, 400, 8)
	for _, options := range []TruncatedOptions{{Scale: new(0.3)}, {Scale: new(0.4), Tau: 8, FitScale: true}, {Alpha: Between(0.4, 2), Scale: new(0.3)}} {
		fit, err := FitTruncated(x, nil, &options)
		if err != nil {
			t.Fatal(err)
		}
		ends, err := ProfileTruncated(x, nil, &options, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		for _, end := range []float64{ends.Lo, ends.Hi} {
			o := options
			o.Alpha = Fixed(end)
			other, err := FitTruncated(x, nil, &o)
			if err != nil {
				t.Fatal(err)
			}
			deviance := 2 * float64(fit.Used) * (other.NLL - fit.NLL)
			if bound := options.Alpha != nil && end == 0.4; math.Abs(deviance-critical(0.95, float64(fit.Used)-1)) > 1e-4 && (!bound || deviance > 4) {
				t.Errorf("%+v at α = %g: deviance %g", options, end, deviance)
			}
		}
	}
	if _, err := ProfileTruncated(x[:2], nil, nil, 0.95); !errors.Is(err, ErrTooFew) {
		t.Error(err)
	}
}

// The interval of c holds the truth about as often as it says, whatever scale the search starts at, and its ends are critical or bounds.
func TestProfileTruncatedScale(t *testing.T) {
	const repeats = 20
	covered := 0
	for seed := range uint64(repeats) {
		x := truncatedDraw(0.5, 0.3, 200, 300+seed)
		ends, err := ProfileTruncatedScale(x, nil, &TruncatedOptions{Scale: new(0.4), Tau: 7.5, FitScale: true}, 0.9)
		if err != nil {
			t.Fatal(err)
		}
		if ends.Lo <= 0.3 && 0.3 <= ends.Hi {
			covered++
		}
	}
	// 4 standard deviations of the binomial distribution are 5.4.
	if covered < 13 {
		t.Errorf("%d of %d intervals of level 0.9", covered, repeats)
	}
	x := truncatedDraw(0.5, 0.3, 400, 8)
	for _, options := range []TruncatedOptions{{Scale: new(0.4), Tau: 8, FitScale: true}, {Alpha: Fixed(0.5), Scale: new(0.4), Tau: 8, FitScale: true}} {
		fit, err := FitTruncated(x, nil, &options)
		if err != nil {
			t.Fatal(err)
		}
		ends, err := ProfileTruncatedScale(x, nil, &options, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		for _, end := range []float64{ends.Lo, ends.Hi} {
			other, err := FitTruncated(x, nil, &TruncatedOptions{Alpha: options.Alpha, Scale: new(end), Tau: 8 * 0.4 / end})
			if err != nil {
				t.Fatal(err)
			}
			if deviance := 2 * float64(fit.Used) * (other.NLL - fit.NLL); math.Abs(deviance-critical(0.95, float64(fit.Used)-1)) > 1e-4 {
				t.Errorf("c = %g of %v: deviance %g", end, ends, deviance)
			}
		}
		if !(ends.Lo < fit.Scale && fit.Scale < ends.Hi) {
			t.Errorf("%v around %g", ends, fit.Scale)
		}
	}
	if ends, err := ProfileTruncatedScale(x, nil, &TruncatedOptions{Scale: new(0.3)}, 0.95); err != nil || ends.Lo != 0.3 || ends.Hi != 0.3 {
		t.Errorf("a given scale: %v, %v", ends, err)
	}
	// α = 2 in a window that is too narrow to tell c: any large one suits numbers that are spread evenly.
	even := make([]float64, 101)
	for i := range even {
		even[i] = float64(i-50) / 50
	}
	ends, err := ProfileTruncatedScale(even, nil, &TruncatedOptions{Alpha: Fixed(2), Scale: new(1.0), Tau: 1, FitScale: true}, 0.95)
	if err != nil || math.Abs(ends.Hi-100) > 1e-9 || !(ends.Lo > 0.5 && ends.Lo < 2) {
		t.Errorf("an even spread: %v, %v", ends, err)
	}
	if _, err := ProfileTruncatedScale(x[:2], nil, nil, 0.95); !errors.Is(err, ErrTooFew) {
		t.Error(err)
	}
}

func TestFitTruncated_Errors(t *testing.T) {
	nan := math.NaN()
	ok := []float64{1, -2, 3, 0.5}
	for _, c := range []struct {
		residuals, weights []float64
		options            *TruncatedOptions
		want               string
	}{
		{[]float64{1, 2}, nil, nil, "2 residuals"},
		{ok, nil, &TruncatedOptions{Alpha: Fixed(math.Inf(1)), Scale: new(0.01), Tau: 1000}, "overflows"},
		{[]float64{1, nan, 2}, nil, nil, "residuals[1] is NaN"},
		{[]float64{0, 0, 0, 1}, nil, nil, "set the scale"},
		{ok, []float64{1}, nil, "1 weights for 4 residuals"},
		{ok, []float64{1, 1, -1, 1}, nil, "weights[2] is -1"},
		{ok, nil, &TruncatedOptions{Scale: new(0.01)}, "0 residuals within"},
		{ok, nil, &TruncatedOptions{Scale: new(-1.0)}, "scale"},
		{ok, nil, &TruncatedOptions{Tau: -1}, "tau is -1"},
		{ok, nil, &TruncatedOptions{Tau: nan}, "tau is NaN"},
		{ok, nil, &TruncatedOptions{Alpha: Between(1, -1)}, "alpha in [1, -1]"},
	} {
		if fit, err := FitTruncated(c.residuals, c.weights, c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %+v, error %v, want %q", c.residuals, fit, err, c.want)
		}
	}
}

func BenchmarkFitTruncated(b *testing.B) {
	x := truncatedDraw(-2, 1, 10_000, 1)
	for b.Loop() {
		if _, err := FitTruncated(x, nil, &TruncatedOptions{Scale: new(1.0)}); err != nil {
			b.Fatal(err)
		}
	}
}
