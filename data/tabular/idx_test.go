package tabular

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// idxFile writes the IDX format: magic, sizes, values as they are encoded.
func idxFile(t *testing.T, kind byte, dims []uint32, values any) []byte {
	t.Helper()
	var b bytes.Buffer
	b.Write([]byte{0, 0, kind, byte(len(dims))})
	for _, v := range []any{dims, values} {
		if err := binary.Write(&b, binary.BigEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
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
		a, err := decodeIDX(bytes.NewReader(idxFile(t, kind, []uint32{2, 2}, values)), "f")
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
	if err := os.WriteFile(images, idxFile(t, 0x08, []uint32{2, 2, 2}, []uint8{1, 2, 3, 4, 5, 6, 7, 8}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(labels, idxFile(t, 0x08, []uint32{2}, []uint8{9, 4}), 0o600); err != nil {
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
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"empty":      {nil, "f: byte offset 0: IDX header: the file is truncated"},
		"magic":      {[]byte("PNG!"), "f: byte offset 0: not an IDX file: it starts with 50 4e 47 21"},
		"type":       {idxFile(t, 0x0a, []uint32{1}, []uint8{1}), "not an IDX file"},
		"sizes":      {good[:10], "f: byte offset 8: size of axis 1: the file is truncated"},
		"values":     {good[:14], "f: byte offset 14: want 4 values of 1 bytes: the file is truncated"},
		"extra":      {append(bytes.Clone(good), 0), "f: byte offset 16: bytes left after the 4 values"},
		"no rows":    {idxFile(t, 0x08, []uint32{0, 2}, []uint8{}), "f: the array is empty: sizes [0 2]"},
		"impossible": {idxFile(t, 0x08, []uint32{1 << 31, 1 << 31}, []uint8{}), "impossibly large"},
	} {
		_, err := decodeIDX(bytes.NewReader(test.data), "f")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want …%s…", name, err, test.want)
		}
	}
}
