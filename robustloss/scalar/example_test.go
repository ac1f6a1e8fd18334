package scalar_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// What an outlier of ten scales costs, its influence, and its weight in iteratively reweighted least squares.
func ExampleKernel() {
	for _, alpha := range []float64{2, 1, 0, -2, math.Inf(-1)} {
		k := scalar.Kernel{Alpha: alpha, Scale: 1}
		fmt.Printf("α = %4g: ρ(10) = %7.4f, ψ(10) = %7.4f, weight %.4f\n", alpha, k.Rho(10), k.Influence(10), k.Weight(10))
	}
	// Output:
	// α =    2: ρ(10) = 50.0000, ψ(10) = 10.0000, weight 1.0000
	// α =    1: ρ(10) =  9.0499, ψ(10) =  0.9950, weight 0.0995
	// α =    0: ρ(10) =  3.9318, ψ(10) =  0.1961, weight 0.0196
	// α =   -2: ρ(10) =  1.9231, ψ(10) =  0.0148, weight 0.0015
	// α = -Inf: ρ(10) =  1.0000, ψ(10) =  0.0000, weight 0.0000
}

// For a solver that minimises ½·Σ ρ(s) over squared residuals with ρ′(0) = 1.
func ExampleKernel_RhoSquared() {
	k := scalar.Kernel{Alpha: 0, Scale: 2}
	rho, rho1, rho2 := k.RhoSquared(9)
	factor := 2 * k.Scale * k.Scale
	fmt.Printf("%.4f %.4f %.4f\n", factor*rho, factor*rho1, factor*rho2)
	// Output:
	// 6.0302 0.4706 -0.0277
}

// All derivatives of the loss of a residual.
func ExampleKernel_Curvature() {
	k := scalar.Kernel{Alpha: 0, Scale: 2}
	fmt.Printf("∂ρ/∂r = %.4f, ∂²ρ/∂r² = %.4f\n", k.Influence(3), k.Curvature(3))
	fmt.Printf("∂ρ/∂α = %.4f, ∂ρ/∂c = %.4f\n", k.AlphaGradient(3), k.ScaleGradient(3))
	// Output:
	// ∂ρ/∂r = 0.3529, ∂²ρ/∂r² = -0.0069
	// ∂ρ/∂α = 0.0299, ∂ρ/∂c = -0.5294
}

// Heavier tails give outliers more probability, and the middle less.
func ExampleGeneral() {
	for _, alpha := range []float64{0, 1, 2} {
		g := scalar.General{Mu: 0, Alpha: alpha, Scale: 1}
		fmt.Printf("α = %g: p(0) = %.4f, P(X > 5) = %.2g, 99 %% below %.4f\n", alpha, g.Prob(0), g.Survival(5), g.Quantile(0.99))
	}
	// Output:
	// α = 0: p(0) = 0.2251, P(X > 5) = 0.088, 99 % below 45.0010
	// α = 1: p(0) = 0.3056, P(X > 5) = 0.0051, 99 % below 4.3242
	// α = 2: p(0) = 0.3989, P(X > 5) = 2.9e-07, 99 % below 2.3263
}

// The moments: heavy tails show in the kurtosis.
func ExampleGeneral_Variance() {
	g := scalar.General{Mu: 5, Alpha: 1, Scale: 2}
	fmt.Printf("mean %g, median %g, mode %g\n", g.Mean(), g.Median(), g.Mode())
	fmt.Printf("variance %.4f, standard deviation %.4f\n", g.Variance(), g.StdDev())
	fmt.Printf("skewness %g, excess kurtosis %.4f, entropy %.4f\n", g.Skewness(), g.ExKurtosis(), g.Entropy())
	// Output:
	// mean 5, median 5, mode 5
	// variance 10.7979, standard deviation 3.2860
	// skewness 0, excess kurtosis 1.8570, entropy 2.5781
}

// The derivatives of the log density in its three parameters, and in x.
func ExampleGeneral_Score() {
	g := scalar.General{Mu: 0, Alpha: 1, Scale: 2}
	score := g.Score(make([]float64, g.NumParameters()), 3)
	fmt.Printf("log p(3) = %.4f, CDF(3) = %.4f\n", g.LogProb(3), g.CDF(3))
	fmt.Printf("∂/∂μ = %.4f, ∂/∂α = %.4f, ∂/∂c = %.4f, ∂/∂x = %.4f\n", score[0], score[1], score[2], g.ScoreInput(3))
	// Output:
	// log p(3) = -2.6814, CDF(3) = 0.8498
	// ∂/∂μ = 0.4160, ∂/∂α = 0.1120, ∂/∂c = 0.1240, ∂/∂x = -0.4160
}

// Samples from a source of one's own can be drawn again.
func ExampleGeneral_Rand() {
	g := scalar.General{Mu: 5, Alpha: 0.5, Scale: 1, Src: rand.NewPCG(1, 2)}
	first := g.Rand()
	g.Src = rand.NewPCG(1, 2)
	fmt.Println(first == g.Rand())
	// Output:
	// true
}

// Z is the area under e^−ρ: large for heavy tails.
func ExampleLogPartition() {
	for _, alpha := range []float64{0, 1, 2, math.Inf(1)} {
		fmt.Printf("log Z(%g) = %.4f\n", alpha, scalar.LogPartition(alpha))
	}
	// Output:
	// log Z(0) = 1.4913
	// log Z(1) = 1.1855
	// log Z(2) = 0.9189
	// log Z(+Inf) = 0.7053
}

// Z falls with α.
func ExampleLogPartitionDerivative() {
	fmt.Printf("d log Z/dα = %.4f at 0, %.4f at 1\n", scalar.LogPartitionDerivative(0), scalar.LogPartitionDerivative(1))
	// Output:
	// d log Z/dα = -0.8598 at 0, -0.1929 at 1
}

// On a window, negative shapes have a distribution too.
func ExampleLogPartitionTruncated() {
	for _, alpha := range []float64{math.Inf(-1), -2, 2} {
		fmt.Printf("log Z(%g, ±10) = %.4f\n", alpha, scalar.LogPartitionTruncated(alpha, 10))
	}
	// Output:
	// log Z(-Inf, ±10) = 2.1654
	// log Z(-2, ±10) = 1.7458
	// log Z(2, ±10) = 0.9189
}

// contaminated returns 1000 samples of N(5, 0.1²), a tenth of which is anywhere between 0 and 20.
func contaminated() []float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	samples := make([]float64, 1000)
	for i := range samples {
		samples[i] = 5 + 0.1*rng.NormFloat64()
		if i%10 == 0 {
			samples[i] = 20 * rng.Float64()
		}
	}
	return samples
}

// A tenth of the measurements is wrong: α says how heavy the tails are, and μ is not moved.
func ExampleFit() {
	g, err := scalar.Fit(contaminated(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("μ = %.2f, α = %.2f, c = %.2f\n", g.Mu, g.Alpha, g.Scale)
	// Output:
	// μ = 5.01, α = 0.00, c = 0.05
}

// With α fixed at 2 the fit is mean and standard deviation; with bounds, it is the best within them.
func ExampleFitWith() {
	for _, options := range []scalar.FitOptions{{Alpha: scalar.Fixed(2)}, {Alpha: scalar.Between(1, 2)}, {Mu: new(5.0)}} {
		g, err := scalar.FitWith(contaminated(), nil, &options)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("μ = %.2f, α = %.2f, c = %.2f\n", g.Mu, g.Alpha, g.Scale)
	}
	// Output:
	// μ = 5.48, α = 2.00, c = 2.47
	// μ = 5.04, α = 1.00, c = 0.66
	// μ = 5.00, α = 0.00, c = 0.05
}

// How sure is the fit? The standard errors by two approximations, and the interval of α from its likelihood.
func ExampleInfer() {
	g := scalar.General{Mu: 5, Alpha: 1, Scale: 2, Src: rand.NewPCG(1, 2)}
	samples := make([]float64, 500)
	for i := range samples {
		samples[i] = g.Rand()
	}
	fit, err := scalar.Infer(samples, nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, kind := range []scalar.CovarianceKind{scalar.Observed, scalar.Sandwich} {
		u, err := fit.Uncertainty(kind)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(kind.String() + ":")
		for i, name := range u.Names {
			ends := u.Interval(i, 0.95)
			fmt.Printf("  %-5s %.3f ± %.3f, 95 %% within [%.3f, %.3f]\n", name, u.Values[i], u.StdErr(i), ends.Lo, ends.Hi)
		}
	}
	ends, err := fit.Profile(1, 0.95)
	fmt.Printf("profile of alpha: [%.3f, %.3f] %v\n", ends.Lo, ends.Hi, err)
	ratio, err := fit.LikelihoodRatio(1, 2)
	fmt.Printf("likelihood ratio of alpha = 2: %.2f %v\n", ratio, err)
	fmt.Printf("%d parameters, log-likelihood %.2f, AIC %.2f, BIC %.2f\n", fit.Parameters(), fit.LogLikelihood, fit.AIC(), fit.BIC())
	// Output:
	// observed information:
	//   mu    5.032 ± 0.138, 95 % within [4.762, 5.302]
	//   alpha 1.186 ± 0.194, 95 % within [0.804, 1.568]
	//   scale 2.191 ± 0.187, 95 % within [1.853, 2.590]
	// sandwich:
	//   mu    5.032 ± 0.137, 95 % within [4.763, 5.300]
	//   alpha 1.186 ± 0.176, 95 % within [0.841, 1.532]
	//   scale 2.191 ± 0.184, 95 % within [1.857, 2.584]
	// profile of alpha: [0.835, 1.589] <nil>
	// likelihood ratio of alpha = 2: 15.84 <nil>
	// 3 parameters, log-likelihood -1296.52, AIC 2599.05, BIC 2611.69
}

// Are these samples normal? Are they Cauchy's? And which family predicts best?
func ExampleInference_TestShape() {
	g := scalar.General{Mu: 5, Alpha: 1, Scale: 2, Src: rand.NewPCG(1, 2)}
	samples := make([]float64, 150)
	for i := range samples {
		samples[i] = g.Rand()
	}
	fit, err := scalar.Infer(samples, nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, alpha := range []float64{0, 2} {
		test, err := fit.TestShape(alpha, &scalar.BootstrapOptions{Simulations: 99})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("α = %g: statistic %.2f, p = %.2f\n", test.Alpha, test.Statistic, test.PValue)
	}
	// Output:
	// α = 0: statistic 35.43, p = 0.01
	// α = 2: statistic 6.11, p = 0.04
}

// Normal samples: α = 2, where standard errors from second derivatives fail. How the estimates scatter says how sure they are.
func ExampleInference_Bootstrap() {
	g := scalar.General{Mu: 5, Alpha: 2, Scale: 2, Src: rand.NewPCG(1, 2)}
	samples := make([]float64, 100)
	for i := range samples {
		samples[i] = g.Rand()
	}
	fit, err := scalar.Infer(samples, nil, &scalar.FitOptions{Alpha: scalar.Between(0, 2)})
	if err != nil {
		fmt.Println(err)
		return
	}
	var scatter *scalar.Bootstrap
	scatter, err = fit.Bootstrap(&scalar.BootstrapOptions{Simulations: 199})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, name := range []string{"mu", "alpha", "scale"} {
		ends := scatter.Interval(i, 0.95)
		fmt.Printf("%-5s %.2f ± %.2f, 95 %% within [%.2f, %.2f]\n", name, scatter.Values[i], scatter.StdErr(i), ends.Lo, ends.Hi)
	}
	// Output:
	// mu    4.99 ± 0.20, 95 % within [4.62, 5.44]
	// alpha 1.91 ± 0.30, 95 % within [1.03, 2.00]
	// scale 1.77 ± 0.26, 95 % within [1.17, 2.08]
}

// Which family predicts new samples best?
func ExampleCompare() {
	comparison, err := scalar.Compare(contaminated(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(comparison.String())
	fmt.Print(scalar.Comparison(comparison[:2]).Markdown())
	// Output:
	// family       parameters  log-likelihood      AIC     ΔAIC      BIC
	// Cauchy                2          -81.58   167.17     0.00   176.99
	// general               3          -81.58   169.17     2.00   183.89
	// Student's t           3          -81.58   169.17     2.00   183.89
	// Laplace               2        -1372.66  2749.32  2582.15  2759.14
	// normal                2        -2321.40  4646.79  4479.62  4656.61
	// | family | parameters | log-likelihood | AIC | ΔAIC | BIC |
	// |:--|--:|--:|--:|--:|--:|
	// | Cauchy | 2 | -81.58 | 167.17 | 0.00 | 176.99 |
	// | general | 3 | -81.58 | 169.17 | 2.00 | 183.89 |
}

// Student's t distribution of a sample with a few outliers.
func ExampleFitStudentsT() {
	samples := contaminated()
	for _, options := range []*scalar.StudentsTOptions{nil, {Nu: scalar.Between(3, 1e6)}} {
		t, err := scalar.FitStudentsT(samples, nil, options)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("μ = %.2f, σ = %.2f, ν = %.2f\n", t.Mu, t.Sigma, t.Nu)
	}
	// Output:
	// μ = 5.01, σ = 0.08, ν = 1.00
	// μ = 5.01, σ = 0.11, ν = 3.00
}

// More than half of the samples are equal: their density can be made as large as one likes.
func ExampleErrUnbounded() {
	_, err := scalar.Fit([]float64{1, 1, 1, 1, 7}, nil)
	fmt.Println(errors.Is(err, scalar.ErrUnbounded))
	g, err := scalar.FitWith([]float64{1, 1, 1, 1, 7}, nil, &scalar.FitOptions{Alpha: scalar.Between(1, 2)})
	fmt.Printf("μ = %.4f, α = %g, c = %.4f, error %v\n", g.Mu, g.Alpha, g.Scale, err)
	// Output:
	// true
	// μ = 1.2968, α = 1, c = 1.1753, error <nil>
}

// The window of an option: open, or a single value.
func ExampleInterval() {
	fmt.Println(*scalar.Between(0, math.Inf(1)), *scalar.Fixed(2))
	// Output:
	// {0 +Inf} {2 2}
}

// Which α suits these residuals? A third of them are outliers: one whose influence goes back to 0.
func ExampleFitTruncated() {
	rng := rand.New(rand.NewPCG(1, 2))
	residuals := make([]float64, 3000)
	for i := range residuals {
		residuals[i] = 0.1 * rng.NormFloat64()
		if i%3 == 0 {
			residuals[i] = 2*rng.Float64() - 1
		}
	}
	fit, err := scalar.FitTruncated(residuals, nil, &scalar.TruncatedOptions{Scale: new(0.1)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("α = %.1f, weight of a residual of 3c: %.3f of that of 0\n", fit.Alpha, fit.Kernel().Weight(0.3)/fit.Kernel().Weight(0))
	// Output:
	// α = -0.4, weight of a residual of 3c: 0.152 of that of 0
}

// With a scale that is fitted too; the window stays.
func ExampleTruncated() {
	residuals := contaminated()
	for i := range residuals {
		residuals[i] -= 5
	}
	var fit scalar.Truncated
	fit, err := scalar.FitTruncated(residuals, nil, &scalar.TruncatedOptions{Scale: new(0.2), Tau: 20, FitScale: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("α = %.1f, c = %.2f, ±%.0f, %d residuals\n", fit.Alpha, fit.Scale, fit.Tau*fit.Scale, fit.Used)
	// Output:
	// α = 0.1, c = 0.05, ±4, 941 residuals
}

// How sure is this α?
func ExampleProfileTruncated() {
	residuals := contaminated()
	for i := range residuals {
		residuals[i] -= 5
	}
	ends, err := scalar.ProfileTruncated(residuals, nil, &scalar.TruncatedOptions{Scale: new(0.1), Tau: 150}, 0.95)
	fmt.Printf("α in [%.2f, %.2f] %v\n", ends.Lo, ends.Hi, err)
	// Output:
	// α in [-0.09, -0.04] <nil>
}

// And how sure are α and c, where both are fitted?
func ExampleProfileTruncatedScale() {
	residuals := contaminated()[:200]
	for i := range residuals {
		residuals[i] -= 5
	}
	options := &scalar.TruncatedOptions{Scale: new(0.2), Tau: 20, FitScale: true}
	shape, err := scalar.ProfileTruncated(residuals, nil, options, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	scale, err := scalar.ProfileTruncatedScale(residuals, nil, options, 0.95)
	fmt.Printf("α in [%.2f, %.2f], c in [%.3f, %.3f] %v\n", shape.Lo, shape.Hi, scale.Lo, scale.Hi, err)
	// Output:
	// α in [-0.05, 0.15], c in [0.037, 0.055] <nil>
}

// Two robust scales beside the standard deviation, which a tenth of outliers carries away: the others measure 0.1.
func ExampleQn() {
	mad, err := scalar.MAD(contaminated(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	qn, err := scalar.Qn(contaminated())
	fmt.Printf("MAD %.3f, Qn %.3f, standard deviation %.3f %v\n", mad, qn, stat.StdDev(contaminated(), nil), err)
	// Output:
	// MAD 0.119, Qn 0.127, standard deviation 2.467 <nil>
}

// wrongFifth returns 50 points on y = 0.7x + 0.15, of which a fifth is wrong, and the design of a line.
func wrongFifth() (x *mat.Dense, y *mat.VecDense) {
	rng := rand.New(rand.NewPCG(1, 2))
	x, y = mat.NewDense(50, 2, nil), mat.NewVecDense(50, nil)
	for i := range 50 {
		u := rng.Float64()
		x.SetRow(i, []float64{u, 1})
		y.SetVec(i, 0.7*u+0.15+0.02*rng.NormFloat64())
		if i%5 == 0 {
			y.SetVec(i, rng.Float64())
		}
	}
	return x, y
}

// A line through points of which a fifth is wrong.
func ExampleIRLS() {
	x, y := wrongFifth()
	fit, err := scalar.IRLS(x, y, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("y = %.2f·x + %.2f, α = %.2f, c = %.3f; %v\n",
		fit.Coefficients.AtVec(0), fit.Coefficients.AtVec(1), fit.Alpha, fit.Scale, fit.Stop)
	// Output:
	// y = 0.72·x + 0.14, α = 0.03, c = 0.012; the objective converged
}

// The same with a loss that is chosen: Geman-McClure's, with a scale in the units of y.
func ExampleRegression() {
	x, y := wrongFifth()
	fit, err := scalar.IRLS(x, y, &scalar.IRLSOptions{Alpha: scalar.Fixed(-2), Scale: new(0.04)})
	if err != nil {
		fmt.Println(err)
		return
	}
	ignored := 0
	for _, w := range fit.Weights {
		if w < 0.1 {
			ignored++
		}
	}
	fmt.Printf("y = %.2f·x + %.2f, %d rows count less than a tenth, ρ(0.5) = %.2f\n",
		fit.Coefficients.AtVec(0), fit.Coefficients.AtVec(1), ignored, fit.Kernel().Rho(0.5))
	// Output:
	// y = 0.72·x + 0.14, 5 rows count less than a tenth, ρ(0.5) = 1.95
}

// Two fifths of the rows are a cluster far away, in x and in y. Least absolute deviations go through it, an S-estimate does not.
func ExampleIRLS_highBreakdown() {
	rng := rand.New(rand.NewPCG(1, 2))
	x, y := mat.NewDense(50, 2, nil), mat.NewVecDense(50, nil)
	for i := range 50 {
		u, noise := rng.Float64(), 0.02*rng.NormFloat64()
		x.SetRow(i, []float64{u, 1})
		y.SetVec(i, 2*u+1+noise)
		if i < 20 {
			x.SetRow(i, []float64{10 + noise, 1})
			y.SetVec(i, -5+noise)
		}
	}
	for _, highBreakdown := range []bool{false, true} {
		fit, err := scalar.IRLS(x, y, &scalar.IRLSOptions{HighBreakdown: highBreakdown})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("y = %.1f·x + %.1f\n", fit.Coefficients.AtVec(0), fit.Coefficients.AtVec(1))
	}
	// Output:
	// y = -0.7·x + 2.5
	// y = 2.0·x + 1.0
}

// The scale of the residuals by maximum likelihood, and by two others.
func ExampleScaleEstimate() {
	x, y := wrongFifth()
	for _, by := range []scalar.ScaleEstimate{scalar.ByLikelihood, scalar.ByMAD, scalar.ByQn} {
		fit, err := scalar.IRLS(x, y, &scalar.IRLSOptions{Alpha: scalar.Fixed(0), ScaleBy: by})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("y = %.2f·x + %.2f, c = %.3f\n", fit.Coefficients.AtVec(0), fit.Coefficients.AtVec(1), fit.Scale)
	}
	// Output:
	// y = 0.72·x + 0.14, c = 0.012
	// y = 0.72·x + 0.14, c = 0.027
	// y = 0.72·x + 0.14, c = 0.034
}

// How sure are the coefficients, and what is known of y at x = 0.5?
func ExampleRegression_Uncertainty() {
	x, y := wrongFifth()
	fit, err := scalar.IRLS(x, y, &scalar.IRLSOptions{Alpha: scalar.Fixed(0)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, kind := range []scalar.CovarianceKind{scalar.Observed, scalar.H1} {
		u, err := fit.Uncertainty(kind)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v: slope %.3f ± %.3f, intercept %.3f ± %.3f\n", u.Kind, u.Values[0], u.StdErr(0), u.Values[1], u.StdErr(1))
	}
	slope, err := fit.Profile(0, 0.95)
	fmt.Printf("profile of the slope: [%.3f, %.3f] %v\n", slope.Lo, slope.Hi, err)
	p, err := fit.Predict([]float64{0.5, 1}, 0.95, scalar.Observed)
	fmt.Printf("y(0.5) = %.3f, mean in [%.3f, %.3f], new value in [%.2f, %.2f] %v\n", p.Value, p.Mean.Lo, p.Mean.Hi, p.New.Lo, p.New.Hi, err)
	fmt.Printf("%d parameters, log-likelihood %.2f, AIC %.2f, BIC %.2f\n", fit.Parameters(), fit.LogLikelihood(), fit.AIC(), fit.BIC())
	// Output:
	// observed information: slope 0.719 ± 0.014, intercept 0.136 ± 0.008
	// H1: slope 0.719 ± 0.017, intercept 0.136 ± 0.012
	// profile of the slope: [0.691, 0.747] <nil>
	// y(0.5) = 0.495, mean in [0.488, 0.503], new value in [0.28, 0.71] <nil>
	// 3 parameters, log-likelihood 82.56, AIC -159.12, BIC -153.38
}

// How a slope scatters when errors of the fitted distribution are drawn again.
func ExampleRegression_Bootstrap() {
	x, y := wrongFifth()
	fit, err := scalar.IRLS(x, y, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	scatter, err := fit.Bootstrap(&scalar.BootstrapOptions{Simulations: 99})
	if err != nil {
		fmt.Println(err)
		return
	}
	slope := scatter.Interval(0, 0.9)
	fmt.Printf("slope %.2f, 90 %% within [%.2f, %.2f]\n", fit.Coefficients.AtVec(0), slope.Lo, slope.Hi)
	// Output:
	// slope 0.72, 90 % within [0.70, 0.74]
}

// A table as statisticians know it, as text, and in Markdown for a notebook.
func ExampleSummary() {
	x, y := wrongFifth()
	fit, err := scalar.IRLS(x, y, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := fit.Summary(&scalar.SummaryOptions{Names: []string{"slope", "intercept"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(s.String()) {
		if !strings.HasPrefix(line, "iterations") { // their number differs between processors
			fmt.Print(line)
		}
	}
	fmt.Println(s.Rows[0].Name, len(s.Markdown()) > 0)
	// Output:
	// Robust regression
	// ------------------------------------------------------------------
	// covariance      observed information
	// rows                              50
	// parameters                         4
	// log-likelihood                 82.70
	// AIC                          -157.41
	// BIC                          -149.76
	// ------------------------------------------------------------------
	//            estimate  std. error      t      p  95 % from        to
	// slope       0.71895      0.0144  50.05  0.000    0.69007   0.74784
	// intercept   0.13595     0.00837  16.25  0.000    0.11913   0.15277
	// alpha      0.034839      0.0714                        0   0.22544
	// scale       0.01241     0.00253                0.0082339  0.018704
	// ------------------------------------------------------------------
	// 1. alpha is near a bound: its interval is that of the profile likelihood.
	// slope true
}

// In a least squares fit, the last row moves the line; under Geman-McClure's loss it counts nothing.
func ExampleRegression_CooksDistances() {
	x := mat.NewDense(6, 2, []float64{0, 1, 1, 1, 2, 1, 3, 1, 4, 1, 6, 1})
	y := mat.NewVecDense(6, []float64{0.1, 0.9, 2.1, 2.9, 4.1, 2})
	for _, alpha := range []float64{2, -2} {
		fit, err := scalar.IRLS(x, y, &scalar.IRLSOptions{Alpha: scalar.Fixed(alpha), Scale: new(0.3)})
		if err != nil {
			fmt.Println(err)
			return
		}
		hat, err := fit.HatValues()
		if err != nil {
			fmt.Println(err)
			return
		}
		distances, err := fit.CooksDistances()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("α = %g: slope %.2f, last row: hat value %.3f, Cook's distance %.3f\n", alpha, fit.Coefficients.AtVec(0), hat[5], distances[5])
	}
	// Output:
	// α = 2: slope 0.43, last row: hat value 0.643, Cook's distance 3.570
	// α = -2: slope 1.00, last row: hat value 0.001, Cook's distance 0.000
}

// Where half of the rows lie on a line exactly, their scale is 0, and IRLS stops there.
func ExampleStopReason() {
	x := mat.NewDense(5, 2, []float64{0, 1, 1, 1, 2, 1, 3, 1, 4, 1})
	y := mat.NewVecDense(5, []float64{1, 3, 5, 70, 9})
	fit, err := scalar.IRLS(x, y, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v: y = %.0f·x + %.0f, weight of the outlier %.1f\n",
		fit.Stop.String(), fit.Coefficients.AtVec(0), fit.Coefficients.AtVec(1), fit.Weights[3])
	// Output:
	// an exact fit: the residuals vanish: y = 2·x + 1, weight of the outlier 0.0
}

// From least squares to Welsch's loss in eight steps.
func ExampleLinearSchedule() {
	s := scalar.LinearSchedule{From: 2, To: math.Inf(-1), Steps: 8}
	for step := 0; step <= 8; step += 2 {
		fmt.Printf("%.4f\n", s.Alpha(step))
	}
	// Output:
	// 2.0000
	// 1.6667
	// 1.0000
	// -1.0000
	// -Inf
}

// Most of the way early, then slowly to the end.
func ExampleExponentialSchedule() {
	s := scalar.ExponentialSchedule{From: 2, To: -2, Steps: 20}
	for step := 0; step <= 20; step += 5 {
		fmt.Printf("%.4f\n", s.Alpha(step))
	}
	// Output:
	// 2.0000
	// -0.8733
	// -1.6966
	// -1.9324
	// -2.0000
}

// A schedule anneals: from a convex loss to one that ignores outliers.
func ExampleSchedule() {
	x, y := wrongFifth()
	for _, s := range []scalar.Schedule{scalar.ConstantSchedule(1), scalar.LinearSchedule{From: 1, To: -2, Steps: 10}} {
		fit, err := scalar.IRLS(x, y, &scalar.IRLSOptions{Schedule: s, Scale: new(0.04)})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("α = %g: y = %.2f·x + %.2f\n", fit.Alpha, fit.Coefficients.AtVec(0), fit.Coefficients.AtVec(1))
	}
	// Output:
	// α = 1: y = 0.72·x + 0.13
	// α = -2: y = 0.72·x + 0.14
}

// λ bends the line, and −λ bends it back.
func ExamplePowerTransform() {
	for _, lambda := range []float64{math.Inf(-1), -1, 0, 1} {
		f := scalar.PowerTransform(3, lambda)
		fmt.Printf("λ = %4g: f(3) = %7.4f, slope %7.4f, back at %.4f\n", lambda, f, scalar.PowerTransformDerivative(3, lambda), scalar.PowerTransform(f, -lambda))
	}
	// Output:
	// λ = -Inf: f(3) =  0.9502, slope  0.0498, back at 3.0000
	// λ =   -1: f(3) =  1.3863, slope  0.2500, back at 3.0000
	// λ =    0: f(3) =  3.0000, slope  1.0000, back at 3.0000
	// λ =    1: f(3) = 19.0855, slope 20.0855, back at 3.0000
}

// The loss is the transform of half a square; beyond its last shape, α = ∞, the transform goes on.
func ExamplePowerLambda() {
	for _, alpha := range []float64{-2, 1, 4} {
		lambda := scalar.PowerLambda(alpha)
		fmt.Printf("α = %2g, λ = %4g: f = %.4f, ρ = %.4f\n", alpha, lambda, scalar.PowerTransform(0.5*1.2*1.2, lambda), scalar.Kernel{Alpha: alpha, Scale: 1}.Rho(1.2))
	}
	fmt.Printf("λ = 2: e^−f is %.4f at x = 1.2, and %g at x = 2\n", math.Exp(-scalar.PowerTransform(0.5*1.2*1.2, 2)), math.Exp(-scalar.PowerTransform(0.5*2*2, 2)))
	// Output:
	// α = -2, λ =   -2: f = 0.5294, ρ = 0.5294
	// α =  1, λ = -0.5: f = 0.5620, ρ = 0.5620
	// α =  4, λ =  0.5: f = 0.9792, ρ = 0.9792
	// λ = 2: e^−f is 0.3247 at x = 1.2, and 0 at x = 2
}

// One step of a fit of λ: how f changes with it.
func ExamplePowerTransformLambdaGradient() {
	const s, lambda, step = 3, -0.5, 0.01
	before, after := scalar.PowerTransform(s, lambda), scalar.PowerTransform(s, lambda+step)
	fmt.Printf("f grows by %.4f; by its derivative, by %.4f\n", after-before, step*scalar.PowerTransformLambdaGradient(s, lambda))
	// Output:
	// f grows by 0.0084; by its derivative, by 0.0083
}
