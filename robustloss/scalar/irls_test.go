package scalar

import (
	"errors"
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
	r, err := IRLS(x, y, &IRLSOptions{Alpha: Fixed(2)})
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
			{"Cauchy", IRLSOptions{Alpha: Fixed(0)}},
			{"Cauchy, c given", IRLSOptions{Alpha: Fixed(0), Scale: new(0.05)}},
			{"Geman-McClure", IRLSOptions{Alpha: Fixed(-2), Scale: new(0.1)}},
			{"Welsch", IRLSOptions{Alpha: Fixed(math.Inf(-1)), Scale: new(0.1)}},
			{"annealed", IRLSOptions{Schedule: LinearSchedule{From: 1, To: -4, Steps: 20}, Scale: new(0.1)}},
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
	r, err := IRLS(x, mat.NewVecDense(len(d.Y), d.Y), &IRLSOptions{Alpha: Between(0.001, 1.999)})
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

// Half of the residuals vanish: the result is the exact fit, with a loss that can be used.
func TestIRLS_ExactFit(t *testing.T) {
	for _, unit := range []float64{1, 1e-300, 1e300} {
		x, y := mat.NewDense(9, 2, nil), mat.NewVecDense(9, nil)
		for i := range 9 {
			x.SetRow(i, []float64{float64(i), 1})
			y.SetVec(i, unit*(3*float64(i)+1))
		}
		y.SetVec(2, 100*unit)
		y.SetVec(7, -50*unit)
		r, err := IRLS(x, y, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Stop != StopExactFit || math.Abs(r.Coefficients.AtVec(0)/unit-3) > 1e-9 || !math.IsInf(r.Objective, -1) {
			t.Errorf("unit %g: %+v", unit, r)
		}
		if r.Alpha != 0 || !(r.Scale > 0 && r.Scale < 1e-9*unit) {
			t.Errorf("unit %g: α = %g, c = %g, want 0 and the size of rounding errors", unit, r.Alpha, r.Scale)
		}
		for j, v := range r.Residuals {
			w := Kernel{Alpha: r.Alpha, Scale: 1}.Weight(v / r.Scale)
			if outlier := j == 2 || j == 7; outlier != (r.Weights[j] < 1e-9) || !outlier && r.Weights[j] < 0.1 || math.Abs(w-r.Weights[j]) > 1e-12 {
				t.Errorf("unit %g: residual %d is %g, its weight %g, by the kernel %g", unit, j, v, r.Weights[j], w)
			}
			if w := r.Kernel().Rho(v); math.IsNaN(w) { // it does not panic
				t.Errorf("ρ(%g) is NaN", v)
			}
		}
		// With α above 0 half of the rows are not enough, and there is an optimum.
		if one, err := IRLS(x, y, &IRLSOptions{Alpha: Fixed(1)}); err != nil || one.Stop != StopConverged || one.Alpha != 1 || !(one.Scale > unit) {
			t.Errorf("unit %g, α = 1: %+v, %v", unit, one, err)
		}
		// All rows on a line have none.
		y.SetVec(2, 7*unit)
		y.SetVec(7, 22*unit)
		for _, options := range []IRLSOptions{{}, {Alpha: Fixed(2)}, {Alpha: Between(0.5, 1)}, {Alpha: Fixed(-2)}} {
			r, err := IRLS(x, y, &options)
			if err != nil || r.Stop != StopExactFit || !(r.Scale > 0) || options.Alpha != nil && r.Alpha != options.Alpha.Lo {
				t.Errorf("unit %g, options %+v: %+v, %v", unit, options, r, err)
			}
		}
		if r, err := IRLS(x, y, &IRLSOptions{Alpha: Fixed(1), Scale: new(unit)}); err != nil || r.Stop != StopConverged || r.Scale != unit {
			t.Errorf("unit %g, the scale given: %+v, %v", unit, r, err)
		}
	}
}

// The unit and the place of y and of the columns change the coefficients as they should, and nothing else.
func TestIRLS_IsEquivariant(t *testing.T) {
	const n = 80
	rng := rand.New(rand.NewPCG(4, 5))
	x, y := mat.NewDense(n, 3, nil), mat.NewVecDense(n, nil)
	for i := range n { // on a grid, so that shifts are exact
		u, v := math.Round(512*rng.Float64())/256, math.Round(512*rng.NormFloat64())/256
		x.SetRow(i, []float64{u, 1, v})
		noise := General{Alpha: 0.7, Scale: 0.3, Src: rand.NewPCG(uint64(i), 6)}.Rand()
		y.SetVec(i, math.Round(256*(2*u-1+v/2+math.Max(-90, math.Min(90, noise))))/256)
	}
	for _, options := range []IRLSOptions{{}, {Alpha: Fixed(1)}, {Alpha: Fixed(-2), Scale: new(0.5)}, {Alpha: Fixed(2)}} {
		r, err := IRLS(x, y, &options)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ unit, offset, slope, unitU, offsetU, value float64 }{
			{0x1p-990, 0, 0, 1, 0, 1},
			{0x1p990, 0, 0, 1, 0, 1},
			{1, 1e12, 0, 1, 0, 1},
			{1, 0, 1 << 30, 1, 0, 1},
			{1, -1e12, 1 << 20, 1, 0, 1},
			{1, 0, 0, 0x1p-900, 0, 1},
			{1, 0, 0, 0x1p900, 0, 1},
			{1, 0, 0, 1, 1e12, 1},
			{1, 0, 0, 1, -1e9, 0x1p-700},
			{1, 0, 0, 1, 0, 0x1p700},
			{0x1p-500, 1e9, 1 << 10, 0x1p300, 1e7, -4},
		} {
			xs, ys := mat.NewDense(n, 3, nil), mat.NewVecDense(n, nil)
			for i := range n {
				xs.SetRow(i, []float64{c.unitU * (x.At(i, 0) + c.offsetU), c.value, x.At(i, 2)})
				ys.SetVec(i, c.unit*(y.AtVec(i)+c.offset+c.slope*x.At(i, 0)))
			}
			o := options
			if o.Scale != nil {
				o.Scale = new(c.unit * *o.Scale)
			}
			got, err := IRLS(xs, ys, &o)
			if err != nil {
				t.Errorf("%+v: %v", c, err)
				continue
			}
			slope := (r.Coefficients.AtVec(0) + c.slope) * c.unit / c.unitU
			want := []float64{slope, (r.Coefficients.AtVec(1)+c.offset)*c.unit/c.value - slope*c.unitU*c.offsetU/c.value, r.Coefficients.AtVec(2) * c.unit}
			sizes := []float64{c.unit / c.unitU, c.unit / math.Abs(c.value) * (1 + math.Abs(c.offsetU)), c.unit}
			large := []float64{math.Abs(slope), math.Max(math.Abs(want[1]), math.Abs(slope*c.unitU*c.offsetU/c.value)), 0}
			for j, b := range want {
				if d := math.Abs(got.Coefficients.AtVec(j) - b); d > 1e-6*r.Scale*sizes[j]+4*0x1p-52*large[j] {
					t.Errorf("%+v, %+v: β[%d] = %v, want %v, off by %.2g", options, c, j, got.Coefficients.AtVec(j), b, d)
				}
			}
			worst := 0.0
			for i, v := range got.Residuals {
				worst = math.Max(worst, math.Abs(v/c.unit-r.Residuals[i]))
			}
			if worst > 1e-6*r.Scale || math.Abs(got.Scale/c.unit/r.Scale-1) > 1e-6 || math.Abs(got.Alpha-r.Alpha) > 1e-6 || got.Stop != r.Stop {
				t.Errorf("%+v: residuals off by %.2g, α = %g, c/unit = %g; before α = %g, c = %g", c, worst, got.Alpha, got.Scale/c.unit, r.Alpha, r.Scale)
			}
			objective := got.Objective
			if o.Scale == nil && got.Alpha >= 0 {
				objective -= n * math.Log(c.unit)
			}
			if math.Abs(objective-r.Objective) > 1e-8*n {
				t.Errorf("%+v: objective %v, before %v", c, objective, r.Objective)
			}
		}
	}
}

// What overflows says so.
func TestIRLS_Overflow(t *testing.T) {
	x, y := line(30, 0, 3)
	far := mat.VecDenseCopyOf(y)
	far.SetVec(4, 1e4)
	huge, tiny := mat.NewDense(30, 2, nil), mat.NewVecDense(30, nil)
	for i := range 30 {
		huge.SetRow(i, []float64{1e-300 * x.At(i, 0), 1})
		tiny.SetVec(i, 1e300*y.AtVec(i))
	}
	apart := mat.DenseCopyOf(x)
	for i := range 30 {
		apart.Set(i, 0, math.Copysign(1.5e308, float64(i)-20.5))
	}
	for _, c := range []struct {
		what    string
		x       mat.Matrix
		y       mat.Vector
		options IRLSOptions
	}{
		{"the loss", x, far, IRLSOptions{Alpha: Fixed(math.Inf(1)), Scale: new(0.1)}},
		{"the coefficients", huge, tiny, IRLSOptions{}},
		{"y over the scale", x, tiny, IRLSOptions{Alpha: Fixed(0), Scale: new(1e-300)}},
		{"the range of a column", apart, y, IRLSOptions{}},
		{"the start", x, y, IRLSOptions{Start: []float64{1e308, 1e308}, Scale: new(1e-5)}},
	} {
		if r, err := IRLS(c.x, c.y, &c.options); !errors.Is(err, ErrOverflow) {
			t.Errorf("%s: %+v, %v", c.what, r, err)
		}
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
		r, err := IRLS(x, y, &IRLSOptions{Alpha: Fixed(alpha), Scale: new(0.1)})
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
		{&mat.Dense{}, &mat.VecDense{}, nil, "x has 0 rows and 0 columns"},
		{mat.NewDense(2, 3, nil), mat.NewVecDense(2, nil), nil, "2 rows cannot fix 3 coefficients"},
		{twice, y, nil, "linearly dependent"},
		{zero, y, nil, "column 0 of x is 0"},
		{bad, y, nil, "x[3, 1] is NaN"},
		{x, badY, nil, "y[2] is +Inf"},
		{x, y, &IRLSOptions{Weights: []float64{1}}, "1 weights for 5 rows"},
		{x, y, &IRLSOptions{Weights: []float64{1, 1, -1, 1, 1}}, "weights[2] is -1"},
		{x, y, &IRLSOptions{Weights: []float64{1, 0, 0, 0, 0}}, "over the 1 rows of positive weight"},
		{x, y, &IRLSOptions{Start: []float64{1}}, "1 starting coefficients for 2 columns"},
		{x, y, &IRLSOptions{Scale: new(-1.0)}, "scale"},
		{x, y, &IRLSOptions{Alpha: Fixed(nan)}, "alpha in [NaN, NaN]"},
		{x, y, &IRLSOptions{Alpha: Between(-1, 2)}, "alpha in [-1, 2]"},
		{x, y, &IRLSOptions{Schedule: ConstantSchedule(nan)}, "alpha = NaN at step 0"},
	} {
		if r, err := IRLS(c.x, c.y, c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %+v, error %v, want %q", c.options, r, err, c.want)
		}
	}
}
