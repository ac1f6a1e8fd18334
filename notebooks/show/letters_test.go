package show

import (
	"bytes"
	"reflect"
	"testing"
)

func TestRuns_RaiseAndLower(t *testing.T) {
	for line, want := range map[string][]run{
		"plain":          {{"plain", 1, 0}},
		"10^{−4}":        {{"10", 1, 0}, {"−4", 0.72, 0.36}},
		"log_{10} x^{2}": {{"log", 1, 0}, {"10", 0.72, -0.16}, {" x", 1, 0}, {"2", 0.72, 0.36}},
		"a^b, c^{":       {{"a^b, c^{", 1, 0}},
		"":               nil,
	} {
		if got := runs(line); !reflect.DeepEqual(got, want) {
			t.Errorf("runs(%q) = %v, want %v", line, got, want)
		}
	}
}

func TestText_WidthIsThatOfItsRuns(t *testing.T) {
	style := textStyle(10, Black)
	if plain, raised := style.Width("104"), style.Width("10^{4}"); raised >= plain || raised <= style.Width("10") {
		t.Errorf("10^{4} is %v wide, 104 %v: want it narrower, but wider than 10", raised, plain)
	}
}

// A sign that the font lacks is spelled where there is a spelling, and ends the cell otherwise: it is never left out.
func TestText_LeavesNoSignOut(t *testing.T) {
	plot := func(text string) *Plot {
		return NewPlot("", "x", "y").XRange(0, 1).Func(text, func(x float64) float64 { return x })
	}
	drawn := func(text string) []byte {
		data, err := render(plotWidth, plotHeight, []*Plot{plot(text)}).piece(0, 1)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if !bytes.Equal(drawn("α ∈ (0, 2)"), drawn("α in (0, 2)")) {
		t.Error("a legend does not show ∈ as “in”")
	}
	for name, show := range map[string]func(text string){
		"title":       func(text string) { NewPlot(text, "", "").XRange(0, 1).HLine("", 1).Show() },
		"axis":        func(text string) { NewPlot("", "", text).XRange(0, 1).HLine("", 1).Show() },
		"legend":      func(text string) { plot(text).Show() },
		"note":        func(text string) { plot("").Note(0.5, 0.5, text).Show() },
		"picture":     func(text string) { NewImages("", 1).Add(text, square(0.5, 64)).Show() },
		"of pictures": func(text string) { NewImages(text, 1).Add("", square(0.5, 64)).Show() },
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t)
			show("no ⌊ sign")
			r.messages = r.messages[:1] // a cell would have ended there
			r.wantFailure(t, "has no &#39;⌊&#39;", "no ⌊ sign")
		})
		t.Run(name+" of our signs", func(t *testing.T) {
			r := record(t)
			show("ρ ≤ −∞ ≈ √α")
			if r.picture(t); r.status != -1 {
				t.Error("the cell fails")
			}
		})
	}
}
