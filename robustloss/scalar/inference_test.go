package scalar

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// inferred is Infer of samples that have a fit.
func inferred(t *testing.T, samples, weights []float64, options *FitOptions) *Inference {
	t.Helper()
	f, err := Infer(samples, weights, options)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// critical is the square of a quantile of the t distribution.
func critical(level, df float64) float64 {
	t := distuv.StudentsT{Sigma: 1, Nu: df}.Quantile((1 + level) / 2)
	return t * t
}

func uncertain(t *testing.T, f interface {
	Uncertainty(kind CovarianceKind) (*Uncertainty, error)
}, kind CovarianceKind,
) *Uncertainty {
	t.Helper()
	u, err := f.Uncertainty(kind)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// At α = 2 all is known: the standard errors of mean and standard deviation, and the sandwich's from the fourth moment.
func TestInfer_AtTwoIsNormal(t *testing.T) {
	x := draw(General{Mu: 3, Alpha: 2, Scale: 0.5}, 200, 1)
	f := inferred(t, x, nil, &FitOptions{Alpha: Fixed(2)})
	n := float64(len(x))
	mean, variance := stat.MeanVariance(x, nil)
	sd := math.Sqrt(variance * (n - 1) / n)
	checkNear(t, "mean", f.Mu, mean, 1e-10)
	checkNear(t, "standard deviation", f.Scale, sd, 1e-10)
	logLikelihood := 0.0
	for _, v := range x {
		logLikelihood += distuv.Normal{Mu: mean, Sigma: sd}.LogProb(v)
	}
	checkNear(t, "log-likelihood", f.LogLikelihood, logLikelihood, 1e-12)
	checkNear(t, "AIC", f.AIC(), 4-2*logLikelihood, 1e-12)
	checkNear(t, "BIC", f.BIC(), 2*math.Log(n)-2*logLikelihood, 1e-12)
	u := uncertain(t, f, Observed)
	checkNear(t, "standard error of the mean", u.StdErr(0), sd/math.Sqrt(n), 1e-9)
	checkNear(t, "standard error of the scale", u.StdErr(2), sd/math.Sqrt(2*n), 1e-9)
	if u.StdErr(1) != 0 || u.Interval(1, 0.95) != (Interval{2, 2}) || u.DF != n-1 {
		t.Errorf("the fixed α: %g, %v; %g degrees of freedom", u.StdErr(1), u.Interval(1, 0.95), u.DF)
	}
	q := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975)
	if got := u.Interval(0, 0.95); math.Abs(got.Lo-(mean-q*sd/math.Sqrt(n))) > 1e-9 || math.Abs(got.Hi-(mean+q*sd/math.Sqrt(n))) > 1e-9 {
		t.Errorf("interval of the mean %v", got)
	}
	if got, want := u.Interval(2, 0.9), u.StdErr(2)/sd; math.Abs(math.Log(got.Hi/sd)+math.Log(got.Lo/sd)) > 1e-12 || !(math.Log(got.Hi/sd) > want) {
		t.Errorf("interval of the scale %v", got)
	}
	fourth := 0.0
	for _, v := range x {
		fourth += math.Pow(v-mean, 4) / n
	}
	s := uncertain(t, f, Sandwich)
	checkNear(t, "sandwich of the mean", s.StdErr(0), sd/math.Sqrt(n), 1e-9)
	checkNear(t, "sandwich of the scale", s.StdErr(2), math.Sqrt((fourth/math.Pow(sd, 4)-1)/n)*sd/2, 1e-9)
	// The likelihood ratio of a mean m is n·log(1 + (m−mean)²/sd²).
	profile, err := f.Profile(0, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	half := sd * math.Sqrt(math.Expm1(critical(0.95, n-1)/n))
	checkNear(t, "profile", profile.Lo, mean-half, 1e-8)
	checkNear(t, "profile", profile.Hi, mean+half, 1e-8)
}

// The covariance of μ, α, c against second differences of the definition, and the sandwich against the scores of General.
func TestInfer_CovarianceIsThatOfTheDefinition(t *testing.T) {
	for i, truth := range []General{{Mu: 1, Alpha: 0.7, Scale: 2}, {Mu: 0, Alpha: 1.4, Scale: 0.1}, {Mu: -2, Alpha: 3, Scale: 1}} {
		x := draw(truth, []int{300, 300, 5000}[i], uint64(40+i))
		w := make([]float64, len(x))
		for j := range w {
			w[j] = float64(1 + j%3)
		}
		f := inferred(t, x, w, nil)
		g := []float64{f.Mu, f.Alpha, f.Scale}
		at := func(p []float64) float64 { return nllSum(General{Mu: p[0], Alpha: p[1], Scale: p[2]}, x, w) }
		hessian, products := mat.NewDense(3, 3, nil), mat.NewDense(3, 3, nil)
		steps := []float64{2e-3 * f.Scale, 2e-3 * math.Abs(f.Alpha-2), 2e-3 * f.Scale}
		for a := range 3 {
			for b := range 3 {
				sum := 0.0
				for _, s := range [][2]float64{{1, 1}, {1, -1}, {-1, 1}, {-1, -1}} {
					p := append([]float64(nil), g...)
					p[a] += s[0] * steps[a]
					p[b] += s[1] * steps[b]
					sum += s[0] * s[1] * at(p)
				}
				hessian.Set(a, b, sum/4/steps[a]/steps[b])
			}
		}
		for j, v := range x {
			score := mat.NewVecDense(3, f.Score(nil, v))
			var outer mat.Dense
			outer.Outer(w[j], score, score)
			products.Add(products, &outer)
		}
		var inverse, sandwich mat.Dense
		if err := inverse.Inverse(hessian); err != nil {
			t.Fatal(err)
		}
		sandwich.Mul(&inverse, products)
		sandwich.Mul(&sandwich, &inverse)
		for kind, want := range map[CovarianceKind]*mat.Dense{Observed: &inverse, Sandwich: &sandwich} {
			u := uncertain(t, f, kind)
			for a := range 3 {
				for b := range 3 {
					if got := u.Covariance.At(a, b); math.Abs(got-want.At(a, b)) > 1e-3*math.Sqrt(want.At(a, a)*want.At(b, b)) {
						t.Errorf("%+v, %v: covariance of %s and %s is %g, by differences %g", truth, kind, u.Names[a], u.Names[b], got, want.At(a, b))
					}
				}
			}
		}
	}
}

// Place and unit of the samples, and repeated samples beside weights, change the uncertainty as they should.
func TestInfer_IsEquivariant(t *testing.T) {
	x := draw(General{Alpha: 0.9, Scale: 1}, 150, 7)
	w, huge := make([]float64, len(x)), make([]float64, len(x))
	var repeated []float64
	for i := range x {
		x[i] = math.Round(1024*math.Max(-100, math.Min(100, x[i]))) / 1024
		w[i], huge[i] = float64(1+i%2), float64(1+i%2)*0x1p400
		for range 1 + i%2 {
			repeated = append(repeated, x[i])
		}
	}
	f := inferred(t, x, w, nil)
	want := uncertain(t, f, Observed)
	for _, c := range []struct {
		samples, weights     []float64
		offset, unit, counts float64
	}{
		{x, w, 1e12, 1, 1}, {x, w, 0, 0x1p-990, 1}, {x, w, -1e9, 0x1p900, 1}, {repeated, nil, 0, 1, 1}, {x, huge, 0, 1, 0x1p400},
	} {
		g := inferred(t, shifted(c.samples, c.offset, c.unit), c.weights, nil)
		got := uncertain(t, g, Observed)
		for i, size := range []float64{c.unit, 1, c.unit} {
			if math.Abs(got.StdErr(i)/size*math.Sqrt(c.counts)/want.StdErr(i)-1) > 1e-7 {
				t.Errorf("%s: standard error %g, before %g", got.Names[i], got.StdErr(i)/size, want.StdErr(i))
			}
			if c.counts != 1 {
				continue
			}
			before, err1 := f.Profile(i, 0.9)
			after, err2 := g.Profile(i, 0.9)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			offset := 0.0
			if i == 0 {
				offset = c.offset
			}
			tolerance := 1e-6*want.StdErr(i) + 4*0x1p-52*math.Abs(offset)
			if math.Abs(after.Lo/size-offset-before.Lo) > tolerance || math.Abs(after.Hi/size-offset-before.Hi) > tolerance {
				t.Errorf("%s: profile %v in units of %g from %g, before %v", got.Names[i], after, size, offset, before)
			}
		}
		if likelihood := g.LogLikelihood/c.counts + f.Weight*math.Log(c.unit); math.Abs(likelihood-f.LogLikelihood) > 1e-9*f.Weight {
			t.Errorf("log-likelihood %g, before %g", likelihood, f.LogLikelihood)
		}
	}
}

// At the ends of a profile the likelihood ratio is critical, by fits of their own; many samples give intervals like the normal ones.
func TestInfer_ProfileIsALikelihoodRatio(t *testing.T) {
	x := draw(General{Mu: 2, Alpha: 1, Scale: 1}, 400, 21)
	f := inferred(t, x, nil, nil)
	u := uncertain(t, f, Observed)
	for i := range 3 {
		ends, err := f.Profile(i, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range []float64{ends.Lo, ends.Hi} {
			options := []FitOptions{{Mu: &value}, {Alpha: Fixed(value)}, {Scale: &value}}[i]
			g := inferred(t, x, nil, &options)
			deviance := 2 * (f.LogLikelihood - g.LogLikelihood)
			ratio, err := f.LikelihoodRatio(i, value)
			if math.Abs(deviance-critical(0.95, 399)) > 1e-4 || err != nil || math.Abs(ratio-deviance) > 1e-6 {
				t.Errorf("%s = %g: deviance %g, likelihood ratio %g, %v", u.Names[i], value, deviance, ratio, err)
			}
		}
		wald := u.Interval(i, 0.95)
		if math.Abs(ends.Lo-wald.Lo) > 0.25*u.StdErr(i) || math.Abs(ends.Hi-wald.Hi) > 0.25*u.StdErr(i) {
			t.Errorf("%s: profile %v, normal %v", u.Names[i], ends, wald)
		}
	}
}

// At a bound of α its interval is one-sided, and the other parameters' uncertainty is that at this α.
func TestInfer_AtABound(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	heavy := make([]float64, 300)
	for i := range heavy {
		heavy[i] = math.Sinh(3 * rng.NormFloat64())
	}
	uniform := make([]float64, 60)
	for i := range uniform {
		uniform[i] = float64(i)
	}
	for _, c := range []struct {
		samples []float64
		options *FitOptions
		alpha   float64
	}{{heavy, nil, 0}, {uniform, nil, math.Inf(1)}, {uniform, &FitOptions{Alpha: Between(0, 2)}, 2}} {
		f := inferred(t, c.samples, nil, c.options)
		if f.Alpha != c.alpha {
			t.Fatalf("α = %g, want %g", f.Alpha, c.alpha)
		}
		u := uncertain(t, f, Observed)
		fixed := uncertain(t, inferred(t, c.samples, nil, &FitOptions{Alpha: Fixed(c.alpha)}), Observed)
		if !math.IsNaN(u.StdErr(1)) || !math.IsNaN(u.Interval(1, 0.95).Lo) {
			t.Errorf("α = %g: standard error %g", c.alpha, u.StdErr(1))
		}
		for _, i := range []int{0, 2} {
			if math.Abs(u.StdErr(i)/fixed.StdErr(i)-1) > 1e-6 {
				t.Errorf("α = %g: standard error of %s %g, with α fixed %g", c.alpha, u.Names[i], u.StdErr(i), fixed.StdErr(i))
			}
		}
		ends, err := f.Profile(1, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if c.alpha == 0 && !(ends.Lo == 0 && ends.Hi > 0 && ends.Hi < 1) || c.alpha > 0 && !(ends.Hi == c.alpha && ends.Lo > 0.5 && ends.Lo < 4) {
			t.Errorf("α = %g: profile %v", c.alpha, ends)
		}
	}
}

func TestInfer_Errors(t *testing.T) {
	if _, err := Infer([]float64{1, math.NaN(), 2}, nil, nil); !errors.Is(err, ErrArgument) {
		t.Error(err)
	}
	if _, err := Infer([]float64{1, 2, 3}, []float64{1e308, 1e308, 1e308}, nil); !errors.Is(err, ErrOverflow) {
		t.Error(err)
	}
	f := inferred(t, []float64{1, 2, 4, 3}, []float64{0.1, 0.2, 0.2, 0.1}, nil)
	if _, err := f.Uncertainty(Observed); !errors.Is(err, ErrTooFew) {
		t.Error(err)
	}
	if _, err := f.Uncertainty(H3 + 1); err == nil {
		t.Error("an unknown kind is accepted")
	}
	if _, err := f.Profile(3, 0.95); !errors.Is(err, ErrArgument) {
		t.Error(err)
	}
	for i, value := range []float64{math.Inf(1), -1, 0} {
		if _, err := f.LikelihoodRatio(i, value); !errors.Is(err, ErrArgument) {
			t.Errorf("parameter %d at %g: %v", i, value, err)
		}
	}
	checkPanics(t, "level 1", func() { f.Profile(0, 1) }) //nolint:errcheck // it panics
}

// Without columns but an intercept, regression is the fit of a location.
func TestRegression_OfAnInterceptIsAFit(t *testing.T) {
	x := draw(General{Mu: 5, Alpha: 0.8, Scale: 2}, 150, 3)
	ones := mat.NewDense(len(x), 1, nil)
	for i := range x {
		ones.Set(i, 0, 4)
	}
	f := inferred(t, x, nil, nil)
	r, err := IRLS(ones, mat.NewVecDense(len(x), x), &IRLSOptions{Alpha: Between(0, math.Inf(1))})
	if err != nil {
		t.Fatal(err)
	}
	checkNear(t, "AIC", r.AIC(), f.AIC(), 1e-10)
	checkNear(t, "BIC", r.BIC(), f.BIC(), 1e-10)
	for _, kind := range []CovarianceKind{Observed, Sandwich, H1, H2, H3} {
		a, b := uncertain(t, f, kind), uncertain(t, r, kind)
		for i, size := range []float64{4, 1, 1} {
			if math.Abs(a.StdErr(i)-size*b.StdErr(i)) > 1e-5*a.StdErr(i) {
				t.Errorf("%v, %s: %g, of the regression %g", kind, a.Names[i], a.StdErr(i), size*b.StdErr(i))
			}
		}
	}
	for i, size := range []float64{4, 1, 1} {
		a, err1 := f.Profile(i, 0.95)
		b, err2 := r.Profile(i, 0.95)
		if err1 != nil || err2 != nil || math.Abs(a.Lo-size*b.Lo) > 1e-4 || math.Abs(a.Hi-size*b.Hi) > 1e-4 {
			t.Errorf("parameter %d: profile %v (%v), of the regression %v (%v)", i, a, err1, b, err2)
		}
	}
}

// At α = 2, the covariance of β is σ̂²·(xᵀx)⁻¹, and the profile that of a likelihood ratio of sums of squares.
func TestRegression_AtTwoIsLeastSquares(t *testing.T) {
	x, y := line(40, 0.2, 1)
	r, err := IRLS(x, y, &IRLSOptions{Alpha: Fixed(2)})
	if err != nil {
		t.Fatal(err)
	}
	var gram, inverse mat.Dense
	gram.Mul(x.T(), x)
	if err := inverse.Inverse(&gram); err != nil {
		t.Fatal(err)
	}
	u := uncertain(t, r, Observed)
	for i := range 2 {
		for j := range 2 {
			checkNear(t, "covariance", u.Covariance.At(i, j), r.Scale*r.Scale*inverse.At(i, j), 1e-8)
		}
		profile, err := r.Profile(i, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		half := math.Sqrt(40 * r.Scale * r.Scale * math.Expm1(critical(0.95, 38)/40) * inverse.At(i, i))
		checkNear(t, "profile", profile.Lo, r.Coefficients.AtVec(i)-half, 1e-6)
		checkNear(t, "profile", profile.Hi, r.Coefficients.AtVec(i)+half, 1e-6)
	}
}

// At the ends of a profile the likelihood ratio is critical, by fits with the coefficient, α or c fixed.
func TestRegression_ProfileIsALikelihoodRatio(t *testing.T) {
	x, y := noisyLine(150, 8)
	r, err := IRLS(x, y, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		ends, err := r.Profile(i, 0.9)
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range []float64{ends.Lo, ends.Hi} {
			if i == 2 && value == 2 { // a bound
				continue
			}
			xs, ys, options := mat.Matrix(x), mat.Vector(y), &IRLSOptions{}
			switch i {
			case 2:
				options.Alpha = Fixed(value)
			case 3:
				options.Scale = &value
			default:
				rest, column := mat.NewDense(150, 1, mat.Col(nil, 1-i, x)), mat.NewVecDense(150, nil)
				column.AddScaledVec(y, -value, x.ColView(i))
				xs, ys = rest, column
			}
			other, err := IRLS(xs, ys, options)
			if err != nil {
				t.Fatal(err)
			}
			if deviance := 2 * (other.Objective - r.Objective); math.Abs(deviance-critical(0.9, 148)) > 1e-4 {
				t.Errorf("parameter %d at %g: deviance %g", i, value, deviance)
			}
		}
	}
}

// noisyLine returns n points on y = 2x − 1 with noise of α = 1.
func noisyLine(n int, seed uint64) (x *mat.Dense, y *mat.VecDense) {
	x, y = line(n, 0, seed)
	noise := draw(General{Alpha: 1, Scale: 0.2}, n, seed)
	for i, v := range noise {
		y.SetVec(i, y.AtVec(i)+v)
	}
	return x, y
}
