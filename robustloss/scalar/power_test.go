package scalar

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// powerRow is a row of testdata/power.json.
type powerRow struct{ s, lambda, f, inS, inLambda float64 }

func powerRows(t testing.TB) []powerRow {
	t.Helper()
	var file struct{ Rows [][5]number }
	readJSON(t, "testdata/power.json", &file)
	if len(file.Rows) < 1000 {
		t.Fatalf("only %d rows", len(file.Rows))
	}
	rows := make([]powerRow, len(file.Rows))
	for i, r := range file.Rows {
		rows[i] = powerRow{float64(r[0]), float64(r[1]), float64(r[2]), float64(r[3]), float64(r[4])}
	}
	return rows
}

// edge returns how many times as large a relative error of s is in ∂f/∂s, or in f if that is more: without bound towards the end of
// the support.
func (r powerRow) edge() float64 {
	m := math.Abs(r.lambda)
	if r.lambda <= 1 {
		return 1
	}
	return math.Max(1, r.s/(1-r.s*(1-1/m)))
}

func TestPowerTransform_MatchesHighPrecision(t *testing.T) {
	worst := [3]float64{}
	for _, r := range powerRows(t) {
		got := [3]float64{PowerTransform(r.s, r.lambda), PowerTransformDerivative(r.s, r.lambda), PowerTransformLambdaGradient(r.s, r.lambda)}
		for i, want := range [3]float64{r.f, r.inS, r.inLambda} {
			if i == 2 && math.Abs(r.lambda) < leastPower {
				continue // there it is another λ's
			}
			if math.Abs(want) < 0x1p-1022 && math.Abs(got[i]-want) <= 0x1p-1060 {
				continue // a subnormal has no more digits
			}
			err := relativeError(got[i], want) / math.Max(1, math.Abs(math.Log(math.Abs(want)))) / r.edge()
			if want == 0 || math.IsInf(want, 0) {
				err = relativeError(got[i], want)
			}
			worst[i] = math.Max(worst[i], err)
			if limit := [3]float64{2e-15, 2e-15, 1e-13}[i]; !(err <= limit) {
				t.Errorf("%s(%g, %g) = %g, want %g: relative error %.2g", []string{"f", "∂f/∂s", "∂f/∂λ"}[i], r.s, r.lambda, got[i], want, err)
			}
		}
	}
	t.Logf("worst relative errors of f, ∂f/∂s, ∂f/∂λ: %.2g", worst)
}

var powerLambdas = []float64{math.Inf(-1), -50, -2, -1.000001, -1, -0.999, -0.5, -0.1, -1e-9, 0, 1e-9, 0.1, 0.5, 0.999, 1, 1.000001, 2, 50, math.Inf(1)}

// The formulas as they are written, which are good to some digits for such numbers.
func TestPowerTransform_IsItsTextbookForm(t *testing.T) {
	for _, m := range []float64{0.2, 0.7, 1.5, 4} {
		for _, s := range []float64{0.1, 0.6, 1.2} {
			base, power := 1+s/m, 1-m
			checkPower(t, s, -m, m/(1-m)*(math.Pow(base, power)-1), math.Pow(base, -m), 1e-13)
			base = 1 + s*(1-m)/m
			checkPower(t, s, m, m*(math.Pow(base, 1/(1-m))-1), math.Pow(base, m/(1-m)), 1e-13)
		}
	}
}

func checkPower(t *testing.T, s, lambda, f, slope, tolerance float64) {
	t.Helper()
	if got := PowerTransform(s, lambda); relativeError(got, f) > tolerance {
		t.Errorf("f(%g, %g) = %.17g, want %.17g", s, lambda, got, f)
	}
	if got := PowerTransformDerivative(s, lambda); relativeError(got, slope) > tolerance {
		t.Errorf("∂f/∂s(%g, %g) = %.17g, want %.17g", s, lambda, got, slope)
	}
}

func TestPowerTransform_SpecialCases(t *testing.T) {
	infinite := math.Inf(1)
	for _, s := range []float64{0, 1e-9, 0.3, 0.9, 1.7} {
		checkPower(t, s, -infinite, -math.Expm1(-s), math.Exp(-s), 1e-15)
		checkPower(t, s, -2, 2*s/(s+2), 4/(s+2)/(s+2), 1e-15)
		checkPower(t, s, -1, math.Log1p(s), 1/(1+s), 1e-15)
		checkPower(t, s, -0.5, 2*s/(math.Sqrt(1+2*s)+1), 1/math.Sqrt(1+2*s), 1e-15) // √(1+2s) − 1, which would cancel
		checkPower(t, s, 0, s, 1, 0)
		checkPower(t, s, 0.5, s+s*s/2, 1+s, 1e-15)
		checkPower(t, s, 1, math.Expm1(s), math.Exp(s), 1e-15)
		checkPower(t, s, 2, 2*s/(2-s), 4/(2-s)/(2-s), 3e-15)
		if s < 1 {
			checkPower(t, s, infinite, -math.Log1p(-s), 1/(1-s), 1e-15)
		} else {
			checkPower(t, s, infinite, infinite, infinite, 0)
		}
	}
}

// The inverse of f(·, λ) is f(·, −λ), as exactly as f is in float64: where f is flat, its last digit stands for many of s.
func TestPowerTransform_NegativeLambdaInverts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	tested := 0
	for range manyDraws {
		s, lambda := math.Exp(3*rng.NormFloat64()), powerLambdas[rng.IntN(len(powerLambdas))]
		if rng.IntN(2) == 0 {
			lambda = 3 * rng.NormFloat64()
		}
		f := PowerTransform(s, lambda)
		if math.IsInf(f, 1) {
			continue
		}
		tested++
		digit := f / s / PowerTransformDerivative(s, lambda) // of what a relative error of f is in s
		back := PowerTransform(f, -lambda)
		if bound := 1e-13 * math.Max(1, digit); !(relativeError(back, s) <= bound) && bound < 1 {
			t.Fatalf("s = %g, λ = %g: f = %g, back at %g: relative error %.2g", s, lambda, f, back, relativeError(back, s))
		}
	}
	if tested < manyDraws/2 {
		t.Fatalf("only %d draws were inside the support", tested)
	}
}

// What f has rounded to its bound came from anywhere: +Inf is the only answer that is not too small.
func TestPowerTransform_InverseOfTheBoundIsInfinite(t *testing.T) {
	for _, lambda := range []float64{math.Inf(-1), -2, -1.5} {
		bound := PowerTransform(math.Inf(1), lambda)
		if got := PowerTransform(1e300, lambda); got != bound {
			t.Errorf("λ = %g: f(1e300) = %g, want the bound %g", lambda, got, bound)
		}
		if got := PowerTransform(bound, -lambda); !math.IsInf(got, 1) {
			t.Errorf("λ = %g: the inverse of the bound %g is %g", lambda, bound, got)
		}
	}
}

// ρ(x, α, c) = f(½(x/c)², PowerLambda(α)).
func TestPowerTransform_OfHalfASquareIsTheLoss(t *testing.T) {
	worst := 0.0
	forDraws(t, func(r residual) bool {
		u := r.x / r.kernel.Scale
		got, want := PowerTransform(u*u/2, PowerLambda(r.kernel.Alpha)), r.kernel.Rho(r.x)
		err := relativeError(got, want) / math.Max(1, math.Abs(math.Log(want)))
		worst = math.Max(worst, err)
		return err <= 4e-15
	})
	t.Logf("worst relative error %.2g", worst)
	for alpha, want := range map[float64]float64{math.Inf(-1): math.Inf(-1), -2: -2, 0: -1, 1: -0.5, 2: 0, 4: 0.5, math.Inf(1): 1} {
		if got := PowerLambda(alpha); got != want {
			t.Errorf("PowerLambda(%g) = %g, want %g", alpha, got, want)
		}
	}
}

func TestPowerTransform_GrowsWithBothArguments(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range manyDraws {
		s, lambda := math.Exp(3*rng.NormFloat64()), 3*rng.NormFloat64()
		f := PowerTransform(s, lambda)
		if PowerTransform(s*1.001, lambda) < f || PowerTransform(s, lambda+0.001) < f*(1-1e-14) {
			t.Fatalf("f(%g, %g) is not the least around it", s, lambda)
		}
		if PowerTransformDerivative(s, lambda) < 0 || PowerTransformLambdaGradient(s, lambda) < 0 {
			t.Fatalf("f falls at s = %g, λ = %g", s, lambda)
		}
	}
}

func TestPowerTransform_AtOrigin(t *testing.T) {
	for _, lambda := range powerLambdas {
		f, slope, gradient := PowerTransform(0, lambda), PowerTransformDerivative(0, lambda), PowerTransformLambdaGradient(0, lambda)
		if f != 0 || slope != 1 || gradient != 0 {
			t.Errorf("λ = %g: f(0) = %g, slope %g, gradient in λ %g", lambda, f, slope, gradient)
		}
	}
}

func TestPowerTransform_IsOdd(t *testing.T) {
	for _, lambda := range powerLambdas {
		for _, s := range []float64{0, 0.2, 3, 1e9, math.Inf(1)} {
			if PowerTransform(-s, lambda) != -PowerTransform(s, lambda) || PowerTransformDerivative(-s, lambda) != PowerTransformDerivative(s, lambda) ||
				PowerTransformLambdaGradient(-s, lambda) != -PowerTransformLambdaGradient(s, lambda) {
				t.Errorf("not odd at s = %g, λ = %g", s, lambda)
			}
		}
	}
}

// At infinite s: the bound m/(m−1) and its derivative in λ, and the slopes' limits. At the end of the support m/(m−1): +Inf.
func TestPowerTransform_AtTheEnds(t *testing.T) {
	infinite := math.Inf(1)
	for _, c := range []struct{ s, lambda, f, inS, inLambda float64 }{
		{infinite, -infinite, 1, 0, 0},
		{infinite, -3, 1.5, 0, 0.25},
		{infinite, -1, infinite, 0, infinite},
		{infinite, -0.5, infinite, 0, infinite},
		{infinite, 0, infinite, 1, infinite},
		{infinite, 0.5, infinite, infinite, infinite},
		{infinite, infinite, infinite, infinite, 0},
		{1.5, 3, infinite, infinite, infinite},
		{1, infinite, infinite, infinite, 0},
		{0.5, infinite, math.Ln2, 2, 0},
	} {
		f, inS, inLambda := PowerTransform(c.s, c.lambda), PowerTransformDerivative(c.s, c.lambda), PowerTransformLambdaGradient(c.s, c.lambda)
		if relativeError(f, c.f) > 1e-15 || relativeError(inS, c.inS) > 1e-15 || relativeError(inLambda, c.inLambda) > 1e-15 {
			t.Errorf("s = %g, λ = %g: %g, %g, %g, want %g, %g, %g", c.s, c.lambda, f, inS, inLambda, c.f, c.inS, c.inLambda)
		}
	}
	nan := math.NaN()
	for _, args := range [][2]float64{{nan, 1}, {1, nan}, {nan, infinite}, {infinite, nan}} {
		for _, f := range []func(s, lambda float64) float64{PowerTransform, PowerTransformDerivative, PowerTransformLambdaGradient} {
			if got := f(args[0], args[1]); !math.IsNaN(got) {
				t.Errorf("%v gives %g", args, got)
			}
		}
	}
}

func BenchmarkPowerTransform(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := make([]float64, 1024)
	for i := range s {
		s[i] = rng.ExpFloat64() / 2
	}
	for _, alpha := range []float64{-1, 1.6, 2.5, 10} {
		lambda := PowerLambda(alpha)
		for name, f := range map[string]func(s float64) float64{
			"f": func(s float64) float64 { return PowerTransform(s, lambda) },
			"Kernel.Rho of the root": func(s float64) float64 { // for λ < 1
				return Kernel{Alpha: alpha, Scale: 1}.Rho(math.Sqrt(2 * s))
			},
		} {
			b.Run(fmt.Sprintf("%s/λ=%g", name, lambda), func(b *testing.B) {
				sum := 0.0
				for b.Loop() {
					for _, s := range s {
						sum += f(s)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(s)), "ns/value")
				_ = sum
			})
		}
	}
}
