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

// Coverage is coverage.json.
type Coverage struct {
	Command string
	Go      string
	Level   float64
	Samples int
	Seed    uint64
	Rows    []Row
}

// Row is one shape and number of samples.
type Row struct {
	Alpha    float64
	N        int
	Failed   int                   // samples without a fit
	AtBound  float64               // share of fits with α at 0 or +∞, without a standard error
	Coverage map[string][3]float64 // of μ, α, c, by the kind of interval
}

// Kinds of intervals, in the order of the table.
var kinds = []string{"observed", "sandwich", "profile"}

// coverage measures how often the intervals hold the truth: samples of General are drawn with known parameters, and fitted with all of them free.
// It saves each row, and goes on after those of an earlier run of the same command.
func coverage(command string, samples int, seed uint64, earlier Coverage, save func(Coverage) error) (Coverage, error) {
	r := Coverage{Command: command, Go: runtime.Version() + " " + runtime.GOARCH, Level: 0.95, Samples: samples, Seed: seed}
	if earlier.Command == r.Command && earlier.Go == r.Go && len(earlier.Rows) < 9 {
		r.Rows = earlier.Rows
	}
	for i := len(r.Rows); i < 9; i++ {
		alpha, n := []float64{0.5, 1, 2}[i/3], []int{50, 200, 1000}[i%3]
		row := measure(alpha, n, r.Level, samples, seed)
		log.Printf("α = %g, n = %d: %.4v", alpha, n, row.Coverage)
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

func measure(alpha float64, n int, level float64, samples int, seed uint64) Row {
	results := make([]one, samples)
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		group.Go(func() {
			for i := worker; i < samples; i += workers {
				results[i] = simulate(alpha, n, level, rand.NewPCG(seed, uint64(i)))
			}
		})
	}
	group.Wait()
	row := Row{Alpha: alpha, N: n, Coverage: map[string][3]float64{}}
	for _, r := range results {
		switch {
		case r.failed:
			row.Failed++
		case r.bound:
			row.AtBound += 1 / float64(samples)
		}
		for kind, covered := range r.covered {
			shares := row.Coverage[kind]
			for i, ok := range covered {
				if ok {
					shares[i] += 1 / float64(samples)
				}
			}
			row.Coverage[kind] = shares
		}
	}
	return row
}

func simulate(alpha float64, n int, level float64, src rand.Source) one {
	truth := scalar.General{Mu: 3, Alpha: alpha, Scale: 2, Src: src}
	values := []float64{truth.Mu, truth.Alpha, truth.Scale}
	x := make([]float64, n)
	for i := range x {
		x[i] = truth.Rand()
	}
	fit, err := scalar.Infer(x, nil, nil)
	if err != nil {
		return one{failed: true}
	}
	r := one{bound: fit.Alpha == 0 || math.IsInf(fit.Alpha, 1), covered: map[string][3]bool{}}
	for kind, name := range map[scalar.CovarianceKind]string{scalar.Observed: "observed", scalar.Sandwich: "sandwich"} {
		var covered [3]bool
		if u, err := fit.Uncertainty(kind); err == nil {
			for i, v := range values {
				ends := u.Interval(i, level)
				covered[i] = ends.Lo <= v && v <= ends.Hi // false for an α at a bound, which has no such interval
			}
		}
		r.covered[name] = covered
	}
	var covered [3]bool
	t := distuv.StudentsT{Sigma: 1, Nu: float64(n) - 1}.Quantile((1 + level) / 2)
	for i, v := range values {
		ratio, err := fit.LikelihoodRatio(i, v)
		covered[i] = err == nil && ratio <= t*t // as Profile has it
	}
	r.covered["profile"] = covered
	return r
}

// Markdown returns the table.
func (r Coverage) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Coverage of the intervals\n\nShare of %d samples, in percent, of which a %g %% interval holds the truth; `%s`, %s.\n\n",
		r.Samples, 100*r.Level, r.Command, r.Go)
	b.WriteString("| α | n | α̂ at a bound |")
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
