package main

import (
	"encoding/json"
	"os"
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
	read(t, "breakdown.json", &b)
	for name, want := range map[string]string{"breakdown.md": b.Markdown()} {
		if text, err := os.ReadFile(name); err != nil || string(text) != want {
			t.Errorf("%s is another table than its numbers make (%v)", name, err)
		}
	}
	if b.Repeats < 40 {
		t.Errorf("%d repeats", b.Repeats)
	}
}
