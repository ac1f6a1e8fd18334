package run

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

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

// CSV writes one line a cell, with full precision: row, column, mean, stderr, n and, where there are any, the quoted
// numbers.
func (t *Table) CSV(w io.Writer) error {
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

// JSON writes the title, the labels, the cells with full precision, and the notes.
func (t *Table) JSON(w io.Writer) error {
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
		return t.CSV(w)
	case "json":
		return t.JSON(w)
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
