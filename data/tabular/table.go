package tabular

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

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

// labels are the words of a label column: each different word once, and its number in each row.
type labels struct {
	file   string
	words  []string       // in the order in which they appear
	first  []int          // where each stands first: the line, in text, or the row from 0
	number map[string]int // of each word
	rows   []int          // the word of each row
	isText bool
	// guessed says that nobody named the column: its words must look like classes.
	guessed bool
}

// add adds the word of the next row, which stands in that line of a text file.
func (l *labels) add(word string, line int) {
	n, seen := l.number[word]
	if !seen {
		if l.number == nil {
			l.number = map[string]int{}
		}
		if !l.isText {
			line = len(l.rows)
		}
		n = len(l.words)
		word = strings.Clone(word) // it may be a part of a long line
		l.number[word] = n
		l.words, l.first = append(l.words, word), append(l.first, line)
	}
	l.rows = append(l.rows, n)
}

// place says where a word stands first.
func (l *labels) place(n int) string {
	if l.isText {
		return fmt.Sprintf("%s:%d", l.file, l.first[n])
	}
	return fmt.Sprintf("%s: label %d", l.file, l.first[n])
}

// setLabels turns words into class numbers. The classes are in increasing order, of numbers if all words are numbers, of
// text otherwise. Missing labels, numbers that are not finite, and one number in several spellings are errors.
func (t *Table) setLabels(l labels) error {
	for n, w := range l.words {
		if err := checkLabel(w); err != nil {
			return fmt.Errorf("%s: %w", l.place(n), err)
		}
	}
	if err := l.oneSpelling(); err != nil {
		return err
	}
	if err := l.lookLikeClasses(); err != nil {
		return err
	}
	t.Classes = sortedClasses(l.words)
	class := make([]int, len(l.words))
	for i, c := range t.Classes {
		class[l.number[c]] = i
	}
	t.Labels = l.rows
	for i, n := range l.rows {
		t.Labels[i] = class[n]
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
func (l *labels) oneSpelling() error {
	spellings := map[string]int{}
	for n, w := range l.words {
		key, ok := input.Canonical(w)
		if !ok {
			continue
		}
		if other, seen := spellings[key]; seen {
			return fmt.Errorf("%s: the label %.40q is the same number as %.40q at %s: write both alike", l.place(n), w, l.words[other], l.place(other))
		}
		spellings[key] = n
	}
	return nil
}

// lookLikeClasses refuses a column of measurements that was taken for the label because it stands at an end.
func (l *labels) lookLikeClasses() error {
	if !l.guessed || len(l.words) < 10 || 2*len(l.words) <= len(l.rows) {
		return nil
	}
	for _, w := range l.words {
		if v, err := input.Number(w); err == nil && v != math.Trunc(v) {
			return fmt.Errorf("%s: the label column has %d different values in %d rows, %.40s among them: these are no classes: say which column is the label (--label), or none",
				l.file, len(l.words), len(l.rows), w)
		}
	}
	return nil
}

// sortedClasses returns the words in increasing order, of numbers if all are numbers.
func sortedClasses(words []string) []string {
	classes := slices.Sorted(slices.Values(words))
	numbers := make(map[string]float64, len(words))
	for _, w := range words {
		if v, err := input.Number(w); err == nil {
			numbers[w] = v
		}
	}
	if len(numbers) == len(words) {
		slices.SortStableFunc(classes, func(a, b string) int { return cmp.Compare(numbers[a], numbers[b]) })
	}
	return classes
}
