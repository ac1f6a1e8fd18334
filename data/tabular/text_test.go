package tabular

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func nan() float64 { return math.NaN() }

func TestText_ReadsTheUsualDialects(t *testing.T) {
	for name, test := range map[string]struct {
		text    string
		options Options
		x       []float64
		classes []string
		labels  []int
	}{
		"comma":             {"1,2,b\n3,4,a\n", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"no last newline":   {"1,2,b\n3,4,a", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"crlf, blank lines": {"1,2,b\r\n\r\n3,4,a\r\n", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"byte order mark":   {"\ufeff1,2,b\n3,4,a\n", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"tab, header":       {"x\ty\tclass\n1\t2\tb\n3\t4\ta\n", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"semicolon, quotes": {"1;2;\"b\"\n3;4;\"a\"\n", Options{}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"spaces":            {"  1 2   10\n3 4 9\n", Options{}, []float64{1, 2, 3, 4}, []string{"9", "10"}, []int{1, 0}},
		"label first":       {"T,1,2\nA,3,4\n", Options{Label: "first"}, []float64{1, 2, 3, 4}, []string{"A", "T"}, []int{1, 0}},
		"label by name":     {"x,class,y\n1,b,2\n3,a,4\n", Options{Label: "class"}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"label by number":   {"1,b,2\n3,a,4\n", Options{Label: "1"}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
		"no label":          {"1,2\n3,4\n", Options{Label: "none"}, []float64{1, 2, 3, 4}, nil, nil},
		"drop":              {"id,x,y,c\nm1,1,2,b\nm2,3,4,a\n", Options{Drop: []string{"id"}}, []float64{1, 2, 3, 4}, []string{"a", "b"}, []int{1, 0}},
	} {
		got, err := decodeText(strings.NewReader(test.text), name, test.options)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := &Table{Rows: 2, Cols: 2, X: test.x, Labels: test.labels, Classes: test.classes}
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
		"header only":    {"x,y,c\n", Options{}, "t.csv: the file has no rows"},
		"ragged":         {"1,2,a\n1,a\n", Options{}, "t.csv:2: 2 fields, want 3"},
		"word":           {"1,2,a\n1,two,a\n", Options{}, `t.csv:2: field 2: "two" is not a number`},
		"missing":        {"1,2,a\n\n1,?,a\n", Options{}, `t.csv:3: field 2: "?" is not a number`},
		"missing first":  {"?,2,a\n1,2,a\n", Options{}, `t.csv:1: field 1: "?" is not a number`},
		"nan":            {"1,2,a\n1,NaN,a\n", Options{}, "t.csv:2: field 2 is not finite"},
		"infinite":       {"1,-Inf,a\n", Options{}, "t.csv:1: field 2 is not finite"},
		"no label":       {"1,2,a\n1,2,\n", Options{}, "t.csv:2: field 3: the label is missing"},
		"only labels":    {"a\nb\n", Options{}, "t.csv:1: no column of data"},
		"unknown label":  {"1,2\n", Options{Label: "class"}, `t.csv:1: label: no column "class" among 2`},
		"unknown column": {"1,2\n", Options{Drop: []string{"7"}}, `t.csv:1: column to drop: no column "7" among 2`},
	} {
		_, err := decodeText(strings.NewReader(test.text), "t.csv", test.options)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want …%s…", name, err, test.want)
		}
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
	got, err := Read(data, Options{LabelFile: write("y.txt", "cat\nant\n")})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Labels, []int{1, 0}) || got.Cols != 2 {
		t.Errorf("got %+v", got)
	}
	for text, want := range map[string]string{
		"cat\n":     "y.txt: 1 labels, but",
		"":          "y.txt: the label file is empty",
		"a\nb,c\n":  "y.txt:2: want one label per line",
		"a\nb\n\nc": "y.txt: 3 labels, but",
	} {
		if _, err := Read(data, Options{LabelFile: write("y.txt", text)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want …%s…", text, err, want)
		}
	}
}
