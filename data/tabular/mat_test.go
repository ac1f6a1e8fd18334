package tabular

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// element encodes one element of a MATLAB file, padded to 8 bytes.
func element(t testing.TB, order binary.ByteOrder, kind uint32, body any) []byte {
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
func matrix(t testing.TB, order binary.ByteOrder, name string, dims []int32, values []float64) []byte {
	t.Helper()
	return matrixOf(t, order, name, 6, dims, element(t, order, miDouble, values))
}

// matrixOf encodes an array of any class.
func matrixOf(t testing.TB, order binary.ByteOrder, name string, class uint32, dims []int32, parts ...[]byte) []byte {
	t.Helper()
	body := bytes.Join(append([][]byte{
		element(t, order, miUint32, []uint32{class, 0}),
		element(t, order, miInt32, dims),
		element(t, order, miInt8, []byte(name)),
	}, parts...), nil)
	return element(t, order, miMatrix, body)
}

// matFileOf is a little-endian file of the arrays.
func matFileOf(arrays ...[]byte) string {
	return string(matHeader(binary.LittleEndian, "IM")) + string(bytes.Join(arrays, nil))
}

// zipped is a compressed element.
func zipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b, head bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := binary.Write(&head, binary.LittleEndian, []uint32{miCompressed, uint32(b.Len())}); err != nil {
		t.Fatal(err)
	}
	return append(head.Bytes(), b.Bytes()...) // MATLAB does not pad compressed elements
}

func TestMat_ReadsBigEndianFiles(t *testing.T) {
	file := append(matHeader(binary.BigEndian, "MI"), matrix(t, binary.BigEndian, "X", []int32{2, 3}, []float64{1, 4, 2, 5, 3, 6})...)
	m, err := decodeMat(reader(t, string(file), "f.mat"))
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
	one := matrix(t, order, "X", []int32{1, 1}, []float64{1})
	version := matHeader(order, "IM")
	order.PutUint16(version[124:], 0x0200)
	ints := func(v ...int32) []byte { return element(t, order, miInt32, v) }
	sparse := func(dims []int32, rows, starts []byte, values ...float64) string {
		return matFileOf(matrixOf(t, order, "X", mxSparse, dims, rows, starts, element(t, order, miDouble, values)))
	}
	for name, test := range map[string]struct{ data, want string }{
		"empty":        {"", "f.mat: byte offset 0: a MATLAB file starts with a header of 128 bytes: the file is truncated"},
		"hdf5":         {"MATLAB 7.3 MAT-file" + string(make([]byte, 200)), "version 7.3 (HDF5) file: save it with -v7"},
		"version 4":    {"\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00X\x00", "f.mat: this is a version 4 file, or none of MATLAB's: save it with -v7"},
		"mark":         {string(matHeader(order, "??")), `f.mat: byte offset 126: not a MATLAB level 5 file: byte order mark "??"`},
		"version":      {string(version), "f.mat: byte offset 124: MATLAB file version 0x0200"},
		"no arrays":    {matFileOf(), "f.mat: the file has no arrays of numbers"},
		"tag":          {matFileOf([]byte{1, 2, 3}), "f.mat: byte offset 128: tag of an element: the file is truncated"},
		"short":        {matFileOf(one)[:150], "f.mat: byte offset 150: element of"},
		"claims":       {matFileOf([]byte{14, 0, 0, 0, 255, 255, 255, 255}), "f.mat: byte offset 136: element of 4294967295 bytes: the file is truncated"},
		"count":        {matFileOf(matrix(t, order, "X", []int32{2, 2}, []float64{1})), "array X of size [2 2]: 1 values, want 4"},
		"negative":     {matFileOf(matrix(t, order, "X", []int32{-2, 2}, []float64{1})), "impossible sizes"},
		"axes":         {matFileOf(matrix(t, order, "X", make([]int32, 65), []float64{1})), "sizes of an array: it has 65, want 2 to 64"},
		"sizes":        {matFileOf(matrix(t, order, "X", []int32{1 << 30, 1 << 30, 1 << 30}, []float64{1})), "impossible sizes"},
		"left over":    {matFileOf(matrixOf(t, order, "X", 6, []int32{1, 1}, element(t, order, miDouble, []float64{1}), ints(1))), "array X of size [1 1]: 16 bytes left after its last element"},
		"twice":        {matFileOf(one, one), `f.mat: byte offset 200: a second array "X"`},
		"zlib":         {matFileOf(element(t, order, miCompressed, []byte("no zlib."))), "f.mat: byte offset 128: compressed element"},
		"cut zlib":     {matFileOf(zipped(t, one)[:40]), "f.mat: byte offset 168: element of"},
		"after zlib":   {matFileOf(zipped(t, append(bytes.Clone(one), make([]byte, 8)...))), "compressed element: 8 bytes left after its last element"},
		"bomb":         {matFileOf(zipped(t, element(t, order, miMatrix, make([]byte, 1<<20+1)))), "expands to more than 1 MiB"},
		"large":        {matFileOf(matrixOf(t, order, "X", 12, []int32{1, 1}, element(t, order, miInt64, []int64{1<<53 + 1}))), "value 0: 9007199254740993 is not exactly a float64"},
		"sparse claim": {sparse([]int32{1 << 29, 1}, ints(0), ints(0, 1), 5), "f.mat: byte offset 128: array X of size [536870912 1]: the content expands to more than 1 MiB"},
		"sparse row":   {sparse([]int32{2, 1}, ints(2), ints(0, 1), 5), "row number 2 after -1 in column 0 of a sparse array of 2 rows"},
		"sparse twice": {sparse([]int32{2, 1}, ints(1, 1), ints(0, 2), 5, 6), "row number 1 after 1 in column 0"},
		"sparse ends":  {sparse([]int32{2, 1}, ints(0), ints(0, 3), 5), "column 0 of a sparse array goes from 0 to 3 of 1 values"},
		"sparse start": {sparse([]int32{2, 1}, ints(0, 1), ints(1, 2), 5, 6), "column 0 of a sparse array goes from 1 to 2"},
		"sparse NaN":   {sparse([]int32{2, 1}, ints(0), element(t, order, miDouble, []float64{0, nan()}), 5), "goes from 0 to NaN"},
		"sparse count": {sparse([]int32{2, 3}, ints(0), ints(0, 1), 5), "2 column starts of a sparse array, want 4"},
		"sparse axes":  {sparse([]int32{2, 1, 1}, ints(0), ints(0, 1), 5), "a sparse array has two sizes"},
	} {
		_, err := decodeMat(reader(t, test.data, "f.mat"))
		wantError(t, name, err, test.want)
	}
}

func TestMat_LabelsAreReadOrRefusedNeverDropped(t *testing.T) {
	order := binary.LittleEndian
	x := matrix(t, order, "X", []int32{3, 1}, []float64{1, 2, 3})
	char := func(name string, rows, cols int32, columnMajor string) []byte {
		return matrixOf(t, order, name, mxChar, []int32{rows, cols}, element(t, order, miUint8, []byte(columnMajor)))
	}
	utf16 := matrixOf(t, order, "labels", mxChar, []int32{3, 2}, element(t, order, miUint16, []uint16{'b', 'a', 'b', 'ü', ' ', 'ü'}))
	cells := matrixOf(t, order, "labels", mxCell, []int32{1, 3}, char("", 1, 2, "be"), char("", 1, 1, "a"), char("", 1, 2, "be"))
	for name, test := range map[string]struct {
		labels []byte
		want   []string
	}{
		"characters": {char("labels", 3, 2, "babe e"), []string{"a", "be"}},
		"utf16":      {utf16, []string{"a", "bü"}},
		"cells":      {cells, []string{"a", "be"}},
	} {
		got, err := decodeMatTable(reader(t, matFileOf(x, test.labels), "f.mat"), Options{})
		if err != nil || !reflect.DeepEqual(got.Classes, test.want) || !reflect.DeepEqual(got.Labels, []int{1, 0, 1}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	mixed := matrixOf(t, order, "gtlabels", mxCell, []int32{1, 2}, char("", 1, 1, "a"), matrix(t, order, "", []int32{1, 1}, []float64{1}))
	for name, test := range map[string]struct {
		arrays [][]byte
		want   string
	}{
		"struct":      {[][]byte{x, matrixOf(t, order, "gtlabels", mxStruct, []int32{1, 1})}, "f.mat: the array gtlabels is a struct: save it as numbers"},
		"mixed cells": {[][]byte{x, mixed}, "the array gtlabels is a cell array with other things than text"},
		"two words":   {[][]byte{x, matrixOf(t, order, "y", mxCell, []int32{1, 1}, char("", 2, 1, "ab"))}, "cell 0 holds 2 words, want one"},
		"short text":  {[][]byte{x, char("y", 3, 2, "ab")}, "array y of size [3 2]: 2 characters, want 6"},
		"no UTF-8":    {[][]byte{x, char("y", 1, 1, "\xff")}, "the text is not UTF-8"},
		"one word":    {[][]byte{x, char("y", 1, 3, "abc")}, "f.mat: 1 labels in y for 3 rows in X"},
		"NaN":         {[][]byte{x, matrix(t, order, "y", []int32{3, 1}, []float64{1, nan(), 1})}, "f.mat: array y: label 1 is not finite"},
		"huge cell":   {[][]byte{x, matrixOf(t, order, "y", mxCell, []int32{1 << 30, 1})}, "cell 0: the matrix is truncated"},
		"text data":   {[][]byte{char("X", 1, 3, "abc")}, "the data are words"},
		"graph":       {[][]byte{x, matrixOf(t, order, "w", mxStruct, []int32{1, 1})}, "the graph w is a struct"},
	} {
		_, err := decodeMatTable(reader(t, matFileOf(test.arrays...), "f.mat"), Options{Array: map[bool]string{true: "X"}[name == "text data"]})
		wantError(t, name, err, test.want)
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
		"out of range": {[]int32{1, 2}, []float64{3, 4}, "edge 0 of the graph w ends at 4: want a whole number in 1…3"},
		"not a number": {[]int32{1, 2}, []float64{0, nan()}, "ends at NaN: want a whole number in 0…2"},
		"ambiguous":    {[]int32{1, 2}, []float64{1, 2}, "the graph w names neither row 0 nor the last row: its numbers could count from 0 or from 1"},
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
