package show

import (
	"fmt"
	"html"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// Table is a table of text and numbers: [NewTable], then [Table.Row] for each line, then [Table.Show].
type Table struct {
	header  []string
	rows    [][]string
	numeric []bool // by column: aligned to the right
}

// NewTable starts a table with the titles of its columns.
func NewTable(columns ...string) *Table {
	return &Table{header: columns, numeric: make([]bool, len(columns))}
}

// Row adds a line, one cell per column. A float64 is shown with four significant digits, unless it comes formatted as a
// string; anything else as fmt.Print shows it. Negative numbers get a minus sign. A column whose first cell is a number is
// aligned to the right.
func (t *Table) Row(cells ...any) *Table {
	if len(cells) != len(t.header) {
		fail(fmt.Sprintf("a table of %d columns got a row of %d cells: %v", len(t.header), len(cells), cells))
		return t
	}
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = cellText(cell)
		if len(t.rows) == 0 {
			t.numeric[i] = isNumeric(row[i])
		}
	}
	t.rows = append(t.rows, row)
	return t
}

// Show shows the table under the cell.
func (t *Table) Show() {
	emit(message{mime: protocol.MIMETextHTML, content: t.html(), plain: t.plain()})
}

func cellText(cell any) string {
	if v, ok := cell.(float64); ok {
		return shortNumber(v)
	}
	return signed(fmt.Sprint(cell))
}

// isNumeric tells whether a cell's text starts as a number does.
func isNumeric(text string) bool {
	text = strings.TrimLeft(text, "+-−<≈ ")
	return text != "" && (text[0] >= '0' && text[0] <= '9' || strings.HasPrefix(text, "∞"))
}

// longestNumber is the longest cell that stays on one line where a page is narrow: a number with its spread, 0.916 ± 0.005.
const longestNumber = 24

func (t *Table) html() string {
	const cellStyle = "padding:2px 14px 2px 0;border:none;font-variant-numeric:tabular-nums;"
	var b strings.Builder
	b.WriteString(`<table style="border-collapse:collapse;margin:6px 0">`)
	writeRow := func(tag, style string, row []string) {
		b.WriteString("<tr>")
		for i, text := range row {
			align := "left"
			if t.numeric[i] {
				align = "right"
			}
			whole := ""
			if tag == "td" && isNumeric(text) && utf8.RuneCountInString(text) <= longestNumber {
				whole = "white-space:nowrap;"
			}
			fmt.Fprintf(&b, `<%s style="%s%s%stext-align:%s">%s</%s>`, tag, cellStyle, style, whole, align, html.EscapeString(text), tag)
		}
		b.WriteString("</tr>")
	}
	writeRow("th", "border-bottom:1px solid #999;font-weight:600;", t.header)
	for _, row := range t.rows {
		writeRow("td", "", row)
	}
	b.WriteString("</table>")
	return b.String()
}

// plain is the table in columns of equal width, for a terminal.
func (t *Table) plain() string {
	width := make([]int, len(t.header))
	all := append([][]string{t.header}, t.rows...)
	for _, row := range all {
		for i, text := range row {
			width[i] = max(width[i], utf8.RuneCountInString(text))
		}
	}
	var b strings.Builder
	for _, row := range all {
		var line strings.Builder
		for i, text := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(text))
			if t.numeric[i] {
				line.WriteString(pad + text + "  ")
			} else {
				line.WriteString(text + pad + "  ")
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// AlphaLabel names a shape: "α = 0.5", "α = −∞".
func AlphaLabel(alpha float64) string {
	return "α = " + shortNumber(alpha)
}

// shortNumber formats x with four significant digits, below a million with all those before the point, infinities as ∞ and a
// true minus sign.
func shortNumber(x float64) string {
	switch {
	case math.IsInf(x, 1):
		return "∞"
	case math.IsInf(x, -1):
		return "−∞"
	case math.Abs(x) >= 9999.5 && math.Abs(x) < 999_999.5:
		return minus(fmt.Sprintf("%.0f", x))
	}
	return minus(fmt.Sprintf("%.4g", x))
}

// minus replaces the hyphens that Go writes before numbers by minus signs.
func minus(text string) string {
	return strings.ReplaceAll(text, "-", "−")
}
