package live

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// sweepForTest is what a cell would give to the figure "sweep".
var sweepForTest = &Sweep{Alpha: []float64{-8, -2, 0, 1}, Series: []Series{{"AMI", []float64{.85, .9, .92, .7}}, {"groups <", []float64{40, 22, 21, 10}}}}

func start(f *Figure) State {
	s := f.Start.clone()
	if f.Name == "sweep" {
		s.Sweep = sweepForTest
	}
	return s
}

// wellFormed fails the test where an image is not XML, or holds a number that is none.
func wellFormed(t *testing.T, image string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(image))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the image is not well-formed: %v", err)
		}
	}
	if strings.Contains(image, "NaN") || strings.Contains(image, "Inf") {
		t.Error("the image holds NaN or Inf")
	}
}

func TestFigures_DrawAtTheStartAndAtEveryEndOfTheirControls(t *testing.T) {
	for _, name := range Names() {
		f, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		states := []State{start(f)}
		for _, c := range f.Controls {
			lo, hi := c.Min, c.Max
			if len(c.Choices) > 0 {
				lo, hi = 0, float64(len(c.Choices)-1)
			}
			for _, v := range []float64{lo, hi} {
				s := start(f)
				s.Values[c.Name] = v
				states = append(states, s)
			}
		}
		for i := range f.Start.Points { // every point into two corners, far outside the picture
			states = append(states, f.Move(start(f), i, -1e4, 1e4), f.Move(start(f), i, 1e4, -1e4))
		}
		for i, s := range slices.Concat(states, states) {
			if s = s.clone(); i >= len(states) {
				s.Values["narrow"] = 1
			}
			p := f.Draw(s)
			wellFormed(t, p.SVG)
			if p.Say == "" || len(p.Values) == 0 {
				t.Errorf("%s says %q and has %d values", name, p.Say, len(p.Values))
			}
			for key, v := range p.Values {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%s: %s is %g", name, key, v)
				}
			}
			if len(p.Handles) != len(s.Points) {
				t.Errorf("%s has %d handles for %d points", name, len(p.Handles), len(s.Points))
			}
		}
	}
}

func TestMove_LeavesThePointWhereItIsSeen(t *testing.T) {
	for _, name := range Names() {
		f, _ := Find(name)
		for _, narrow := range []float64{0, 1} {
			from := start(f)
			from.Values["narrow"] = narrow
			for i, h := range f.Draw(from).Handles {
				s := f.Move(from, i, h.X, h.Y)
				if got := f.Draw(s).Handles[i]; math.Abs(got.X-h.X) > 1e-9 || math.Abs(got.Y-h.Y) > 1e-9 {
					t.Errorf("%s: point %d taken at (%g, %g) and left there is at (%g, %g)", name, i, h.X, h.Y, got.X, got.Y)
				}
			}
		}
	}
}

func TestLoss_ShowsTheKernelsValues(t *testing.T) {
	v := drawLoss(State{Values: map[string]float64{"alpha": lowestAlpha, "c": 2}}).Values
	k := scalar.Kernel{Alpha: math.Inf(-1), Scale: 2}
	if v["ρ(2)"] != k.Rho(2) || v["ψ(2)"] != k.Influence(2) || v["w(2)"] != k.Weight(2) {
		t.Errorf("the values are %v", v)
	}
	if _, ok := v["p(2)"]; ok {
		t.Error("there is a density at α = −∞")
	}
}

func TestFigures_SayTheSameOnANarrowPage(t *testing.T) {
	for _, name := range Names() {
		f, _ := Find(name)
		s := start(f)
		wide := f.Draw(s)
		s.Values["narrow"] = 1
		narrow := f.Draw(s)
		if !strings.Contains(wide.SVG, `viewBox="0 0 720 `) || !strings.Contains(narrow.SVG, `viewBox="0 0 400 `) {
			t.Errorf("the pictures begin %.80s and %.80s", wide.SVG, narrow.SVG)
		}
		if narrow.Say != wide.Say || !maps.Equal(narrow.Values, wide.Values) {
			t.Errorf("the narrow one says %q, the wide one %q", narrow.Say, wide.Say)
		}
	}
}

func TestLine_RobustFitsIgnoreTheOutlier(t *testing.T) {
	v := drawLine(start(lineFigure)).Values
	for _, name := range []string{"fixed α", "fitted α and c"} {
		if slope := v[name+": slope"]; math.Abs(slope-.5) > .03 {
			t.Errorf("%s: the slope is %g, want about .5", name, slope)
		}
	}
	if slope := v["least squares: slope"]; slope > .4 {
		t.Errorf("least squares: the slope is %g, want one that the outlier has lowered", slope)
	}
}

func TestLikelihood_FitIsTheLowestPlaceOfTheMap(t *testing.T) {
	s := start(likelihoodFigure)
	best := drawLikelihood(s).Values["fitted NLL"]
	for _, alpha := range grid(0, 2, 10) {
		for _, c := range grid(-1.5, 1, 10) {
			s.Points[0] = Point{alpha, c}
			if nll := drawLikelihood(s).Values["NLL"]; nll < best-1e-9 {
				t.Errorf("α = %g, log₁₀ c = %g: NLL %g is below Fit's %g", alpha, c, nll, best)
			}
		}
	}
}

func TestValley_FixedStaysAtTheOutliersAndLoweredDoesNot(t *testing.T) {
	v := drawValley(start(valleyFigure)).Values
	if math.Abs(v["fixed"]-8) > .3 || math.Abs(v["annealed"]-1.05) > .3 {
		t.Errorf("the descents end at %g and %g, want about 8 and 1.05", v["fixed"], v["annealed"])
	}
	if v["loss annealed"] >= v["loss fixed"] {
		t.Errorf("the losses are %g and %g", v["loss annealed"], v["loss fixed"])
	}
}

func TestTransforms_ComeBack(t *testing.T) {
	x := signal()
	x[3], x[31] = -2, 5
	for name, transform := range map[string]func([]float64, bool) []float64{"cosines": cosines, "wavelets": wavelets} {
		y := transform(transform(x, false), true)
		for i := range x {
			if math.Abs(y[i]-x[i]) > 1e-12 {
				t.Errorf("%s: number %d comes back as %g, was %g", name, i, y[i], x[i])
			}
		}
	}
	// A constant is in the first coefficient alone for cosines, in the four coarsest, times √2 a level, for wavelets.
	ones := each(make([]float64, signalLength), func(float64) float64 { return 1 })
	for i, v := range cosines(ones, false) {
		if want := map[bool]float64{true: math.Sqrt(signalLength)}[i == 0]; math.Abs(v-want) > 1e-12 {
			t.Errorf("cosine %d of a constant is %g, want %g", i, v, want)
		}
	}
	for i, v := range wavelets(ones, false) {
		if want := map[bool]float64{true: math.Pow(math.Sqrt2, 3)}[i < 4]; math.Abs(v-want) > 1e-9 {
			t.Errorf("wavelet %d of a constant is %g, want %g", i, v, want)
		}
	}
}

func TestSpoil_ChargesOneErrorWhereItIsOne(t *testing.T) {
	s := start(spoilFigure)
	one := scalar.Kernel{Alpha: 0, Scale: spoilScale}.Rho(.8)
	for where, name := range []string{"pixels", "cosines", "wavelets"} {
		s.Values["where"] = float64(where)
		v := drawSpoil(s).Values
		if math.Abs(v[name+": robust"]-one) > 1e-9 {
			t.Errorf("one wrong coefficient of %s is charged %g, want ρ = %g", name, v[name+": robust"], one)
		}
		for _, other := range []string{"pixels", "cosines", "wavelets"} {
			if other != name && v[other+": robust"] < 2*one {
				t.Errorf("one wrong coefficient of %s is charged %g in %s, want more than there, %g", name, v[other+": robust"], other, one)
			}
		}
	}
}

func TestStill_IsThereWithoutAScript(t *testing.T) {
	page, err := Still("sweep", sweepForTest)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page, "<script") {
		t.Error("the still picture has a script")
	}
	for _, want := range []string{"<svg", `<option value="1" selected>groups &lt;</option>`, `role="img"`, "highest at α = 0"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if _, err := Still("none", nil); err == nil || !strings.Contains(err.Error(), "likelihood") {
		t.Errorf("an unknown figure: %v", err)
	}
}

// The gradient of a fit is that of its objective, and it vanishes where Newton's method ends.
func TestExact_IsWhereTheGradientVanishes(t *testing.T) {
	m := withLine(start(lineFigure).Points)
	for _, f := range []fit{
		{beta: []float64{1, .5}, kernel: scalar.Kernel{Alpha: 1.2, Scale: .4}, freeScale: true, freeAlpha: true},
		{beta: []float64{1, .5}, kernel: scalar.Kernel{Alpha: .7, Scale: .3}, freeScale: true},
		{beta: []float64{1, .5}, kernel: scalar.Kernel{Alpha: -2, Scale: .3}},
	} {
		g := m.gradient(f)
		for j := range g {
			step := make([]float64, len(g))
			step[j] = 1e-5
			up := m.objective(f.moved(step))
			step[j] = -1e-5
			if want := (up - m.objective(f.moved(step))) / 2e-5; math.Abs(g[j]-want) > 1e-7 {
				t.Errorf("component %d of the gradient is %g, differences give %g", j, g[j], want)
			}
		}
		if f.freeAlpha { // its optimum is on the bound α = 0, where exact does not go
			continue
		}
		to, ok := m.exact(f)
		if off := largest(m.gradient(to)); !ok || off > 1e-13 {
			t.Errorf("α = %g: the gradient at the end is %g (%v)", f.kernel.Alpha, off, ok)
		}
	}
}
