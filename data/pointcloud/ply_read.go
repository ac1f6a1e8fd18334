package pointcloud

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// ReadPLY reads the vertices of a PLY file: ascii, binary little endian or binary big endian. Properties x, y, z are
// required and nx, ny, nz optional, of any scalar type; other properties, lists and elements are read and dropped. Errors
// name the file and the line (ascii) or the byte offset (binary). A file without vertices, a coordinate that is not finite,
// a value that its type does not have, and anything after the last element are errors.
func ReadPLY(path string) (*Cloud, error) {
	r, err := input.Open(path)
	if err != nil {
		return nil, fmt.Errorf("pointcloud: %w", err)
	}
	defer r.Close()
	return decodePLY(r)
}

func decodePLY(r *input.Reader) (*Cloud, error) {
	header, err := readPLYHeader(r)
	if err != nil {
		return nil, err
	}
	var src plySource
	switch header.format {
	case plyASCII:
		src = &plyText{lines: r.Rest(header.lines), name: r.Name(), line: header.lines}
	case plyLittle:
		src = &plyBinary{r: r, order: binary.LittleEndian}
	default:
		src = &plyBinary{r: r, order: binary.BigEndian}
	}
	var cloud *Cloud
	for _, element := range header.elements {
		if element.name == "vertex" {
			cloud, err = readVertices(src, element, r.Name())
		} else {
			err = skipElement(src, element)
		}
		if err != nil {
			return nil, err
		}
	}
	if cloud == nil {
		return nil, fmt.Errorf("%s: the PLY header has no element named vertex", r.Name())
	}
	return cloud, src.finish()
}

// plySource gives the values of one element after another.
type plySource interface {
	// begin is called before the values of each element: a new line, in ascii.
	begin() error
	// end is called after them; it fails if values are left over.
	end() error
	// next returns the next value of the given scalar type.
	next(kind string) (float64, error)
	// where says where the current element stands, for errors: "file:line" or "file: offset".
	where() string
	// finish is called after the last element; it fails if something is left.
	finish() error
}

func skipElement(src plySource, element plyElement) error {
	row := make([]float64, len(element.properties))
	for i := range element.count {
		if err := readRow(src, element, row); err != nil {
			return fmt.Errorf("%s: %s %d: %w", src.where(), element.name, i, err)
		}
	}
	return nil
}

// readRow reads one element. Scalars go to row; the place of a list keeps its old value.
func readRow(src plySource, element plyElement, row []float64) error {
	if err := src.begin(); err != nil {
		return err
	}
	for i, p := range element.properties {
		if p.count == "" {
			v, err := src.next(p.kind)
			if err != nil {
				return fmt.Errorf("property %.40s: %w", p.name, err)
			}
			row[i] = v
			continue
		}
		n, err := src.next(p.count)
		if err != nil {
			return fmt.Errorf("length of list %s: %w", p.name, err)
		}
		if n < 0 {
			return fmt.Errorf("list %.40s has the negative length %g", p.name, n)
		}
		for range int64(n) {
			if _, err := src.next(p.kind); err != nil {
				return fmt.Errorf("list %s of %g items: %w", p.name, n, err)
			}
		}
	}
	return src.end()
}

func readVertices(src plySource, element plyElement, file string) (*Cloud, error) {
	place := map[string]int{}
	for i, p := range element.properties {
		if p.count == "" {
			place[p.name] = i
		}
	}
	for _, axis := range []string{"x", "y", "z"} {
		if _, ok := place[axis]; !ok {
			return nil, fmt.Errorf("%s: the vertices have no property %s", file, axis)
		}
	}
	if element.count == 0 {
		return nil, fmt.Errorf("%s: the file has no vertices", file)
	}
	x, y, z := place["x"], place["y"], place["z"]
	nx, hasX := place["nx"]
	ny, hasY := place["ny"]
	nz, hasZ := place["nz"]
	withNormals := hasX && hasY && hasZ

	cloud := &Cloud{} // it grows with what is read: the count is the file's claim
	row := make([]float64, len(element.properties))
	for i := range element.count {
		if err := readRow(src, element, row); err != nil {
			return nil, fmt.Errorf("%s: vertex %d of %d: %w", src.where(), i, element.count, err)
		}
		p := r3.Vec{X: row[x], Y: row[y], Z: row[z]}
		if err := checkVector(p); err != nil {
			return nil, fmt.Errorf("%s: vertex %d %w", src.where(), i, err)
		}
		cloud.Points = append(cloud.Points, p)
		if !withNormals {
			continue
		}
		n := r3.Vec{X: row[nx], Y: row[ny], Z: row[nz]}
		if err := checkVector(n); err != nil {
			return nil, fmt.Errorf("%s: the normal of vertex %d %w", src.where(), i, err)
		}
		cloud.Normals = append(cloud.Normals, n)
	}
	return cloud, nil
}

// plyText reads the ascii form: one line per element.
type plyText struct {
	lines  *input.Lines
	name   string
	line   int
	fields []string
}

func (t *plyText) where() string { return fmt.Sprintf("%s:%d", t.name, t.line) }

func (t *plyText) begin() (err error) {
	if t.fields, err = t.lines.Fields(); err != nil {
		return input.Truncated(err)
	}
	t.line = t.lines.Number()
	return nil
}

func (t *plyText) next(kind string) (float64, error) {
	if len(t.fields) == 0 {
		return 0, fmt.Errorf("the line has too few values")
	}
	word := t.fields[0]
	t.fields = t.fields[1:]
	v, err := input.Number(word)
	if err != nil {
		return 0, err
	}
	if r, ok := plyIntegers[kind]; ok && (v != math.Trunc(v) || v < r[0] || v > r[1]) {
		return 0, fmt.Errorf("%.20s is no %s", word, kind)
	}
	return v, nil
}

func (t *plyText) end() error {
	if len(t.fields) > 0 {
		return fmt.Errorf("the line has %d values too many", len(t.fields))
	}
	return nil
}

func (t *plyText) finish() error {
	switch _, err := t.lines.Fields(); {
	case err == nil:
		return t.lines.Errorf("values left after the last element of the header")
	case errors.Is(err, io.EOF):
		return nil
	default:
		return err
	}
}

// plyIntegers holds the smallest and the largest value of each integer type.
var plyIntegers = map[string][2]float64{
	"char": {-1 << 7, 1<<7 - 1}, "int8": {-1 << 7, 1<<7 - 1}, "uchar": {0, 1<<8 - 1}, "uint8": {0, 1<<8 - 1},
	"short": {-1 << 15, 1<<15 - 1}, "int16": {-1 << 15, 1<<15 - 1}, "ushort": {0, 1<<16 - 1}, "uint16": {0, 1<<16 - 1},
	"int": {-1 << 31, 1<<31 - 1}, "int32": {-1 << 31, 1<<31 - 1}, "uint": {0, 1<<32 - 1}, "uint32": {0, 1<<32 - 1},
}

// plyBinary reads the two binary forms.
type plyBinary struct {
	r     *input.Reader
	order binary.ByteOrder
	buf   [8]byte
}

func (b *plyBinary) where() string {
	return fmt.Sprintf("%s: byte offset %d", b.r.Name(), b.r.Offset())
}
func (b *plyBinary) begin() error  { return nil }
func (b *plyBinary) end() error    { return nil }
func (b *plyBinary) finish() error { return b.r.End("the last element of the header") }

func (b *plyBinary) next(kind string) (float64, error) {
	raw := b.buf[:plySizes[kind]]
	if _, err := io.ReadFull(b.r, raw); err != nil {
		return 0, input.Truncated(err)
	}
	switch kind {
	case "char", "int8":
		return float64(int8(raw[0])), nil
	case "uchar", "uint8":
		return float64(raw[0]), nil
	case "short", "int16":
		return float64(int16(b.order.Uint16(raw))), nil
	case "ushort", "uint16":
		return float64(b.order.Uint16(raw)), nil
	case "int", "int32":
		return float64(int32(b.order.Uint32(raw))), nil
	case "uint", "uint32":
		return float64(b.order.Uint32(raw)), nil
	case "float", "float32":
		return float64(math.Float32frombits(b.order.Uint32(raw))), nil
	}
	return math.Float64frombits(b.order.Uint64(raw)), nil // double, float64: the header admits no other type
}
