package scalar

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A line whose outliers are the majority, and agree with each other on another line: from ten rows that are known to be right the fit finds it.
func TestIRLS_InliersHoldTheFit(t *testing.T) {
	x, y := line(200, 0.6, 3)
	var known []int
	for i := 190; i < 200; i++ {
		known = append(known, i)
	}
	for _, options := range []IRLSOptions{{Alpha: Fixed(-2), Scale: new(0.1)}, {Alpha: Fixed(math.Inf(-1)), Scale: new(0.1)}} {
		without, err := IRLS(x, y, &options)
		if err != nil {
			t.Fatal(err)
		}
		options.Inliers = known
		with, err := IRLS(x, y, &options)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := with.Coefficients.AtVec(0), with.Coefficients.AtVec(1); math.Abs(a-2) > 0.1 || math.Abs(b+1) > 0.1 || with.Stop != StopConverged {
			t.Errorf("%+v: y = %.3f·x + %.3f, %v", options, a, b, with.Stop)
		}
		for _, i := range known {
			if with.Weights[i] != 1 {
				t.Errorf("a known inlier has the weight %g", with.Weights[i])
			}
		}
		if slope := without.Coefficients.AtVec(0); slope > 0 {
			t.Errorf("without them the slope is %.3f: it should be lost", slope)
		}
	}
}

// inlierNLL is the negative log-likelihood by its definition.
func inlierNLL(x *mat.Dense, y *mat.VecDense, weights, sizes []float64, known map[int]bool, p []float64) (sum float64) {
	n, columns := x.Dims()
	for i := range n {
		r := y.AtVec(i)
		for j := range columns {
			r -= p[j] * x.At(i, j)
		}
		scale := p[columns+1] * sizes[i]
		if known[i] {
			sum -= weights[i] * distuv.Normal{Sigma: scale}.LogProb(r)
		} else {
			sum -= weights[i] * General{Alpha: p[columns], Scale: scale}.LogProb(r)
		}
	}
	return sum
}

// With known inliers, weights and scales, the fit is the minimum of the definition, and its uncertainty that of the second differences.
func TestIRLS_InliersMaximiseTheLikelihood(t *testing.T) {
	x, y, sizes := unequalRows(200, 6)
	weights, known := make([]float64, 200), map[int]bool{}
	options := &IRLSOptions{Weights: weights, Scales: sizes}
	for i := range weights {
		weights[i] = float64(1 + i%3)
	}
	noise := draw(General{Alpha: 2, Scale: 0.3}, 200, 7)
	for i := 0; i < 200; i += 4 {
		options.Inliers = append(options.Inliers, i)
		known[i] = true
		y.SetVec(i, 3*x.At(i, 0)-1+sizes[i]*noise[i])
	}
	fit, err := IRLS(x, y, options)
	if err != nil {
		t.Fatal(err)
	}
	p := []float64{fit.Coefficients.AtVec(0), fit.Coefficients.AtVec(1), fit.Alpha, fit.Scale}
	if !(fit.Alpha > 0.2 && fit.Alpha < 1.6) {
		t.Fatalf("α = %g", fit.Alpha)
	}
	at := func(steps ...float64) float64 {
		q := append([]float64(nil), p...)
		for j, h := range steps {
			q[j] += h
		}
		return inlierNLL(x, y, weights, sizes, known, q)
	}
	checkNear(t, "log-likelihood", fit.LogLikelihood(), -at(), 1e-10)
	u := uncertain(t, fit, Observed)
	hessian := mat.NewDense(4, 4, nil)
	h := make([]float64, 4)
	for j := range h {
		h[j] = 0.02 * u.StdErr(j)
	}
	for a := range 4 {
		for b := range 4 {
			for _, s := range [][2]float64{{1, 1}, {1, -1}, {-1, 1}, {-1, -1}} {
				steps := make([]float64, 4)
				steps[a] += s[0] * h[a]
				steps[b] += s[1] * h[b]
				hessian.Set(a, b, hessian.At(a, b)+s[0]*s[1]*at(steps...)/4/h[a]/h[b])
			}
		}
		up, down := make([]float64, 4), make([]float64, 4)
		up[a], down[a] = h[a], -h[a]
		if slope := (at(up...) - at(down...)) / 2 / h[a] * u.StdErr(a); math.Abs(slope) > 1e-3 {
			t.Errorf("the derivative of parameter %d is %.3g for a standard error", a, slope)
		}
	}
	var inverse mat.Dense
	if err := inverse.Inverse(hessian); err != nil {
		t.Fatal(err)
	}
	for a := range 4 {
		for b := range 4 {
			if math.Abs(u.Covariance.At(a, b)-inverse.At(a, b)) > 5e-3*u.StdErr(a)*u.StdErr(b) {
				t.Errorf("covariance of %s and %s: %g, by differences %g", u.Names[a], u.Names[b], u.Covariance.At(a, b), inverse.At(a, b))
			}
		}
	}
	fixed, err := IRLS(x, y, &IRLSOptions{Weights: weights, Scales: sizes, Inliers: options.Inliers, Alpha: Fixed(fit.Alpha), Scale: &fit.Scale})
	if err != nil {
		t.Fatal(err)
	}
	checkNear(t, "log-likelihood with α and c given", fixed.LogLikelihood(), -at(), 1e-9)
	test, err := fit.TestShape(2, &BootstrapOptions{Simulations: 19})
	if err != nil || !(test.Statistic > 0) {
		t.Errorf("%+v, %v", test, err)
	}
}

func TestIRLS_InliersThatCannotBe(t *testing.T) {
	x, y := line(20, 0.2, 3)
	var all []int
	for i := range 20 {
		all = append(all, i)
	}
	for name, c := range map[string]struct {
		inliers []int
		want    error
	}{"beyond": {[]int{20}, ErrArgument}, "negative": {[]int{-1}, ErrArgument}, "all, α free": {all, ErrTooFew}} {
		if _, err := IRLS(x, y, &IRLSOptions{Inliers: c.inliers}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// All known: least squares, whatever the loss.
	r, err := IRLS(x, y, &IRLSOptions{Inliers: all, Alpha: Fixed(-2), Scale: new(0.1)})
	if err != nil {
		t.Fatal(err)
	}
	var want mat.VecDense
	if err := want.SolveVec(x, y); err != nil {
		t.Fatal(err)
	}
	if !mat.EqualApprox(r.Coefficients, &want, 1e-9) {
		t.Errorf("%v, want %v", r.Coefficients, &want)
	}
}
