package scalar

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func checkNotes(t *testing.T, s *Summary, wants ...string) {
	t.Helper()
	if len(s.Notes) != len(wants) {
		t.Errorf("notes %q, want %q", s.Notes, wants)
		return
	}
	for i, want := range wants {
		if !strings.Contains(s.Notes[i], want) {
			t.Errorf("note %d is %q, want %q", i+1, s.Notes[i], want)
		}
		if !strings.Contains(s.String(), s.Notes[i]) || !strings.Contains(s.Markdown(), s.Notes[i]) {
			t.Errorf("note %d is not shown", i+1)
		}
	}
}

// A summary says what to be careful about, and nothing where there is nothing.
func TestSummary_Notes(t *testing.T) {
	summary := func(samples []float64, options *FitOptions) *Summary {
		s, err := inferred(t, samples, nil, options).Summary(nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	many := draw(General{Alpha: 1, Scale: 1}, 600, 2)
	checkNotes(t, summary(many, nil))
	rng := rand.New(rand.NewPCG(4, 4))
	heavy := make([]float64, 300)
	for i := range heavy {
		heavy[i] = math.Sinh(3 * rng.NormFloat64())
	}
	bound := summary(heavy, nil)
	checkNotes(t, bound, "at its bound 0")
	if i := bound.Rows[1].Interval; i.Lo != 0 || !(i.Hi > 0) || !math.IsNaN(bound.Rows[1].StdErr) {
		t.Errorf("α at its bound: %+v", bound.Rows[1])
	}
	checkNotes(t, summary(many[:12], nil), "near a bound", "too small to tell alpha")
	checkNotes(t, summary(shifted(many, 1e15, 1000), &FitOptions{Alpha: Fixed(1)}), "rounding errors")
	two := append(draw(General{Alpha: 2, Scale: 1}, 40, 2), shifted(draw(General{Alpha: 2, Scale: 1}, 40, 3), 60, 1)...)
	checkNotes(t, summary(two, &FitOptions{Alpha: Fixed(0), Scale: new(1.0)}), "several maxima in mu")
}

func TestSummary_OfARegression(t *testing.T) {
	x, y := line(100, 0.2, 2)
	r, err := IRLS(x, y, &IRLSOptions{Alpha: Fixed(-2), Scale: new(0.1)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Summary(&SummaryOptions{Kind: H1, Names: []string{"slope", "intercept"}, Level: 0.9})
	if err != nil {
		t.Fatal(err)
	}
	u := uncertain(t, r, H1)
	row := s.Rows[0]
	if row.Name != "slope" || row.StdErr != u.StdErr(0) || row.Interval != u.Interval(0, 0.9) || math.Abs(row.T-row.Estimate/row.StdErr) > 1e-12 || row.P > 1e-10 {
		t.Errorf("%+v", row)
	}
	text := s.String()
	for _, want := range []string{"Robust regression", "covariance", "H1", "90 % from", "slope", "fixed", "rows"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "log-likelihood") {
		t.Errorf("a likelihood at α = −2:\n%s", text)
	}
	for _, line := range strings.Split(strings.TrimSpace(s.Markdown()), "\n")[2:] {
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 8 {
			t.Errorf("a row of another length: %q", line)
		}
	}
	// Two starts that end in different places; a limit of iterations.
	half := mat.VecDenseCopyOf(y) // the least squares line lies between two
	for i := range 35 {
		half.SetVec(i, 8-x.At(i, 0))
	}
	if r, err = IRLS(x, half, &IRLSOptions{Alpha: Fixed(-20), Scale: new(0.1)}); err != nil {
		t.Fatal(err)
	}
	if s, err = r.Summary(&SummaryOptions{Kind: Sandwich}); err != nil {
		t.Fatal(err)
	}
	checkNotes(t, s, "The start mattered")
	if r, err = IRLS(x, y, &IRLSOptions{Alpha: Fixed(1), MaxIterations: 1, Start: []float64{0, 0}}); err != nil {
		t.Fatal(err)
	}
	if s, err = r.Summary(nil); err != nil {
		t.Fatal(err)
	}
	checkNotes(t, s, "did not converge")
}

func TestSummary_Errors(t *testing.T) {
	x, y := noisyLine(30, 1)
	r, err := IRLS(x, y, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []SummaryOptions{{Level: 1}, {Level: -1}, {Names: []string{"a"}}, {Kind: -1}} {
		if s, err := r.Summary(&o); !errors.Is(err, ErrArgument) {
			t.Errorf("%+v: %v, %v", o, s, err)
		}
	}
}
