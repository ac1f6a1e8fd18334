package tabular

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
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
		{"transposed.mat", Options{Transposed: true}, true, false},
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
		{"dense_compressed.mat", Options{Array: "z"}, "the array z is complex"},
		{"transposed.mat", Options{}, "4 labels in gtlabels for 3 rows in X, which has the shape [3 4]: if the samples are its columns, say so"},
		{"table.npz", Options{Header: "yes"}, "this is read as npz, which has no header"},
		{"table.npz", Options{Label: "class"}, "this is read as npz, which has no header, no label column"},
		{"labels_int64.npy", Options{Array: "X"}, "the file holds one array, which has no name"},
		{"labels_int64.npy", Options{Transposed: true}, "an array of shape [4] cannot be transposed"},
		{"../text.go", Options{Transposed: true}, "this is read as text, which has no arrays"},
		{".", Options{}, "this is a folder: want a regular file"},
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
			if got, err := Read(path, Options{MaxExpanded: 1 << 20}); err == nil && got.Validate() != nil {
				t.Errorf("%s with byte %d flipped: an invalid table", file, i)
			}
		}
	}
}

func TestRead_GoesThroughGzip(t *testing.T) {
	packed := gzipped(t, "1,2,a\n3,4,b\n")
	path := filepath.Join(t.TempDir(), "t.csv.gz")
	if err := os.WriteFile(path, packed, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.X, []float64{1, 2, 3, 4}) || !reflect.DeepEqual(got.Classes, []string{"a", "b"}) {
		t.Errorf("got %+v", got)
	}
	if err := os.WriteFile(path, packed[:5], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path, Options{}); err == nil || !strings.Contains(err.Error(), "broken gzip header") {
		t.Errorf("a broken header: %v", err)
	}
}

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A file's claims, and what is compressed in it, must not cost memory beyond what it brings and what the budget allows.
func TestRead_MemoryIsPaidForByBytes(t *testing.T) {
	const budget = 1 << 20
	order := binary.LittleEndian
	text := strings.Repeat("0,0,a\n", 1<<20)
	zeros := make([]byte, 1<<22)
	for name, content := range map[string]string{
		"claims.npy":  npyFile(t, npyHeaderOf("<f8", "(1000000000, 2)"), make([]byte, 64)),
		"text.npy":    npyFile(t, npyHeaderOf("<U500000000", "(1,)"), make([]byte, 64)),
		"claims.idx":  idxFile(t, 0x0e, []uint32{1 << 20, 1 << 20}, make([]byte, 64)),
		"claims.mat":  matFileOf([]byte{14, 0, 0, 0, 255, 255, 255, 255}),
		"cells.mat":   matFileOf(matrix(t, order, "X", []int32{1, 1}, []float64{1}), matrixOf(t, order, "y", mxCell, []int32{1 << 30, 1})),
		"sparse.mat":  matFileOf(matrixOf(t, order, "X", mxSparse, []int32{1 << 29, 1}, element(t, order, miInt32, []int32{0}), element(t, order, miInt32, []int32{0, 1}), element(t, order, miDouble, []float64{1}))),
		"bomb.mat":    matFileOf(zipped(t, element(t, order, miMatrix, zeros))),
		"bomb.npz":    npzFile(t, [2]string{"X.npy", npyFile(t, npyHeaderOf("|u1", "(4194304, 1)"), zeros)}),
		"bomb.npy.gz": string(gzipped(t, npyFile(t, npyHeaderOf("|u1", "(4194304, 1)"), zeros))),
		"bomb.idx.gz": string(gzipped(t, idxFile(t, 0x08, []uint32{1 << 22}, zeros))),
		"bomb.csv.gz": string(gzipped(t, text)),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read(path, Options{MaxExpanded: budget})
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
		// Rows and labels take several times their text; growing slices allocate several times what they end with.
		if used := after.TotalAlloc - before.TotalAlloc; used > 40*budget {
			t.Errorf("%s: %d MiB were allocated for a budget of 1 MiB", name, used>>20)
		}
	}
}

func TestTable_ValidateSaysWhatIsWrong(t *testing.T) {
	for want, table := range map[string]*Table{
		"the table is empty":                 {},
		"3 values for 2 rows of 2 columns":   {Rows: 2, Cols: 2, X: []float64{1, 2, 3}},
		"1 names for 2 columns":              {Rows: 1, Cols: 2, X: []float64{1, 2}, Columns: []string{"a"}},
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
