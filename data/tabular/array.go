package tabular

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// array is a dense array in row-major order, of any rank: of numbers, or of words where those are not nil.
type array struct {
	dims   []int
	values []float64
	words  []string
}

// table takes the first axis as rows and flattens the others, as for images [n, height, width].
func (a *array) table(file string, transposed bool) (*Table, error) {
	if a.words != nil {
		return nil, fmt.Errorf("%s: the data are words, such as %.40q: want an array of numbers", file, a.words[0])
	}
	if len(a.dims) == 0 || len(a.values) == 0 {
		return nil, fmt.Errorf("%s: the array is empty: shape %v", file, a.dims)
	}
	t := &Table{Rows: a.dims[0], Cols: len(a.values) / a.dims[0], X: a.values}
	if transposed {
		if len(a.dims) != 2 {
			return nil, fmt.Errorf("%s: an array of shape %v cannot be transposed: want two axes", file, a.dims)
		}
		t.X, t.Rows, t.Cols = rowMajor(a.values, []int{t.Cols, t.Rows}), t.Cols, t.Rows
	}
	return t, nil
}

// labels returns an array with one axis longer than 1 at most as labels.
func (a *array) labels(file, name string) (labels, error) {
	long := 0
	for _, d := range a.dims {
		if d != 1 {
			long++
		}
	}
	if long > 1 {
		return labels{}, fmt.Errorf("%s: the labels %s have the shape %v: want one label per row", file, name, a.dims)
	}
	l := labels{file: file}
	for _, w := range a.words {
		l.add(w, 0)
	}
	for i, v := range a.values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return labels{}, fmt.Errorf("%s: label %d is not finite: %g", file, i, v)
		}
		l.add(strconv.FormatFloat(v+0, 'g', -1, 64), 0) // −0 + 0 is 0
	}
	return l, nil
}

// sizeOf returns the product of the sizes of the axes; ok is false if it is beyond what memory can hold.
func sizeOf(dims []int) (total int, ok bool) {
	total = 1
	for _, d := range dims {
		if d < 0 || d > 0 && total > math.MaxInt/64/d {
			return 0, false
		}
		total *= d
	}
	return total, true
}

// rowMajor reorders values whose first index runs fastest (Fortran, MATLAB).
func rowMajor[T any](values []T, dims []int) []T {
	if len(dims) < 2 || len(values) == 0 {
		return values
	}
	out := make([]T, len(values))
	index := make([]int, len(dims))
	for _, v := range values {
		place := 0
		for axis, i := range index {
			place = place*dims[axis] + i
		}
		out[place] = v
		for axis := range index {
			if index[axis]++; index[axis] < dims[axis] {
				break
			}
			index[axis] = 0
		}
	}
	return out
}

// maxAxes is the most axes that an array may have: NumPy's limit.
const maxAxes = 64

// labelNames are the names under which labels are looked for.
var labelNames = []string{"gtlabels", "labels", "label", "y", "Y", "target"}

// tableOfArrays makes a table of the named arrays of one file.
func tableOfArrays(file string, o Options, names []string, get func(string) (*array, error)) (*Table, error) {
	dataName, labelsName, err := chooseArrays(file, o, names)
	if err != nil {
		return nil, err
	}
	x, err := get(dataName)
	if err != nil {
		return nil, err
	}
	t, err := x.table(file+": array "+input.Name(dataName), o.Transposed)
	if err != nil || labelsName == "" || o.LabelFile != "" || o.Label == "none" {
		return t, err
	}
	y, err := get(labelsName)
	if err != nil {
		return nil, err
	}
	l, err := y.labels(file+": array "+input.Name(labelsName), input.Name(labelsName))
	if err != nil {
		return nil, err
	}
	if len(l.rows) != t.Rows {
		hint := ""
		if len(l.rows) == t.Cols && len(x.dims) == 2 {
			hint = ": if the samples are its columns, say so (--transposed)"
		}
		return nil, fmt.Errorf("%s: %d labels in %s for %d rows in %s, which has the shape %v%s",
			file, len(l.rows), input.Name(labelsName), t.Rows, input.Name(dataName), x.dims, hint)
	}
	return t, t.setLabels(l)
}

// chooseArrays finds the names of the data and of the labels; those are "" if there are none.
func chooseArrays(file string, o Options, names []string) (data, labels string, err error) {
	slices.Sort(names)
	has := func(name string) bool { return slices.Contains(names, name) }
	data, labels = o.Array, o.LabelArray
	for _, name := range labelNames {
		if o.LabelArray != "" || !has(name) || name == data {
			continue
		}
		if labels != "" {
			return "", "", fmt.Errorf("%s: which are the labels, %s or %s? Name one (--label-array)", file, labels, name)
		}
		labels = name
	}
	if data == "" && has("X") {
		data = "X"
	}
	if data == "" {
		for _, name := range names {
			if name == labels || name == "w" {
				continue
			}
			if data != "" {
				return "", "", fmt.Errorf("%s: which array is the data? Name one of %q (--array)", file, names)
			}
			data = name
		}
	}
	if data == "" {
		return "", "", fmt.Errorf("%s: no array of data; it has %q", file, names)
	}
	for _, name := range []string{data, labels} {
		if name != "" && !has(name) {
			return "", "", fmt.Errorf("%s: no array %q; it has %q", file, name, names)
		}
	}
	return data, labels, nil
}

// The types of values in IDX files, by the format's number, and how many bytes each has.
const (
	idxUint8   = 0x08
	idxInt8    = 0x09
	idxInt16   = 0x0b
	idxInt32   = 0x0c
	idxFloat32 = 0x0d
	idxFloat64 = 0x0e
)

var idxSizes = map[byte]int{idxUint8: 1, idxInt8: 1, idxInt16: 2, idxInt32: 4, idxFloat32: 4, idxFloat64: 8}

// decodeIDX reads the IDX format: two zero bytes, a type, the rank, the sizes as big-endian uint32, the values in
// row-major order, big endian.
func decodeIDX(r *input.Reader) (*array, error) {
	var head [4]byte
	if err := r.Full(head[:], "IDX header"); err != nil {
		return nil, err
	}
	kind, rank := head[2], int(head[3])
	size := idxSizes[kind]
	if head[0] != 0 || head[1] != 0 || size == 0 || rank == 0 || rank > maxAxes {
		return nil, r.ErrorfAt(0, "not an IDX file: it starts with % x", head)
	}
	a := &array{}
	for i := range rank {
		var dim [4]byte
		if err := r.Full(dim[:], fmt.Sprintf("size of axis %d", i)); err != nil {
			return nil, err
		}
		a.dims = append(a.dims, int(min(binary.BigEndian.Uint32(dim[:]), math.MaxInt32)))
	}
	total, ok := sizeOf(a.dims)
	if !ok {
		return nil, r.Errorf("the sizes %v are impossibly large", a.dims)
	}
	if total == 0 {
		return nil, fmt.Errorf("%s: the array is empty: sizes %v", r.Name(), a.dims)
	}
	what := fmt.Sprintf("want %d values of %d bytes", total, size)
	err := r.Pieces(int64(total)*int64(size), int64(size), what, func(piece []byte) error {
		a.values = roomFor(a.values, len(piece)/size, total)
		for i := 0; i < len(piece); i += size {
			a.values = append(a.values, idxValue(kind, piece[i:]))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a, r.End(fmt.Sprintf("the %d values of the header", total))
}

func idxValue(kind byte, raw []byte) float64 {
	switch kind {
	case idxUint8:
		return float64(raw[0])
	case idxInt8:
		return float64(int8(raw[0]))
	case idxInt16:
		return float64(int16(binary.BigEndian.Uint16(raw)))
	case idxInt32:
		return float64(int32(binary.BigEndian.Uint32(raw)))
	case idxFloat32:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(raw)) // idxFloat64: the header admits no other type
}

// roomFor makes room for n values more, of a total that is the file's claim: it doubles, so that the memory is at most
// twice what was read.
func roomFor[T any](values []T, n, total int) []T {
	if len(values)+n <= cap(values) {
		return values
	}
	return slices.Grow(values, max(n, min(len(values), total-len(values))))
}

// wholeNumber turns a 64-bit integer into a float64, and fails where that would be another number.
func wholeNumber[T int64 | uint64](v T) (float64, error) {
	f := float64(v)
	if math.Abs(f) >= 1<<63 || T(f) != v {
		return 0, fmt.Errorf("%d is not exactly a float64, which skips whole numbers beyond 2^53", v)
	}
	return f, nil
}

// word trims the zeros and blanks that fill up a text of fixed length.
func word(text string) string { return strings.TrimRight(text, "\x00 ") }
