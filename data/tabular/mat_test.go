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

// element encodes one element of a MATLAB file, padded to 8 bytes.
func element(t *testing.T, order binary.ByteOrder, kind uint32, body any) []byte {
	t.Helper()
	var raw, b bytes.Buffer
	if err := binary.Write(&raw, order, body); err != nil {
		t.Fatal(err)
	}
	if err := binary.Write(&b, order, []uint32{kind, uint32(raw.Len())}); err != nil {
		t.Fatal(err)
	}
	b.Write(raw.Bytes())
	for b.Len()%8 != 0 {
		b.WriteByte(0)
	}
	return b.Bytes()
}

func matHeader(order binary.ByteOrder, mark string) []byte {
	head := bytes.Repeat([]byte{' '}, matHeaderBytes)
	copy(head, "MATLAB 5.0 MAT-file")
	order.PutUint16(head[124:], 0x0100)
	copy(head[126:], mark)
	return head
}

// matrix encodes a dense matrix of doubles in the class mxDouble = 6.
func matrix(t *testing.T, order binary.ByteOrder, name string, dims []int32, values []float64) []byte {
	t.Helper()
	body := bytes.Join([][]byte{
		element(t, order, miUint32, []uint32{6, 0}),
		element(t, order, miInt32, dims),
		element(t, order, miInt8, []byte(name)),
		element(t, order, miDouble, values),
	}, nil)
	return element(t, order, miMatrix, body)
}

func TestMat_ReadsBigEndianFiles(t *testing.T) {
	file := append(matHeader(binary.BigEndian, "MI"), matrix(t, binary.BigEndian, "X", []int32{2, 3}, []float64{1, 4, 2, 5, 3, 6})...)
	m, err := decodeMat(bytes.NewReader(file), "f.mat")
	if err != nil {
		t.Fatal(err)
	}
	want := &array{dims: []int{2, 3}, values: []float64{1, 2, 3, 4, 5, 6}}
	if !reflect.DeepEqual(m.arrays["X"], want) {
		t.Errorf("got %+v, want %+v", m.arrays["X"], want)
	}
}

func TestMat_ErrorsNameFileAndOffset(t *testing.T) {
	order := binary.LittleEndian
	head := matHeader(order, "IM")
	file := func(elements ...[]byte) []byte { return append(bytes.Clone(head), bytes.Join(elements, nil)...) }
	version := matHeader(order, "IM")
	order.PutUint16(version[124:], 0x0200)
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"empty":     {nil, "f.mat: byte offset 0: a MATLAB file starts with a header of 128 bytes: the file is truncated"},
		"hdf5":      {append([]byte("MATLAB 7.3 MAT-file"), make([]byte, 200)...), "version 7.3 (HDF5) file: save it with -v7"},
		"mark":      {matHeader(order, "??"), `f.mat: byte offset 126: not a MATLAB level 5 file: byte order mark "??"`},
		"version":   {version, "f.mat: byte offset 124: MATLAB file version 0x0200"},
		"no arrays": {file(), "f.mat: the file has no numeric arrays"},
		"tag":       {file([]byte{1, 2, 3}), "f.mat: byte offset 128: tag of an element: the file is truncated"},
		"short":     {file(matrix(t, order, "X", []int32{1, 1}, []float64{1}))[:150], "f.mat: byte offset 128: element of"},
		"count":     {file(matrix(t, order, "X", []int32{2, 2}, []float64{1})), "array X of size [2 2]: 1 values, want 4"},
		"negative":  {file(matrix(t, order, "X", []int32{-2, 2}, []float64{1})), "impossible sizes"},
		"zlib":      {file(element(t, order, miCompressed, []byte("no zlib."))), "f.mat: byte offset 128: compressed element"},
	} {
		_, err := decodeMat(bytes.NewReader(test.data), "f.mat")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want …%s…", name, err, test.want)
		}
	}
}

func TestMat_RefusesGraphsThatAreNone(t *testing.T) {
	order := binary.LittleEndian
	for name, test := range map[string]struct {
		dims []int32
		w    []float64
		want string
	}{
		"one column":   {[]int32{2, 1}, []float64{1, 2}, "the graph w has the size [2 1]"},
		"out of range": {[]int32{1, 2}, []float64{1, 4}, "edge 0 of the graph w ends at 4: want a whole number in 1…3"},
		"fraction":     {[]int32{1, 2}, []float64{0, 1.5}, "ends at 1.5: want a whole number in 0…2"},
	} {
		file := bytes.Join([][]byte{matHeader(order, "IM"), matrix(t, order, "X", []int32{3, 1}, []float64{1, 2, 3}), matrix(t, order, "w", test.dims, test.w)}, nil)
		path := filepath.Join(t.TempDir(), "f.mat")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path, Options{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want …%s…", name, err, test.want)
		}
	}
}
