package scalar

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// line returns n points on y = 2x − 1 with noise 0.05, and the share of them that outliers take: y = 8 − x.
func line(n int, share float64, seed uint64) (x *mat.Dense, y *mat.VecDense) {
	rng := rand.New(rand.NewPCG(seed, 3))
	x, y = mat.NewDense(n, 2, nil), mat.NewVecDense(n, nil)
	for i := range n {
		u := 2 * rng.Float64()
		x.SetRow(i, []float64{u, 1})
		y.SetVec(i, 2*u-1+0.05*rng.NormFloat64())
		if float64(i) < share*float64(n) {
			y.SetVec(i, 8-u+rng.NormFloat64())
		}
	}
	return x, y
}

// checkStationary checks that the gradient of the objective, Σ weight·r·x, vanishes beside its terms.
func checkStationary(t *testing.T, what string, x *mat.Dense, r *Regression) {
	t.Helper()
	n, p := x.Dims()
	for j := range p {
		sum, size := 0.0, 0.0
		for i := range n {
			term := r.Weights[i] * r.Residuals[i] * x.At(i, j)
			sum += term
			size += math.Abs(term)
		}
		if math.Abs(sum) > 1e-5*size {
			t.Errorf("%s: gradient %d is %.3g, its terms %.3g; %v", what, j, sum, size, r.Stop)
		}
	}
}

func TestIRLS_AtTwoIsLeastSquares(t *testing.T) {
	x, y := line(40, 0.2, 1)
	r, err := IRLS(x, y, &IRLSOptions{Alpha: new(2.0)})
	if err != nil {
		t.Fatal(err)
	}
	var want mat.VecDense
	if err := want.SolveVec(x, y); err != nil {
		t.Fatal(err)
	}
	if !mat.EqualApprox(r.Coefficients, &want, 1e-10) || r.Stop != StopConverged {
		t.Errorf("%v (%v), want %v", r.Coefficients, r.Stop, &want)
	}
	sum := 0.0
	for i, v := range r.Residuals {
		sum += v * v
		if math.Abs(v-(y.AtVec(i)-x.At(i, 0)*want.AtVec(0)-want.AtVec(1))) > 1e-9 || r.Weights[i] != 1 {
			t.Errorf("residual %d: %v of weight %v", i, v, r.Weights[i])
		}
	}
	if math.Abs(r.Scale-math.Sqrt(sum/40)) > 1e-8 {
		t.Errorf("scale %v, standard deviation %v", r.Scale, math.Sqrt(sum/40))
	}
}

func TestIRLS_FindsTheLineBesideOutliers(t *testing.T) {
	for _, share := range []float64{0, 0.2, 0.4} {
		x, y := line(200, share, 2)
		for _, c := range []struct {
			name    string
			options IRLSOptions
		}{
			{"adapted", IRLSOptions{}},
			{"Cauchy", IRLSOptions{Alpha: new(0.0)}},
			{"Cauchy, c given", IRLSOptions{Alpha: new(0.0), Scale: 0.05}},
			{"Geman-McClure", IRLSOptions{Alpha: new(-2.0), Scale: 0.1}},
			{"Welsch", IRLSOptions{Alpha: new(math.Inf(-1)), Scale: 0.1}},
			{"annealed", IRLSOptions{Schedule: LinearSchedule{From: 1, To: -4, Steps: 20}, Scale: 0.1}},
		} {
			r, err := IRLS(x, y, &c.options)
			if err != nil {
				t.Errorf("%s, %g outliers: %v", c.name, share, err)
				continue
			}
			a, b := r.Coefficients.AtVec(0), r.Coefficients.AtVec(1)
			if math.Abs(a-2) > 0.05 || math.Abs(b+1) > 0.05 || r.Stop != StopConverged {
				t.Errorf("%s, %g outliers: y = %.3f·x + %.3f, %v after %d iterations", c.name, share, a, b, r.Stop, r.Iterations)
			}
			checkStationary(t, c.name, x, r)
			if r.Weights[0] > 0.1 && share > 0 {
				t.Errorf("%s: an outlier has the weight %g", c.name, r.Weights[0])
			}
		}
	}
}

// The adapted α tells how many outliers there are.
func TestIRLS_AdaptsAlpha(t *testing.T) {
	clean, dirty := 0.0, 0.0
	for i, share := range []float64{0, 0.3} {
		x, y := line(300, share, 5)
		r, err := IRLS(x, y, nil)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			clean = r.Alpha
		} else {
			dirty = r.Alpha
		}
	}
	if clean < 1.5 || dirty > 0.2 {
		t.Errorf("α = %g without outliers, %g with", clean, dirty)
	}
}

// The objective of the result is below that of every neighbour, in β, α and c.
func TestIRLS_IsAMinimum(t *testing.T) {
	x, y := line(100, 0.1, 7)
	for i := range 30 { // heavier noise, so that α is inside its bounds
		y.SetVec(99-i, y.AtVec(99-i)+0.1*float64(i%7-3))
	}
	r, err := IRLS(x, y, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := func(da, db, dAlpha, factor float64) float64 {
		g := General{Alpha: r.Alpha + dAlpha, Scale: r.Scale * factor}
		sum := 0.0
		for i := range 100 {
			sum -= g.LogProb(y.AtVec(i) - x.At(i, 0)*(r.Coefficients.AtVec(0)+da) - r.Coefficients.AtVec(1) - db)
		}
		return sum
	}
	if math.Abs(at(0, 0, 0, 1)-r.Objective) > 1e-9 {
		t.Errorf("objective %v, by definition %v", r.Objective, at(0, 0, 0, 1))
	}
	for _, v := range []float64{at(1e-3, 0, 0, 1), at(-1e-3, 0, 0, 1), at(0, 1e-3, 0, 1), at(0, -1e-3, 0, 1), at(0, 0, 1e-3, 1), at(0, 0, 0, 1.001), at(0, 0, 0, 0.999)} {
		if v < r.Objective {
			t.Errorf("objective %v, a neighbour has %v", r.Objective, v)
		}
	}
}

// The example of the author's code: his optimiser's end point is near the optimum, which is below.
func TestIRLS_BeatsTheAuthorsRegression(t *testing.T) {
	var file struct {
		Regression struct {
			X, Y     []float64
			Adaptive []struct {
				W, B, Alpha, Scale float64
				Loss               float64 `json:"loss_before_step"`
			}
		}
	}
	readJSON(t, goldenDir+"adaptive.json", &file)
	d := file.Regression
	x := mat.NewDense(len(d.X), 2, nil)
	for i, u := range d.X {
		x.SetRow(i, []float64{u, 1})
	}
	r, err := IRLS(x, mat.NewVecDense(len(d.Y), d.Y), &IRLSOptions{AlphaBounds: &Interval{0.001, 1.999}})
	if err != nil {
		t.Fatal(err)
	}
	last := d.Adaptive[len(d.Adaptive)-1]
	w, b := r.Coefficients.AtVec(0), r.Coefficients.AtVec(1)
	if mean := r.Objective / float64(len(d.X)); mean > last.Loss || mean < last.Loss-0.01 {
		t.Errorf("mean NLL %v, the author's %v", mean, last.Loss)
	}
	if math.Abs(w-last.W) > 0.01 || math.Abs(b-last.B) > 0.01 || r.Alpha != 0.001 {
		t.Errorf("y = %.4f·x + %.4f, α = %g; the author's %+v", w, b, r.Alpha, last)
	}
}

func TestIRLS_ExactFit(t *testing.T) {
	x, y := mat.NewDense(9, 2, nil), mat.NewVecDense(9, nil)
	for i := range 9 {
		x.SetRow(i, []float64{float64(i), 1})
		y.SetVec(i, 3*float64(i)+1)
	}
	y.SetVec(2, 100)
	y.SetVec(7, -50)
	r, err := IRLS(x, y, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Stop != StopExactFit || math.Abs(r.Coefficients.AtVec(0)-3) > 1e-9 || r.Weights[2] > 1e-9 || r.Weights[7] > 1e-9 || r.Weights[0] < 0.1 {
		t.Errorf("%+v", r)
	}
}

func TestIRLS_PriorWeightsRepeatRows(t *testing.T) {
	x, y := line(60, 0.2, 8)
	w := make([]float64, 60)
	var rows, values []float64
	for i := range w {
		w[i] = float64(i % 3)
		for range i % 3 {
			rows = append(rows, x.RawRowView(i)...)
			values = append(values, y.AtVec(i))
		}
	}
	a, errA := IRLS(x, y, &IRLSOptions{Weights: w})
	b, errB := IRLS(mat.NewDense(len(values), 2, rows), mat.NewVecDense(len(values), values), nil)
	if errA != nil || errB != nil || !mat.EqualApprox(a.Coefficients, b.Coefficients, 1e-5) || math.Abs(a.Objective-b.Objective) > 1e-6 {
		t.Errorf("weighted %+v (%v), repeated %+v (%v)", a, errA, b, errB)
	}
}

func TestIRLS_StopsAtTheLimit(t *testing.T) {
	x, y := line(60, 0.2, 8)
	r, err := IRLS(x, y, &IRLSOptions{MaxIterations: 2})
	if err != nil || r.Stop != StopIterations || r.Iterations != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	for _, s := range []StopReason{StopConverged, StopExactFit, StopIterations, 0} {
		if s.String() == "" || s > 0 && strings.Contains(s.String(), "StopReason") {
			t.Errorf("%d is %q", s, s)
		}
	}
}

// Above α = 2 the weights grow with the residual, and steps have to be halved: it still descends.
func TestIRLS_AboveTwo(t *testing.T) {
	x, y := line(50, 0, 4)
	for _, alpha := range []float64{4, math.Inf(1)} {
		r, err := IRLS(x, y, &IRLSOptions{Alpha: &alpha, Scale: 0.1})
		if err != nil || r.Stop != StopConverged {
			t.Fatalf("α = %g: %+v, %v", alpha, r, err)
		}
		checkStationary(t, fmt.Sprint(alpha), x, r)
	}
}

func TestIRLS_Errors(t *testing.T) {
	nan := math.NaN()
	x, y := line(5, 0, 1)
	twice, zero, bad, badY := mat.DenseCopyOf(x), mat.DenseCopyOf(x), mat.DenseCopyOf(x), mat.VecDenseCopyOf(y)
	for i := range 5 {
		twice.Set(i, 0, 3)
		zero.Set(i, 0, 0)
	}
	bad.Set(3, 1, nan)
	badY.SetVec(2, math.Inf(1))
	for _, c := range []struct {
		x       mat.Matrix
		y       mat.Vector
		options *IRLSOptions
		want    string
	}{
		{x, mat.NewVecDense(4, nil), nil, "x has 5 rows, y has 4 values"},
		{mat.NewDense(2, 3, nil), mat.NewVecDense(2, nil), nil, "2 rows cannot fix 3 coefficients"},
		{twice, y, nil, "linearly dependent"},
		{zero, y, nil, "column 0 of x is 0"},
		{bad, y, nil, "x[3, 1] is NaN"},
		{x, badY, nil, "y[2] is +Inf"},
		{x, y, &IRLSOptions{Weights: []float64{1}}, "1 weights for 5 rows"},
		{x, y, &IRLSOptions{Weights: []float64{1, 1, -1, 1, 1}}, "weights[2] is -1"},
		{x, y, &IRLSOptions{Weights: []float64{1, 0, 0, 0, 0}}, "over the 1 rows of positive weight"},
		{x, y, &IRLSOptions{Start: []float64{1}}, "1 starting coefficients for 2 columns"},
		{x, y, &IRLSOptions{Scale: -1}, "scale"},
		{x, y, &IRLSOptions{Alpha: &nan}, "alpha is NaN"},
		{x, y, &IRLSOptions{AlphaBounds: &Interval{-1, 2}}, "alpha in [-1, 2]"},
		{x, y, &IRLSOptions{Schedule: ConstantSchedule(nan)}, "alpha = NaN at step 0"},
	} {
		if r, err := IRLS(c.x, c.y, c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %+v, error %v, want %q", c.options, r, err, c.want)
		}
	}
}

// A line through points of which a fifth is wrong.
func ExampleIRLS() {
	rng := rand.New(rand.NewPCG(1, 2))
	x, y := mat.NewDense(50, 2, nil), mat.NewVecDense(50, nil)
	for i := range 50 {
		u := rng.Float64()
		x.SetRow(i, []float64{u, 1})
		y.SetVec(i, 0.7*u+0.15+0.02*rng.NormFloat64())
		if i%5 == 0 {
			y.SetVec(i, rng.Float64())
		}
	}
	fit, err := IRLS(x, y, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("y = %.2f·x + %.2f, α = %.2f, c = %.3f; %v\n",
		fit.Coefficients.AtVec(0), fit.Coefficients.AtVec(1), fit.Alpha, fit.Scale, fit.Stop)
	// Output:
	// y = 0.72·x + 0.14, α = 0.03, c = 0.012; the objective converged
}
