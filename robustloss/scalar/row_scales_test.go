package scalar

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// unequalRows returns a line whose rows have errors of sizes from 0.1 to 10, and a tenth of outliers.
func unequalRows(n int, seed uint64) (x *mat.Dense, y *mat.VecDense, sizes []float64) {
	errs := draw(General{Alpha: 0.8, Scale: 0.3}, n, seed)
	x, y, sizes = mat.NewDense(n, 2, nil), mat.NewVecDense(n, nil), make([]float64, n)
	for i := range n {
		sizes[i] = math.Pow(10, float64(i%5-2)/2)
		u := float64(i) / float64(n)
		x.SetRow(i, []float64{u, 1})
		y.SetVec(i, 3*u-1+sizes[i]*errs[i])
	}
	return x, y, sizes
}

// Scales are what dividing each row by its scale does, where there is no intercept left to see it; the likelihood is that of y.
func TestIRLS_ScalesDivideRows(t *testing.T) {
	x, y, sizes := unequalRows(120, 3)
	dividedX, dividedY := mat.NewDense(120, 2, nil), mat.NewVecDense(120, nil)
	weights, logSizes := make([]float64, 120), 0.0
	for i, size := range sizes {
		dividedX.SetRow(i, []float64{x.At(i, 0) / size, x.At(i, 1) / size})
		dividedY.SetVec(i, y.AtVec(i)/size)
		weights[i] = float64(1 + i%2)
		logSizes += weights[i] * math.Log(size)
	}
	for _, options := range []IRLSOptions{
		{}, {Alpha: Fixed(1), Scale: new(0.3)}, {Alpha: Fixed(-2), Scale: new(0.6)}, {ScaleBy: ByMAD, Alpha: Fixed(0.5)}, {HighBreakdown: true},
	} {
		options.Weights = weights
		want, err := IRLS(dividedX, dividedY, &options)
		if err != nil {
			t.Fatal(err)
		}
		options.Scales = sizes
		got, err := IRLS(x, y, &options)
		if err != nil {
			t.Fatal(err)
		}
		for j := range 2 {
			checkNear(t, "β", got.Coefficients.AtVec(j), want.Coefficients.AtVec(j), 1e-6)
		}
		checkNear(t, "c", got.Scale, want.Scale, 1e-6)
		if math.Abs(got.Alpha-want.Alpha) > 1e-6 {
			t.Errorf("α = %g, want %g", got.Alpha, want.Alpha)
		}
		if want.Alpha >= 0 {
			checkNear(t, "log-likelihood", got.LogLikelihood(), want.LogLikelihood()-logSizes, 1e-9)
		}
		gotHat, err := got.HatValues()
		if err != nil {
			t.Fatal(err)
		}
		wantHat, err := want.HatValues()
		if err != nil {
			t.Fatal(err)
		}
		gotCook, err := got.CooksDistances()
		if err != nil {
			t.Fatal(err)
		}
		wantCook, err := want.CooksDistances()
		if err != nil {
			t.Fatal(err)
		}
		gotU, wantU := uncertain(t, got, Sandwich), uncertain(t, want, Sandwich)
		for j := range 4 {
			if math.Abs(gotU.StdErr(j)-wantU.StdErr(j)) > 1e-5*(1e-9+wantU.StdErr(j)) {
				t.Errorf("standard error of %s: %g, want %g", gotU.Names[j], gotU.StdErr(j), wantU.StdErr(j))
			}
		}
		for i, size := range sizes {
			if math.Abs(got.Residuals[i]/size-want.Residuals[i]) > 1e-6 || math.Abs(got.Weights[i]-want.Weights[i]) > 1e-6 ||
				math.Abs(gotHat[i]-wantHat[i]) > 1e-6 || math.Abs(gotCook[i]-wantCook[i]) > 1e-6 {
				t.Fatalf("row %d: residual %g, weight %g, leverage %g, distance %g; want %g times the scale, %g, %g, %g", i,
					got.Residuals[i], got.Weights[i], gotHat[i], gotCook[i], want.Residuals[i], want.Weights[i], wantHat[i], wantCook[i])
			}
		}
	}
}

// Profiles and tests of a fit with scales are those of the divided rows too; and a common factor of the scales goes into c.
func TestIRLS_ScalesInProfilesAndTests(t *testing.T) {
	x, y, sizes := unequalRows(40, 4)
	larger := make([]float64, 40)
	for i, size := range sizes {
		larger[i] = 1e20 * size
	}
	var fits []*Regression
	for _, s := range [][]float64{sizes, larger} {
		fit, err := IRLS(x, y, &IRLSOptions{Scales: s})
		if err != nil {
			t.Fatal(err)
		}
		fits = append(fits, fit)
	}
	checkNear(t, "c", 1e20*fits[1].Scale, fits[0].Scale, 1e-6)
	checkNear(t, "log-likelihood", fits[1].LogLikelihood(), fits[0].LogLikelihood(), 1e-8)
	for i := range 4 {
		var ends [2]Interval
		for k, fit := range fits {
			var err error
			if ends[k], err = fit.Profile(i, 0.95); err != nil {
				t.Fatal(err)
			}
		}
		if i == 3 {
			ends[1].Lo, ends[1].Hi = 1e20*ends[1].Lo, 1e20*ends[1].Hi
		}
		if width := ends[0].Hi - ends[0].Lo; !(width > 0) || math.Abs(ends[0].Lo-ends[1].Lo) > 1e-4*width || math.Abs(ends[0].Hi-ends[1].Hi) > 1e-4*width {
			t.Errorf("parameter %d: %v and %v", i, ends[0], ends[1])
		}
	}
	a, err := fits[0].TestShape(2, &BootstrapOptions{Simulations: 39})
	if err != nil {
		t.Fatal(err)
	}
	b, err := fits[1].TestShape(2, &BootstrapOptions{Simulations: 39})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(a.Statistic-b.Statistic) > 1e-6*(1+a.Statistic) || a.PValue > 0.2 {
		t.Errorf("%+v and %+v: the errors are not normal", a, b)
	}
}

func TestIRLS_ScalesThatCannotBe(t *testing.T) {
	x, y, sizes := unequalRows(40, 4)
	for _, bad := range [][]float64{sizes[:39], append([]float64{0}, sizes[1:]...), append([]float64{-1}, sizes[1:]...), append([]float64{math.Inf(1)}, sizes[1:]...)} {
		if _, err := IRLS(x, y, &IRLSOptions{Scales: bad}); !errors.Is(err, ErrArgument) {
			t.Errorf("%v: %v", bad[:1], err)
		}
	}
}
