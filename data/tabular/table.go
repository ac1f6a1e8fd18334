package tabular

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// Table holds one sample per row.
type Table struct {
	Name       string
	Rows, Cols int
	X          []float64 // [Rows, Cols], row-major
	Columns    []string  // names of the columns, if the file has a header; else nil
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
		return fmt.Errorf("the table is empty: %d rows, %d columns", t.Rows, t.Cols)
	case len(t.X) != t.Rows*t.Cols:
		return fmt.Errorf("%d values for %d rows of %d columns", len(t.X), t.Rows, t.Cols)
	case t.Columns != nil && len(t.Columns) != t.Cols:
		return fmt.Errorf("%d names for %d columns", len(t.Columns), t.Cols)
	case t.Labels != nil && len(t.Labels) != t.Rows:
		return fmt.Errorf("%d labels for %d rows", len(t.Labels), t.Rows)
	}
	for i, v := range t.X {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("row %d, column %d is not finite: %g", i/t.Cols, i%t.Cols, v)
		}
	}
	for i, l := range t.Labels {
		if l < -1 || l >= len(t.Classes) {
			return fmt.Errorf("row %d has the label %d of %d classes", i, l, len(t.Classes))
		}
	}
	for i, e := range t.Edges {
		if min(e[0], e[1]) < 0 || max(e[0], e[1]) >= t.Rows {
			return fmt.Errorf("edge %d joins rows %d and %d of %d", i, e[0], e[1], t.Rows)
		}
	}
	return nil
}

// Head returns a table of the first n rows; all of them if there are fewer. It keeps no edges.
func (t *Table) Head(n int) *Table {
	n = min(n, t.Rows)
	head := &Table{Name: t.Name, Rows: n, Cols: t.Cols, X: t.X[:n*t.Cols], Columns: t.Columns, Classes: t.Classes}
	if t.Labels != nil {
		head.Labels = t.Labels[:n]
	}
	return head
}

// labels are the words of a label column.
type labels struct {
	file  string
	words []string
	lines []int // of a text file, the line of each word
	// guessed says that nobody named the column: its words must look like classes.
	guessed bool
}

func (l *labels) add(word string, line int) {
	l.words = append(l.words, word)
	l.lines = append(l.lines, line)
}

// place says where the i-th word stands.
func (l *labels) place(i int) string {
	if l.lines != nil {
		return fmt.Sprintf("%s:%d", l.file, l.lines[i])
	}
	return fmt.Sprintf("%s: label %d", l.file, i)
}

// setLabels turns words into class numbers. The classes are in increasing order, of numbers if all words are numbers, of
// text otherwise. Missing labels, numbers that are not finite, and one number in several spellings are errors.
func (t *Table) setLabels(l labels) error {
	first := map[string]int{} // word → where it stands first
	for i, w := range l.words {
		if _, seen := first[w]; !seen {
			if err := checkLabel(w); err != nil {
				return fmt.Errorf("%s: %w", l.place(i), err)
			}
			first[w] = i
		}
	}
	classes := make([]string, 0, len(first))
	for w := range first {
		classes = append(classes, w)
	}
	slices.SortFunc(classes, func(a, b string) int { return cmp.Compare(first[a], first[b]) })
	if err := l.oneSpelling(classes, first); err != nil {
		return err
	}
	if err := l.lookLikeClasses(classes); err != nil {
		return err
	}
	sortClasses(classes)
	number := make(map[string]int, len(classes))
	for i, c := range classes {
		number[c] = i
	}
	t.Classes, t.Labels = classes, make([]int, len(l.words))
	for i, w := range l.words {
		t.Labels[i] = number[w]
	}
	return nil
}

func checkLabel(word string) error {
	if input.IsMissingLabel(word) {
		return fmt.Errorf("the label is missing: %.40q", word)
	}
	if v, err := strconv.ParseFloat(word, 64); err == nil && math.IsInf(v, 0) || err == nil && math.IsNaN(v) {
		return fmt.Errorf("the label is not finite: %s", word)
	}
	return nil
}

// oneSpelling finds classes that are the same number.
func (l *labels) oneSpelling(classes []string, first map[string]int) error {
	spellings := map[string]string{}
	for _, c := range classes {
		key, ok := input.Canonical(c)
		if !ok {
			continue
		}
		if other, seen := spellings[key]; seen {
			return fmt.Errorf("%s: the label %.40q is the same number as %.40q at %s: write both alike", l.place(first[c]), c, other, l.place(first[other]))
		}
		spellings[key] = c
	}
	return nil
}

// lookLikeClasses refuses a column of measurements that was taken for the label because it stands at an end.
func (l *labels) lookLikeClasses(classes []string) error {
	if !l.guessed || len(classes) < 10 || 2*len(classes) <= len(l.words) {
		return nil
	}
	for _, c := range classes {
		if v, err := input.Number(c); err == nil && v != math.Trunc(v) {
			return fmt.Errorf("%s: the label column has %d different values in %d rows, %s among them: these are no classes: say which column is the label (--label), or none",
				l.file, len(classes), len(l.words), c)
		}
	}
	return nil
}

func sortClasses(classes []string) {
	numbers := make(map[string]float64, len(classes))
	for _, c := range classes {
		if v, err := input.Number(c); err == nil {
			numbers[c] = v
		}
	}
	slices.Sort(classes)
	if len(numbers) == len(classes) {
		slices.SortStableFunc(classes, func(a, b string) int { return cmp.Compare(numbers[a], numbers[b]) })
	}
}
