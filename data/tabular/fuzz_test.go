package tabular

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// fuzzBudget is MaxExpanded of the fuzz targets.
const fuzzBudget = 1 << 20

// fuzz runs a reader on any bytes: it must return a table that is one, or an error of one line that starts with the file,
// and must not allocate more than the bytes and the budget pay for.
func fuzz(t *testing.T, data []byte, read func() (*Table, error)) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	table, err := read()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 60*(fuzzBudget+uint64(len(data)))+4<<20 {
		t.Errorf("%d bytes were allocated for %d bytes and a budget of %d", used, len(data), fuzzBudget)
	}
	switch {
	case err != nil:
		if !strings.HasPrefix(err.Error(), "fuzz:") || strings.ContainsFunc(err.Error(), unicode.IsControl) {
			t.Errorf("not one line that starts with the file: %q", err)
		}
	case len(table.X) != table.Rows*table.Cols || len(table.X) == 0:
		t.Errorf("%d values for %d rows and %d columns", len(table.X), table.Rows, table.Cols)
	default:
		for _, l := range table.Labels {
			if l < 0 || l >= len(table.Classes) || len(table.Labels) != table.Rows {
				t.Fatalf("label %d of %d classes; %d labels for %d rows", l, len(table.Classes), len(table.Labels), table.Rows)
			}
		}
	}
}

func fuzzFormat(f *testing.F, kind format, o Options) {
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzz(t, data, func() (*Table, error) {
			r, err := input.NewPacked(bytes.NewReader(data), "fuzz", fuzzBudget)
			if err != nil {
				return nil, err
			}
			return decodeTable(r, kind, o)
		})
	})
}

// addFiles seeds a target with the files of testdata of that kind.
func addFiles(f *testing.F, pattern string) {
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

func FuzzText(f *testing.F) {
	for _, text := range []string{
		"1,2,b\n3,4,a\n", "x\ty\tclass\n1\t2\tb\n", "1;2;\"b\"\r\n", "  1 2   10\r3 4 9\r", "\"x\n1\",y,c\n1,2,a", "0,1,label\n", ",a,b\n0,1,2\n",
	} {
		for _, label := range []string{"last", "first", "none", "0", "x"} {
			f.Add([]byte(text), label, "", "auto")
		}
		f.Add([]byte(text), "last", "0", "yes")
		f.Add([]byte(text), "last", "x", "no")
	}
	f.Fuzz(func(t *testing.T, data []byte, label, drop, header string) {
		o := Options{Label: label, Header: header}
		if drop != "" {
			o.Drop = []string{drop}
		}
		fuzz(t, data, func() (*Table, error) {
			r, err := input.NewPacked(bytes.NewReader(data), "fuzz", fuzzBudget)
			if err != nil {
				return nil, err
			}
			return decodeText(r, o)
		})
	})
}

func FuzzLabels(f *testing.F) {
	f.Add([]byte("cat\n\"ant hill\"\r\n1\r1.0"), byte(0))
	f.Add([]byte(npyFile(f, npyHeaderOf("|S2", "(2,)"), []byte("abcd"))), byte(1))
	f.Add([]byte(idxFile(f, idxUint8, []uint32{2}, []uint8{1, 2})), byte(2))
	f.Fuzz(func(t *testing.T, data []byte, kind byte) {
		fuzz(t, data, func() (*Table, error) {
			r, err := input.NewPacked(bytes.NewReader(data), "fuzz", fuzzBudget)
			if err != nil {
				return nil, err
			}
			l, err := decodeLabels(r, []format{formatText, formatNPY, formatIDX}[kind%3])
			if err != nil {
				return nil, err
			}
			table := &Table{Rows: len(l.rows), Cols: 1, X: make([]float64, len(l.rows))}
			return table, table.setLabels(l)
		})
	})
}

func FuzzNPY(f *testing.F) {
	addFiles(f, "*.npy")
	f.Add([]byte(npyFile(f, npyHeaderOf("<f2", "(2, 1)"), []uint16{1, 2})))
	fuzzFormat(f, formatNPY, Options{})
}

func FuzzIDX(f *testing.F) {
	for _, kind := range []byte{idxUint8, idxInt8} {
		f.Add([]byte(idxFile(f, kind, []uint32{2, 2}, []uint8{1, 2, 3, 4})))
	}
	f.Add([]byte(idxFile(f, idxFloat64, []uint32{2}, []float64{1, 2})))
	f.Add(gzipped(f, idxFile(f, idxInt16, []uint32{2}, []int16{1, 2})))
	fuzzFormat(f, formatIDX, Options{Transposed: true})
}

func FuzzMat(f *testing.F) {
	addFiles(f, "*.mat")
	x := matrix(f, binary.LittleEndian, "X", []int32{1, 1}, []float64{1})
	chars := matrixOf(f, binary.LittleEndian, "y", mxChar, []int32{1, 1}, element(f, binary.LittleEndian, miUint8, []byte("a")))
	f.Add([]byte(matFileOf(x, chars)))
	f.Add([]byte(matFileOf(zipped(f, x), matrixOf(f, binary.LittleEndian, "y", mxCell, []int32{1, 1}, chars))))
	fuzzFormat(f, formatMat, Options{})
}

func FuzzNPZ(f *testing.F) {
	addFiles(f, "*.npz")
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzz(t, data, func() (*Table, error) {
			return decodeNPZ(bytes.NewReader(data), int64(len(data)), "fuzz", Options{MaxExpanded: fuzzBudget})
		})
	})
}
