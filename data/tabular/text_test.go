package tabular

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

func nan() float64 { return math.NaN() }

// reader reads text as the content of a file of that name.
func reader(t testing.TB, content, name string) *input.Reader {
	t.Helper()
	r, err := input.NewPacked(strings.NewReader(content), name, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantError(t *testing.T, name string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: error %v, want …%s…, on one line", name, err, want)
	}
}

// columnsOf holds the names of the columns of the dialects that have a header.
var columnsOf = map[string][]string{
	"tab, header": {"x", "y"}, "quoted separators": {"x", "y"}, "quoted line ends": {"x\n1", "y"}, "spaces, quotes": {"x", "y z"},
	"label by name": {"x", "y"}, "drop": {"x", "y"}, "row numbers": {"0", "1"}, "numbered header": {"0", "1"}, "its label named": {"0", "1"},
	"a number is a place": {"1", "0"},
}

func TestText_ReadsTheUsualDialects(t *testing.T) {
	for name, test := range map[string]struct {
		text    string
		options Options
		x       []float64
		classes []string
		labels  []int
	}{
		"comma":               {"1,2,b\n3,4,a\n", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"no last newline":     {"1,2,b\n3,4,a", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"crlf, blank lines":   {"1,2,b\r\n\r\n3,4,a\r\n", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"cr alone":            {"\r1,2,b\r3,4,a\r", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"byte order mark":     {"\ufeff1,2,b\n3,4,a\n", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"tab, header":         {"x\ty\tclass\n1\t2\tb\n3\t4\ta\n", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"semicolon, quotes":   {"1;2;\"b\"\n3;4;\"a\"\n", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"quoted separators":   {"x,y,\"a, or b\"\n1,\"2\",\"b,\"\"\"\n3,4,a\n", Options{}, []float64{1, 2, 3, 4}, []string{"a", `b,"`}, []int{1, 0}},
		"quoted line ends":    {"\"x\n1\",y,c\n1,2,\"b\nb\"\n3,4,a\n", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b\nb"}, []int{1, 0}},
		"spaces":              {"  1 2   10\n3 4 9\n", Options{}, []float64{1, 2, 3, 4}, []string{"9", "10"}, []int{1, 0}},
		"spaces, quotes":      {"x \"y z\" c\n1 2 \"b c\"\n \"3\"  4 a \n", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b c"}, []int{1, 0}},
		"comma and space":     {" 1, 2, b\n 3, 4 , a \n", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"label first":         {"T,1,2\nA,3,4\n", Options{Label: "first"}, []float64{1, 2, 3, 4}, []string{"A", "T"}, []int{1, 0}},
		"label by name":       {"x,class,y\n1,b,2\n3,a,4\n", Options{Label: "class"}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"label by number":     {"1,b,2\n3,a,4\n", Options{Label: "1"}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"no label":            {"1,2\n3,4\n", Options{Label: "none"}, []float64{1, 2, 3, 4}, nil, nil},
		"drop":                {"id,x,y,c\nm1,1,2,b\nm2,3,4,a\n", Options{Drop: []string{"id"}}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"row numbers":         {",0,1,c\n0,1,2,b\n1,3,4,a\n", Options{Header: "yes", Drop: []string{"0"}}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"numbered header":     {"0,1,label\n1,2,b\n3,4,a\n", Options{Header: "yes"}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"its label named":     {"0,1,label\n1,2,b\n3,4,a\n", Options{Label: "label"}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"a number is a place": {"1,0,c\n1,2,b\n3,4,a\n", Options{Header: "yes", Label: "2"}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"counting row":        {"0,1,b\n3,4,a\n", Options{Header: "no"}, []float64{0, 1, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"none is a name":      {"1,2,none\n3,4,-\n", Options{}, []float64{1, 2, 3, 4}, []string{"-", "none"}, []int{1, 0}},
		"codes":               {"1,2,02\n3,4,10\n", Options{}, []float64{1, 2, 3, 4}, []string{"02", "10"}, []int{0, 1}},
	} {
		got, err := decodeText(reader(t, test.text, name), test.options)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := &Table{Rows: 2, Cols: 2, X: test.x, Labels: test.labels, Classes: test.classes, Columns: columnsOf[name]}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestText_ErrorsNameFileAndLine(t *testing.T) {
	for name, test := range map[string]struct {
		text    string
		options Options
		want    string
	}{
		"empty":          {"", Options{}, "t.csv: the file has no rows"},
		"blank":          {"\r\n \t\n", Options{}, "t.csv: the file has no rows"},
		"header only":    {"x,y,c\n", Options{}, "t.csv: the file has a header and no rows"},
		"ragged":         {"1,2,a\n1,a\n", Options{}, "t.csv:2: 2 fields, want 3 as in line 1"},
		"row names":      {"x y c\n1 5 6 a\n", Options{}, "t.csv:2: 4 fields, want 3 as in line 1: if the first field is the row's name"},
		"word":           {"1,2,a\n1,two,a\n", Options{}, `t.csv:2: field 2: "two" is not a number`},
		"missing":        {"1,2,a\n\n1,?,a\n", Options{}, `t.csv:3: field 2: the value is missing: "?" is not a number`},
		"missing first":  {"?,2,a\n1,2,a\n", Options{}, `t.csv:1: field 1: the value is missing: "?"`},
		"missing after":  {"\n\r1,2,a\r1,\"\",a", Options{}, `t.csv:4: field 2: the value is missing: the field is empty`},
		"nan":            {"1,2,a\n1,NaN,a\n", Options{}, "t.csv:2: field 2: the value is not finite: NaN"},
		"infinite":       {"1,-Inf,a\n", Options{}, "t.csv:1: field 2: the value is not finite: -Inf"},
		"no label":       {"1,2,a\n1,2,\n", Options{}, "t.csv:2: field 3: the label is missing"},
		"only labels":    {"a\nb\n", Options{}, "t.csv:1: no column of data"},
		"unknown label":  {"1,2\n", Options{Label: "class"}, `t.csv:1: label: no column "class" among 2`},
		"unknown column": {"1,2\n", Options{Drop: []string{"7"}}, `t.csv:1: column to drop: no column "7" among 2`},
		"no column":      {"1,2\n", Options{Drop: []string{""}}, `t.csv:1: column to drop: no column "" among 2`},
		"dropped label":  {"1,2\n", Options{Label: "1", Drop: []string{"1"}}, `t.csv:1: column 1 is the label and to be dropped`},
		"unknown header": {"1,2\n", Options{Header: "maybe"}, `t.csv:1: header "maybe": want auto, yes or no`},
		"unnamed label":  {"1,2\n", Options{Header: "no", Label: "c"}, `t.csv:1: label: no column "c" among 2, which have no names`},
		"one name twice": {"x,x,c\n5,6,a\n", Options{Label: "x"}, `t.csv:1: label: two columns have the name "x"`},

		"numbered header":      {"0,1,label\n5,6,a\n", Options{}, "t.csv:1: the line counts its columns, 0, 1, …: it could be the header"},
		"numbers all along":    {"0,1,2\n5,6,1\n", Options{Label: "none"}, "t.csv:1: the line counts its columns"},
		"one numbered column":  {"0,label\n5,a\n", Options{}, "t.csv:1: the line counts its columns"},
		"NA row":               {"NA,NA,a\n1,2,b\n", Options{}, `t.csv:1: field 1: the value is missing: "NA" is not a number`},
		"overflow row":         {"1e400,2,a\n1,2,b\n", Options{}, `t.csv:1: field 1: "1e400" is larger than any 64-bit number`},
		"hexadecimal row":      {"0x10,2,a\n1,2,b\n", Options{}, `t.csv:1: field 1: "0x10" is not a decimal number`},
		"half a header":        {"x,2,c\n1,2,b\n", Options{}, `t.csv:1: the line is neither a header nor a row: field 1 is "x", field 2 is "2": say which (--header yes or no)`},
		"header with NA":       {"x,NA,c\n1,2,b\n", Options{}, `t.csv:1: the line is neither a header nor a row`},
		"half a header, no":    {"x,2,c\n1,2,b\n", Options{Header: "no"}, `t.csv:1: field 1: "x" is not a number`},
		"row numbers, auto":    {",x,y,c\n0,1,2,b\n", Options{}, "t.csv:1: the first column has no name, as the row numbers of a data frame: leave it out (--drop 0)"},
		"row numbers, yes":     {",0,1,c\n0,1,2,b\n", Options{Header: "yes"}, "t.csv:1: the first column has no name"},
		"unnamed column":       {"x,,c\n1,2,b\n", Options{Header: "yes"}, "t.csv:1: column 1 has no name: name it, or leave it out (--drop 1)"},
		"quoted comma":         {"1,\"2,5\",a\n", Options{}, `t.csv:1: field 2: "2,5" is not a number: decimal commas and commas between thousands are not read`},
		"decimal commas":       {"1,5;2,5;a\n", Options{}, "t.csv:1: the line has semicolons and commas: decimal commas are not read"},
		"later decimal comma":  {"1;2;a\n1,5;2;a\n", Options{}, `t.csv:2: field 1: "1,5" is not a number: decimal commas`},
		"trailing separators":  {"1,2,a,\n3,4,b,\n", Options{}, `t.csv:1: the line is neither a header nor a row: field 3 is "a", field 1 is "1": say which (--header yes or no) (if the line ends with a ',' too many, take it off)`},
		"trailing, no header":  {"1,2,3,\n3,4,4,\n", Options{}, `t.csv:1: field 4: the label is missing (if the line ends with a ',' too many, take it off)`},
		"trailing, no label":   {"1;2;\n3;4;\n", Options{Label: "none"}, `t.csv:1: field 3: the value is missing: the field is empty (if the line ends with a ';' too many`},
		"trailing in header":   {"x,y,c,\n3,4,b,\n", Options{Label: "c"}, `t.csv:1: column 3 has no name: name it, or leave it out (--drop 3) (if the line ends with a ',' too many`},
		"one trailing":         {"1,2,a\n3,4,b,\n", Options{}, `t.csv:2: 4 fields, want 3 as in line 1: the line ends with a ',' too many`},
		"leading tab":          {"1\t2\ta\n\t4\tb\n", Options{}, "t.csv:2: field 1: the value is missing"},
		"leading tab first":    {"\t2\ta\n1\t4\tb\n", Options{}, `t.csv:1: the line is neither a header nor a row: field 1 is ""`},
		"open quote":           {"1,2,a\n1,\"2,a\n1,2,a\n", Options{}, `t.csv:2: a quote opens that does not close`},
		"stray quote":          {"\n1,2,a\n1,2\",a\n", Options{}, `t.csv:3: column 4: bare "`},
		"stray quote, space":   {"1 2 a\n1 2\" a\n", Options{}, "t.csv:2: field 2: a quote in a field that does not start with one"},
		"glued quotes, space":  {"1 2 a\n1 \"2\"3 a\n", Options{}, "t.csv:2: field 2: a quoted field must end with a quote and white space"},
		"NaN label":            {"1,2,1\n3,4,NaN\n", Options{}, `t.csv:2: the label is missing: "NaN"`},
		"infinite label":       {"1,2,1\n3,4,inf\n", Options{}, `t.csv:2: the label is not finite: inf`},
		"NA label":             {"1,2,a\n\n3,4,NA\n", Options{}, `t.csv:3: the label is missing: "NA"`},
		"one class, spelt":     {"1,2,1\n3,4,2\n5,6,1.0\n", Options{}, `t.csv:3: the label "1.0" is the same number as "1" at t.csv:1: write both alike`},
		"one class, padded":    {"1,2,a\n3,4,01\n5,6,1\n", Options{}, `t.csv:3: the label "1" is the same number as "01" at t.csv:2`},
		"measurements":         {measurements(40), Options{}, "t.csv: the label column has 40 different values in 40 rows, 0.5 among them: these are no classes"},
		"nul":                  {"1,2,a\n1,2,\x00\n", Options{}, "t.csv:2: this is not text: it holds a NUL byte"},
		"latin1":               {"1,2,a\n1,2,\xfc\n", Options{}, "t.csv:2: this is not UTF-8 text: byte 0xfc: save it as UTF-8"},
		"utf16":                {"\xff\xfe1\x00", Options{}, "t.csv:1: this is not text but UTF-16"},
		"zip":                  {"PK\x03\x04", Options{}, "t.csv:1: this is not text but a zip archive"},
		"too large when whole": {string(gzipped(t, strings.Repeat("0,0,a\n", 1<<18))), Options{}, "the content expands to more than 1 MiB"},
	} {
		_, err := decodeText(reader(t, test.text, "t.csv"), test.options)
		wantError(t, name, err, test.want)
	}
}

// measurements is a table whose last column holds n different fractions.
func measurements(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d,%d,%d.5\n", i*i+3, i, i)
	}
	return b.String()
}

func TestText_MeasurementsMayBeTheLabelThatIsNamed(t *testing.T) {
	got, err := decodeText(reader(t, measurements(40), "t"), Options{Label: "2"})
	if err != nil || len(got.Classes) != 40 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRead_LabelsInATextFileOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	data := write("x.csv", "1,2\n3,4\n")
	for _, text := range []string{"cat\nant\n", "\ufeffcat\r\rant", "\"cat\"\n\nant\n", "cat\n\"ant hill\""} {
		got, err := Read(data, Options{LabelFile: write("y.txt", text)})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Labels, []int{1, 0}) || got.Cols != 2 || got.Classes[1] != "cat" {
			t.Errorf("%q: got %+v", text, got)
		}
	}
	for text, want := range map[string]string{
		"cat\n":      "y.txt: 1 labels, but",
		"":           "y.txt: the label file is empty",
		"a\nb,c\n":   "y.txt:2: want one label per line",
		"a\nb c\n":   "y.txt:2: want one label per line",
		"a\nb\n\nc":  "y.txt: 3 labels, but",
		"a\nNaN\n":   `y.txt:2: the label is missing: "NaN"`,
		"1\n\n1.0\n": `y.txt:3: the label "1.0" is the same number as "1"`,
	} {
		_, err := Read(data, Options{LabelFile: write("y.txt", text)})
		wantError(t, text, err, want)
	}
}
