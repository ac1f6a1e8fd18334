package tabular

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
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

// parseMatrix reads one array of numbers or text: characters in rows, or cells of text. other says what an array of
// another kind is.
func parseMatrix(p *matParser, budget *input.Budget) (name string, a *array, other string, err error) {
	class, isComplex, err := p.flags()
	if err != nil {
		return "", nil, "", err
	}
	dims, total, err := p.sizes()
	if err != nil {
		return "", nil, "", err
	}
	_, nameBytes, err := p.next()
	if err != nil {
		return "", nil, "", fmt.Errorf("name of an array: %w", err)
	}
	name = string(nameBytes)
	switch {
	case isComplex:
		return name, nil, "complex", nil
	case class == mxStruct:
		return name, nil, "a struct", nil
	case class == mxObject:
		return name, nil, "an object", nil
	case class == mxCell:
		a, other, err = parseCells(p, dims, total, budget)
	case class == mxChar:
		a, err = parseChars(p, dims, total)
	case class == mxSparse:
		a, err = parseSparse(p, dims, budget)
	case class > mxUint64:
		return name, nil, fmt.Sprintf("of the unknown class %d", class), nil
	default:
		a, err = parseDense(p, dims, total)
	}
	if err == nil && other == "" {
		err = p.end()
	}
	if err != nil {
		return name, nil, "", fmt.Errorf("array %s of size %v: %w", input.Name(name), dims, err)
	}
	return name, a, other, nil
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

// parseChars reads a matrix of characters: a word in each row.
func parseChars(p *matParser, dims []int, total int) (*array, error) {
	kind, body, err := p.next()
	if err != nil {
		return nil, err
	}
	if len(dims) != 2 {
		return nil, errors.New("want text in rows")
	}
	var text []rune
	switch {
	case kind == miUTF8 || kind == miInt8 || kind == miUint8:
		if !utf8.Valid(body) {
			return nil, errors.New("the text is not UTF-8")
		}
		text = []rune(string(body))
	case (kind == miUTF16 || kind == miUint16) && len(body)%2 == 0:
		units := make([]uint16, len(body)/2)
		for i := range units {
			units[i] = p.order.Uint16(body[2*i:])
		}
		text = utf16.Decode(units)
	default:
		return nil, fmt.Errorf("text of %d bytes of the type %d", len(body), kind)
	}
	if len(text) != total {
		return nil, fmt.Errorf("%d characters, want %d", len(text), total)
	}
	rows := rowMajor(text, dims)
	a := &array{dims: []int{dims[0]}, words: []string{}}
	for i := 0; total > 0 && i < dims[0]; i++ {
		a.words = append(a.words, word(string(rows[i*dims[1]:(i+1)*dims[1]])))
	}
	return a, nil
}

// parseCells reads cells of one word each.
func parseCells(p *matParser, dims []int, total int, budget *input.Budget) (a *array, other string, err error) {
	a = &array{dims: dims, words: []string{}}
	for i := range total {
		kind, body, err := p.next()
		if err != nil {
			return nil, "", fmt.Errorf("cell %d: %w", i, err)
		}
		class := uint32(0)
		if kind == miMatrix && len(body) > 0 {
			class, _, err = (&matParser{data: body, order: p.order}).flags()
		}
		if err != nil || class != mxChar {
			return nil, "a cell array with other things than text", nil //nolint:nilerr // what it holds is not looked at
		}
		_, cell, _, err := parseMatrix(&matParser{data: body, order: p.order}, budget)
		if err != nil {
			return nil, "", fmt.Errorf("cell %d: %w", i, err)
		}
		if len(cell.words) != 1 {
			return nil, "", fmt.Errorf("cell %d holds %d words, want one", i, len(cell.words))
		}
		a.words = append(a.words, cell.words[0])
	}
	a.words = rowMajor(a.words, dims)
	return a, "", nil
}

// parseSparse reads a compressed-column matrix: row numbers, column starts, values. The result is dense, within the budget.
func parseSparse(p *matParser, dims []int, budget *input.Budget) (*array, error) {
	if len(dims) != 2 {
		return nil, errors.New("a sparse array has two sizes")
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
	if err := budget.Spend(int64(dims[0]) * int64(dims[1]) * 8); err != nil {
		return nil, fmt.Errorf("%w, or project the matrix to fewer columns first", err)
	}
	a := &array{dims: dims, values: make([]float64, dims[0]*dims[1])}
	for j := range dims[1] {
		from, to := starts[j], starts[j+1]
		stored := float64(min(len(rows), len(values)))
		if !(from >= 0 && from <= to && to <= stored) || from != math.Trunc(from) || to != math.Trunc(to) || j == 0 && from != 0 {
			return nil, fmt.Errorf("column %d of a sparse array goes from %g to %g of %g values", j, from, to, stored)
		}
		previous := -1.0
		for k := int(from); k < int(to); k++ {
			if !(rows[k] > previous && rows[k] < float64(dims[0])) || rows[k] != math.Trunc(rows[k]) {
				return nil, fmt.Errorf("row number %g after %g in column %d of a sparse array of %d rows", rows[k], previous, j, dims[0])
			}
			previous = rows[k]
			a.values[int(rows[k])*dims[1]+j] = values[k]
		}
	}
	return a, nil
}

// matParser walks over the elements inside a matrix.
type matParser struct {
	data  []byte
	at    int
	order binary.ByteOrder
}

// next returns the next element. Elements of at most 4 bytes may be packed into their tag; others are padded to 8.
func (p *matParser) next() (kind uint32, body []byte, err error) {
	if len(p.data)-p.at < 8 {
		return 0, nil, fmt.Errorf("the matrix is truncated at its byte %d", p.at)
	}
	word := p.order.Uint32(p.data[p.at:])
	if size := int(word >> 16); size != 0 {
		if size > 4 {
			return 0, nil, fmt.Errorf("a packed element at byte %d of the matrix claims %d bytes, more than 4", p.at, size)
		}
		body = p.data[p.at+4 : p.at+4+size]
		p.at += 8
		return word & 0xffff, body, nil
	}
	size := int64(p.order.Uint32(p.data[p.at+4:]))
	start := p.at + 8
	if size > int64(len(p.data)-start) {
		return 0, nil, fmt.Errorf("an element at byte %d of the matrix claims %d bytes, %d are left: the matrix is truncated", p.at, size, len(p.data)-start)
	}
	p.at = min(len(p.data), start+(int(size)+7)/8*8)
	return word, p.data[start : start+int(size)], nil
}

// end fails where elements are left.
func (p *matParser) end() error {
	if left := len(p.data) - p.at; left > 0 {
		return fmt.Errorf("%d bytes left after its last element", left)
	}
	return nil
}

// flags reads the flags that an array starts with.
func (p *matParser) flags() (class uint32, isComplex bool, err error) {
	kind, flags, err := p.next()
	if err != nil {
		return 0, false, fmt.Errorf("an array starts with 8 bytes of flags: %w", err)
	}
	if kind != miUint32 || len(flags) != 8 {
		return 0, false, errors.New("an array starts with 8 bytes of flags: the element is broken")
	}
	word := p.order.Uint32(flags)
	return word & 0xff, word&0x0800 != 0, nil
}

// sizes reads the sizes of an array's axes.
func (p *matParser) sizes() (dims []int, total int, err error) {
	sizes, err := p.numbers()
	if err != nil {
		return nil, 0, fmt.Errorf("sizes of an array: %w", err)
	}
	if len(sizes) < 2 || len(sizes) > maxAxes {
		return nil, 0, fmt.Errorf("sizes of an array: it has %d, want 2 to %d", len(sizes), maxAxes)
	}
	for _, s := range sizes {
		if !(s >= 0 && s <= math.MaxInt32) || s != math.Trunc(s) {
			return nil, 0, fmt.Errorf("impossible sizes %v", sizes)
		}
		dims = append(dims, int(s))
	}
	total, ok := sizeOf(dims)
	if !ok {
		return nil, 0, fmt.Errorf("impossible sizes %v", sizes)
	}
	return dims, total, nil
}

// numbers reads the next element as numbers of its type.
func (p *matParser) numbers() ([]float64, error) {
	kind, body, err := p.next()
	if err != nil {
		return nil, err
	}
	size := map[uint32]int{
		miInt8: 1, miUint8: 1, miInt16: 2, miUint16: 2, miInt32: 4, miUint32: 4, miSingle: 4, miDouble: 8, miInt64: 8, miUint64: 8,
	}[kind]
	if size == 0 || len(body)%size != 0 {
		return nil, fmt.Errorf("an element of %d bytes has the type %d, which is not one of numbers", len(body), kind)
	}
	values := make([]float64, len(body)/size)
	for i := range values {
		if values[i], err = matNumber(kind, body[i*size:], p.order); err != nil {
			return nil, fmt.Errorf("value %d: %w", i, err)
		}
	}
	return values, nil
}

func matNumber(kind uint32, raw []byte, order binary.ByteOrder) (float64, error) {
	switch kind {
	case miInt8:
		return float64(int8(raw[0])), nil
	case miUint8:
		return float64(raw[0]), nil
	case miInt16:
		return float64(int16(order.Uint16(raw))), nil
	case miUint16:
		return float64(order.Uint16(raw)), nil
	case miInt32:
		return float64(int32(order.Uint32(raw))), nil
	case miUint32:
		return float64(order.Uint32(raw)), nil
	case miSingle:
		return float64(math.Float32frombits(order.Uint32(raw))), nil
	case miInt64:
		return wholeNumber(int64(order.Uint64(raw)))
	case miUint64:
		return wholeNumber(order.Uint64(raw))
	}
	return math.Float64frombits(order.Uint64(raw)), nil // miDouble: numbers admits no other type
}
