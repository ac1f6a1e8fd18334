package scalar

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// table is rows of cells, the first of them a header, for people to read.
type table [][]string

// text returns the table with aligned columns: the first to the left, the others to the right.
func (t table) text() string {
	var widths []int
	for _, row := range t {
		for j, cell := range row {
			if j == len(widths) {
				widths = append(widths, 0)
			}
			widths[j] = max(widths[j], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range t {
		for j, cell := range row {
			padding := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell))
			if j == 0 {
				b.WriteString(cell + padding)
			} else {
				b.WriteString("  " + padding + cell)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// markdown returns the table in Markdown.
func (t table) markdown() string {
	var b strings.Builder
	for i, row := range t {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|:--" + strings.Repeat("|--:", len(row)-1) + "|\n")
		}
	}
	return b.String()
}

// Comparison is the result of Compare, the best family first.
type Comparison []Candidate

func (c Comparison) table() table {
	t := table{{"family", "parameters", "log-likelihood", "AIC", "ΔAIC", "BIC"}}
	for _, x := range c {
		if x.Err != nil {
			t = append(t, []string{x.Family, fmt.Sprint(x.Parameters), "no fit", "", "", ""})
			continue
		}
		t = append(t, []string{
			x.Family, fmt.Sprint(x.Parameters), fmt.Sprintf("%.2f", x.LogLikelihood), fmt.Sprintf("%.2f", x.AIC),
			fmt.Sprintf("%.2f", x.AIC-c[0].AIC), fmt.Sprintf("%.2f", x.BIC),
		})
	}
	return t
}

// String returns the table as text.
func (c Comparison) String() string { return c.table().text() }

// Markdown returns the table in Markdown.
func (c Comparison) Markdown() string { return c.table().markdown() }
