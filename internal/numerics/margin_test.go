package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

var inf = math.Inf(1)

// between is a check that got lies in [lo, hi], as show records it.
func between(kind string, got, lo, hi float64) check {
	g, l, h := number(got), number(lo), number(hi)
	return check{Cell: 4, Claim: "c", Kind: kind, Form: "between", OK: got >= lo && got <= hi, Got: &g, Lo: &l, Hi: &h}
}

// plain is a check without numbers.
func plain(ok bool) check { return check{Cell: 4, Claim: "c", Kind: "live", Form: "true", OK: ok} }

func TestMarginOf_IsTheRoomInUnitsOfTheSpread(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name           string
		checks         []check
		margin, spread float64
		problem        string
	}{
		{"in the middle", []check{between("live", 4, 0, 10), between("live", 5, 0, 10), between("live", 6, 0, 10)}, 2, 2, "the margin is below 3"},
		{"near the lower bound", []check{between("live", 1, 0, 10), between("live", 1.5, 0, 10)}, 2, 0.5, "the margin is below 3"},
		{"near the upper bound", []check{between("live", 9, 0, 10), between("live", 8.75, 0, 10)}, 4, 0.25, ""},
		{"one bound only", []check{between("live", 9, 1, inf), between("live", 11, 1, inf)}, 4, 2, ""},
		{"no bound", []check{between("live", 9, -inf, inf), between("live", 11, -inf, inf)}, inf, 0, ""},
		{"just enough", []check{between("live", 3, 0, 10), between("live", 4, 0, 10)}, 3, 1, ""},
		{"exact", []check{between("live", 5, 5, 5), between("live", 5, 5, 5)}, inf, 0, ""},
		{"exact, infinite", []check{between("live", inf, inf, inf), between("live", inf, inf, inf)}, inf, 0, ""},
		{"bounds that move with the number", []check{between("live", 5, 1, inf), between("live", 50, 46, inf)}, inf, 0, ""},
		{"failed once", []check{between("live", 5, 0, 6), between("live", 7, 0, 6)}, -0.5, 2, "failed in 1 of 2 runs"},
		{"failed alike", []check{between("live", 7, 0, 6), between("live", 7, 0, 6)}, -inf, 0, "failed in 2 of 2 runs"},
		{"NaN once", []check{between("live", 5, 0, 10), between("live", nan, 0, 10)}, -inf, nan, "failed in 1 of 2 runs"},
		{"infinite once", []check{between("live", 5, 0, inf), between("live", inf, 0, inf)}, -inf, inf, "the margin is below 3"},
		{"one run", []check{between("live", 5, 0, 10)}, nan, nan, ""},
		{"stored", []check{between("stored", 5, 0, 10), between("stored", 5, 0, 10)}, inf, 0, ""},
		{"stored, but not the same", []check{between("stored", 5, 0, 10), between("stored", 5.1, 0, 10)}, 4.9 / 0.1, 0.1, "it is said to be stored and differs between runs"},
		{"no numbers", []check{plain(true), plain(true)}, nan, 0, ""},
		{"no numbers, failed", []check{plain(true), plain(false)}, nan, 0, "failed in 1 of 2 runs"},
		{"two kinds", []check{between("live", 5, 0, 10), between("stored", 5, 0, 10)}, nan, 0, "it is not the same check in all runs"},
	} {
		m := marginOf(c.checks)
		same := func(a, b float64) bool {
			return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-9*math.Abs(b)
		}
		if !same(m.margin, c.margin) || !same(m.spread, c.spread) || m.problem != c.problem {
			t.Errorf("%s: margin %g, spread %g, problem %q, want %g, %g, %q", c.name, m.margin, m.spread, m.problem, c.margin, c.spread, c.problem)
		}
	}
}

func TestMargins_PairsChecksByTheirPlace(t *testing.T) {
	a1, a2 := between("live", 1, 0, 10), between("live", 2, 0, 10)
	b1, b2 := between("live", 5, 0, 10), between("live", 5.5, 0, 10)
	b1.Claim, b2.Claim = "another", "another"
	outcomes := []outcome{
		{preset: "tiny", notebook: "one", run: "xla", checks: []check{a1, b1}},
		{preset: "tiny", notebook: "one", run: "go", checks: []check{a2, b2}},
		{preset: "quick", notebook: "one", run: "xla", checks: []check{a1, b1}},
		{preset: "quick", notebook: "one", run: "go", failure: "cell 5 failed", checks: []check{a2}},
		{preset: "quick", notebook: "one", run: "avx", checks: []check{between("live", 1.9, 0, 10)}},
	}
	all := margins(outcomes)
	if len(all) != 4 {
		t.Fatalf("%d margins, want 2 places at 2 presets", len(all))
	}
	problems := map[string]string{}
	for _, m := range all {
		problems[m.preset+" "+m.claim] = m.problem
	}
	for at, want := range map[string]string{
		"tiny c":        "the margin is below 3",
		"tiny another":  "",
		"quick c":       "the margin is below 3",
		"quick another": "only 1 of 2 runs have it", // avx ran to the end without it; the run that failed is no witness
	} {
		if problems[at] != want {
			t.Errorf("%s: problem %q, want %q", at, problems[at], want)
		}
	}
	for i, want := range []string{"quick c", "tiny c", "tiny another", "quick another"} { // the last has one run, and so no margin
		if got := all[i].preset + " " + all[i].claim; got != want {
			t.Errorf("margin %d, %g, is that of %s, want %s", i, all[i].margin, got, want)
		}
	}
}

// What show writes into the metadata of an output is what is read here.
func TestNumber_SurvivesJSON(t *testing.T) {
	for text, want := range map[string]float64{`0.5`: 0.5, `"NaN"`: math.NaN(), `"Infinity"`: inf, `"-Infinity"`: -inf} {
		var n number
		if err := json.Unmarshal([]byte(text), &n); err != nil {
			t.Fatal(err)
		}
		if got := float64(n); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("%s is read as %g", text, got)
		}
		if back, err := json.Marshal(n); err != nil || string(back) != text {
			t.Errorf("%s is written as %s (%v)", text, back, err)
		}
	}
	var n number
	if err := json.Unmarshal([]byte(`"many"`), &n); err == nil {
		t.Error("a word is taken for a number")
	}
}

func TestDifferences_SayWhatAnArithmeticChanges(t *testing.T) {
	outcomes := []outcome{
		{preset: "tiny", notebook: "one", run: "xla", checks: []check{between("live", 1, 0, 2), between("live", 1, 0, 2), between("stored", 1, 0, 2), plain(true)}},
		{preset: "tiny", notebook: "two", run: "xla", checks: []check{between("live", 1, 0, 2)}},
		{preset: "tiny", notebook: "one", run: "go", checks: []check{between("live", 1, 0, 2), between("live", math.Nextafter(1, 2), 0, 2), between("stored", 1, 0, 2), plain(true)}},
		{preset: "tiny", notebook: "two", run: "go", checks: []check{between("live", 1, 0, 2)}},
	}
	lines := differences(outcomes)
	if len(lines) != 1 || lines[0] != "tiny: 1 of 3 numbers in go differ from those in xla" {
		t.Errorf("differences are %q", lines)
	}
}

func TestConclude_FailsWhereSomethingIsWrong(t *testing.T) {
	good := []outcome{
		{preset: "tiny", notebook: "one", run: "xla", checks: []check{between("live", 5, 0, 10), plain(true)}},
		{preset: "tiny", notebook: "one", run: "go", checks: []check{between("live", 5.1, 0, 10), plain(true)}},
	}
	for name, c := range map[string]struct {
		outcomes []outcome
		tests    []testRun
		want     string
	}{
		"good":     {good, []testRun{{Arithmetic: "xla"}}, ""},
		"margin":   {append(good, outcome{preset: "tiny", notebook: "one", run: "avx", checks: []check{between("live", 8, 0, 10), plain(true)}}), nil, "the margin is below 3"},
		"notebook": {append(good, outcome{preset: "tiny", notebook: "one", run: "avx", failure: "cell 7: the kernel died"}), nil, "one at tiny in avx: cell 7: the kernel died"},
		"tests":    {good, []testRun{{Arithmetic: "go", Failure: "TestX"}}, "tests in go: TestX"},
	} {
		computed := computation{plan: plan{out: t.TempDir()}, outcomes: c.outcomes, tests: c.tests}
		var said strings.Builder
		err := computed.conclude(&said)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: the error is %v, want %q", name, err, c.want)
		}
		if !strings.Contains(said.String(), "2 checks: 1 of numbers that differ between runs, 0 of numbers that do not, 1 without numbers, 0 stored; 0 comparisons of tests") {
			t.Errorf("%s: it says\n%s", name, said.String())
		}
	}
}
