package tabular

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"codeberg.org/sbinet/npyio/npy"
	"codeberg.org/sbinet/npyio/npz"
)

// decodeNPY reads a NumPy array of real numbers or booleans, of any rank, in C or Fortran order.
func decodeNPY(r io.Reader, file string) (a *array, err error) {
	// The decoder slices a header by what it finds in it, and panics if that is malformed.
	defer func() {
		if p := recover(); p != nil {
			a, err = nil, fmt.Errorf("%s: broken .npy header: %v", file, p)
		}
	}()
	reader, err := npy.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("%s: byte offset 0: .npy header: %w", file, truncated(err))
	}
	h := reader.Header
	total := 1
	for _, d := range h.Descr.Shape {
		if d < 0 || (d > 0 && total > 1<<35/d) {
			return nil, fmt.Errorf("%s: .npy header: impossible shape %v", file, h.Descr.Shape)
		}
		total *= d
	}
	if total == 0 {
		return nil, fmt.Errorf("%s: the array is empty: shape %v", file, h.Descr.Shape)
	}
	a = &array{dims: h.Descr.Shape}
	if a.values, err = npyValues(reader, strings.Trim(h.Descr.Type, "'")); err != nil {
		return nil, fmt.Errorf("%s: %d values of type %s: %w", file, total, h.Descr.Type, truncated(err))
	}
	if len(a.values) != total {
		return nil, fmt.Errorf("%s: %d values for the shape %v", file, len(a.values), h.Descr.Shape)
	}
	if h.Descr.Fortran {
		a.values = rowMajor(a.values, a.dims)
	}
	return a, nil
}

func npyValues(r *npy.Reader, kind string) ([]float64, error) {
	switch strings.TrimLeft(kind, "<>|=") {
	case "f8":
		var v []float64
		err := r.Read(&v)
		return v, err
	case "f4":
		return convert[float32](r)
	case "i1":
		return convert[int8](r)
	case "i2":
		return convert[int16](r)
	case "i4":
		return convert[int32](r)
	case "i8":
		return convert[int64](r)
	case "u1":
		return convert[uint8](r)
	case "u2":
		return convert[uint16](r)
	case "u4":
		return convert[uint32](r)
	case "u8":
		return convert[uint64](r)
	case "b1":
		var v []bool
		if err := r.Read(&v); err != nil {
			return nil, err
		}
		values := make([]float64, len(v))
		for i, b := range v {
			if b {
				values[i] = 1
			}
		}
		return values, nil
	}
	return nil, fmt.Errorf("not an array of real numbers")
}

func convert[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32](r *npy.Reader) ([]float64, error) {
	var v []T
	if err := r.Read(&v); err != nil {
		return nil, err
	}
	values := make([]float64, len(v))
	for i, x := range v {
		values[i] = float64(x)
	}
	return values, nil
}

// rowMajor reorders values whose first index runs fastest (Fortran, MATLAB).
func rowMajor(values []float64, dims []int) []float64 {
	if len(dims) < 2 {
		return values
	}
	out := make([]float64, len(values))
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

func readNPZTable(path string, o Options) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tabular: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("tabular: %w", err)
	}
	archive, err := npz.NewReader(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: not a readable .npz archive: %w", path, err)
	}
	get := func(name string) (*array, error) {
		key := name
		if !slices.Contains(archive.Keys(), key) {
			key += ".npy"
		}
		r, err := archive.Open(key)
		if err != nil {
			return nil, fmt.Errorf("%s: array %s: %w", path, name, err)
		}
		defer r.Close()
		raw, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("%s: array %s: %w", path, name, truncated(err))
		}
		return decodeNPY(bytes.NewReader(raw), path+": array "+name)
	}
	var names []string
	for _, key := range archive.Keys() {
		names = append(names, strings.TrimSuffix(key, ".npy"))
	}
	return tableOfArrays(path, o, names, get)
}

// labelNames are the names under which labels are looked for.
var labelNames = []string{"gtlabels", "labels", "label", "y", "Y", "target"}

// tableOfArrays makes a table of the named arrays of one file.
func tableOfArrays(path string, o Options, names []string, get func(string) (*array, error)) (*Table, error) {
	slices.Sort(names)
	data, labels := o.Array, o.LabelArray
	for _, name := range labelNames {
		if labels == "" && slices.Contains(names, name) {
			labels = name
		}
	}
	if data == "" && slices.Contains(names, "X") {
		data = "X"
	}
	if data == "" {
		for _, name := range names {
			if name == labels || name == "w" {
				continue
			}
			if data != "" {
				return nil, fmt.Errorf("%s: which array is the data? Name one of %q", path, names)
			}
			data = name
		}
	}
	for _, name := range []string{data, labels} {
		if name != "" && !slices.Contains(names, name) {
			return nil, fmt.Errorf("%s: no array %q; it has %q", path, name, names)
		}
	}
	if data == "" {
		return nil, fmt.Errorf("%s: no array of data; it has %q", path, names)
	}
	x, err := get(data)
	if err != nil {
		return nil, err
	}
	t, err := x.table(path)
	if err != nil || labels == "" {
		return t, err
	}
	y, err := get(labels)
	if err != nil {
		return nil, err
	}
	values, err := y.vector(path, labels)
	if err != nil {
		return nil, err
	}
	if len(values) != t.Rows && len(values) == t.Cols && len(x.dims) == 2 {
		t.transpose() // samples in columns
	}
	if len(values) != t.Rows {
		return nil, fmt.Errorf("%s: %d labels in %s for %d rows in %s", path, len(values), labels, t.Rows, data)
	}
	t.setNumericLabels(values)
	return t, nil
}

func (t *Table) transpose() {
	out := make([]float64, len(t.X))
	for i := range t.Rows {
		for j := range t.Cols {
			out[j*t.Rows+i] = t.X[i*t.Cols+j]
		}
	}
	t.X, t.Rows, t.Cols = out, t.Cols, t.Rows
}
