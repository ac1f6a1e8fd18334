package tabular

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
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
)

var matSizes = map[uint32]int{
	miInt8: 1, miUint8: 1, miInt16: 2, miUint16: 2, miInt32: 4, miUint32: 4, miSingle: 4,
	miDouble: 8, miInt64: 8, miUint64: 8,
}

const (
	matHeaderBytes = 128
	matMaxBytes    = 1 << 33 // largest element accepted once decompressed
)

// matFile holds the numeric arrays of a MATLAB file by name, in row-major order, and the names of the arrays of other
// classes.
type matFile struct {
	arrays map[string]*array
	other  map[string]string // name → why it was not read
}

// readMat reads the variables of a MATLAB level 5 file (save -v5, -v6, -v7).
func readMat(path string) (*matFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tabular: %w", err)
	}
	defer f.Close()
	return decodeMat(f, path)
}

func decodeMat(r io.Reader, file string) (*matFile, error) {
	order, err := readMatHeader(r, file)
	if err != nil {
		return nil, err
	}
	m := &matFile{arrays: map[string]*array{}, other: map[string]string{}}
	offset := matHeaderBytes
	for {
		var tag [8]byte
		n, err := io.ReadFull(r, tag[:])
		if n == 0 && err == io.EOF { //nolint:errorlint // ReadFull returns io.EOF itself when it read nothing
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: byte offset %d: tag of an element: %w", file, offset, truncated(err))
		}
		kind, size := order.Uint32(tag[:4]), int64(order.Uint32(tag[4:]))
		var body bytes.Buffer
		if got, err := io.CopyN(&body, r, size); err != nil {
			return nil, fmt.Errorf("%s: byte offset %d: element of %d bytes has only %d: %w", file, offset, size, got, truncated(err))
		}
		if err := m.element(kind, body.Bytes(), order); err != nil {
			return nil, fmt.Errorf("%s: byte offset %d: %w", file, offset, err)
		}
		offset += 8 + int(size)
	}
	if len(m.arrays) == 0 {
		return nil, fmt.Errorf("%s: the file has no numeric arrays%s", file, m.refused())
	}
	return m, nil
}

func readMatHeader(r io.Reader, file string) (binary.ByteOrder, error) {
	var head [matHeaderBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("%s: byte offset 0: a MATLAB file starts with a header of %d bytes: %w", file, matHeaderBytes, truncated(err))
	}
	if bytes.HasPrefix(head[:], []byte("MATLAB 7.3")) || bytes.HasPrefix(head[:], []byte("\x89HDF")) {
		return nil, fmt.Errorf("%s: this is a version 7.3 (HDF5) file: save it with -v7, or as .npz", file)
	}
	var order binary.ByteOrder
	switch string(head[126:]) {
	case "IM":
		order = binary.LittleEndian
	case "MI":
		order = binary.BigEndian
	default:
		return nil, fmt.Errorf("%s: byte offset 126: not a MATLAB level 5 file: byte order mark %q, want \"IM\" or \"MI\"", file, head[126:])
	}
	if version := order.Uint16(head[124:]); version != 0x0100 {
		return nil, fmt.Errorf("%s: byte offset 124: MATLAB file version %#04x, want 0x0100", file, version)
	}
	return order, nil
}

// element reads one top-level element; those that are no matrices are skipped.
func (m *matFile) element(kind uint32, body []byte, order binary.ByteOrder) error {
	if kind == miCompressed {
		z, err := zlib.NewReader(bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("compressed element: %w", truncated(err))
		}
		defer z.Close()
		inner, err := io.ReadAll(io.LimitReader(z, matMaxBytes))
		if err != nil {
			return fmt.Errorf("compressed element: %w", truncated(err))
		}
		p := &matParser{data: inner, order: order}
		if kind, body, err = p.next(); err != nil {
			return fmt.Errorf("compressed element: %w", err)
		}
	}
	if kind != miMatrix || len(body) == 0 {
		return nil
	}
	name, a, why, err := parseMatrix(&matParser{data: body, order: order})
	if err != nil {
		return err
	}
	if why != "" {
		m.other[name] = why
		return nil
	}
	m.arrays[name] = a
	return nil
}

func (m *matFile) refused() string {
	var parts []string
	for name, why := range m.other {
		parts = append(parts, name+" is "+why)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
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
	size := int(p.order.Uint32(p.data[p.at+4:]))
	start := p.at + 8
	if size > len(p.data)-start {
		return 0, nil, fmt.Errorf("an element at byte %d of the matrix claims %d bytes, %d are left: the matrix is truncated", p.at, size, len(p.data)-start)
	}
	p.at = min(len(p.data), start+(size+7)/8*8)
	return word, p.data[start : start+size], nil
}

// numbers reads the next element as numbers of its type.
func (p *matParser) numbers() ([]float64, error) {
	kind, body, err := p.next()
	if err != nil {
		return nil, err
	}
	size := matSizes[kind]
	if size == 0 || len(body)%size != 0 {
		return nil, fmt.Errorf("an element of %d bytes has the type %d, which is not one of numbers", len(body), kind)
	}
	values := make([]float64, len(body)/size)
	for i := range values {
		values[i] = matNumber(kind, body[i*size:], p.order)
	}
	return values, nil
}

func matNumber(kind uint32, raw []byte, order binary.ByteOrder) float64 {
	switch kind {
	case miInt8:
		return float64(int8(raw[0]))
	case miUint8:
		return float64(raw[0])
	case miInt16:
		return float64(int16(order.Uint16(raw)))
	case miUint16:
		return float64(order.Uint16(raw))
	case miInt32:
		return float64(int32(order.Uint32(raw)))
	case miUint32:
		return float64(order.Uint32(raw))
	case miSingle:
		return float64(math.Float32frombits(order.Uint32(raw)))
	case miInt64:
		return float64(int64(order.Uint64(raw)))
	case miUint64:
		return float64(order.Uint64(raw))
	}
	return math.Float64frombits(order.Uint64(raw)) // miDouble: matSizes admits no other type
}
