package scalar

import (
	"math"
	"testing"
)

// kernelRow is a row of testdata/kernel.json.
type kernelRow struct {
	x                                           float64
	kernel                                      Kernel
	rho, dx, dAlpha, dScale, weight, dxx, dsqsq float64
}

func kernelRows(t testing.TB) []kernelRow {
	t.Helper()
	var file struct{ Rows [][10]number }
	readJSON(t, "testdata/kernel.json", &file)
	if len(file.Rows) < 1000 {
		t.Fatalf("only %d rows", len(file.Rows))
	}
	rows := make([]kernelRow, len(file.Rows))
	for i, r := range file.Rows {
		var f [10]float64
		for j := range r {
			f[j] = float64(r[j])
		}
		rows[i] = kernelRow{f[0], Kernel{f[1], f[2]}, f[3], f[4], f[5], f[6], f[7], f[8], f[9]}
	}
	return rows
}

// accuracy collects the worst relative error of one function, in units of the conditioning of exp: max(1, |ln v|/100).
type accuracy struct {
	name  string
	worst float64
	limit float64
}

func (a *accuracy) check(t *testing.T, r kernelRow, got, want float64) {
	t.Helper()
	err := relativeError(got, want)
	if want != 0 && !math.IsInf(want, 0) {
		err /= math.Max(1, math.Abs(math.Log(math.Abs(want)))/100)
	}
	if math.Abs(want) < 0x1p-1022 && math.Abs(got-want) <= 0x1p-1074 { // a subnormal has no more digits
		err = 0
	}
	a.worst = math.Max(a.worst, err)
	if !(err <= a.limit) {
		t.Errorf("%s(%g) of %+v = %g, want %g: relative error %.2g", a.name, r.x, r.kernel, got, want, err)
	}
}

func TestKernel_MatchesHighPrecision(t *testing.T) {
	rho, dx := accuracy{name: "Rho", limit: 1e-13}, accuracy{name: "Influence", limit: 1e-13}
	dScale, weight := accuracy{name: "ScaleGradient", limit: 1e-13}, accuracy{name: "Weight", limit: 1e-13}
	dAlpha := accuracy{name: "AlphaGradient", limit: 1e-9}
	for _, r := range kernelRows(t) {
		rho.check(t, r, r.kernel.Rho(r.x), r.rho)
		dx.check(t, r, r.kernel.Influence(r.x), r.dx)
		dScale.check(t, r, r.kernel.ScaleGradient(r.x), r.dScale)
		weight.check(t, r, r.kernel.Weight(r.x), r.weight)
		if r.kernel.Alpha != 2 { // see TestKernel_AlphaGradientAtTwo
			dAlpha.check(t, r, r.kernel.AlphaGradient(r.x), r.dAlpha)
		}
	}
	for _, a := range []accuracy{rho, dx, dScale, weight, dAlpha} {
		t.Logf("%s: worst relative error %.2g", a.name, a.worst)
	}
}

func TestKernel_MatchesGolden(t *testing.T) {
	var file struct {
		Rows []struct{ X, Alpha, C, Rho, DX, DA, DC, W number }
	}
	readJSON(t, goldenDir+"loss.json", &file)
	if len(file.Rows) < 200 {
		t.Fatalf("only %d rows", len(file.Rows))
	}
	rho, dx := accuracy{name: "Rho", limit: 1e-13}, accuracy{name: "Influence", limit: 1e-13}
	dScale, weight := accuracy{name: "ScaleGradient", limit: 1e-13}, accuracy{name: "Weight", limit: 1e-13}
	dAlpha := accuracy{name: "AlphaGradient", limit: 1e-9}
	for _, g := range file.Rows {
		r := kernelRow{x: float64(g.X), kernel: Kernel{float64(g.Alpha), float64(g.C)}}
		rho.check(t, r, r.kernel.Rho(r.x), float64(g.Rho))
		dx.check(t, r, r.kernel.Influence(r.x), float64(g.DX))
		dScale.check(t, r, r.kernel.ScaleGradient(r.x), float64(g.DC))
		weight.check(t, r, r.kernel.Weight(r.x), float64(g.W))
		if r.kernel.Alpha != 2 {
			dAlpha.check(t, r, r.kernel.AlphaGradient(r.x), float64(g.DA))
		}
	}
}

// The curvature has a zero, where its relative error is that of a difference: it is measured against the weight.
func TestKernel_CurvatureMatchesHighPrecision(t *testing.T) {
	worst := 0.0
	for _, r := range kernelRows(t) {
		got := r.kernel.Curvature(r.x)
		if got == r.dxx || math.Abs(got-r.dxx) <= 0x1p-1074 {
			continue
		}
		size := math.Max(math.Abs(r.dxx), r.weight)
		err := math.Abs(got-r.dxx) / size / math.Max(1, math.Abs(math.Log(size))/100)
		worst = math.Max(worst, err)
		if !(err <= 1e-13) {
			t.Errorf("Curvature(%g) of %+v = %g, want %g: error %.2g", r.x, r.kernel, got, r.dxx, err)
		}
	}
	t.Logf("worst relative error %.2g", worst)
}

func TestKernel_RhoSquaredMatchesHighPrecision(t *testing.T) {
	rho, rho1, rho2 := accuracy{name: "ρ", limit: 1e-13}, accuracy{name: "ρ′", limit: 1e-13}, accuracy{name: "ρ″", limit: 1e-13}
	rows := 0
	for _, r := range kernelRows(t) {
		s := r.x * r.x
		if math.Abs(r.x) < 1e-140 || math.IsInf(s, 0) { // s itself is out of range
			continue
		}
		rows++
		got, got1, got2 := r.kernel.RhoSquared(s)
		rho.check(t, r, got, r.rho)
		rho1.check(t, r, got1, r.weight/2)
		rho2.check(t, r, got2, r.dsqsq)
	}
	if rows < 800 {
		t.Fatalf("only %d rows", rows)
	}
	t.Logf("worst relative errors %.2g, %.2g, %.2g", rho.worst, rho1.worst, rho2.worst)
}

// At α = 2 the derivative diverges; the documented value is that at a gap of 2⁻⁵².
func TestKernel_AlphaGradientAtTwo(t *testing.T) {
	for _, x := range []float64{1e-3, 0.1, 1, 30, 1e6} {
		z := x * x / 9
		want := z / 4 * (math.Log(z*0x1p52) - 2)
		got := Kernel{Alpha: 2, Scale: 3}.AlphaGradient(x)
		if relativeError(got, want) > 1e-7 {
			t.Errorf("AlphaGradient(%g) = %g, want %g", x, got, want)
		}
	}
	if got := (Kernel{Alpha: 2, Scale: 3}).AlphaGradient(0); got != 0 {
		t.Errorf("AlphaGradient(0) = %g", got)
	}
}
