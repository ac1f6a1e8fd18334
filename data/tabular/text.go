package tabular

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// The values of Options.Header.
const (
	headerAuto = "auto"
	headerYes  = "yes"
	headerNo   = "no"
)

// decodeText reads separated values. The separator is a tab if the first line has one, else a semicolon or a comma, else
// white space; fields may be quoted. A line with semicolons and commas has decimal commas, probably, and is refused.
func decodeText(r *input.Reader, o Options) (*Table, error) {
	rows, err := newRows(r)
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the file has no rows", r.Name())
	}
	if err != nil {
		return nil, err
	}
	d := &textDecoder{options: o, separator: rows.separator, labels: labels{file: r.Name(), isText: true}}
	for {
		fields, line, err := rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := d.add(fields, line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", r.Name(), line, err)
		}
	}
	t := &d.table
	if t.Rows == 0 {
		return nil, fmt.Errorf("%s: the file has a header and no rows", r.Name())
	}
	if d.label < 0 {
		return t, nil
	}
	return t, t.setLabels(d.labels)
}

// textRows gives the fields of one row after the other.
type textRows struct {
	name      string
	separator rune
	skipped   int // blank lines before the first row
	csv       *csv.Reader
	blank     *bufio.Reader // for white space as the separator
	line      int
}

// newRows looks at the first line for the separator; io.EOF if no line has content.
func newRows(r *input.Reader) (*textRows, error) {
	in := bufio.NewReader(r.Text())
	rows := &textRows{name: r.Name()}
	for {
		line, err := in.ReadString('\n')
		for err == nil && strings.Count(line, `"`)%2 == 1 { // a quoted field that goes on in the next line
			var more string
			more, err = in.ReadString('\n')
			line += more
		}
		if err != nil && (!errors.Is(err, io.EOF) || line == "") {
			return nil, err
		}
		if strings.TrimSpace(line) == "" {
			rows.skipped++
			continue
		}
		if rows.separator, err = separatorOf(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", rows.name, rows.skipped+1, err)
		}
		all := io.MultiReader(strings.NewReader(line), in)
		if rows.separator == ' ' {
			rows.blank, rows.line = bufio.NewReader(all), rows.skipped
			return rows, nil
		}
		rows.csv = csv.NewReader(all)
		rows.csv.Comma = rows.separator
		rows.csv.FieldsPerRecord = -1
		rows.csv.ReuseRecord = true
		rows.csv.TrimLeadingSpace = rows.separator != '\t'
		return rows, nil
	}
}

func separatorOf(line string) (rune, error) {
	found := map[rune]bool{}
	quoted := false
	for _, c := range strings.TrimSpace(line) {
		if c == '"' {
			quoted = !quoted
		}
		if !quoted {
			found[c] = true
		}
	}
	switch {
	case found['\t']:
		return '\t', nil
	case found[';'] && found[',']:
		return 0, errors.New("the line has semicolons and commas: decimal commas are not read: write decimal points, and one kind of separator")
	case found[';']:
		return ';', nil
	case found[',']:
		return ',', nil
	}
	return ' ', nil
}

// next returns the fields of the next row that is not blank, without white space around them. They are valid until the
// next call.
func (r *textRows) next() (fields []string, line int, err error) {
	for {
		if r.csv == nil {
			fields, err = r.nextBlank()
			line = r.line
		} else if fields, err = r.csv.Read(); err == nil {
			line, _ = r.csv.FieldPos(0)
			line += r.skipped
		}
		if err != nil {
			return nil, 0, r.failed(err)
		}
		for i, f := range fields {
			fields[i] = strings.TrimSpace(f)
		}
		if len(fields) > 1 || len(fields) == 1 && fields[0] != "" {
			return fields, line, nil
		}
	}
}

func (r *textRows) failed(err error) error {
	var parse *csv.ParseError
	switch {
	case !errors.As(err, &parse):
		return err
	case parse.Line != parse.StartLine:
		return fmt.Errorf("%s:%d: a quote opens that does not close before a separator or the end of a line: %w", r.name, parse.StartLine+r.skipped, parse.Err)
	}
	return fmt.Errorf("%s:%d: column %d: %w", r.name, parse.Line+r.skipped, parse.Column, parse.Err)
}

// nextBlank splits the next line at white space; a field in quotes may hold some.
func (r *textRows) nextBlank() (fields []string, err error) {
	line, err := r.blank.ReadString('\n')
	if err != nil && (!errors.Is(err, io.EOF) || line == "") {
		return nil, err
	}
	r.line++
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimSpace(rest) {
		if rest[0] != '"' {
			end := strings.IndexAny(rest, " \t\v\f\n")
			if end < 0 {
				end = len(rest)
			}
			if strings.Contains(rest[:end], `"`) {
				return nil, fmt.Errorf("%s:%d: field %d: a quote in a field that does not start with one", r.name, r.line, len(fields)+1)
			}
			fields, rest = append(fields, rest[:end]), rest[end:]
			continue
		}
		field, after, ok := strings.Cut(rest[1:], `"`)
		if !ok || after != "" && strings.TrimLeft(after[:1], " \t\v\f") != "" {
			return nil, fmt.Errorf("%s:%d: field %d: a quoted field must end with a quote and white space", r.name, r.line, len(fields)+1)
		}
		fields, rest = append(fields, field), after
	}
	return fields, nil
}

// textDecoder collects the rows of a table.
type textDecoder struct {
	options   Options
	separator rune
	first     int // the line that said how many fields there are
	columns   int // fields per line; 0 before the first line
	label     int // place of the label, −1 for none
	drop      map[int]bool
	labels    labels
	table     Table
}

func (d *textDecoder) add(fields []string, line int) error {
	if d.columns == 0 {
		d.first = line
		isHeader, err := d.begin(fields)
		if err != nil || isHeader {
			return err
		}
	}
	if len(fields) != d.columns {
		return d.otherCount(fields)
	}
	for i, f := range fields {
		if i == d.label {
			if f == "" {
				return fmt.Errorf("field %d: the label is missing%s", i+1, d.atEnd(i))
			}
			d.labels.add(f, line)
			continue
		}
		if d.drop[i] {
			continue
		}
		v, err := input.Number(f)
		if err != nil {
			return fmt.Errorf("field %d: %w%s", i+1, err, d.atEnd(i))
		}
		d.table.X = append(d.table.X, v)
	}
	d.table.Rows++
	return nil
}

// atEnd explains an empty field at the end of a line.
func (d *textDecoder) atEnd(i int) string {
	if i == d.columns-1 && d.separator != ' ' {
		return fmt.Sprintf(" (if the line ends with a %q too many, take it off)", d.separator)
	}
	return ""
}

func (d *textDecoder) emptyEnd(fields []string) string {
	if fields[len(fields)-1] == "" {
		return d.atEnd(len(fields) - 1)
	}
	return ""
}

func (d *textDecoder) otherCount(fields []string) error {
	err := fmt.Errorf("%d fields, want %d as in line %d", len(fields), d.columns, d.first)
	switch {
	case len(fields) == d.columns+1 && fields[len(fields)-1] == "":
		err = fmt.Errorf("%w: the line ends with a %q too many", err, d.separator)
	case len(fields) == d.columns+1 && d.table.Rows == 0:
		err = fmt.Errorf("%w: if the first field is the row's name, give its column a name in the header", err)
	}
	return err
}

// begin finds the columns in the first line and says whether it is a header.
func (d *textDecoder) begin(fields []string) (isHeader bool, err error) {
	named, err := d.findColumns(fields)
	if err != nil {
		return false, err
	}
	switch d.options.Header {
	case headerNo:
		return false, nil
	case headerYes:
		isHeader = true
	case headerAuto, "":
		isHeader = named
		if !named {
			isHeader, err = d.looksLikeHeader(fields)
		}
	default:
		err = fmt.Errorf("header %q: want auto, yes or no", d.options.Header)
	}
	if err != nil || !isHeader {
		return false, err
	}
	return true, d.checkNames(fields)
}

// findColumns finds the label and the columns to drop. named says that one was asked for by a name in the first line.
func (d *textDecoder) findColumns(fields []string) (named bool, err error) {
	d.columns, d.drop = len(fields), map[int]bool{}
	switch d.options.Label {
	case "", "last":
		d.label, d.labels.guessed = len(fields)-1, true
	case "first":
		d.label, d.labels.guessed = 0, true
	case "none":
		d.label = -1
	default:
		if d.label, named, err = d.place(d.options.Label, fields); err != nil {
			return false, fmt.Errorf("label: %w", err)
		}
	}
	for _, name := range d.options.Drop {
		i, byName, err := d.place(name, fields)
		if err != nil {
			return false, fmt.Errorf("column to drop: %w", err)
		}
		if i == d.label {
			return false, fmt.Errorf("column %d is the label and to be dropped: choose one", i)
		}
		d.drop[i] = true
		named = named || byName
	}
	d.table.Cols = d.columns - len(d.drop)
	if d.label >= 0 {
		d.table.Cols--
	}
	if d.table.Cols < 1 {
		return false, fmt.Errorf("no column of data: %d fields separated by %q", d.columns, d.separator)
	}
	return named, nil
}

// looksLikeHeader decides by the columns of data: names make a header, numbers a row.
func (d *textDecoder) looksLikeHeader(fields []string) (bool, error) {
	var example [4]int // where a word of each kind stands, from 1
	byPlace, byOrder, columns := true, true, 0
	for i, f := range fields {
		if i == d.label || d.drop[i] {
			continue
		}
		kind := input.KindOf(f)
		if f == "" && i == 0 && len(fields) > 1 {
			kind = input.Word // the header of a data frame with row numbers starts with an empty name
		}
		if example[kind] == 0 {
			example[kind] = i + 1
		}
		byPlace = byPlace && f == strconv.Itoa(i) && (columns > 0 || i == 0)
		byOrder = byOrder && f == strconv.Itoa(columns)
		columns++
	}
	word, other := example[input.Word], max(example[input.Decimal], example[input.BadNumber], example[input.Missing])
	switch {
	case word > 0 && other > 0:
		return false, fmt.Errorf("the line is neither a header nor a row: field %d is %.40q, field %d is %.40q: say which (--header yes or no)%s",
			word, fields[word-1], other, fields[other-1], d.emptyEnd(fields))
	case word > 0:
		return true, nil
	case (byPlace || byOrder) && (columns > 1 || d.label >= 0 && input.KindOf(fields[d.label]) == input.Word):
		return false, errors.New("the line counts its columns, 0, 1, …: it could be the header that a data frame writes, or a row: say which (--header yes or no)")
	}
	return false, nil
}

// checkNames keeps the names of the columns of data, and refuses columns without one: those are the row numbers that data
// frames write.
func (d *textDecoder) checkNames(names []string) error {
	for i, name := range names {
		if i == d.label || d.drop[i] {
			continue
		}
		if name != "" {
			d.table.Columns = append(d.table.Columns, strings.Clone(name))
			continue
		}
		if i == 0 {
			return errors.New("the first column has no name, as the row numbers of a data frame: leave it out (--drop 0), or name it")
		}
		return fmt.Errorf("column %d has no name: name it, or leave it out (--drop %d)%s", i, i, d.atEnd(i))
	}
	return nil
}

// place finds a column: a number that fits is its place, from 0, anything else its name.
func (d *textDecoder) place(column string, fields []string) (i int, byName bool, err error) {
	i = slices.Index(fields, column)
	number, err := strconv.Atoi(column)
	switch isPlace := err == nil && number >= 0 && number < len(fields); {
	case isPlace:
		return number, false, nil
	case d.options.Header == headerNo:
		return 0, false, fmt.Errorf("no column %q among %d, which have no names: say a number from 0", column, len(fields))
	case i < 0 || column == "":
		return 0, false, fmt.Errorf("no column %q among %d", column, len(fields))
	case slices.Contains(fields[i+1:], column):
		return 0, false, fmt.Errorf("two columns have the name %q: say a number from 0", column)
	}
	return i, true, nil
}
