package tabular

import (
	"fmt"
	"math"
)

// Classes of MATLAB arrays.
const (
	mxCell   = 1
	mxStruct = 2
	mxObject = 3
	mxChar   = 4
	mxSparse = 5
	mxUint64 = 15
)

// maxSparseAsDense is the most values that a sparse array may become: 4 GB. A file of a few bytes can claim any size.
const maxSparseAsDense = 1 << 29

// parseMatrix reads one array. Classes other than numbers are named in why.
func parseMatrix(p *matParser) (name string, a *array, why string, err error) {
	kind, flags, err := p.next()
	if err != nil || kind != miUint32 || len(flags) != 8 {
		return "", nil, "", fmt.Errorf("an array starts with 8 bytes of flags: %w", orBroken(err))
	}
	word := p.order.Uint32(flags)
	class, isComplex := word&0xff, word&0x0800 != 0
	sizes, err := p.numbers()
	if err != nil || len(sizes) < 2 {
		return "", nil, "", fmt.Errorf("sizes of an array: %w", orBroken(err))
	}
	_, nameBytes, err := p.next()
	if err != nil {
		return "", nil, "", fmt.Errorf("name of an array: %w", err)
	}
	name = string(nameBytes)
	why = map[uint32]string{mxCell: "a cell array", mxStruct: "a struct", mxObject: "an object", mxChar: "text"}[class]
	if isComplex {
		why = "complex"
	}
	if why == "" && class > mxUint64 {
		why = fmt.Sprintf("of the unknown class %d", class)
	}
	if why != "" {
		return name, nil, why, nil
	}
	dims, total, err := matDims(sizes)
	if err != nil {
		return name, nil, "", fmt.Errorf("array %s: %w", name, err)
	}
	if class == mxSparse {
		a, err = parseSparse(p, dims)
	} else {
		a, err = parseDense(p, dims, total)
	}
	if err != nil {
		return name, nil, "", fmt.Errorf("array %s of size %v: %w", name, dims, err)
	}
	return name, a, "", nil
}

func orBroken(err error) error {
	if err == nil {
		return fmt.Errorf("the element is broken")
	}
	return err
}

func matDims(sizes []float64) (dims []int, total int, err error) {
	total = 1
	for _, s := range sizes {
		if s < 0 || s > math.MaxInt32 || (s > 0 && float64(total) > float64(1<<33)/s) {
			return nil, 0, fmt.Errorf("impossible sizes %v", sizes)
		}
		dims = append(dims, int(s))
		total *= int(s)
	}
	return dims, total, nil
}

func parseDense(p *matParser, dims []int, total int) (*array, error) {
	values, err := p.numbers()
	if err != nil {
		return nil, err
	}
	if len(values) != total {
		return nil, fmt.Errorf("%d values, want %d", len(values), total)
	}
	return &array{dims: dims, values: rowMajor(values, dims)}, nil
}

// parseSparse reads a compressed-column matrix: row numbers, column starts, values. The result is dense.
func parseSparse(p *matParser, dims []int) (*array, error) {
	if len(dims) != 2 {
		return nil, fmt.Errorf("a sparse array has two sizes")
	}
	var parts [3][]float64
	for i, what := range []string{"row numbers", "column starts", "values"} {
		var err error
		if parts[i], err = p.numbers(); err != nil {
			return nil, fmt.Errorf("%s of a sparse array: %w", what, err)
		}
	}
	rows, starts, values := parts[0], parts[1], parts[2]
	if len(starts) != dims[1]+1 {
		return nil, fmt.Errorf("%d column starts of a sparse array, want %d", len(starts), dims[1]+1)
	}
	if dims[0]*dims[1] > maxSparseAsDense {
		return nil, fmt.Errorf("a sparse array of this size needs %d GB as a dense table; project it to fewer columns first", dims[0]*dims[1]*8>>30)
	}
	a := &array{dims: dims, values: make([]float64, dims[0]*dims[1])}
	for j := range dims[1] {
		from, to := starts[j], starts[j+1]
		if from < 0 || to < from || int(to) > min(len(rows), len(values)) {
			return nil, fmt.Errorf("column %d of a sparse array goes from %g to %g of %d values", j, from, to, len(values))
		}
		for k := int(from); k < int(to); k++ {
			if rows[k] < 0 || int(rows[k]) >= dims[0] {
				return nil, fmt.Errorf("row number %g in column %d of a sparse array of %d rows", rows[k], j, dims[0])
			}
			a.values[int(rows[k])*dims[1]+j] = values[k]
		}
	}
	return a, nil
}

// readMatTable reads X, gtlabels and, if the file has it, the graph w: a list of edges with the two row numbers in its
// first two columns. Row numbers start from 0 if a 0 occurs among them, else from 1 as MATLAB's do.
func readMatTable(path string, o Options) (*Table, error) {
	m, err := readMat(path)
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range m.arrays {
		names = append(names, name)
	}
	t, err := tableOfArrays(path, o, names, func(name string) (*array, error) { return m.arrays[name], nil })
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, m.refused())
	}
	if w := m.arrays["w"]; w != nil && o.Array != "w" {
		if err := t.setEdges(w, path); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *Table) setEdges(w *array, path string) error {
	if len(w.dims) != 2 || w.dims[1] < 2 || w.dims[0] == 0 {
		return fmt.Errorf("%s: the graph w has the size %v: want one edge per row, two row numbers in each", path, w.dims)
	}
	first := 1.0
	for i := range w.dims[0] {
		for j := range 2 {
			if w.values[i*w.dims[1]+j] == 0 {
				first = 0
			}
		}
	}
	t.Edges = make([][2]int, w.dims[0])
	for i := range t.Edges {
		for j := range 2 {
			v := w.values[i*w.dims[1]+j]
			if v != math.Trunc(v) || v < first || v >= first+float64(t.Rows) {
				return fmt.Errorf("%s: edge %d of the graph w ends at %g: want a whole number in %g…%g", path, i, v, first, first+float64(t.Rows)-1)
			}
			t.Edges[i][j] = int(v - first)
		}
	}
	return nil
}
