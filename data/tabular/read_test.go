package tabular

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// The arrays of testdata, written by NumPy 2 and SciPy 1 (numpy.save, savez; scipy.io.savemat), all hold this table.
var (
	wantX      = []float64{1.5, -2, 0, 0, 4.25, 5, 7, 0, -9.5, 10, 11, 12}
	wantLabels = []int{1, 1, 2, 0}
	wantWords  = []string{"1", "3", "7"}
	wantEdges  = [][2]int{{0, 1}, {1, 2}, {3, 0}}
)

func TestRead_ArrayFilesHoldTheSameTable(t *testing.T) {
	for _, test := range []struct {
		file    string
		options Options
		labels  bool
		edges   bool
	}{
		{"fortran_float32.npy", Options{}, false, false},
		{"fortran_float32.npy", Options{LabelFile: "testdata/labels_int64.npy"}, true, false},
		{"table.npz", Options{}, true, false},
		{"nameless.npz", Options{Array: "features"}, false, false},
		{"dense_compressed.mat", Options{}, true, true},   // w counts from 1
		{"single_plain.mat", Options{}, true, true},       // w counts from 0
		{"sparse_compressed.mat", Options{}, true, false}, // compressed columns
		{"transposed.mat", Options{}, true, false},        // samples in columns
	} {
		got, err := Read(filepath.Join("testdata", test.file), test.options)
		if err != nil {
			t.Errorf("%s: %v", test.file, err)
			continue
		}
		want := &Table{Name: test.file, Rows: 4, Cols: 3, X: wantX}
		if test.labels {
			want.Labels, want.Classes = wantLabels, wantWords
		}
		if test.edges {
			want.Edges = wantEdges
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", test.file, got, want)
		}
	}
}

func TestRead_FlattensArraysOfImages(t *testing.T) {
	got, err := Read("testdata/bools_rank3.npy", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Rows != 2 || got.Cols != 6 || !reflect.DeepEqual(got.X, []float64{1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0}) {
		t.Errorf("got %+v", got)
	}
}

func TestRead_RefusesArraysThatAreNoTable(t *testing.T) {
	for _, test := range []struct {
		file    string
		options Options
		want    string
	}{
		{"complex.npy", Options{}, "not an array of real numbers"},
		{"nameless.npz", Options{}, `which array is the data? Name one of ["extra" "features"]`},
		{"nameless.npz", Options{Array: "z"}, `no array "z"; it has ["extra" "features"]`},
		{"dense_compressed.mat", Options{Array: "z"}, "z is complex"},
		{"table.npz", Options{LabelArray: "X"}, "want one label per row"},
		{"fortran_float32.npy", Options{LabelFile: "testdata/missing.npy"}, "no such file"},
		{"fortran_float32.npy", Options{LabelFile: "testdata/fortran_float32.npy"}, "want one label per row"},
		{"labels_int64.npy", Options{LabelFile: "testdata/table.npz"}, "may be .npy, IDX or text"},
		{"missing.csv", Options{}, "no such file"},
		{"missing.mat", Options{}, "no such file"},
		{"missing.npz", Options{}, "no such file"},
	} {
		_, err := Read(filepath.Join("testdata", test.file), test.options)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %+v: error %v, want …%s…", test.file, test.options, err, test.want)
		}
	}
}

func TestRead_EveryTruncationIsAnErrorThatNamesTheFile(t *testing.T) {
	for _, file := range []string{"fortran_float32.npy", "table.npz", "dense_compressed.mat", "single_plain.mat"} {
		whole, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), file)
		for n := 0; n < len(whole); n += 7 {
			if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := Read(path, Options{})
			// A MATLAB file may end after any of its arrays: then what it has is read.
			if err == nil && (filepath.Ext(file) != ".mat" || got.Validate() != nil) {
				t.Errorf("%s cut to %d of %d bytes: no error", file, n, len(whole))
			}
			if err != nil && !strings.Contains(err.Error(), file) {
				t.Errorf("%s cut to %d bytes: the error does not name the file: %v", file, n, err)
			}
		}
	}
}

// No byte that goes wrong may end in a panic or in a table that Validate refuses.
func TestRead_CorruptBytesNeverPanic(t *testing.T) {
	for _, file := range []string{"fortran_float32.npy", "table.npz", "dense_compressed.mat", "single_plain.mat", "sparse_compressed.mat"} {
		whole, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), file)
		for i := range whole {
			broken := bytes.Clone(whole)
			broken[i] ^= 0xff
			if err := os.WriteFile(path, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := Read(path, Options{}); err == nil && got.Validate() != nil {
				t.Errorf("%s with byte %d flipped: an invalid table", file, i)
			}
		}
	}
}

func TestRead_GoesThroughGzip(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, "1,2,a\n3,4,b\n")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "t.csv.gz")
	if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.X, []float64{1, 2, 3, 4}) || !reflect.DeepEqual(got.Classes, []string{"a", "b"}) {
		t.Errorf("got %+v", got)
	}
	if err := os.WriteFile(path, packed.Bytes()[:5], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path, Options{}); err == nil || !strings.Contains(err.Error(), "broken gzip header") {
		t.Errorf("a broken header: %v", err)
	}
}

func TestTable_ValidateSaysWhatIsWrong(t *testing.T) {
	for want, table := range map[string]*Table{
		"the table is empty":                 {},
		"3 values for 2 rows of 2 columns":   {Rows: 2, Cols: 2, X: []float64{1, 2, 3}},
		"1 labels for 2 rows":                {Rows: 2, Cols: 1, X: []float64{1, 2}, Labels: []int{0}},
		"row 1, column 0 is not finite: NaN": {Rows: 2, Cols: 1, X: []float64{1, nan()}},
		"row 0 has the label 5 of 1 classes": {Rows: 1, Cols: 1, X: []float64{1}, Labels: []int{5}, Classes: []string{"a"}},
		"edge 0 joins rows 0 and 9 of 1":     {Rows: 1, Cols: 1, X: []float64{1}, Edges: [][2]int{{0, 9}}},
	} {
		if err := table.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want …%s…", err, want)
		}
	}
}

func TestTable_HeadKeepsRowsAndLabels(t *testing.T) {
	table := &Table{Name: "t", Rows: 3, Cols: 2, X: []float64{1, 2, 3, 4, 5, 6}, Labels: []int{0, 1, 0}, Classes: []string{"a", "b"}}
	head := table.Head(2)
	if head.Validate() != nil || head.Rows != 2 || !reflect.DeepEqual(head.X, []float64{1, 2, 3, 4}) || !reflect.DeepEqual(head.Labels, []int{0, 1}) {
		t.Errorf("got %+v", head)
	}
	if table.Head(9).Rows != 3 {
		t.Error("Head(9) of 3 rows has not 3 rows")
	}
}
