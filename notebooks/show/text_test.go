package show

import (
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
