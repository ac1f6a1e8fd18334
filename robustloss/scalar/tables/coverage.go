package main

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
	"gonum.org/v1/gonum/stat/distuv"
)

// Coverage is coverage.json and bootstrap.json.
type Coverage struct {
	Command     string
	Go          string
	Level       float64
	Samples     int
	Simulations int `json:",omitempty"` // of each bootstrap interval; 0 where there are none
	Seed        uint64
	Rows        []Row
}

// Case is a shape and a number of samples.
type Case struct {
	Alpha float64
	N     int
}

// regular are the cases of coverage.json; irregular those of bootstrap.json, where the theory of many samples fails: α = 0 is a bound, and at
// α = 2 the likelihood has no second derivative.
var (
	regular   = []Case{{0.5, 50}, {0.5, 200}, {0.5, 1000}, {1, 50}, {1, 200}, {1, 1000}, {2, 50}, {2, 200}, {2, 1000}}
	irregular = []Case{{0, 50}, {0, 200}, {2, 50}, {2, 200}}
)

// Row is one case.
type Row struct {
	Case
	Failed   int                   // samples without a fit
	AtBound  float64               // share of fits with α at 0 or +∞, without a standard error
	Coverage map[string][3]float64 // of μ, α, c, by the kind of interval
}

// kinds are the kinds of intervals, in the order of the table.
var kinds = []string{"observed", "sandwich", "profile", "bootstrap"}

// coverage measures how often the intervals hold the truth: samples of General are drawn with known parameters, and fitted with all of them free.
// It saves each row, and goes on after those of an earlier run of the same command. Where simulations is not 0, bootstrap intervals with so many
// simulations are measured too.
func coverage(command string, cases []Case, samples, simulations int, seed uint64, earlier Coverage, save func(Coverage) error) (Coverage, error) {
	r := Coverage{Command: command, Go: runtime.Version() + " " + runtime.GOARCH, Level: 0.95, Samples: samples, Simulations: simulations, Seed: seed}
	if earlier.Command == r.Command && earlier.Go == r.Go && len(earlier.Rows) < len(cases) {
		r.Rows = earlier.Rows
	}
	for _, c := range cases[len(r.Rows):] {
		row := measure(c, r)
		log.Printf("α = %g, n = %d: %.4v", c.Alpha, c.N, row.Coverage)
		r.Rows = append(r.Rows, row)
		if err := save(r); err != nil {
			return r, err
		}
	}
	return r, nil
}

// one says which intervals of a sample hold the truth.
type one struct {
	failed, bound bool
	covered       map[string][3]bool
}

func measure(c Case, table Coverage) Row {
	results := make([]one, table.Samples)
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		group.Go(func() {
			for i := worker; i < table.Samples; i += workers {
				results[i] = simulate(c, table, uint64(i))
			}
		})
	}
	group.Wait()
	row := Row{Case: c, Coverage: map[string][3]float64{}}
	for _, r := range results {
		switch {
		case r.failed:
			row.Failed++
		case r.bound:
			row.AtBound += 1 / float64(table.Samples)
		}
		for kind, covered := range r.covered {
			shares := row.Coverage[kind]
			for i, ok := range covered {
				if ok {
					shares[i] += 1 / float64(table.Samples)
				}
			}
			row.Coverage[kind] = shares
		}
	}
	return row
}

func simulate(c Case, table Coverage, number uint64) one {
	truth := scalar.General{Mu: 3, Alpha: c.Alpha, Scale: 2, Src: rand.NewPCG(table.Seed, number)}
	values := []float64{truth.Mu, truth.Alpha, truth.Scale}
	x := make([]float64, c.N)
	for i := range x {
		x[i] = truth.Rand()
	}
	fit, err := scalar.Infer(x, nil, nil)
	if err != nil {
		return one{failed: true}
	}
	r := one{bound: fit.Alpha == 0 || math.IsInf(fit.Alpha, 1), covered: map[string][3]bool{}}
	type intervals interface {
		Interval(i int, level float64) scalar.Interval
	}
	// hold says which of the intervals hold the truth: none for an α at a bound, which has no such interval.
	hold := func(of intervals, err error) (held [3]bool) {
		if err != nil {
			return held
		}
		for i, v := range values {
			ends := of.Interval(i, table.Level)
			held[i] = ends.Lo <= v && v <= ends.Hi
		}
		return held
	}
	for kind, name := range map[scalar.CovarianceKind]string{scalar.Observed: "observed", scalar.Sandwich: "sandwich"} {
		u, err := fit.Uncertainty(kind)
		r.covered[name] = hold(u, err)
	}
	var covered [3]bool
	t := distuv.StudentsT{Sigma: 1, Nu: float64(c.N) - 1}.Quantile((1 + table.Level) / 2)
	for i, v := range values {
		ratio, err := fit.LikelihoodRatio(i, v)
		covered[i] = err == nil && ratio <= t*t // as Profile has it
	}
	r.covered["profile"] = covered
	if table.Simulations > 0 {
		b, err := fit.Bootstrap(&scalar.BootstrapOptions{Simulations: table.Simulations, Seed: number})
		r.covered["bootstrap"] = hold(b, err)
	}
	return r
}

// Markdown returns the table.
func (r Coverage) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Coverage of the intervals\n\nShare of %d samples, in percent, of which a %g %% interval holds the truth; `%s`, %s.",
		r.Samples, 100*r.Level, r.Command, r.Go)
	kinds := kinds
	if r.Simulations == 0 {
		kinds = kinds[:3]
	} else {
		fmt.Fprintf(&b, " %d simulations for each bootstrap interval; the standard error of a share is %.1f.",
			r.Simulations, 100*math.Sqrt(r.Level*(1-r.Level)/float64(r.Samples)))
	}
	b.WriteString("\n\n| α | n | α̂ at a bound |")
	for _, kind := range kinds {
		fmt.Fprintf(&b, " %s: μ | α | c |", kind)
	}
	b.WriteString("\n|--:|--:|--:|" + strings.Repeat("--:|", 3*len(kinds)) + "\n")
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "| %g | %d | %.1f |", row.Alpha, row.N, 100*row.AtBound)
		for _, kind := range kinds {
			for _, share := range row.Coverage[kind] {
				fmt.Fprintf(&b, " %.1f |", 100*share)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
