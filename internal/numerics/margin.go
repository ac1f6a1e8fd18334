package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// number is a float64 that JSON may hold as one of the strings "NaN", "Infinity" and "-Infinity".
type number float64

// UnmarshalJSON implements [json.Unmarshaler].
func (n *number) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return json.Unmarshal(data, (*float64)(n))
	}
	switch text {
	case "NaN":
		*n = number(math.NaN())
	case "Infinity":
		*n = number(math.Inf(1))
	case "-Infinity":
		*n = number(math.Inf(-1))
	default:
		return fmt.Errorf("%q is no number", text)
	}
	return nil
}

// MarshalJSON implements [json.Marshaler].
func (n number) MarshalJSON() ([]byte, error) {
	switch x := float64(n); {
	case math.IsNaN(x):
		return []byte(`"NaN"`), nil
	case math.IsInf(x, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(x, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return json.Marshal(x)
	}
}

// check is the outcome of one check in one run, as show writes it into a notebook.
type check struct {
	Cell  int     `json:"cell"`
	Claim string  `json:"claim"`
	Kind  string  `json:"kind"`
	Form  string  `json:"form"`
	OK    bool    `json:"ok"`
	Got   *number `json:"got"`
	Lo    *number `json:"lo"`
	Hi    *number `json:"hi"`
}

// outcome is what a notebook's run at a preset left: its checks, and what stopped it.
type outcome struct {
	preset, notebook string
	run              string // arithmetic and seed
	failure          string
	checks           []check
	byClaim          bool // checks are the same where they claim the same, not where they stand in the same place
}

// places are the positions of the checks of an outcome.
func (o outcome) places() []position {
	places := make([]position, len(o.checks))
	ordinals := map[int]int{}
	for i, c := range o.checks {
		if o.byClaim {
			places[i] = position{preset: o.preset, notebook: o.notebook, claim: c.Claim}
			continue
		}
		places[i] = position{preset: o.preset, notebook: o.notebook, cell: c.Cell, ordinal: ordinals[c.Cell]}
		ordinals[c.Cell]++
	}
	return places
}

// leastMargin is the margin that every check must have, in units of the spread.
const leastMargin = 3

// margin is what all runs together say about one check at one preset.
//
// The slack of a run is the distance of its number from a bound, positive inside. Over the runs, the margin to that bound
// is the least slack divided by the spread, which is the greatest slack less the least: with fixed bounds lo and hi and
// numbers from min to max
//
//	margin = min(min − lo, hi − max) / (max − min)
//
// A margin of 3 says that the numbers would have to wander three times as far as they do, and that to one side, before the
// check failed. A number that is the same in every run is exact: its margin is infinite where the check holds.
type margin struct {
	preset, notebook string
	cell             int
	kind, form       string
	claim            string
	runs, failed     int
	lo, hi           float64 // the tightest bounds
	least, greatest  float64 // of the numbers
	spread           float64 // of the slack to the nearer bound
	margin           float64 // NaN for a check without numbers
	problem          string  // "" where all is well
}

// position tells checks apart: the same place in the same notebook at the same preset.
type position struct {
	preset, notebook string
	cell, ordinal    int
	claim            string // only of checks that are known by it
}

// margins brings the checks of all runs together, the smallest margins first. A check that not all of a notebook's
// complete runs have is a problem, and so is a stored one that differs between runs.
func margins(outcomes []outcome) []margin {
	found := map[position][]check{}
	complete := map[[2]string]int{}
	for _, o := range outcomes {
		if o.failure == "" {
			complete[[2]string{o.preset, o.notebook}]++
		}
		for i, at := range o.places() {
			found[at] = append(found[at], o.checks[i])
		}
	}
	var all []margin
	for at, checks := range found {
		m := marginOf(checks)
		m.preset, m.notebook, m.cell = at.preset, at.notebook, at.cell
		if want := complete[[2]string{at.preset, at.notebook}]; m.problem == "" && m.runs < want {
			m.problem = fmt.Sprintf("only %d of %d runs have it", m.runs, want)
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b margin) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.notebook, b.notebook), cmp.Compare(a.cell, b.cell),
			cmp.Compare(a.claim, b.claim), cmp.Compare(a.preset, b.preset))
	})
	return all
}

// rank sorts by the margin, and puts what has no numbers last.
func (m margin) rank() float64 {
	if math.IsNaN(m.margin) {
		return math.Inf(1)
	}
	return min(m.margin, math.MaxFloat64)
}

// marginOf is the margin of one check over its runs.
func marginOf(checks []check) margin {
	first := checks[0]
	m := margin{
		kind: first.Kind, form: first.Form, claim: first.Claim, runs: len(checks), margin: math.NaN(),
		lo: math.Inf(-1), hi: math.Inf(1), least: math.Inf(1), greatest: math.Inf(-1),
	}
	var below, above []float64 // slack
	for _, c := range checks {
		if !c.OK {
			m.failed++
		}
		if c.Form != first.Form || c.Kind != first.Kind || (c.Got == nil) != (first.Got == nil) {
			m.problem = "it is not the same check in all runs"
			return m
		}
		if c.Got == nil {
			continue
		}
		got, lo, hi := float64(*c.Got), float64(*c.Lo), float64(*c.Hi)
		below, above = append(below, slack(got, lo)), append(above, slack(hi, got))
		m.lo, m.hi = max(m.lo, lo), min(m.hi, hi)
		m.least, m.greatest = min(m.least, got), max(m.greatest, got)
	}
	if first.Got != nil {
		m.margin, m.spread = nearest(below, above)
	}
	m.problem = m.verdict()
	return m
}

// slack is the distance a − b, which is 0 between equal infinities.
func slack(a, b float64) float64 {
	if a == b {
		return 0
	}
	return a - b
}

// nearest returns the smaller of the margins to the two bounds, and the spread that belongs to it. One run has no spread.
func nearest(below, above []float64) (margin, spread float64) {
	if len(below) < 2 {
		return math.NaN(), math.NaN()
	}
	margin = math.Inf(1)
	for _, slacks := range [][]float64{below, above} {
		least, greatest := slices.Min(slacks), slices.Max(slacks)
		if math.IsInf(least, 1) {
			continue // there is no such bound
		}
		width, ratio := slack(greatest, least), math.Inf(1)
		if width != 0 || least < 0 {
			ratio = least / width
		}
		if math.IsNaN(ratio) || math.IsInf(width, 1) {
			ratio = math.Inf(-1) // a number is NaN, or infinite in some runs only
		}
		if ratio <= margin {
			margin, spread = ratio, width
		}
	}
	return margin, spread
}

// verdict says what is wrong with a check, "" where nothing is.
func (m margin) verdict() string {
	switch {
	case m.failed > 0:
		return fmt.Sprintf("failed in %d of %d runs", m.failed, m.runs)
	case m.kind == "stored" && m.spread > 0:
		return "it is said to be stored and differs between runs"
	case m.margin < leastMargin:
		return fmt.Sprintf("the margin is below %d", leastMargin)
	}
	return ""
}
