package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
	"gonum.org/v1/gonum/mat"
)

// Peers is peers.json, written by breakdown.py: how often other packages find the plane.
type Peers struct {
	By        string
	Repeats   int
	Shares    []float64                   // of outliers
	Successes map[string]map[string][]int // by the kind of outliers, the method and the share
	Checksum  float64                     // of some of the rows
}

// Breakdown is breakdown.json: the same of IRLS, with the peers beside.
type Breakdown struct {
	Command   string
	Go, By    string
	Repeats   int
	Shares    []float64
	Successes map[string]map[string][]int
}

func readPeers(path string) (Peers, error) {
	var p Peers
	text, err := os.ReadFile(path)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("%s: %w", path, err)
	}
	x, y := outlyingRows(true, 0.1, 3)
	if sum := mat.Sum(x) - rows + mat.Sum(y); math.Abs(sum-p.Checksum) > 1e-9 {
		return p, fmt.Errorf("%s: made of other rows: they sum to %v, these to %v", path, p.Checksum, sum)
	}
	return p, nil
}

// splitMix64 draws the numbers of breakdown.py.
type splitMix64 uint64

func (s *splitMix64) uniform() float64 {
	*s += 0x9E3779B97F4A7C15
	z := uint64(*s)
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return float64((z^(z>>31))>>11) / 0x1p53
}

func (s *splitMix64) normal() float64 {
	sum := -6.0
	for range 12 {
		sum += s.uniform()
	}
	return sum
}

const rows = 100

// outlyingRows are those of breakdown.py: a plane, and a share of outliers in y ("vertical"), or in x and y ("leverage").
func outlyingRows(leverage bool, share float64, seed uint64) (x *mat.Dense, y *mat.VecDense) {
	random := splitMix64(seed)
	x, y = mat.NewDense(rows, 3, nil), mat.NewVecDense(rows, nil)
	for i := range rows {
		a, b := 2*random.uniform()-1, 2*random.uniform()-1
		noise := 0.1 * random.normal()
		value := 1 + 2*a - b + noise
		switch outlier := float64(i) < math.Round(share*rows); {
		case outlier && leverage:
			a, b, value = 5+0.1*random.normal(), 0.1*random.normal(), -5+noise
		case outlier:
			value += 5
		}
		x.SetRow(i, []float64{1, a, b})
		y.SetVec(i, value)
	}
	return x, y
}

// methods of IRLS in the table.
var methods = []struct {
	name    string
	options scalar.IRLSOptions
}{
	{"IRLS, defaults", scalar.IRLSOptions{}},
	{"IRLS, α = −2", scalar.IRLSOptions{Alpha: scalar.Fixed(-2)}},
	{"IRLS, HighBreakdown", scalar.IRLSOptions{HighBreakdown: true}},
	{"IRLS, HighBreakdown, α = −2", scalar.IRLSOptions{HighBreakdown: true, Alpha: scalar.Fixed(-2)}},
}

func breakdown(command string, peers Peers, repeats int) Breakdown {
	b := Breakdown{
		Command: command, Go: runtime.Version() + " " + runtime.GOARCH, By: peers.By, Repeats: repeats, Shares: peers.Shares, Successes: peers.Successes,
	}
	for kind := range b.Successes {
		for _, m := range methods {
			counts := make([]int, len(b.Shares))
			for i, share := range b.Shares {
				counts[i] = successes(kind == "leverage", share, repeats, m.options)
			}
			b.Successes[kind][m.name] = counts
		}
	}
	return b
}

// successes counts how often IRLS finds the plane.
func successes(leverage bool, share float64, repeats int, options scalar.IRLSOptions) int {
	count := 0
	for seed := range uint64(repeats) {
		x, y := outlyingRows(leverage, share, seed)
		r, err := scalar.IRLS(x, y, &options)
		if err != nil {
			continue
		}
		worst := 0.0
		for j, truth := range []float64{1, 2, -1} {
			worst = math.Max(worst, math.Abs(r.Coefficients.AtVec(j)-truth))
		}
		if worst < 0.2 {
			count++
		}
	}
	return count
}

// Markdown returns the table.
func (b Breakdown) Markdown() string {
	var text strings.Builder
	fmt.Fprintf(&text, "# Regression beside outliers\n\nShare of %d data sets, in percent, in which all coefficients of a plane are found within 0.2 (noise 0.1), "+
		"by the share of outliers; `%s`, %s, %s. Outliers are \"vertical\", in y, or \"leverage\", in x and y: see breakdown.py.\n\n", b.Repeats, b.Command, b.Go, b.By)
	text.WriteString("| outliers | method |")
	for _, share := range b.Shares {
		fmt.Fprintf(&text, " %g %% |", 100*share)
	}
	text.WriteString("\n|:--|:--|" + strings.Repeat("--:|", len(b.Shares)) + "\n")
	for _, kind := range []string{"vertical", "leverage"} {
		var names []string
		for name := range b.Successes[kind] {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Fprintf(&text, "| %s | %s |", kind, name)
			for _, count := range b.Successes[kind][name] {
				fmt.Fprintf(&text, " %.0f |", 100*float64(count)/float64(b.Repeats))
			}
			text.WriteString("\n")
		}
	}
	return text.String()
}
