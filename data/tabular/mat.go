package tabular

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// Data types of the elements of a MATLAB level 5 file, by MathWorks' number.
const (
	miInt8       = 1
	miUint8      = 2
	miInt16      = 3
	miUint16     = 4
	miInt32      = 5
	miUint32     = 6
	miSingle     = 7
	miDouble     = 9
	miInt64      = 12
	miUint64     = 13
	miMatrix     = 14
	miCompressed = 15
	miUTF8       = 16
	miUTF16      = 17
)

const matHeaderBytes = 128

// matFile holds the arrays of numbers and of text of a MATLAB file by name, in row-major order, and the names of the others.
type matFile struct {
	arrays map[string]*array
	other  map[string]string // name → what it is
}

// decodeMat reads the variables of a MATLAB level 5 file (save -v6, -v7).
func decodeMat(r *input.Reader) (*matFile, error) {
	order, err := readMatHeader(r)
	if err != nil {
		return nil, err
	}
	m := &matFile{arrays: map[string]*array{}, other: map[string]string{}}
	for len(r.Peek(1)) > 0 {
		start := r.Offset()
		var tag [8]byte
		if err := r.Full(tag[:], "tag of an element"); err != nil {
			return nil, err
		}
		kind, size := order.Uint32(tag[:4]), order.Uint32(tag[4:])
		body, err := r.Bytes(int64(size), fmt.Sprintf("element of %d bytes", size))
		if err != nil {
			return nil, err
		}
		if err := m.element(kind, body, order, r); err != nil {
			return nil, r.ErrorfAt(start, "%w", err)
		}
	}
	if err := r.End("the last array"); err != nil { // what Peek could not read
		return nil, err
	}
	if len(m.arrays) == 0 {
		return nil, fmt.Errorf("%s: the file has no arrays of numbers%s", r.Name(), m.refused())
	}
	return m, nil
}

func readMatHeader(r *input.Reader) (binary.ByteOrder, error) {
	start := r.Peek(4)
	if len(start) == 4 && bytes.IndexByte(start, 0) >= 0 {
		return nil, fmt.Errorf("%s: this is a version 4 file, or none of MATLAB's: save it with -v7, or as .npz", r.Name())
	}
	var head [matHeaderBytes]byte
	if err := r.Full(head[:], fmt.Sprintf("a MATLAB file starts with a header of %d bytes", matHeaderBytes)); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(head[:], []byte("MATLAB 7.3")) || bytes.HasPrefix(head[:], []byte("\x89HDF")) {
		return nil, fmt.Errorf("%s: this is a version 7.3 (HDF5) file: save it with -v7, or as .npz", r.Name())
	}
	var order binary.ByteOrder
	switch string(head[126:]) {
	case "IM":
		order = binary.LittleEndian
	case "MI":
		order = binary.BigEndian
	default:
		return nil, r.ErrorfAt(126, "not a MATLAB level 5 file: byte order mark %q, want \"IM\" or \"MI\"", head[126:])
	}
	if version := order.Uint16(head[124:]); version != 0x0100 {
		return nil, r.ErrorfAt(124, "MATLAB file version %#04x, want 0x0100", version)
	}
	return order, nil
}

// element reads one top-level element; those that are no matrices are skipped.
func (m *matFile) element(kind uint32, body []byte, order binary.ByteOrder, r *input.Reader) error {
	if kind == miCompressed {
		packed := bytes.NewReader(body)
		z, err := zlib.NewReader(packed)
		if err != nil {
			return fmt.Errorf("compressed element: %w", input.Truncated(err))
		}
		defer z.Close()
		inner, err := input.Inside(z, r.Name()+": compressed element", r.Budget()).All()
		if err != nil {
			return err
		}
		if packed.Len() > 0 {
			return fmt.Errorf("compressed element: %d bytes left after its end", packed.Len())
		}
		p := &matParser{data: inner, order: order}
		if kind, body, err = p.next(); err != nil {
			return fmt.Errorf("compressed element: %w", err)
		}
		if err := p.end(); err != nil {
			return fmt.Errorf("compressed element: %w", err)
		}
	}
	if kind != miMatrix || len(body) == 0 {
		return nil
	}
	name, a, other, err := parseMatrix(&matParser{data: body, order: order}, r.Budget())
	if err != nil {
		return err
	}
	if m.arrays[name] != nil || m.other[name] != "" {
		return fmt.Errorf("a second array %.60q", name)
	}
	if other != "" {
		m.other[name] = other
		return nil
	}
	m.arrays[name] = a
	return nil
}

// refused lists the arrays that were not read, and what they are.
func (m *matFile) refused() string {
	var parts []string
	for name, what := range m.other {
		parts = append(parts, input.Name(name)+" is "+what)
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return " (" + strings.Join(parts, ", ") + ")"
}

// decodeMatTable reads X, gtlabels and, if the file has it, the graph w: a list of edges with the two row numbers in its
// first two columns. Row numbers start from 0 if a 0 occurs among them, from 1 if the number of rows does; a list in which
// neither occurs could be either, and is an error.
func decodeMatTable(r *input.Reader, o Options) (*Table, error) {
	m, err := decodeMat(r)
	if err != nil {
		return nil, err
	}
	var names []string
	for name, a := range m.arrays {
		if a.words == nil || slices.Contains(labelNames, name) || name == o.Array || name == o.LabelArray {
			names = append(names, name)
		}
	}
	for name := range m.other { // labels that are there are not passed over
		if slices.Contains(labelNames, name) || name == o.Array || name == o.LabelArray {
			names = append(names, name)
		}
	}
	t, err := tableOfArrays(r.Name(), o, names, func(name string) (*array, error) {
		if what := m.other[name]; what != "" {
			return nil, fmt.Errorf("%s: the array %s is %s: save it as numbers, or as text in rows or cells", r.Name(), input.Name(name), what)
		}
		return m.arrays[name], nil
	})
	if err != nil {
		return nil, err
	}
	if w := m.arrays["w"]; w != nil && o.Array != "w" && o.LabelArray != "w" {
		if err := t.setEdges(w); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name(), err)
		}
	} else if what := m.other["w"]; what != "" {
		return nil, fmt.Errorf("%s: the graph w is %s: save the list of edges as a matrix with two columns, or leave it out", r.Name(), what)
	}
	return t, nil
}

func (t *Table) setEdges(w *array) error {
	if len(w.dims) != 2 || w.dims[1] < 2 || w.dims[0] == 0 || w.words != nil {
		return fmt.Errorf("the graph w has the size %v: want one edge per row, two row numbers in each", w.dims)
	}
	hasZero, hasLast := false, false
	for i := range w.dims[0] {
		for j := range 2 {
			v := w.values[i*w.dims[1]+j]
			hasZero, hasLast = hasZero || v == 0, hasLast || v == float64(t.Rows)
		}
	}
	first := 0.0
	if hasLast && !hasZero {
		first = 1
	}
	t.Edges = make([][2]int, w.dims[0])
	for i := range t.Edges {
		for j := range 2 {
			v := w.values[i*w.dims[1]+j]
			if v != float64(int(v)) || v < first || v >= first+float64(t.Rows) {
				return fmt.Errorf("edge %d of the graph w ends at %g: want a whole number in %g…%g", i, v, first, first+float64(t.Rows)-1)
			}
			t.Edges[i][j] = int(v - first)
		}
	}
	if !hasZero && !hasLast {
		return errors.New("the graph w names neither row 0 nor the last row: its numbers could count from 0 or from 1: give one of the two an edge, or leave w out")
	}
	return nil
}
