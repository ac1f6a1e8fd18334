package main

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// measurement is what the programs took for one job.
type measurement struct {
	Job   job              `json:"job"`
	Forms map[string]*form `json:"forms"`
}

// form is what one program took.
type form struct {
	Program string `json:"program"`
	// Seconds is the time of one repetition in each round.
	Seconds []float64 `json:"seconds"`
	// CPU is the processor time of one repetition in each round, of all threads: other work on the machine changes it little.
	CPU []float64 `json:"cpu"`
	// First is the first call: building the graph, compiling it, and one repetition.
	First float64 `json:"first"`
	// Peak is the most memory that the job took, in bytes: inputs, outputs, compiler and all.
	Peak  int64     `json:"peak"`
	Check []float64 `json:"check"`
}

// atLeast and atMost bound a turn: a program repeats a job for about atLeast seconds, and not again where one repetition takes
// longer than that.
const atLeast, mostRepeats = .1, 100_000

// measure starts a worker for each form, and lets them take turns: in every round each of them repeats the job, beginning with
// another one each time. So what else the machine does meets all of them, and the ratio of two times of one round is worth
// more than the times.
func (b bench) measure(ctx context.Context, j job, forms []string) (_ *measurement, err error) {
	m := &measurement{Job: j, Forms: map[string]*form{}}
	var workers []*process
	defer func() {
		for _, w := range workers {
			w.kill()
		}
	}()
	for _, name := range forms {
		w, err := b.start(ctx, name, j)
		if w != nil {
			workers = append(workers, w)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", j, err)
		}
		m.Forms[name] = &form{Program: w.ready.Program, First: w.ready.First, Check: w.ready.Check}
	}
	if err := m.agree(forms); err != nil {
		return nil, err
	}
	repeats := make([]int, len(workers))
	for i, w := range workers {
		once, err := w.time(1)
		if err == nil { // the second time is the first that is not cold
			once, err = w.time(1)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", j, err)
		}
		repeats[i] = min(max(int(math.Ceil(atLeast/once.Seconds)), 1), mostRepeats)
	}
	for round := range b.rounds {
		for k := range workers {
			i := (round + k) % len(workers)
			took, err := workers[i].time(repeats[i])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", j, err)
			}
			f := m.Forms[forms[i]]
			f.Seconds, f.CPU = append(f.Seconds, took.Seconds), append(f.CPU, took.CPU)
		}
	}
	for _, w := range workers {
		if m.Forms[w.form].Peak, err = w.finish(); err != nil {
			return nil, fmt.Errorf("%s: %w", j, err)
		}
	}
	workers = nil
	return m, nil
}

// tolerances say how far the programs' sums may lie apart: samples are random, and the noise of the VAE is drawn by each program.
var tolerances = map[string]float64{"sample": .05, "vae": .02}

const tolerance = 2e-3

// agree returns an error unless all forms computed the same. A network of another kind, "resize", computes something else.
func (m *measurement) agree(forms []string) error {
	allowed, ok := tolerances[m.Job.Case]
	if !ok {
		allowed = tolerance
	}
	want := m.Forms[forms[0]].Check
	for _, name := range forms[1:] {
		got := m.Forms[name].Check
		if name == formJAXResize {
			continue
		}
		same := len(got) == len(want)
		for i := range min(len(got), len(want)) {
			same = same && math.Abs(got[i]-want[i]) <= allowed*math.Abs(want[i])
		}
		if !same {
			return fmt.Errorf("%s: the programs do not compute the same: %s has the sums %.6g, %s has %.6g", m.Job, forms[0], want, name, got)
		}
	}
	return nil
}

// quartiles returns the median and the quartiles of some numbers.
func quartiles(values []float64) (low, median, high float64) {
	sorted := slices.Sorted(slices.Values(values))
	at := func(p float64) float64 {
		place := p * float64(len(sorted)-1)
		i := int(place)
		if i+1 == len(sorted) {
			return sorted[i]
		}
		return sorted[i] + (place-float64(i))*(sorted[i+1]-sorted[i])
	}
	return at(.25), at(.5), at(.75)
}

// ratios returns a's time over b's in each round; nil where one of them was not timed.
func (m *measurement) ratios(a, b string) []float64 {
	return m.ratiosOf(a, b, func(f *form) []float64 { return f.Seconds })
}

// ratiosOf is ratios for one of the times.
func (m *measurement) ratiosOf(a, b string, times func(*form) []float64) []float64 {
	fa, fb := m.Forms[a], m.Forms[b]
	if fa == nil || fb == nil {
		return nil
	}
	var ratios []float64
	for i := range min(len(times(fa)), len(times(fb))) {
		ratios = append(ratios, times(fa)[i]/times(fb)[i])
	}
	return ratios
}

// seconds returns the median time of a form, NaN where it was not timed.
func (m *measurement) seconds(name string) float64 {
	f := m.Forms[name]
	if f == nil {
		return math.NaN()
	}
	_, median, _ := quartiles(f.Seconds)
	return median
}
