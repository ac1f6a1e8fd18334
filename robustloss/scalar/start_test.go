package scalar

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// outlyingRows returns 100 rows of a plane with noise 0.1, a share of which is far away in x and y.
func outlyingRows(share float64, seed uint64) (x *mat.Dense, y *mat.VecDense) {
	const n = 100
	rng := rand.New(rand.NewPCG(seed, 9))
	x, y = mat.NewDense(n, 3, nil), mat.NewVecDense(n, nil)
	for i := range n {
		a, b, noise := 2*rng.Float64()-1, 2*rng.Float64()-1, 0.1*rng.NormFloat64()
		x.SetRow(i, []float64{1, a, b})
		y.SetVec(i, 1+2*a-b+noise)
		if float64(i) < share*n {
			x.SetRow(i, []float64{1, 5 + 0.1*a, 0.1 * b})
			y.SetVec(i, -5+noise)
		}
	}
	return x, y
}

// The scale of the S-estimate is the standard deviation of normal errors, and the estimate moves with place and unit.
func TestIRLS_HighBreakdownIsEquivariant(t *testing.T) {
	x, y := outlyingRows(0.3, 1)
	s, err := newIRLS(x, y, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.highBreakdown(); err != nil {
		t.Fatal(err)
	}
	want := s.design.external(s.beta)
	scale := math.Ldexp(s.fixedScale, s.design.exponent)
	for _, unit := range []float64{0x1p-500, 0x1p500} {
		moved := mat.NewVecDense(100, nil)
		for i := range 100 {
			moved.SetVec(i, unit*(y.AtVec(i)+1e6))
		}
		if s, err = newIRLS(x, moved, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.highBreakdown(); err != nil {
			t.Fatal(err)
		}
		for j, b := range s.design.external(s.beta) {
			offset := 0.0
			if j == 0 {
				offset = 1e6
			}
			if math.Abs(b/unit-offset-want[j]) > 1e-6 {
				t.Errorf("unit %g: β[%d] = %g, before %g", unit, j, b/unit-offset, want[j])
			}
		}
		if got := math.Ldexp(s.fixedScale, s.design.exponent) / unit; math.Abs(got/scale-1) > 1e-6 {
			t.Errorf("unit %g: scale %g, before %g", unit, got, scale)
		}
	}
	clean, values := outlyingRows(0, 5)
	if s, err = newIRLS(clean, values, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.highBreakdown(); err != nil {
		t.Fatal(err)
	}
	if got := math.Ldexp(s.fixedScale, s.design.exponent); math.Abs(got/0.1-1) > 0.35 {
		t.Errorf("scale %g of noise 0.1", got)
	}
}

// α is what suits the residuals: at the bound of −1 without outliers, below it with many far away; c is the noise, or a few times it.
func TestIRLS_HighBreakdownAdaptsAlpha(t *testing.T) {
	for _, c := range []struct{ share, lo, hi float64 }{{0, -1, -1}, {0.4, math.Inf(-1), -1}} {
		x, y := outlyingRows(c.share, 4)
		r, err := IRLS(x, y, &IRLSOptions{HighBreakdown: true})
		if err != nil {
			t.Fatal(err)
		}
		if !(r.Alpha >= c.lo && r.Alpha <= c.hi) || !(r.Scale > 0.05 && r.Scale < 0.5) || math.Abs(r.Coefficients.AtVec(1)-2) > 0.15 {
			t.Errorf("%g of outliers: α = %g, c = %g, β = %v", c.share, r.Alpha, r.Scale, r.Coefficients.RawVector().Data)
		}
	}
}

// starCluster returns the Hertzsprung-Russell diagram that package tabular ships: log temperature beside an intercept, and log light.
func starCluster(t *testing.T) (x *mat.Dense, y *mat.VecDense, giant []bool) {
	t.Helper()
	file, err := os.Open("../../data/tabular/tables/stars.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows = rows[1:]
	x, y = mat.NewDense(len(rows), 2, nil), mat.NewVecDense(len(rows), nil)
	for i, row := range rows {
		for j, to := range []func(v float64){func(v float64) { x.SetRow(i, []float64{v, 1}) }, func(v float64) { y.SetVec(i, v) }} {
			v, err := strconv.ParseFloat(row[j], 64)
			if err != nil {
				t.Fatal(err)
			}
			to(v)
		}
		giant = append(giant, row[2] == "giant")
	}
	return x, y, giant
}

// Four giants among 47 stars, far away in x, carry least squares away, and any loss that grows without end. (That the line of the other
// stars rises is the reason why the table is known; its slope is about 2 to 3.)
func TestIRLS_HighBreakdownOfTheStars(t *testing.T) {
	x, y, giant := starCluster(t)
	for _, c := range []struct {
		options IRLSOptions
		lo, hi  float64 // of the slope
	}{
		{IRLSOptions{Alpha: Fixed(2)}, -0.5, -0.3},
		{IRLSOptions{}, -0.6, -0.3},
		{IRLSOptions{HighBreakdown: true, Alpha: Fixed(0)}, -0.7, -0.3},
		{IRLSOptions{HighBreakdown: true}, 1.8, 3.2},
	} {
		r, err := IRLS(x, y, &c.options)
		if err != nil {
			t.Fatal(err)
		}
		if slope := r.Coefficients.AtVec(0); !(slope >= c.lo && slope <= c.hi) {
			t.Errorf("%+v: slope %.3f, want %g to %g", c.options, slope, c.lo, c.hi)
		}
		for i, w := range r.Weights {
			if giant[i] && c.options.HighBreakdown && c.lo > 0 && w > 0.05 {
				t.Errorf("the giant in row %d has the weight %g", i, w)
			}
		}
	}
}

// The efficiency that the comment of HighBreakdown gives: E[ψ′]²/E[ψ²] for normal errors.
func TestIRLS_EfficiencyOfBoundedLosses(t *testing.T) {
	for alpha, want := range map[float64]float64{boundedAlpha: 0.81, -2: 0.78, math.Inf(-1): 0.65} {
		k := Kernel{Alpha: alpha, Scale: 1}
		mean := func(f func(u float64) float64) float64 {
			return quad.Fixed(func(u float64) float64 { return f(u) * distuv.UnitNormal.Prob(u) }, -12, 12, 400, nil, 0)
		}
		slope := mean(k.Curvature)
		if got := slope * slope / mean(func(u float64) float64 { return k.Influence(u) * k.Influence(u) }); math.Abs(got-want) > 0.005 {
			t.Errorf("α = %g: efficiency %.4f, the comment says %g", alpha, got, want)
		}
	}
}

// The loss of the S-estimate: its tuning makes the mean loss of normal residuals ½.
func TestWelschTuning(t *testing.T) {
	if mean := 1 - 1/math.Sqrt(1+1/(welschTuning*welschTuning)); math.Abs(mean-mScaleShare) > 1e-15 {
		t.Errorf("mean loss %v", mean)
	}
}

// An exact fit of half of the rows is found.
func TestIRLS_HighBreakdownOfAnExactFit(t *testing.T) {
	x, y := outlyingRows(0.45, 2)
	for i := 45; i < 100; i++ {
		y.SetVec(i, 1+2*x.At(i, 1)-x.At(i, 2))
	}
	r, err := IRLS(x, y, &IRLSOptions{HighBreakdown: true})
	if err != nil || r.Stop != StopExactFit || math.Abs(r.Coefficients.AtVec(1)-2) > 1e-9 {
		t.Errorf("%+v, %v", r, err)
	}
}
