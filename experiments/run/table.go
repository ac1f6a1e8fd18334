package run

import (
	"fmt"
	"math"
	"strings"
)

// Label names a row or a column of a table: Key as results give it, Title as people read it.
type Label struct {
	Key   string `json:"key"`
	Title string `json:"title"`
}

// Entry is one number that one result contributes to a cell.
type Entry struct {
	Row, Column string
	Value       float64
}

// Layout says how results become a table.
type Layout struct {
	Title         string
	Corner        string // the heading of the rows
	Rows, Columns []Label
	// Entries returns what a result contributes: one entry or several. Entries for rows or columns that the layout
	// does not list are an error.
	Entries func(Result) ([]Entry, error)
	// Format prints a mean, for example "%.0f". The default is "%.4g".
	Format string
	// Quoted holds numbers from elsewhere, by row and column key, and QuotedName says whose they are ("paper").
	Quoted     map[string]map[string]float64
	QuotedName string
	// Statistic makes a cell's number from its entries, and StatisticName says what it is ("maximum"). Without it a cell
	// is the mean, with its standard error.
	Statistic     func(values []float64) float64
	StatisticName string
	// Notes are printed below the table.
	Notes []string
}

// Cell is the mean of one cell's entries over the seeds, or the layout's other statistic of them.
type Cell struct {
	Row    string   `json:"row"`
	Column string   `json:"column"`
	Mean   float64  `json:"mean"`
	StdErr float64  `json:"stderr"` // sample standard deviation / √n; 0 where n = 1, and for another statistic
	N      int      `json:"n"`
	Seeds  []int64  `json:"seeds"`
	Quoted *float64 `json:"quoted,omitempty"`
}

// Table is a table made from results.
type Table struct {
	Layout Layout
	cells  map[string]*Cell
}

// NewTable makes a table from results. Two results that give the same cell a number for the same seed are an error that
// names both files: the results of one table come from one configuration per cell.
func NewTable(layout Layout, results []Result) (*Table, error) {
	type contribution struct {
		value float64
		path  string
	}
	values := map[string][]float64{}
	seen := map[string]contribution{}
	t := &Table{Layout: layout, cells: map[string]*Cell{}}
	for _, result := range results {
		entries, err := layout.Entries(result)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", result.Path, err)
		}
		for _, entry := range entries {
			if !hasKey(layout.Rows, entry.Row) || !hasKey(layout.Columns, entry.Column) {
				return nil, fmt.Errorf("%s: the table has no cell (%s, %s)", result.Path, entry.Row, entry.Column)
			}
			key := cellKey(entry.Row, entry.Column)
			seedKey := fmt.Sprintf("%s\x00%d", key, result.Seed)
			if other, ok := seen[seedKey]; ok {
				return nil, fmt.Errorf("cell (%s, %s) gets two numbers for seed %d: %g from %s and %g from %s",
					entry.Row, entry.Column, result.Seed, other.value, other.path, entry.Value, result.Path)
			}
			seen[seedKey] = contribution{entry.Value, result.Path}
			values[key] = append(values[key], entry.Value)
			if t.cells[key] == nil {
				t.cells[key] = &Cell{Row: entry.Row, Column: entry.Column}
			}
			t.cells[key].Seeds = append(t.cells[key].Seeds, result.Seed)
		}
	}
	for key, cell := range t.cells {
		cell.N = len(values[key])
		if layout.Statistic == nil {
			cell.Mean, cell.StdErr = MeanStdErr(values[key])
		} else {
			cell.Mean = layout.Statistic(values[key])
		}
	}
	return t, nil
}

// MeanStdErr returns the mean of the values and its standard error s/√n, with s the sample standard deviation. The
// standard error of a single value is given as 0.
func MeanStdErr(values []float64) (mean, stdErr float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	if n < 2 {
		return mean, 0
	}
	var sum float64
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(sum / (n - 1) / n)
}

// Cell returns a cell; ok is false where no result contributed to it.
func (t *Table) Cell(row, column string) (cell Cell, ok bool) {
	c, ok := t.cells[cellKey(row, column)]
	if !ok {
		return Cell{}, false
	}
	cell = *c
	cell.Quoted = t.quoted(row, column)
	return cell, true
}

// Missing lists the (row, column) pairs without a result, as "row, column".
func (t *Table) Missing() []string {
	var missing []string
	for _, row := range t.Layout.Rows {
		for _, column := range t.Layout.Columns {
			if _, ok := t.Cell(row.Key, column.Key); !ok {
				missing = append(missing, row.Key+", "+column.Key)
			}
		}
	}
	return missing
}

func (t *Table) quoted(row, column string) *float64 {
	value, ok := t.Layout.Quoted[row][column]
	if !ok {
		return nil
	}
	return &value
}

func (t *Table) format(v float64) string {
	format := t.Layout.Format
	if format == "" {
		format = "%.4g"
	}
	text := fmt.Sprintf(format, v)
	whole, fraction, _ := strings.Cut(text, ".")
	return strings.TrimSuffix(groupThousands(whole)+"."+fraction, ".")
}

// groupThousands puts a comma between the thousands of a whole number.
func groupThousands(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "−", digits[1:]
	}
	if len(digits) < 4 || strings.Trim(digits, "0123456789") != "" {
		return sign + digits
	}
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return sign + strings.Join(append([]string{digits}, groups...), ",")
}

func cellKey(row, column string) string { return row + "\x00" + column }

func hasKey(labels []Label, key string) bool {
	for _, label := range labels {
		if label.Key == key {
			return true
		}
	}
	return false
}
