package tabular

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Table holds one sample per row.
type Table struct {
	Name       string
	Rows, Cols int
	X          []float64 // [Rows, Cols], row-major
	Labels     []int     // class of each row, in 0…len(Classes)−1; nil if unknown. −1 marks a row of no class (noise).
	Classes    []string  // names of the classes, as the file writes them
	// Edges holds pairs of row numbers, from 0, if the file brought its own neighbourhood graph; else nil.
	Edges [][2]int
}

// Row returns row i; it shares memory with X.
func (t *Table) Row(i int) []float64 { return t.X[i*t.Cols : (i+1)*t.Cols] }

// Validate reports why the table cannot be used: no rows or columns, lengths that disagree, or values not finite.
func (t *Table) Validate() error {
	switch {
	case t.Rows == 0 || t.Cols == 0:
		return fmt.Errorf("tabular: the table is empty: %d rows, %d columns", t.Rows, t.Cols)
	case len(t.X) != t.Rows*t.Cols:
		return fmt.Errorf("tabular: %d values for %d rows of %d columns", len(t.X), t.Rows, t.Cols)
	case t.Labels != nil && len(t.Labels) != t.Rows:
		return fmt.Errorf("tabular: %d labels for %d rows", len(t.Labels), t.Rows)
	}
	for i, v := range t.X {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("tabular: row %d, column %d is not finite: %g", i/t.Cols, i%t.Cols, v)
		}
	}
	for i, l := range t.Labels {
		if l < -1 || l >= len(t.Classes) {
			return fmt.Errorf("tabular: row %d has the label %d of %d classes", i, l, len(t.Classes))
		}
	}
	for i, e := range t.Edges {
		if min(e[0], e[1]) < 0 || max(e[0], e[1]) >= t.Rows {
			return fmt.Errorf("tabular: edge %d joins rows %d and %d of %d", i, e[0], e[1], t.Rows)
		}
	}
	return nil
}

// Head returns a table of the first n rows; all of them if there are fewer. It keeps no edges.
func (t *Table) Head(n int) *Table {
	n = min(n, t.Rows)
	head := &Table{Name: t.Name, Rows: n, Cols: t.Cols, X: t.X[:n*t.Cols], Classes: t.Classes}
	if t.Labels != nil {
		head.Labels = t.Labels[:n]
	}
	return head
}

// setLabels turns the words of a label column into class numbers; the classes are in increasing order, of numbers if
// all words are numbers, of text otherwise.
func (t *Table) setLabels(words []string) {
	classes := slices.Clone(words)
	slices.Sort(classes)
	classes = slices.Compact(classes)
	numbers := make(map[string]float64, len(classes))
	for _, c := range classes {
		if v, err := strconv.ParseFloat(c, 64); err == nil {
			numbers[c] = v
		}
	}
	if len(numbers) == len(classes) {
		slices.SortStableFunc(classes, func(a, b string) int {
			switch {
			case numbers[a] < numbers[b]:
				return -1
			case numbers[a] > numbers[b]:
				return 1
			}
			return 0
		})
	}
	place := make(map[string]int, len(classes))
	for i, c := range classes {
		place[c] = i
	}
	t.Classes, t.Labels = classes, make([]int, len(words))
	for i, w := range words {
		t.Labels[i] = place[w]
	}
}

// setNumericLabels is setLabels for labels that are numbers.
func (t *Table) setNumericLabels(values []float64) {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	t.setLabels(words)
}
