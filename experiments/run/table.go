package run

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
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
	// QuotedRows are the keys of the rows that hold quoted numbers only: no run makes them.
	QuotedRows []string
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

// MissingRuns names what runs would add to the table: "row" where all cells of a row lack the same seeds, else "row, column"; and
// behind it "seed 2" where other cells have a result of that seed and these have not. QuotedRows are left out.
func (t *Table) MissingRuns() (missing []string) {
	seeds := map[int64]bool{}
	for _, cell := range t.cells {
		for _, seed := range cell.Seeds {
			seeds[seed] = true
		}
	}
	all := slices.Sorted(maps.Keys(seeds))
	for _, row := range t.Layout.Rows {
		if slices.Contains(t.Layout.QuotedRows, row.Key) {
			continue
		}
		var names []string
		for _, column := range t.Layout.Columns {
			if lacks := t.lacks(row.Key, column.Key, all); lacks != "" {
				names = append(names, lacks)
			}
		}
		if len(names) == len(t.Layout.Columns) && len(slices.Compact(slices.Clone(names))) == 1 {
			missing = append(missing, row.Key+strings.TrimPrefix(names[0], everySeed))
			continue
		}
		for _, column := range t.Layout.Columns {
			if lacks := t.lacks(row.Key, column.Key, all); lacks != "" {
				missing = append(missing, row.Key+", "+column.Key+strings.TrimPrefix(lacks, everySeed))
			}
		}
	}
	return missing
}

// everySeed is what a cell lacks that has no result.
const everySeed = "all"

// lacks returns which of the seeds a cell lacks: "" for none, everySeed, or " seed 2, 3".
func (t *Table) lacks(row, column string, seeds []int64) string {
	cell, ok := t.Cell(row, column)
	if !ok {
		return everySeed
	}
	var names []string
	for _, seed := range seeds {
		if !slices.Contains(cell.Seeds, seed) {
			names = append(names, strconv.FormatInt(seed, 10))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " seed " + strings.Join(names, ", ")
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

// Markdown writes the table for people: mean ± standard error, the quoted numbers in brackets, the notes below.
func (t *Table) Markdown(w io.Writer) error {
	var b strings.Builder
	if t.Layout.Title != "" {
		fmt.Fprintf(&b, "%s\n\n", t.Layout.Title)
	}
	fmt.Fprintf(&b, "| %s |", t.Layout.Corner)
	rule := "|---|"
	for _, column := range t.Layout.Columns {
		fmt.Fprintf(&b, " %s |", column.Title)
		rule += "---:|"
	}
	fmt.Fprintf(&b, "\n%s\n", rule)
	for _, row := range t.Layout.Rows {
		fmt.Fprintf(&b, "| %s |", row.Title)
		for _, column := range t.Layout.Columns {
			fmt.Fprintf(&b, " %s |", t.cellText(row.Key, column.Key))
		}
		b.WriteString("\n")
	}
	for i, note := range t.notes() {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s\n", note)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *Table) cellText(row, column string) string {
	text := "–"
	if cell, ok := t.Cell(row, column); ok {
		text = t.format(cell.Mean)
		if cell.N > 1 && t.Layout.Statistic == nil {
			text += " ± " + t.format(cell.StdErr)
		}
	}
	if quoted := t.quoted(row, column); quoted != nil {
		text += " (" + t.format(*quoted) + ")"
	}
	return text
}

// notes are the layout's, after one that says how many runs stand behind a cell.
func (t *Table) notes() []string {
	least, most := -1, 0
	for _, cell := range t.cells {
		if least < 0 || cell.N < least {
			least = cell.N
		}
		most = max(most, cell.N)
	}
	statistic := "Mean ± standard error"
	if t.Layout.Statistic != nil {
		statistic = strings.ToUpper(t.Layout.StatisticName[:1]) + t.Layout.StatisticName[1:]
	}
	first := fmt.Sprintf("%s over %d seeds.", statistic, most)
	switch {
	case least != most:
		first = fmt.Sprintf("%s over %d to %d seeds.", statistic, max(least, 0), most)
	case most == 1:
		first = "One seed."
	}
	if len(t.Layout.Quoted) > 0 {
		first += fmt.Sprintf(" In brackets: %s.", t.Layout.QuotedName)
	}
	return append([]string{first}, t.Layout.Notes...)
}

// csv writes one line a cell, with full precision: row, column, mean, stderr, n and, where there are any, the quoted
// numbers.
func (t *Table) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"row", "column", "mean", "stderr", "n", "quoted"})
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, cell := range t.list() {
		quoted := ""
		if cell.Quoted != nil {
			quoted = number(*cell.Quoted)
		}
		_ = out.Write([]string{cell.Row, cell.Column, number(cell.Mean), number(cell.StdErr), strconv.Itoa(cell.N), quoted})
	}
	out.Flush()
	return out.Error()
}

// json writes the title, the labels, the cells with full precision, and the notes.
func (t *Table) json(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(map[string]any{
		"title": t.Layout.Title, "rows": t.Layout.Rows, "columns": t.Layout.Columns,
		"cells": t.list(), "quoted": t.Layout.QuotedName, "notes": t.notes(),
	})
}

// Write writes the table in the format "markdown", "csv" or "json".
func (t *Table) Write(w io.Writer, format string) error {
	switch format {
	case "markdown", "md", "":
		return t.Markdown(w)
	case "csv":
		return t.csv(w)
	case "json":
		return t.json(w)
	default:
		return fmt.Errorf("unknown table format %q: use markdown, csv or json", format)
	}
}

// list returns the cells that have results, row by row.
func (t *Table) list() []Cell {
	cells := []Cell{}
	for _, row := range t.Layout.Rows {
		for _, column := range t.Layout.Columns {
			if cell, ok := t.Cell(row.Key, column.Key); ok {
				cells = append(cells, cell)
			}
		}
	}
	return cells
}
