package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// Some of the table again: with the high-breakdown start, 45 % of outliers in x and y do not win, and no other package does better.
func TestBreakdown_IsThatOfTheTable(t *testing.T) {
	const repeats = 8 // one of which may fail
	peers, err := readPeers("peers.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range methods[2:] {
		for _, kind := range []string{"vertical", "leverage"} {
			for i, share := range peers.Shares {
				count := successes(kind == "leverage", share, repeats, m.options)
				if count < repeats-1 {
					t.Errorf("%s, %s, %g of outliers: %d of %d", m.name, kind, share, count, repeats)
				}
				for name, counts := range peers.Successes[kind] {
					if counts[i]*repeats > (count+1)*peers.Repeats {
						t.Errorf("%s, %s, %g of outliers: %d of %d, %s %d of %d", m.name, kind, share, count, repeats, name, counts[i], peers.Repeats)
					}
				}
			}
		}
	}
}

func read(t *testing.T, name string, v any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}

// The kept tables are made of the kept numbers.
func TestTables_AreMadeOfTheNumbers(t *testing.T) {
	var b Breakdown
	var c Coverage
	read(t, "breakdown.json", &b)
	read(t, "coverage.json", &c)
	var v Vectors
	read(t, "vectors.json", &v)
	var s Coverage
	read(t, "bootstrap.json", &s)
	for name, want := range map[string]string{"breakdown.md": b.Markdown(), "coverage.md": c.Markdown(), "vectors.md": v.Markdown(), "bootstrap.md": s.Markdown()} {
		if text, err := os.ReadFile(name); err != nil || string(text) != want {
			t.Errorf("%s is another table than its numbers make (%v)", name, err)
		}
	}
	if b.Repeats < 40 || c.Samples < 2000 || len(c.Rows) != len(regular) || s.Samples < 200 || len(s.Rows) != len(irregular) {
		t.Errorf("%d repeats; %d samples of %d kinds, %d of %d", b.Repeats, c.Samples, len(c.Rows), s.Samples, len(s.Rows))
	}
}

// What the comments say of the coverage is what the kept numbers say.
func TestCoverage_IsThatOfTheComments(t *testing.T) {
	var c Coverage
	read(t, "coverage.json", &c)
	const mu, alpha, scale = 0, 1, 2
	percent := func(of func(Row) bool, kind string, parameters ...int) (lo, hi string) {
		least, most := 1.0, 0.0
		for _, row := range c.Rows {
			for _, i := range parameters {
				if of(row) {
					least, most = min(least, row.Coverage[kind][i]), max(most, row.Coverage[kind][i])
				}
			}
		}
		return fmt.Sprintf("%.1f", 100*least), fmt.Sprintf("%.1f", 100*most)
	}
	all := func(Row) bool { return true }
	below := func(r Row) bool { return r.Alpha < 2 }
	at := func(alpha float64, n int) func(Row) bool {
		return func(r Row) bool { return r.Alpha == alpha && r.N == n }
	}
	var sentences []string
	add := func(format string, of func(Row) bool, kind string, parameters ...int) {
		lo, hi := percent(of, kind, parameters...)
		sentences = append(sentences, strings.NewReplacer("LO", lo, "HI", hi).Replace(format))
	}
	add("μ in LO to HI %;", all, "observed", mu)
	add("for 200 and 1,000 numbers with α = ½ and 1, in LO to HI %.", func(r Row) bool { return below(r) && r.N > 50 }, "observed", alpha, scale)
	add("with 50 numbers and α = 1 (LO % at worst)", at(1, 50), "observed", alpha, scale)
	add("at α = 2 (LO % at worst with 50 numbers,", at(2, 50), "observed", alpha, scale)
	add("numbers, LO % with 200,", at(2, 200), "observed", alpha, scale)
	add("200, LO % with 1,000)", at(2, 1000), "observed", alpha, scale)
	add("α in LO to HI % for α = ½ and 1.", below, "sandwich", alpha)
	add("95 % intervals held the truth in LO to HI % (tables/coverage.md);", all, "profile", mu, alpha, scale)
	add("that of α with 50 numbers and α = 1 (LO %)", at(1, 50), "profile", alpha)
	add("that of c with 50 numbers and α = 2 (LO %)", at(2, 50), "profile", scale)
	outside := 0
	for _, row := range c.Rows {
		for _, share := range row.Coverage["profile"] {
			if rounded := math.Round(1000*share) / 10; rounded < 93.5 || rounded > 96.5 {
				outside++
			}
		}
	}
	if outside != 2 {
		t.Errorf("%d profile intervals are outside, the comment names 2", outside)
	}
	source, err := os.ReadFile("../inference.go")
	if err != nil {
		t.Fatal(err)
	}
	comments := strings.ReplaceAll(string(source), "\n// ", " ")
	for _, sentence := range sentences {
		if !strings.Contains(comments, sentence) {
			t.Errorf("no comment says %q", sentence)
		}
	}
}

// The same of the bootstrap, and of profiles at α = 0.
func TestBootstrap_IsThatOfTheComments(t *testing.T) {
	var table Coverage
	read(t, "bootstrap.json", &table)
	of := map[Case]map[string][3]float64{}
	least, most := 1.0, 0.0
	for _, row := range table.Rows {
		of[row.Case] = row.Coverage
		for _, i := range []int{0, 2} { // μ and c
			least, most = min(least, row.Coverage["bootstrap"][i]), max(most, row.Coverage["bootstrap"][i])
		}
	}
	alpha := func(kind string, truth float64) []any {
		return []any{100 * of[Case{truth, 50}][kind][1], 100 * of[Case{truth, 200}][kind][1]}
	}
	for file, sentences := range map[string][]string{
		"../bootstrap_interval.go": {
			fmt.Sprintf("held μ and c in %.1f to %.1f %% at α = 0 and 2.", 100*least, 100*most),
			fmt.Sprintf("They held α = 2 in %.1f %% with 50 numbers and in %.1f %% with 200,", alpha("bootstrap", 2)...),
			fmt.Sprintf("α = 0 in %.1f %% with 50 numbers, where they fail, and in %.1f %% with 200:", alpha("bootstrap", 0)...),
		},
		"../inference.go": {fmt.Sprintf("they held α in %.1f %% with 50 numbers and in %.1f %% with 200.", alpha("profile", 0)...)},
	} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		comments := strings.ReplaceAll(string(source), "\n// ", " ")
		for _, sentence := range sentences {
			if !strings.Contains(comments, sentence) {
				t.Errorf("%s does not say %q", file, sentence)
			}
		}
	}
}

// A row of the table again, and where one distribution for the vectors is better than one for each coordinate, even along axes in which they are not
// correlated: in what a photograph is made of, and in simulated vectors. Where coordinates go wrong one by one it is not.
func TestVectors_IsThatOfTheTable(t *testing.T) {
	var v Vectors
	read(t, "vectors.json", &v)
	names, data, err := vectorData("../../..", 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Rows) != len(names) {
		t.Fatalf("%d rows for %d data sets", len(v.Rows), len(names))
	}
	for i, row := range v.Rows {
		if row.Data != names[i] {
			t.Errorf("row %d is of %s, want %s", i, row.Data, names[i])
		}
		gain := min(row.Separate, row.Rotated) - row.Vector
		switch {
		case strings.HasPrefix(row.Data, "photograph"), strings.HasPrefix(row.Data, "simulated: vectors"):
			if gain < 0.02 {
				t.Errorf("%s: a gain of %.3f nats", row.Data, gain)
			}
		case strings.HasPrefix(row.Data, "simulated: independent"):
			if gain > -0.05 {
				t.Errorf("%s: a gain of %.3f nats", row.Data, gain)
			}
		}
	}
	const stackLoss = 3
	again := VectorRow{}
	for _, f := range data[stackLoss] {
		if err := again.add(f); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range [][2]float64{{again.Vector, v.Rows[stackLoss].Vector}, {again.Separate, v.Rows[stackLoss].Separate}, {again.Rotated, v.Rows[stackLoss].Rotated}} {
		if got := c[0] / float64(again.N); math.Abs(got-c[1]) > 1e-4 {
			t.Errorf("%s: %.6f nats, the table says %.6f", names[stackLoss], got, c[1])
		}
	}
}
