package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
)

// conclude writes the tables and says what they mean. It returns an error where something is not as it must be.
func (c *computation) conclude(w io.Writer) error {
	all := margins(c.outcomes)
	table := filepath.Join(c.out, "margins.csv")
	if err := os.MkdirAll(c.out, 0o755); err != nil {
		return err
	}
	content, err := csvTable(all)
	if err != nil {
		return err
	}
	if err := os.WriteFile(table, content, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.out, "margins.md"), markdownTable(all), 0o644); err != nil {
		return err
	}
	return c.summarise(w, all, table)
}

// summarise says how the runs differed, what is wrong, and where the margins are smallest.
func (c *computation) summarise(w io.Writer, all []margin, table string) error {
	for _, line := range differences(c.outcomes) {
		fmt.Fprintln(w, line)
	}
	var problems []string
	for _, o := range c.outcomes {
		if o.failure != "" && o.preset != testsPreset { // the tests follow
			problems = append(problems, fmt.Sprintf("%s at %s in %s: %s", o.notebook, o.preset, o.run, o.failure))
		}
	}
	for _, t := range c.tests {
		if t.Failure != "" {
			problems = append(problems, fmt.Sprintf("tests in %s: %s", t.Arithmetic, t.Failure))
		}
	}
	for _, m := range all {
		if m.problem != "" {
			problems = append(problems, fmt.Sprintf("%s: %s", m.place(), m.problem))
		}
	}
	exact, stored, plain, numbers, tests := 0, 0, 0, 0, 0
	for _, m := range all {
		switch {
		case m.preset == testsPreset:
			tests++
		case m.kind == "stored":
			stored++
		case m.form == "true":
			plain++
		case math.IsInf(m.margin, 1):
			exact++
		default:
			numbers++
		}
	}
	fmt.Fprintf(w, "%d checks: %d of numbers that differ between runs, %d of numbers that do not, %d without numbers, %d stored; %d comparisons of tests in %d runs\n",
		len(all)-tests, numbers, exact, plain, stored, tests, len(c.tests))
	if err := smallest(w, all, 12); err != nil {
		return err
	}
	fmt.Fprintf(w, "all margins: %s\n", table)
	if len(problems) > 0 {
		return fmt.Errorf("%d problems:\n  %s", len(problems), strings.Join(problems, "\n  "))
	}
	return nil
}

// place names a check for a reader.
func (m margin) place() string {
	if m.preset == testsPreset {
		return fmt.Sprintf("tests of %s, %s", m.notebook, m.claim)
	}
	return fmt.Sprintf("%s at %s, cell %d, %q", m.notebook, m.preset, m.cell+1, m.claim)
}

// smallest prints the checks with the smallest margins.
func smallest(w io.Writer, all []margin, count int) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "margin\tspread\tleast … greatest\tbounds\tcheck")
	for _, m := range all {
		if count == 0 || math.IsNaN(m.margin) || math.IsInf(m.margin, 1) {
			continue
		}
		count--
		fmt.Fprintf(columns, "%.3g\t%.3g\t%.6g … %.6g\t%.6g … %.6g\t%s\n", m.margin, m.spread, m.least, m.greatest, m.lo, m.hi, m.place())
	}
	return columns.Flush()
}

// differences says for each run how many numbers of live checks differ from the first run at the same preset: what
// changes nothing proves nothing.
func differences(outcomes []outcome) []string {
	type run struct{ preset, run string }
	var order []run
	values := map[run]map[position]float64{}
	for _, o := range outcomes {
		r := run{o.preset, o.run}
		if values[r] == nil {
			values[r] = map[position]float64{}
			order = append(order, r)
		}
		for i, at := range o.places() {
			if c := o.checks[i]; c.Got != nil && c.Kind == "live" {
				values[r][at] = float64(*c.Got)
			}
		}
	}
	var lines []string
	first := map[string]run{}
	for _, r := range order {
		base, known := first[r.preset]
		if !known {
			first[r.preset] = r
			continue
		}
		differ, both := 0, 0
		for at, value := range values[r] {
			if other, ok := values[base][at]; ok {
				both++
				if math.Float64bits(value) != math.Float64bits(other) {
					differ++
				}
			}
		}
		lines = append(lines, fmt.Sprintf("%s: %d of %d numbers in %s differ from those in %s", r.preset, differ, both, r.run, base.run))
	}
	return lines
}

var header = []string{"margin", "problem", "preset", "notebook", "cell", "kind", "form", "claim", "lo", "hi", "least", "greatest", "spread", "runs", "failed"}

// row is a margin as text. Exact numbers have the margin "exact"; what has no numbers leaves its columns empty.
func (m margin) row() []string {
	format := func(x float64) string { return strconv.FormatFloat(x, 'g', 8, 64) }
	row := []string{"", m.problem, m.preset, m.notebook, strconv.Itoa(m.cell + 1), m.kind, m.form, m.claim, "", "", "", "", "", strconv.Itoa(m.runs), strconv.Itoa(m.failed)}
	if m.form != "true" {
		row[8], row[9], row[10], row[11] = format(m.lo), format(m.hi), format(m.least), format(m.greatest)
		if !math.IsNaN(m.margin) {
			row[0], row[12] = strconv.FormatFloat(m.margin, 'g', 4, 64), format(m.spread)
		}
		if math.IsInf(m.margin, 1) {
			row[0] = "exact"
		}
	}
	return row
}

func csvTable(all []margin) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	if err := w.Write(header); err != nil {
		return nil, err
	}
	for _, m := range all {
		if err := w.Write(m.row()); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

func markdownTable(all []margin) []byte {
	var out bytes.Buffer
	line := func(row []string) {
		escaped := make([]string, len(row))
		for i, cell := range row {
			escaped[i] = strings.ReplaceAll(cell, "|", `\|`)
		}
		fmt.Fprintf(&out, "| %s |\n", strings.Join(escaped, " | "))
	}
	line(header)
	fmt.Fprintln(&out, strings.Repeat("|---", len(header))+"|")
	for _, m := range all {
		line(m.row())
	}
	return out.Bytes()
}
