package scalar

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// The interfaces of distuv, and its methods that have none there.
var (
	_ distuv.LogProber     = General{}
	_ distuv.Rander        = General{}
	_ distuv.RandLogProber = General{}
	_ distuv.Quantiler     = General{}
	_ interface {
		CDF(x float64) float64
		Entropy() float64
		ExKurtosis() float64
		Mean() float64
		Median() float64
		Mode() float64
		NumParameters() int
		Prob(x float64) float64
		Score(deriv []float64, x float64) []float64
		ScoreInput(x float64) float64
		Skewness() float64
		StdDev() float64
		Survival(x float64) float64
		Variance() float64
	} = General{}
)

func TestGeneral_MatchesGolden(t *testing.T) {
	var file struct {
		Alphas []struct {
			Alpha, LogZ, Entropy_c1, Variance_c1, Kurtosis, Fisher_loc_c1, Fisher_scale_c1 number            //nolint:revive
			ISF                                                                            map[string]number `json:"isf_c1"`
			Points                                                                         []struct{ X, C, NLL, PDF, SF, CDF number }
		}
	}
	readJSON(t, goldenDir+"dist.json", &file)
	if len(file.Alphas) < 8 {
		t.Fatalf("only %d shapes", len(file.Alphas))
	}
	for _, a := range file.Alphas {
		alpha := float64(a.Alpha)
		unit := General{Alpha: alpha, Scale: 1}
		checkNear(t, fmt.Sprintf("Entropy at α = %g", alpha), unit.Entropy(), float64(a.Entropy_c1), 1e-12)
		if alpha > 0 {
			checkNear(t, fmt.Sprintf("Variance at α = %g", alpha), unit.Variance(), float64(a.Variance_c1), 1e-11)
			checkNear(t, fmt.Sprintf("ExKurtosis at α = %g", alpha), unit.ExKurtosis(), float64(a.Kurtosis)-3, 1e-10)
		}
		if len(a.ISF) == 0 || len(a.Points) == 0 {
			t.Fatalf("no quantiles or points at α = %g", alpha)
		}
		for p, x := range a.ISF {
			upper, err := strconv.ParseFloat(p, 64)
			if err != nil {
				t.Fatal(err)
			}
			checkNear(t, fmt.Sprintf("Quantile(%s) at α = %g", p, alpha), -unit.Quantile(upper), float64(x), 1e-12)
		}
		for _, p := range a.Points {
			g, x := General{Alpha: alpha, Scale: float64(p.C)}, float64(p.X)
			what := fmt.Sprintf(" of x = %g, α = %g, c = %g", x, alpha, g.Scale)
			checkNear(t, "LogProb"+what, g.LogProb(x), -float64(p.NLL), 1e-13)
			checkNear(t, "Prob"+what, g.Prob(x), float64(p.PDF), 1e-12)
			checkNear(t, "CDF"+what, g.CDF(x), float64(p.CDF), 1e-14)
			if p.SF > 1e-13 { // the file's absolute error is 1e-22
				checkNear(t, "Survival"+what, g.Survival(x), float64(p.SF), 1e-9)
			}
		}
	}
}

// checkNear checks |got−want| ≤ tolerance·max(1, |want|) for logarithms and values around 1, and a relative error
// for small values.
func checkNear(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(want) < 1 && math.Abs(got-want) <= tolerance && strings.HasPrefix(what, "LogProb") {
		return
	}
	if !(relativeError(got, want) <= tolerance) {
		t.Errorf("%s = %v, want %v: relative error %.2g", what, got, want, relativeError(got, want))
	}
}

// distribution is testdata/distribution.json.
type distribution struct {
	Alphas []struct {
		Alpha    number
		LogZ     number `json:"logZ"`
		ERho     number `json:"E_rho"`
		Variance number
		Kurtosis number
	}
	Rows [][4]number // α, x, P(X > x), P(0 < X < x)
}

func readDistribution(t testing.TB) distribution {
	t.Helper()
	var d distribution
	readJSON(t, "testdata/distribution.json", &d)
	if len(d.Alphas) < 30 || len(d.Rows) < 300 {
		t.Fatalf("only %d shapes and %d rows", len(d.Alphas), len(d.Rows))
	}
	return d
}

func TestGeneral_MomentsMatchHighPrecision(t *testing.T) {
	for _, a := range readDistribution(t).Alphas {
		alpha := float64(a.Alpha)
		g := General{Mu: 1, Alpha: alpha, Scale: 3}
		checkNear(t, fmt.Sprintf("log Z at α = %g", alpha), LogPartition(alpha), float64(a.LogZ), 1e-13)
		checkNear(t, fmt.Sprintf("Entropy at α = %g", alpha), g.Entropy(), math.Log(3)+float64(a.LogZ)+float64(a.ERho), 1e-12)
		if alpha > 0 {
			v := 9 * float64(a.Variance)
			checkNear(t, fmt.Sprintf("Variance at α = %g", alpha), g.Variance(), v, 1e-11)
			checkNear(t, fmt.Sprintf("StdDev at α = %g", alpha), g.StdDev(), math.Sqrt(v), 1e-11)
			checkNear(t, fmt.Sprintf("ExKurtosis at α = %g", alpha), g.ExKurtosis()+3, float64(a.Kurtosis), 1e-10)
		}
	}
}

// As the comment of Variance says: it grows like e^(0.216/α), exponent 3·log(3/2) − 1.
func TestGeneral_VarianceExplodes(t *testing.T) {
	last := math.Inf(1)
	for _, alpha := range []float64{0.04, 0.02, 0.01, 0.005} {
		a, b := General{Alpha: alpha, Scale: 1}, General{Alpha: 2 * alpha, Scale: 1}
		rate := math.Log(a.Variance()/b.Variance()) * 2 * alpha
		off := math.Abs(rate - (3*math.Log(1.5) - 1))
		if !(off < last) || off > 2*alpha {
			t.Errorf("α = %g: rate %.4f", alpha, rate)
		}
		last = off
	}
}

// The distribution functions, and the quantiles back, against 30-digit quadrature.
func TestGeneral_CDFMatchesHighPrecision(t *testing.T) {
	const mu, scale = 0, 2
	worstCDF, worstTail, worstQuantile := 0.0, 0.0, 0.0
	for _, r := range readDistribution(t).Rows {
		alpha, x, upper, inner := float64(r[0]), float64(r[1]), float64(r[2]), float64(r[3])
		g := General{Mu: mu, Alpha: alpha, Scale: scale}
		x *= scale
		cdf := math.Max(math.Abs(g.CDF(x)-(0.5+inner)), math.Abs(g.Survival(-x)-(0.5+inner)))
		tail := math.Max(relativeError(g.Survival(x), upper), relativeError(g.CDF(-x), upper))
		quantile := 0.0
		if upper >= 1e-300 {
			quantile = relativeError(g.Quantile(upper), -x)
			quantile /= math.Max(1, 1e-4*upper/inner) // ½ − upper has lost that many digits
		}
		if cdf > 1e-12 || tail > 1e-11 || quantile > 1e-9 {
			t.Errorf("α = %g, x/c = %g: error of CDF %.2g, tail %.2g, quantile %.2g", alpha, x/scale, cdf, tail, quantile)
		}
		worstCDF, worstTail, worstQuantile = math.Max(worstCDF, cdf), math.Max(worstTail, tail), math.Max(worstQuantile, quantile)
	}
	t.Logf("worst errors: CDF %.2g absolute, tail %.2g relative, quantile %.2g relative", worstCDF, worstTail, worstQuantile)
}

// Quantile inverts the distribution function, for every shape and far into both tails.
func TestGeneral_QuantileInvertsCDF(t *testing.T) {
	worst := 0.0
	for _, alpha := range alphas {
		g := General{Alpha: alpha, Scale: 0.01}
		for _, p := range []float64{1e-300, 1e-100, 1e-20, 1e-9, 1e-6, 1e-3, 0.01, 0.1, 0.2, 0.25, 0.3, 0.4, 0.49, 0.499999} {
			x := g.Quantile(p)
			// An error of 1e-9 in the quantile is one of 1e-9·x·density/probability.
			limit := 1e-11 + 1e-9*math.Abs(x)*g.Prob(x)/p
			err := relativeError(g.CDF(x), p)
			worst = math.Max(worst, err/limit*1e-9)
			if !(err <= limit) {
				t.Errorf("α = %g: CDF(Quantile(%g)) is off by %.2g", alpha, p, err)
			}
			if p > 1e-3 {
				checkNear(t, fmt.Sprintf("Quantile(1−%g) at α = %g", p, alpha), g.Quantile(1-p), -x, 1e-9)
			}
		}
		if g.Quantile(0.5) != 0 || !math.IsInf(g.Quantile(0), -1) || !math.IsInf(g.Quantile(1), 1) {
			t.Errorf("α = %g: wrong at ½, 0 or 1", alpha)
		}
	}
	t.Logf("worst error of the quantile about %.2g", worst)
}

func TestGeneral_CDFAtTheEnds(t *testing.T) {
	for _, alpha := range alphas {
		g := General{Mu: 2, Alpha: alpha, Scale: 3}
		if a, b, c := g.CDF(math.Inf(-1)), g.CDF(2), g.CDF(math.Inf(1)); a != 0 || b != 0.5 || c != 1 {
			t.Errorf("α = %g: CDF(−∞, μ, ∞) = %g, %g, %g", alpha, a, b, c)
		}
		if a, b, c := g.Survival(math.Inf(-1)), g.Survival(2), g.Survival(math.Inf(1)); a != 1 || b != 0.5 || c != 0 {
			t.Errorf("α = %g: Survival(−∞, μ, ∞) = %g, %g, %g", alpha, a, b, c)
		}
		if !math.IsInf(g.LogProb(math.Inf(1)), -1) || g.Prob(math.Inf(-1)) != 0 {
			t.Errorf("α = %g: density at ±∞", alpha)
		}
		for _, nan := range []float64{g.CDF(math.NaN()), g.Survival(math.NaN()), g.Quantile(math.NaN()), g.LogProb(math.NaN())} {
			if !math.IsNaN(nan) {
				t.Errorf("α = %g: NaN gives %g", alpha, nan)
			}
		}
	}
}

// At α = 0 and 2 the distribution has other names.
func TestGeneral_IsCauchyAndNormal(t *testing.T) {
	cauchy := distuv.StudentsT{Mu: 1, Sigma: 3 * math.Sqrt2, Nu: 1}
	normal := distuv.Normal{Mu: 1, Sigma: 3}
	for _, x := range []float64{-40, -3, 0.9, 1, 2.5, 17} {
		zero, two := General{Mu: 1, Alpha: 0, Scale: 3}, General{Mu: 1, Alpha: 2, Scale: 3}
		checkNear(t, "Cauchy LogProb", zero.LogProb(x), cauchy.LogProb(x), 1e-14)
		checkNear(t, "Cauchy CDF", zero.CDF(x), cauchy.CDF(x), 1e-13)
		checkNear(t, "normal LogProb", two.LogProb(x), normal.LogProb(x), 1e-14)
		checkNear(t, "normal CDF", two.CDF(x), normal.CDF(x), 1e-13)
	}
	two := General{Mu: 1, Alpha: 2, Scale: 3}
	checkNear(t, "normal entropy", two.Entropy(), normal.Entropy(), 1e-14)
	checkNear(t, "normal variance", two.Variance(), 9, 0)
}

func TestGeneral_AtZeroHasNoMoments(t *testing.T) {
	g := General{Mu: 1, Alpha: 0, Scale: 3}
	if !math.IsNaN(g.Mean()) || !math.IsNaN(g.Skewness()) || !math.IsNaN(g.ExKurtosis()) || !math.IsInf(g.Variance(), 1) ||
		!math.IsInf(g.StdDev(), 1) || g.Mode() != 1 || g.Median() != 1 {
		t.Errorf("mean %g, variance %g, kurtosis %g, mode %g", g.Mean(), g.Variance(), g.ExKurtosis(), g.Mode())
	}
}

// The score against central differences of LogProb.
func TestGeneral_ScoreIsTheGradient(t *testing.T) {
	const h = 1e-6
	for _, alpha := range []float64{0.01, 0.5, 1, 1.7, 2.3, 5} {
		for _, x := range []float64{-7, 0.1, 0.9, 2, 11} {
			at := func(dMu, dAlpha, dScale, dx float64) float64 {
				return General{Mu: 1 + dMu, Alpha: alpha + dAlpha, Scale: 3 + dScale}.LogProb(x + dx)
			}
			g := General{Mu: 1, Alpha: alpha, Scale: 3}
			got := append(g.Score(nil, x), g.ScoreInput(x))
			want := []float64{
				at(h, 0, 0, 0) - at(-h, 0, 0, 0), at(0, h, 0, 0) - at(0, -h, 0, 0),
				at(0, 0, h, 0) - at(0, 0, -h, 0), at(0, 0, 0, h) - at(0, 0, 0, -h),
			}
			for i := range want {
				if d := want[i] / (2 * h); math.Abs(got[i]-d) > 1e-7*math.Max(1, math.Abs(d)) {
					t.Errorf("α = %g, x = %g: derivative %d is %v, difference %v", alpha, x, i, got[i], d)
				}
			}
		}
	}
	checkPanics(t, "short deriv", func() { General{Alpha: 1, Scale: 1}.Score(make([]float64, 2), 0) })
}

// Where x − μ is beyond float64's range, (x−μ)/c need not be.
func TestGeneral_FarApart(t *testing.T) {
	for _, alpha := range []float64{0, 0.5, 1, 2, 5} {
		near, far := General{Mu: -1, Alpha: alpha, Scale: 0.8}, General{Mu: -0x1p1023, Alpha: alpha, Scale: 0.8 * 0x1p1023}
		const x, unit = 1.25, 0x1p1023
		checkNear(t, "CDF", far.CDF(x*unit), near.CDF(x), 1e-15)
		checkNear(t, "Survival", far.Survival(x*unit), near.Survival(x), 1e-15)
		checkNear(t, "LogProb", far.LogProb(x*unit), near.LogProb(x)-1023*math.Ln2, 1e-15)
		checkNear(t, "ScoreInput", far.ScoreInput(x*unit)*unit, near.ScoreInput(x), 1e-14)
		want := near.Score(nil, x)
		for i, v := range far.Score(nil, x*unit) {
			if i != 1 {
				v *= unit
			}
			checkNear(t, "Score", v, want[i], 1e-14)
		}
	}
}

func TestGeneral_BadParametersPanic(t *testing.T) {
	nan := math.NaN()
	for _, g := range []General{{0, -0.1, 1, nil}, {0, nan, 1, nil}, {0, 1, 0, nil}, {0, 1, -1, nil}, {0, 1, nan, nil}, {0, 1, math.Inf(1), nil}} {
		for i, f := range []func(){
			func() { g.CDF(0) }, func() { g.Survival(0) }, func() { g.LogProb(0) }, func() { g.Quantile(0.3) }, func() { g.Rand() },
			func() { g.Mean() }, func() { g.Variance() }, func() { g.Entropy() }, func() { g.ExKurtosis() }, func() { g.Score(nil, 0) },
			func() { g.StdDev() }, func() { g.Skewness() }, func() { g.Mode() }, func() { g.Median() }, func() { g.ScoreInput(0) },
		} {
			checkPanics(t, fmt.Sprintf("%+v, method %d", g, i), f)
		}
	}
	for _, p := range []float64{-1e-9, 1 + 1e-9, math.Inf(1)} {
		checkPanics(t, fmt.Sprintf("Quantile(%g)", p), func() { General{Alpha: 1, Scale: 1}.Quantile(p) })
	}
}
