package scalar

import (
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// scipy's optima, and the likelihoods of three families.
func TestFitStudentsT_MatchesScipy(t *testing.T) {
	var file struct {
		Cases []struct {
			Name          string
			Samples       []float64
			Nu, Mu, Sigma float64
			LogLikelihood map[string]float64 `json:"log_likelihood"`
		}
	}
	readJSON(t, "testdata/families.json", &file)
	if len(file.Cases) < 4 {
		t.Fatalf("%d cases", len(file.Cases))
	}
	for _, c := range file.Cases {
		g, err := FitStudentsT(c.Samples, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(g.Nu/c.Nu-1) > 1e-5 || math.Abs(g.Mu-c.Mu) > 1e-6*c.Sigma || math.Abs(g.Sigma/c.Sigma-1) > 1e-6 {
			t.Errorf("%s: %+v, scipy has ν = %v, μ = %v, σ = %v", c.Name, g, c.Nu, c.Mu, c.Sigma)
		}
		candidates, err := Compare(c.Samples, nil)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, x := range candidates {
			if want, ok := c.LogLikelihood[x.Family]; ok {
				found++
				if math.Abs(x.LogLikelihood-want) > 1e-8*math.Abs(want) || math.Abs(x.AIC-2*float64(x.Parameters)+2*want) > 1e-7*math.Abs(want) {
					t.Errorf("%s: %+v, scipy has %v", c.Name, x, want)
				}
			}
			sum := 0.0
			for _, v := range c.Samples {
				sum += x.Distribution.LogProb(v)
			}
			if math.Abs(sum-x.LogLikelihood) > 1e-9*math.Abs(sum) {
				t.Errorf("%s: log-likelihood %v of %s, by its distribution %v", c.Name, x.LogLikelihood, x.Family, sum)
			}
		}
		if found != 3 || len(candidates) != 5 {
			t.Errorf("%d families of %d", found, len(candidates))
		}
	}
}

// log Z(ν) and its derivative, on both sides of the switch, against the definition and differences.
func TestStudentsTLoss_Partition(t *testing.T) {
	for _, nu := range []float64{0.3, 1, 2.5, 30, 99, 100, 101, 1e3, 1e6} {
		l := studentsTLoss(nu)
		a, _ := math.Lgamma(nu / 2)
		b, _ := math.Lgamma((nu + 1) / 2)
		if want := math.Log(math.Pi*nu)/2 + a - b; math.Abs(l.logZ()-want) > 1e-13+4e-16*a {
			t.Errorf("log Z(%g) = %v, want %v", nu, l.logZ(), want)
		}
		h := 1e-4 * nu
		want := (studentsTLoss(nu+h).logZ() - studentsTLoss(nu-h).logZ()) / (2 * h)
		if math.Abs(l.logZSlope()-want) > 1e-5*math.Abs(want)+1e-15/h {
			t.Errorf("d log Z/dν at %g = %v, difference %v", nu, l.logZSlope(), want)
		}
		for _, u := range []float64{0.1, 2, 30} {
			want := (studentsTLoss(nu+h).terms(u).rho - studentsTLoss(nu-h).terms(u).rho) / (2 * h)
			if got := l.shapeGradient(u); math.Abs(got-want) > 1e-5*math.Abs(want)+1e-12*u*u/h {
				t.Errorf("∂ρ/∂ν at ν = %g, u = %g: %v, difference %v", nu, u, got, want)
			}
		}
	}
	if far := studentsTLoss(3).terms(1e200); math.Abs(far.rho-2*(400*math.Ln10-math.Log(3))) > 1e-9 || far.pull != 4 {
		t.Errorf("at 1e200: %+v", far)
	}
}

func TestFitStudentsT_IsEquivariant(t *testing.T) {
	x := draw(General{Alpha: 0.5, Scale: 1}, 120, 5)
	for i := range x {
		x[i] = math.Round(1024*math.Max(-300, math.Min(300, x[i]))) / 1024
	}
	g, err := FitStudentsT(x, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, offset := range []float64{0, 1e9, -1e12} {
		for _, unit := range []float64{0x1p-990, 1, 0x1p980} {
			h, err := FitStudentsT(shifted(x, offset, unit), nil, nil)
			if err != nil || h.Nu != g.Nu || h.Sigma != unit*g.Sigma || h.Mu/unit != offset+g.Mu {
				t.Errorf("offset %g, unit %g: %+v (%v), before %+v", offset, unit, h, err, g)
			}
		}
	}
	// At its bounds: normal samples, and those with heavier tails than Cauchy's.
	if h, err := FitStudentsT([]float64{-2, -1, 0, 1, 2}, nil, nil); err != nil || h.Nu != largestNu {
		t.Errorf("light tails: %+v, %v", h, err)
	}
	if h, err := FitStudentsT([]float64{0, 1, 2, 30, -1e9, 1e18, -1e27}, nil, nil); err != nil || h.Nu != 1 {
		t.Errorf("heavy tails: %+v, %v", h, err)
	}
}

func TestFitStudentsT_Errors(t *testing.T) {
	ok := []float64{1, 2, 4, 7}
	for _, c := range []struct {
		samples []float64
		options *StudentsTOptions
		kind    error
	}{
		{ok[:2], nil, ErrTooFew},
		{ok, &StudentsTOptions{Nu: Between(0, 1)}, ErrArgument},
		{ok, &StudentsTOptions{Nu: Between(3, 2)}, ErrArgument},
		{ok, &StudentsTOptions{Scale: new(-1.0)}, ErrArgument},
		{[]float64{1, 1, 2, 4}, nil, ErrUnbounded},
		{[]float64{1, 2, 3, 4, 5}, &StudentsTOptions{Nu: Fixed(0.2)}, ErrUnbounded},
	} {
		if g, err := FitStudentsT(c.samples, nil, c.options); !errors.Is(err, c.kind) {
			t.Errorf("%v, %+v: %+v, %v", c.samples, c.options, g, err)
		}
	}
}

// The right family wins with many samples.
func TestCompare_FindsTheFamily(t *testing.T) {
	const n = 2000
	draws := func(quantile func(p float64) float64) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = quantile((float64(i) + 0.5) / n)
		}
		return x
	}
	for family, quantile := range map[string]func(p float64) float64{
		"normal":      distuv.Normal{Mu: 1, Sigma: 2}.Quantile,
		"Laplace":     distuv.Laplace{Mu: 1, Scale: 2}.Quantile,
		"Cauchy":      General{Mu: 1, Alpha: 0, Scale: 2}.Quantile,
		"Student's t": distuv.StudentsT{Mu: 1, Sigma: 2, Nu: 4}.Quantile,
		"general":     General{Mu: 1, Alpha: 1, Scale: 2}.Quantile,
	} {
		c, err := Compare(draws(quantile), nil)
		if err != nil {
			t.Fatal(err)
		}
		if c[0].Family != family {
			t.Errorf("%s: the lowest AIC has\n%v", family, c)
		}
	}
}

func TestCompare_SaysWhatHasNoFit(t *testing.T) {
	c, err := Compare([]float64{1, 1, 1, 1, 2, 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range c {
		if unbounded := x.Family == "Cauchy" || x.Family == "Student's t" || x.Family == "general"; unbounded != errors.Is(x.Err, ErrUnbounded) {
			t.Errorf("%+v", x)
		}
	}
	if !strings.Contains(c.String(), "no fit") || !strings.Contains(c.Markdown(), "| normal | 2 |") {
		t.Errorf("%v\n%s", c, c.Markdown())
	}
	if _, err := Compare([]float64{1}, nil); !errors.Is(err, ErrTooFew) {
		t.Error(err)
	}
}
