package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// write prints the tables: times and ratios, then what compiling takes, and memory.
func (r *report) write(w io.Writer) error {
	var b strings.Builder
	r.head(&b)
	r.elementwise(&b)
	r.jobsTable(&b)
	r.processors(&b)
	r.costs(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *report) head(b *strings.Builder) {
	processor := r.Versions["processor"]
	if processor == "" {
		processor = r.Versions["platform"]
	}
	fmt.Fprintf(b, "%s; %s, revision %s: `%s`\n\n", processor, r.Date, r.Versions["revision"], r.Command)
}

// ratio is how a table gives a ratio: the median and the quartiles over the rounds.
func (m *measurement) ratio(a, b string) string { return spreadOf(m.ratios(a, b)) }

// spreadOf prints the median and the quartiles.
func spreadOf(values []float64) string {
	if len(values) == 0 {
		return "–"
	}
	low, median, high := quartiles(values)
	return fmt.Sprintf("%s (%s–%s)", short(median), short(low), short(high))
}

// short prints a positive number with two digits.
func short(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case v >= 9.95:
		return fmt.Sprintf("%.0f", v)
	case v >= .995:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// bound returns the nanoseconds that an element takes where memory is the limit: a copy moves two numbers an element, and the copy
// of the same size and type is the fastest of the programs'.
func (r *report) bound(j job) float64 {
	c, err := caseOf(j.Case)
	if err != nil || c.moved == 0 {
		return math.NaN()
	}
	copied := r.of(job{"copy", j.Size, j.DType})
	if copied == nil {
		return math.NaN()
	}
	best := math.Inf(1)
	for name := range copied.Forms {
		best = min(best, copied.seconds(name))
	}
	return best / 2 * float64(c.moved) / float64(j.Size) * 1e9
}

// elementwise prints the cases that have a size.
func (r *report) elementwise(b *strings.Builder) {
	begun := false
	for _, m := range r.Measurements {
		if m.Job.Size == 0 {
			continue
		}
		if !begun {
			begun = true
			b.WriteString("| case | elements | type | memory's bound, ns | XLA, ns | XLA/JAX, author's | XLA/JAX, ours | pure Go, ns | Go/PyTorch |\n")
			b.WriteString("|---|---:|---|---:|---:|---:|---:|---:|---:|\n")
		}
		c, _ := caseOf(m.Job.Case)
		each := func(name string) string { return short(m.seconds(name) / float64(m.Job.Size) * 1e9) }
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", c.title, strings.Replace(fmt.Sprintf("%.0e", float64(m.Job.Size)), "e+0", "e", 1),
			m.Job.DType, short(r.bound(m.Job)), each(formXLA), m.ratio(formXLA, formJAX), m.ratio(formXLA, formJAXOurs), each(formGo), m.ratio(formGo, formTorch))
	}
	if begun {
		b.WriteString("\nNanoseconds an element: medians. Ratios: the median and the quartiles over the rounds.\n\n")
	}
}

// jobsTable prints the cases without a size.
func (r *report) jobsTable(b *strings.Builder) {
	begun := false
	for _, m := range r.Measurements {
		if m.Job.Size != 0 {
			continue
		}
		if !begun {
			begun = true
			b.WriteString("| case | XLA, ms | XLA/JAX, author's | XLA/JAX, ours | XLA/JAX, resize | XLA/PyTorch | pure Go, ms | Go/XLA |\n")
			b.WriteString("|---|---:|---:|---:|---:|---:|---:|---:|\n")
		}
		c, _ := caseOf(m.Job.Case)
		milliseconds := func(name string) string { return short(m.seconds(name) * 1e3) }
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", c.title, milliseconds(formXLA), m.ratio(formXLA, formJAX),
			m.ratio(formXLA, formJAXOurs), m.ratio(formXLA, formJAXResize), m.ratio(formXLA, formTorch), milliseconds(formGo), m.ratio(formGo, formXLA))
	}
	if begun {
		b.WriteString("\n")
	}
}

// processors prints the ratios of the processor times.
func (r *report) processors(b *strings.Builder) {
	if len(r.Measurements) == 0 {
		return
	}
	b.WriteString("| ratios of processor times | XLA/JAX, author's | XLA/JAX, ours | XLA/JAX, resize | XLA/PyTorch | Go/PyTorch | Go/XLA |\n|---|---:|---:|---:|---:|---:|---:|\n")
	for _, m := range r.Measurements {
		fmt.Fprintf(b, "| %s |", m.Job)
		for _, pair := range [][2]string{{formXLA, formJAX}, {formXLA, formJAXOurs}, {formXLA, formJAXResize}, {formXLA, formTorch}, {formGo, formTorch}, {formGo, formXLA}} {
			fmt.Fprintf(b, " %s |", spreadOf(m.ratiosOf(pair[0], pair[1], func(f *form) []float64 { return f.CPU })))
		}
		b.WriteString("\n")
	}
	b.WriteString("\nProcessor time counts all threads of a program, and not the time in which others have the processor.\n\n")
}

// costs prints what the first call takes beside its execution, and the most memory, at each case's largest size.
func (r *report) costs(b *strings.Builder) {
	largest := map[string]*measurement{}
	var names []string
	for _, m := range r.Measurements {
		key := m.Job.Case
		if m.Job.DType != "float32" {
			continue
		}
		if largest[key] == nil {
			names = append(names, key)
		}
		if largest[key] == nil || largest[key].Job.Size < m.Job.Size {
			largest[key] = m
		}
	}
	if len(names) == 0 {
		return
	}
	forms := []string{formXLA, formGo, formJAX, formJAXOurs, formTorch}
	b.WriteString("| first call beyond a repetition, s; most memory, MB |")
	for _, name := range []string{"XLA", "pure Go", "JAX, author's", "JAX, ours", "PyTorch"} {
		fmt.Fprintf(b, " %s |", name)
	}
	b.WriteString("\n|---|---:|---:|---:|---:|---:|\n")
	for _, key := range names {
		m := largest[key]
		fmt.Fprintf(b, "| %s |", m.Job)
		for _, name := range forms {
			if f := m.Forms[name]; f != nil {
				fmt.Fprintf(b, " %s; %.0f |", short(max(f.First-m.seconds(name), 0)), float64(f.Peak)/1e6)
			} else {
				b.WriteString(" – |")
			}
		}
		b.WriteString("\n")
	}
}
