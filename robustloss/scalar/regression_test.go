package scalar

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Coefficients, H1, H2, H3, hat values and Cook's distances of statsmodels, at its α and scale.
func TestRegression_MatchesStatsmodels(t *testing.T) {
	var file struct {
		By   string
		Data map[string]struct {
			X [][]float64
			Y []float64
		}
		Cases []struct {
			Data          string
			Alpha         number
			Scale         float64
			Params        []float64
			Covariances   map[string][][]float64
			Hat           []float64
			CooksDistance []float64 `json:"cooks_distance"`
		}
	}
	readJSON(t, "testdata/rlm.json", &file)
	if len(file.Cases) < 12 || !strings.Contains(file.By, "statsmodels") {
		t.Fatalf("%d cases by %q", len(file.Cases), file.By)
	}
	worst := 0.0
	close8 := func(what string, got, want, size float64) {
		t.Helper()
		err := math.Abs(got-want) / size
		worst = math.Max(worst, err)
		if !(err <= 1e-8) {
			t.Errorf("%s = %v, want %v", what, got, want)
		}
	}
	for _, c := range file.Cases {
		d := file.Data[c.Data]
		x := mat.NewDense(len(d.Y), len(c.Params), nil)
		for i, row := range d.X {
			x.SetRow(i, row)
		}
		r, err := IRLS(x, mat.NewVecDense(len(d.Y), d.Y), &IRLSOptions{Alpha: Fixed(float64(c.Alpha)), Scale: &c.Scale, Start: c.Params})
		if err != nil {
			t.Fatal(err)
		}
		what := c.Data + " at α = " + fmt.Sprint(float64(c.Alpha)) + ": "
		for kind, covariance := range map[CovarianceKind][][]float64{H1: c.Covariances["H1"], H2: c.Covariances["H2"], H3: c.Covariances["H3"]} {
			u := uncertain(t, r, kind)
			for i, row := range covariance {
				close8(what+u.Names[i], r.Coefficients.AtVec(i), c.Params[i], math.Abs(c.Params[i]))
				for j, want := range row {
					close8(what+kind.String(), u.Covariance.At(i, j), want, math.Sqrt(covariance[i][i]*covariance[j][j]))
				}
			}
		}
		hat, err := r.HatValues()
		if err != nil {
			t.Fatal(err)
		}
		distances, err := r.CooksDistances()
		if err != nil {
			t.Fatal(err)
		}
		for i := range hat {
			close8(what+"hat value", hat[i], c.Hat[i], 1)
			close8(what+"Cook's distance", distances[i], c.CooksDistance[i], math.Max(1, c.CooksDistance[i]))
		}
		close8(what+"sum of hat values", floats.Sum(hat), float64(len(c.Params)), 1)
	}
	t.Logf("worst error %.2g", worst)
}

// New values lie in their interval, and the truth in that of the mean, as often as the level says.
func TestRegression_PredictCovers(t *testing.T) {
	const level, repeats = 0.9, 300
	covered, inside := 0, 0
	rng := rand.New(rand.NewPCG(3, 1))
	for seed := range uint64(repeats) {
		x, y := noisyLine(100, seed)
		noise := General{Alpha: 1, Scale: 0.2, Src: rand.NewPCG(seed, 77)}
		r, err := IRLS(x, y, &IRLSOptions{Alpha: Fixed(1)})
		if err != nil {
			t.Fatal(err)
		}
		u := 2 * rng.Float64()
		p, err := r.Predict([]float64{u, 1}, level, Observed)
		if err != nil {
			t.Fatal(err)
		}
		truth := 2*u - 1
		if p.Mean.Lo <= truth && truth <= p.Mean.Hi {
			covered++
		}
		if v := truth + 0.05*rng.NormFloat64() + noise.Rand(); p.New.Lo <= v && v <= p.New.Hi {
			inside++
		}
	}
	// Four standard deviations of the binomial distribution, 0.07.
	for what, count := range map[string]int{"the mean": covered, "new values": inside} {
		if share := float64(count) / repeats; math.Abs(share-level) > 0.07 {
			t.Errorf("%s: %.3f within intervals of level %g", what, share, level)
		}
	}
}

func TestRegression_PredictErrors(t *testing.T) {
	x, y := noisyLine(30, 1)
	r, err := IRLS(x, y, &IRLSOptions{Alpha: Fixed(-1), Scale: new(0.3)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Predict([]float64{1, 1}, 0.9, H1); err == nil || !strings.Contains(err.Error(), "alpha = -1") {
		t.Error(err)
	}
	if _, err := r.Uncertainty(Observed); err == nil || !strings.Contains(err.Error(), "sandwich") {
		t.Error(err)
	}
	if !math.IsNaN(r.LogLikelihood()) {
		t.Errorf("log-likelihood %g at α = −1", r.LogLikelihood())
	}
	if _, err := r.Predict([]float64{1}, 0.9, Sandwich); err == nil || !strings.Contains(err.Error(), "1 values for 2 coefficients") {
		t.Error(err)
	}
}
