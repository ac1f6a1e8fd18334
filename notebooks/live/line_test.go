package live

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

func TestLine_IsThatOfIRLS(t *testing.T) {
	for _, outlier := range []Point{{8.5, 1.2}, {1, 6.5}, {9.9, 0}, {4, 3.1}, {5, 6}} {
		s := start(lineFigure)
		s.Points[0] = outlier
		x, y := mat.NewDense(len(s.Points), 2, nil), mat.NewVecDense(len(s.Points), nil)
		for i, p := range s.Points {
			x.SetRow(i, []float64{1, p.X})
			y.SetVec(i, p.Y)
		}
		one, c := 1.0, s.Values["c"]
		got := drawLine(s).Values
		begin := []float64{0, 0}
		for _, fit := range []struct {
			name    string
			options scalar.IRLSOptions
		}{
			{"least squares", scalar.IRLSOptions{Alpha: scalar.Fixed(2), Scale: &one}},
			{"fixed α", scalar.IRLSOptions{Alpha: scalar.Fixed(alphaOf(s.Values["alpha"])), Scale: &c}},
			{"fitted α and c", scalar.IRLSOptions{}},
		} {
			fit.options.Start = begin
			want, err := scalar.IRLS(x, y, &fit.options)
			if err != nil {
				t.Fatal(err)
			}
			begin = want.Coefficients.RawVector().Data
			for i, key := range []string{": intercept", ": slope"} {
				if g, w := got[fit.name+key], begin[i]; math.Abs(g-w) > 1e-6 {
					t.Errorf("outlier at %v: %s%s is %.9g, IRLS's is %.9g", outlier, fit.name, key, g, w)
				}
			}
			if fit.name == "fitted α and c" && (math.Abs(got["α"]-want.Alpha) > 1e-5 || math.Abs(got["c"]/want.Scale-1) > 1e-5) {
				t.Errorf("outlier at %v: α = %g and c = %g, those of IRLS %g and %g", outlier, got["α"], got["c"], want.Alpha, want.Scale)
			}
		}
	}
}

func BenchmarkLine(b *testing.B) {
	for b.Loop() {
		drawLine(start(lineFigure))
	}
}
