package tabular

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// decodeText reads separated values. The separator is the first of tab, comma, semicolon that the first line has, else
// white space. The first line is a header if it has a field, other than the label's, that is not a number; missing
// values (empty fields, "?") are errors.
func decodeText(r io.Reader, file string, o Options) (*Table, error) {
	d := &textDecoder{file: file, options: o, lines: bufio.NewReader(r)}
	for {
		fields, err := d.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = d.add(fields)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, d.line, err)
		}
	}
	t := &d.table
	if t.Rows == 0 {
		return nil, fmt.Errorf("%s: the file has no rows", file)
	}
	if d.label >= 0 {
		t.setLabels(d.words)
	}
	return t, nil
}

type textDecoder struct {
	file      string
	options   Options
	lines     *bufio.Reader
	line      int
	separator rune
	columns   int // fields per line; 0 before the first line
	label     int // place of the label, −1 for none
	drop      map[int]bool
	words     []string
	table     Table
}

// next returns the fields of the next line that is not blank.
func (d *textDecoder) next() ([]string, error) {
	for {
		text, err := d.lines.ReadString('\n')
		if err != nil && (text == "" || !errors.Is(err, io.EOF)) {
			if !errors.Is(err, io.EOF) {
				d.line++
			}
			return nil, err
		}
		d.line++
		if d.line == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		if d.separator == 0 {
			d.separator = separatorOf(strings.TrimRight(text, "\r\n"))
		}
		return d.split(text), nil
	}
}

func separatorOf(line string) rune {
	line = strings.TrimSpace(line)
	for _, s := range "\t,;" {
		if strings.ContainsRune(line, s) {
			return s
		}
	}
	return ' '
}

func (d *textDecoder) split(line string) []string {
	line = strings.TrimSpace(line)
	if d.separator == ' ' {
		return strings.Fields(line)
	}
	fields := strings.Split(line, string(d.separator))
	for i, f := range fields {
		fields[i] = strings.Trim(strings.TrimSpace(f), `"`)
	}
	return fields
}

func (d *textDecoder) add(fields []string) error {
	if d.columns == 0 {
		isHeader, err := d.begin(fields)
		if err != nil || isHeader {
			return err
		}
	}
	if len(fields) != d.columns {
		return fmt.Errorf("%d fields, want %d as in the first line", len(fields), d.columns)
	}
	for i, f := range fields {
		if i == d.label {
			if f == "" {
				return fmt.Errorf("field %d: the label is missing", i+1)
			}
			d.words = append(d.words, f)
			continue
		}
		if d.drop[i] {
			continue
		}
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return fmt.Errorf("field %d: %.20q is not a number", i+1, f)
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("field %d is not finite: %s", i+1, f)
		}
		d.table.X = append(d.table.X, v)
	}
	d.table.Rows++
	return nil
}

// begin finds the columns in the first line and says whether it is a header.
func (d *textDecoder) begin(fields []string) (isHeader bool, err error) {
	d.columns = len(fields)
	if d.label, err = d.place(d.options.Label, fields); err != nil {
		return false, fmt.Errorf("label: %w", err)
	}
	d.drop = map[int]bool{}
	for _, name := range d.options.Drop {
		i, err := d.place(name, fields)
		if err != nil {
			return false, fmt.Errorf("column to drop: %w", err)
		}
		d.drop[i] = true
	}
	d.table.Cols = d.columns - len(d.drop)
	if d.label >= 0 && !d.drop[d.label] {
		d.table.Cols--
	}
	if d.table.Cols < 1 {
		return false, fmt.Errorf("no column of data: %d fields separated by %q", d.columns, d.separator)
	}
	for i, f := range fields {
		if _, err := strconv.ParseFloat(f, 64); err != nil && i != d.label && !d.drop[i] && f != "" && f != "?" {
			isHeader = true
		}
	}
	return isHeader, nil
}

// place finds a column: a number that fits is its place, anything else its name.
func (d *textDecoder) place(column string, fields []string) (int, error) {
	switch column {
	case "", "last":
		return len(fields) - 1, nil
	case "first":
		return 0, nil
	case "none":
		return -1, nil
	}
	if i, err := strconv.Atoi(column); err == nil && i >= 0 && i < len(fields) {
		return i, nil
	}
	if i := slices.Index(fields, column); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("no column %q among %d", column, len(fields))
}
