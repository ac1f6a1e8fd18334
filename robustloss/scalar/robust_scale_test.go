package scalar

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// statsmodels' RLM with its scale, updated at each iteration, and its scales of y.
func TestScaleBy_MatchesStatsmodels(t *testing.T) {
	var file struct {
		Data map[string]struct {
			X [][]float64
			Y []float64
		}
		Scales []struct {
			Data, By    string
			Alpha       float64
			Scale       float64
			Params, Bse []float64
			OfY         float64 `json:"of_y"`
		}
	}
	readJSON(t, "testdata/rlm.json", &file)
	if len(file.Scales) != 8 {
		t.Fatalf("%d cases", len(file.Scales))
	}
	for _, c := range file.Scales {
		d := file.Data[c.Data]
		x := mat.NewDense(len(d.Y), len(c.Params), nil)
		for i, row := range d.X {
			x.SetRow(i, row)
		}
		by, ofY := ByMAD, func() (float64, error) { return MAD(d.Y, nil) }
		if c.By == "qn" {
			by, ofY = ByQn, func() (float64, error) { return Qn(d.Y) }
		}
		if got, err := ofY(); err != nil || math.Abs(got/c.OfY-1) > 1e-12 {
			t.Errorf("%s of %s is %v (%v), want %v", c.By, c.Data, got, err, c.OfY)
		}
		r, err := IRLS(x, mat.NewVecDense(len(d.Y), d.Y), &IRLSOptions{Alpha: Fixed(c.Alpha), ScaleBy: by})
		if err != nil {
			t.Fatal(err)
		}
		if r.Stop != StopConverged || math.Abs(r.Scale/c.Scale-1) > 1e-6 {
			t.Errorf("%s, %s: scale %v, want %v; %v", c.Data, c.By, r.Scale, c.Scale, r.Stop)
		}
		u := uncertain(t, r, H1)
		for j, want := range c.Params {
			if math.Abs(r.Coefficients.AtVec(j)-want) > 1e-6*c.Bse[j] || math.Abs(u.StdErr(j)/c.Bse[j]-1) > 1e-6 {
				t.Errorf("%s, %s: β[%d] = %v ± %v, want %v ± %v", c.Data, c.By, j, r.Coefficients.AtVec(j), u.StdErr(j), want, c.Bse[j])
			}
		}
	}
}

// Qn against its definition, with ties.
func TestQn_IsItsDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	for n := 3; n < 40; n++ {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(rng.IntN(60)) + 0.25
		}
		var distances []float64
		for i := range x {
			for j := range i {
				distances = append(distances, math.Abs(x[i]-x[j]))
			}
		}
		slices.Sort(distances)
		h := n/2 + 1
		if got, err := Qn(x); err != nil || got != qnToScale*distances[h*(h-1)/2-1] {
			t.Errorf("Qn of %v is %v, want %v (%v)", x, got, qnToScale*distances[h*(h-1)/2-1], err)
		}
	}
}

// Both are the standard deviation of normal samples, move with place and unit, and are not carried away by nearly half of the samples.
func TestRobustScales(t *testing.T) {
	x := draw(General{Alpha: 2, Scale: 1}, 20_000, 1)
	for name, scale := range map[string]func(x []float64) (float64, error){
		"MAD": func(x []float64) (float64, error) { return MAD(x, nil) }, "Qn": Qn,
	} {
		one, err := scale(x)
		if err != nil || math.Abs(one-1) > 0.04 {
			t.Errorf("%s of normal samples is %v, %v", name, one, err)
		}
		if moved, err := scale(shifted(x, 1<<20, 0x1p-600)); err != nil || math.Abs(moved/0x1p-600-one) > 1e-9 {
			t.Errorf("%s, moved: %v, before %v (%v)", name, moved/0x1p-600, one, err)
		}
		dirty := append(slices.Clone(x[:55]), slices.Repeat([]float64{1e9}, 45)...)
		if got, err := scale(dirty); err != nil || got > 10 {
			t.Errorf("%s with 45 %% of outliers: %v, %v", name, got, err)
		}
		if _, err := scale([]float64{1, 2}); !errors.Is(err, ErrTooFew) {
			t.Errorf("%s of two samples: %v", name, err)
		}
	}
	// A weight repeats a sample; an even number of samples has two medians.
	a, err1 := MAD([]float64{1, 2, 5, 9}, []float64{1, 2, 1, 1})
	b, err2 := MAD([]float64{1, 2, 2, 5, 9}, nil)
	if err1 != nil || err2 != nil || a != b || a != madToScale {
		t.Errorf("%v (%v), repeated %v (%v)", a, err1, b, err2)
	}
	if c, err := MAD([]float64{0, 1, 3, 7}, nil); err != nil || math.Abs(c-1.5*madToScale) > 1e-15 { // around 2: 1, 1, 2, 5
		t.Errorf("%v, %v", c, err)
	}
}

func TestScaleBy_Errors(t *testing.T) {
	x, y := line(20, 0, 1)
	if _, err := IRLS(x, y, &IRLSOptions{ScaleBy: ByQn, Weights: append(slices.Repeat([]float64{1}, 19), 2)}); !errors.Is(err, ErrArgument) {
		t.Error(err)
	}
	if _, err := IRLS(x, y, &IRLSOptions{ScaleBy: 9}); !errors.Is(err, ErrArgument) {
		t.Error(err)
	}
	r, err := IRLS(x, y, &IRLSOptions{ScaleBy: ByMAD, Alpha: Fixed(1)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Profile(0, 0.9); !errors.Is(err, ErrArgument) {
		t.Error(err)
	}
}
