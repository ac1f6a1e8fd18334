package tabular

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// idxFile writes the IDX format: magic, sizes, values as they are encoded.
func idxFile(t testing.TB, kind byte, dims []uint32, values any) string {
	t.Helper()
	var b bytes.Buffer
	b.Write([]byte{0, 0, kind, byte(len(dims))})
	for _, v := range []any{dims, values} {
		if err := binary.Write(&b, binary.BigEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestIDX_ReadsEveryType(t *testing.T) {
	for kind, values := range map[byte]any{
		0x08: []uint8{1, 2, 3, 200},
		0x09: []int8{1, 2, 3, -56},
		0x0b: []int16{1, 2, 3, -300},
		0x0c: []int32{1, 2, 3, -70000},
		0x0d: []float32{1, 2, 3, .25},
		0x0e: []float64{1, 2, 3, .1},
	} {
		a, err := decodeIDX(reader(t, idxFile(t, kind, []uint32{2, 2}, values), "f"))
		if err != nil {
			t.Errorf("type %#x: %v", kind, err)
			continue
		}
		v := reflect.ValueOf(values)
		for i, got := range a.values {
			if want := v.Index(i).Convert(reflect.TypeOf(got)).Float(); got != want {
				t.Errorf("type %#x: value %d is %g, want %g", kind, i, got, want)
			}
		}
	}
}

func TestIDX_ReadsImagesAndTheirLabels(t *testing.T) {
	dir := t.TempDir()
	images, labels := filepath.Join(dir, "t10k-images-idx3-ubyte"), filepath.Join(dir, "t10k-labels-idx1-ubyte")
	if err := os.WriteFile(images, []byte(idxFile(t, 0x08, []uint32{2, 2, 2}, []uint8{1, 2, 3, 4, 5, 6, 7, 8})), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(labels, []byte(idxFile(t, 0x08, []uint32{2}, []uint8{9, 4})), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Read(images, Options{LabelFile: labels})
	if err != nil {
		t.Fatal(err)
	}
	want := &Table{Name: "t10k-images-idx3-ubyte", Rows: 2, Cols: 4, X: []float64{1, 2, 3, 4, 5, 6, 7, 8}, Labels: []int{1, 0}, Classes: []string{"4", "9"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestIDX_ErrorsNameFileAndOffset(t *testing.T) {
	good := idxFile(t, 0x08, []uint32{2, 2}, []uint8{1, 2, 3, 4})
	packed := gzipped(t, good)
	damaged := bytes.Clone(packed)
	damaged[len(damaged)-5] ^= 1
	for name, test := range map[string]struct{ data, want string }{
		"empty":      {"", "f: byte offset 0: IDX header: the file is truncated"},
		"magic":      {"PNG!", "f: byte offset 0: not an IDX file: it starts with 50 4e 47 21"},
		"type":       {idxFile(t, 0x0a, []uint32{1}, []uint8{1}), "not an IDX file"},
		"axes":       {"\x00\x00\x08\xff", "not an IDX file"},
		"sizes":      {good[:10], "f: byte offset 8: size of axis 1: the file is truncated"},
		"values":     {good[:14], "f: byte offset 14: want 4 values of 1 bytes: the file is truncated"},
		"extra":      {good + "\x00", "f: byte offset 16: bytes left after the 4 values"},
		"no rows":    {idxFile(t, 0x08, []uint32{0, 2}, []uint8{}), "f: the array is empty: sizes [0 2]"},
		"claims":     {idxFile(t, 0x0e, []uint32{1 << 30, 1 << 10}, []uint8{}), "f: byte offset 12: want 1099511627776 values of 8 bytes: the file is truncated"},
		"impossible": {idxFile(t, 0x08, []uint32{1 << 31, 1 << 31, 1 << 31}, []uint8{}), "impossibly large"},
		"bomb":       {string(gzipped(t, idxFile(t, 0x08, []uint32{1<<20 + 1}, make([]byte, 1<<20+1)))), "expands to more than 1 MiB"},
		"checksum":   {string(damaged), "f: byte offset 16: gzip: invalid checksum"},
		"cut gzip":   {string(packed[:len(packed)-4]), "f: byte offset 16: the file is truncated"},
	} {
		_, err := decodeIDX(reader(t, test.data, "f"))
		wantError(t, name, err, test.want)
	}
}

// npyFile writes a NumPy array with the header as it is given.
func npyFile(t testing.TB, header string, values any) string {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	for _, v := range []any{uint16(len(header)), []byte(header), values} {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func npyHeaderOf(kind, shape string) string {
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }   \n", kind, shape)
}

func TestNPY_ReadsEveryType(t *testing.T) {
	for kind, test := range map[string]struct {
		values any
		want   []float64
	}{
		"|b1": {[]uint8{0, 1}, []float64{0, 1}},
		"|i1": {[]int8{-3, 4}, []float64{-3, 4}},
		"|u1": {[]uint8{3, 200}, []float64{3, 200}},
		"<i2": {[]int16{-300, 4}, []float64{-300, 4}},
		"<u2": {[]uint16{300, 65535}, []float64{300, 65535}},
		"<i4": {[]int32{-70000, 4}, []float64{-70000, 4}},
		"<u4": {[]uint32{70000, math.MaxUint32}, []float64{70000, math.MaxUint32}},
		"<i8": {[]int64{-1 << 62, 4}, []float64{-1 << 62, 4}},
		"<u8": {[]uint64{1<<53 + 2, 4}, []float64{1<<53 + 2, 4}},
		"<f4": {[]float32{.25, -4}, []float64{.25, -4}},
		"<f8": {[]float64{.1, -4}, []float64{.1, -4}},
		">i2": {[]uint16{0x0100, 0xffff}, []float64{1, -1}},
		">f4": {[]uint32{0x0000803f, 0}, []float64{1, 0}},
		// float16, by numpy.float16: 1, −2, 65504 (the largest), 2⁻²⁴ (the smallest), 2⁻¹⁴ (the smallest normal), 1/3
		"<f2": {[]uint16{0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x3555}, []float64{1, -2, 65504, 0x1p-24, 0x1p-14, 0.333251953125}},
	} {
		header := npyHeaderOf(kind, fmt.Sprintf("(%d,)", len(test.want)))
		a, err := decodeNPY(reader(t, npyFile(t, header, test.values), "f"))
		if err != nil || !reflect.DeepEqual(a.values, test.want) {
			t.Errorf("%s: %+v, %v, want %v", kind, a, err, test.want)
		}
	}
	for bits, want := range map[uint16]float64{0x7c00: math.Inf(1), 0xfc00: math.Inf(-1), 0x8000: 0} {
		if got := fromFloat16(bits); got != want {
			t.Errorf("float16 %#x is %g, want %g", bits, got, want)
		}
	}
	if !math.IsNaN(fromFloat16(0x7e00)) {
		t.Error("float16 0x7e00 is not NaN")
	}
}

func TestNPY_ReadsTextLabels(t *testing.T) {
	utf32 := func(words ...string) (units []uint32) {
		for _, w := range words {
			fixed := make([]uint32, 4)
			for i, c := range []rune(w) {
				fixed[i] = uint32(c)
			}
			units = append(units, fixed...)
		}
		return units
	}
	dir := t.TempDir()
	data := filepath.Join(dir, "x.npy")
	if err := os.WriteFile(data, []byte(npyFile(t, npyHeaderOf("<f8", "(3, 1)"), []float64{1, 2, 3})), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"unicode": npyFile(t, npyHeaderOf("<U4", "(3,)"), utf32("sün", "a b", "sün")),
		"bytes":   npyFile(t, npyHeaderOf("|S4", "(3, 1)"), []byte("s\xc3\xbcna b\x00s\xc3\xbcn")),
	} {
		labels := filepath.Join(dir, name+".npy")
		if err := os.WriteFile(labels, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Read(data, Options{LabelFile: labels})
		if err != nil || !reflect.DeepEqual(got.Labels, []int{1, 0, 1}) || !reflect.DeepEqual(got.Classes, []string{"a b", "sün"}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		_, err = Read(labels, Options{})
		wantError(t, name, err, name+".npy: the data are words, such as \"sün\"")
	}
}

func TestNPY_ErrorsNameFileAndPlace(t *testing.T) {
	good := npyFile(t, npyHeaderOf("<f8", "(2, 1)"), []float64{1, 2})
	long := npyFile(t, npyHeaderOf("<f8", "(1000000000, 2)"), []float64{1, 2})
	for name, test := range map[string]struct{ data, want string }{
		"empty":         {"", "f: byte offset 0: .npy header: the file is truncated"},
		"magic":         {"NUMPYNUMPY", `f: byte offset 0: not a NumPy array: it starts with "NUMPYN"`},
		"version":       {"\x93NUMPY\x04\x00\x00\x00\x00\x00", "f: byte offset 6: version 4 of the .npy format"},
		"long header":   {"\x93NUMPY\x02\x00\xff\xff\xff\xff", "f: byte offset 12: a .npy header of 4294967295 bytes"},
		"cut header":    {good[:30], "f: byte offset 30: .npy header: the file is truncated"},
		"cut values":    {good[:len(good)-1], "want 2 values of 8 bytes: the file is truncated"},
		"trailing data": {good + "\x00", "bytes left after the 2 values of the header"},
		"two arrays":    {good + good, "bytes left after the 2 values of the header"},
		"claims":        {long, "want 2000000000 values of 8 bytes: the file is truncated"},
		"impossible":    {npyFile(t, npyHeaderOf("<f8", "(4611686018427387904, 4)"), []byte{}), "impossible shape"},
		"no dict":       {npyFile(t, "shape", []byte{}), `f: broken .npy header "shape": want {`},
		"no shape":      {npyFile(t, "{'descr': '<f8'}", []byte{}), "want the keys descr, fortran_order and shape"},
		"a key twice":   {npyFile(t, "{'descr': '<f8', 'descr': '<f4'}", []byte{}), `it has the key "descr" twice`},
		"another key":   {npyFile(t, "{'colour': '<f8'}", []byte{}), `unknown key "colour"`},
		"open quote":    {npyFile(t, "{'descr': '<f8", []byte{}), "a text without its closing quote"},
		"rest":          {npyFile(t, npyHeaderOf("<f8", "(2,)")+"{", []byte{}), `"{" after its end`},
		"negative":      {npyFile(t, npyHeaderOf("<f8", "(-2,)"), []byte{}), "want the sizes of the axes"},
		"axes":          {npyFile(t, npyHeaderOf("<f8", "("+strings.Repeat("1,", 65)+")"), []byte{}), "more than 64 axes"},
		"no values":     {npyFile(t, npyHeaderOf("<f8", "(0, 2)"), []byte{}), "f: the array is empty: shape [0 2]"},
		"complex":       {npyFile(t, npyHeaderOf("<c16", "(1,)"), []float64{1, 2}), "not an array of real numbers, but of complex ones"},
		"objects":       {npyFile(t, npyHeaderOf("|O", "(1,)"), []float64{1}), "an array of Python objects"},
		"records":       {npyFile(t, "{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (1,), }", []float64{1}), "an array of records"},
		"long double":   {npyFile(t, npyHeaderOf("<f16", "(1,)"), []float64{1, 2}), `not an array of real numbers, booleans or text: type "<f16"`},
		"dates":         {npyFile(t, npyHeaderOf("<M8[ns]", "(1,)"), []float64{1}), "not an array of real numbers, booleans or text"},
		"no size":       {npyFile(t, npyHeaderOf("<U0", "(1000000000,)"), []byte{}), "not an array of real numbers, booleans or text"},
		"huge text":     {npyFile(t, npyHeaderOf("<U2000000000", "(1,)"), []byte{}), "want 1 values of 8000000000 bytes: the file is truncated"},
		"no boolean":    {npyFile(t, npyHeaderOf("|b1", "(2,)"), []byte{1, 2}), "the boolean is 2: want 0 or 1"},
		"no character":  {npyFile(t, npyHeaderOf("<U1", "(2,)"), []uint32{65, 0xd800}), "0xd800 is no character"},
		"no UTF-8":      {npyFile(t, npyHeaderOf("|S1", "(2,)"), []byte{65, 0xff}), `"\xff" is not UTF-8 text`},
		"large integer": {npyFile(t, npyHeaderOf("<i8", "(2,)"), []int64{1, 1<<53 + 1}), "9007199254740993 is not exactly a float64"},
		"bomb":          {string(gzipped(t, npyFile(t, npyHeaderOf("|u1", "(1048577,)"), make([]byte, 1<<20+1)))), "expands to more than 1 MiB"},
	} {
		_, err := decodeNPY(reader(t, test.data, "f"))
		wantError(t, name, err, test.want)
	}
	_, err := decodeNPY(reader(t, npyFile(t, npyHeaderOf("<i8", "(3,)"), []int64{1, 2, 1<<53 + 1}), "f"))
	if at := len(npyFile(t, npyHeaderOf("<i8", "(3,)"), []int64{1, 2})); err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("f: byte offset %d:", at)) {
		t.Errorf("error %v, want it at byte %d", err, at)
	}
}

// npzFile packs files into a zip archive.
func npzFile(t testing.TB, files ...[2]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f[0])
		if err == nil {
			_, err = w.Write([]byte(f[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNPZ_ErrorsNameFileAndArray(t *testing.T) {
	x := npyFile(t, npyHeaderOf("<f8", "(4, 3)"), make([]float64, 12))
	y := npyFile(t, npyHeaderOf("<f8", "(3,)"), []float64{1, 2, 3})
	nans := npyFile(t, npyHeaderOf("<f8", "(4,)"), []float64{1, nan(), 3, 1})
	four := npyFile(t, npyHeaderOf("<f8", "(4,)"), []float64{1, 2, 3, 1})
	bomb := npyFile(t, npyHeaderOf("|u1", "(1048577, 1)"), make([]byte, 1<<20+1))
	whole := npzFile(t, [2]string{"X.npy", x}, [2]string{"y.npy", four})
	flipped := whole[:60] + string(whole[60]^0x40) + whole[61:]
	for name, test := range map[string]struct {
		data    string
		options Options
		want    string
	}{
		"empty":          {"", Options{}, "f.npz: not a readable .npz archive"},
		"cut":            {whole[:len(whole)-30], Options{}, "f.npz: not a readable .npz archive"},
		"no arrays":      {npzFile(t), Options{}, "f.npz: no array of data"},
		"not transposed": {npzFile(t, [2]string{"X.npy", x}, [2]string{"labels.npy", y}), Options{}, "f.npz: 3 labels in labels for 4 rows in X, which has the shape [4 3]: if the samples are its columns, say so (--transposed)"},
		"count":          {npzFile(t, [2]string{"X.npy", x}, [2]string{"labels.npy", y}), Options{Transposed: true, LabelArray: "X"}, "the labels X have the shape [4 3]"},
		"NaN labels":     {npzFile(t, [2]string{"X.npy", x}, [2]string{"labels.npy", nans}), Options{}, "f.npz: array labels: label 1 is not finite: NaN"},
		"which labels":   {npzFile(t, [2]string{"X.npy", x}, [2]string{"labels.npy", four}, [2]string{"y.npy", four}), Options{}, "which are the labels, labels or y? Name one (--label-array)"},
		"one name twice": {npzFile(t, [2]string{"X.npy", x}, [2]string{"X.npy", x}), Options{}, `f.npz: it has two arrays "X"`},
		"no array":       {npzFile(t, [2]string{"X.npy", "text"}), Options{}, "f.npz: array X: byte offset 0: .npy header: the file is truncated"},
		"odd name":       {npzFile(t, [2]string{"../\n\xff.npy", "text"}), Options{}, `f.npz: array "../\n\xff": byte offset 0`},
		"bomb":           {npzFile(t, [2]string{"X.npy", bomb}), Options{MaxExpanded: 1 << 20}, "f.npz: array X: byte offset"},
		"bomb, budget":   {npzFile(t, [2]string{"X.npy", bomb}), Options{MaxExpanded: 1 << 20}, "expands to more than 1 MiB"},
		"damaged":        {flipped, Options{}, "f.npz: "},
	} {
		_, err := decodeNPZ(strings.NewReader(test.data), int64(len(test.data)), "f.npz", test.options)
		wantError(t, name, err, test.want)
	}
	got, err := decodeNPZ(strings.NewReader(whole), int64(len(whole)), "f.npz", Options{Label: "none"})
	if err != nil || got.Labels != nil || got.Rows != 4 {
		t.Errorf("without labels: %+v, %v", got, err)
	}
	wide := npyFile(t, npyHeaderOf("<f8", "(2, 3)"), []float64{1, 2, 3, 4, 5, 6})
	file := npzFile(t, [2]string{"X.npy", wide}, [2]string{"labels.npy", y})
	got, err = decodeNPZ(strings.NewReader(file), int64(len(file)), "f.npz", Options{Transposed: true})
	if err != nil || !reflect.DeepEqual(got.X, []float64{1, 4, 2, 5, 3, 6}) || len(got.Labels) != 3 {
		t.Errorf("transposed: %+v, %v", got, err)
	}
}
