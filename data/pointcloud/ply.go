package pointcloud

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// plyFormat is the encoding of the data after a PLY header.
type plyFormat string

const (
	plyASCII  plyFormat = "ascii"
	plyLittle plyFormat = "binary_little_endian"
	plyBig    plyFormat = "binary_big_endian"
)

// plySizes holds the bytes of each scalar type; both names of a type occur in files.
var plySizes = map[string]int{
	"char": 1, "uchar": 1, "int8": 1, "uint8": 1,
	"short": 2, "ushort": 2, "int16": 2, "uint16": 2,
	"int": 4, "uint": 4, "int32": 4, "uint32": 4, "float": 4, "float32": 4,
	"double": 8, "float64": 8,
}

type plyProperty struct {
	name  string
	kind  string // scalar type; of the items, for a list
	count string // type of a list's length; empty for a scalar
}

type plyElement struct {
	name       string
	count      int64
	line       int // of the header
	properties []plyProperty
}

type plyHeader struct {
	format   plyFormat
	elements []plyElement
	lines    int  // number of header lines
	endsInCR bool // lines end in CR alone
}

const (
	plyMaxLine  = 1 << 16 // longest header line accepted
	plyMaxCount = 1 << 31 // most elements of one kind accepted
)

// readPLYHeader reads up to and including the line "end_header".
func readPLYHeader(r *input.Reader) (*plyHeader, error) {
	if string(r.Peek(3)) == "\ufeff" { // a byte order mark, which editors add to text
		if err := r.Full(make([]byte, 3), "byte order mark"); err != nil {
			return nil, err
		}
	}
	h := &plyHeader{}
	for {
		line, err := h.nextLine(r)
		h.lines++
		if err != nil {
			return nil, fmt.Errorf("%s:%d: the PLY header ends before end_header: %w", r.Name(), h.lines, err)
		}
		text := strings.TrimSpace(line)
		if h.lines == 1 {
			if text != "ply" {
				return nil, fmt.Errorf("%s:1: not a PLY file: the first line is %.20q, want \"ply\"", r.Name(), text)
			}
			continue
		}
		done, err := h.parseLine(strings.Fields(text))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", r.Name(), h.lines, err)
		}
		if done {
			break
		}
	}
	if h.format == "" {
		return nil, fmt.Errorf("%s:%d: the PLY header has no format line", r.Name(), h.lines)
	}
	return h, nil
}

// nextLine reads a line of the header. The first one says whether CR alone ends lines: in a binary file a LF after it may
// belong to the data.
func (h *plyHeader) nextLine(r *input.Reader) (string, error) {
	var line []byte
	for len(line) < plyMaxLine {
		b, err := r.ReadByte()
		if err != nil {
			return string(line), input.Truncated(err)
		}
		if b == '\r' && h.lines == 0 {
			h.endsInCR = string(r.Peek(1)) != "\n"
		}
		if b == '\n' || b == '\r' && h.endsInCR {
			return string(line), nil
		}
		line = append(line, b)
	}
	return string(line), fmt.Errorf("a header line is longer than %d bytes", plyMaxLine)
}

func (h *plyHeader) parseLine(fields []string) (done bool, err error) {
	if len(fields) == 0 {
		return false, nil
	}
	switch fields[0] {
	case "comment", "obj_info": // in any encoding
		return false, nil
	}
	for _, word := range fields {
		if word != input.Name(word) {
			return false, fmt.Errorf("%.40q in a PLY header: want printable text", word)
		}
	}
	switch fields[0] {
	case "end_header":
		return true, h.check()
	case "format":
		return false, h.parseFormat(fields)
	case "element":
		return false, h.parseElement(fields)
	case "property":
		return false, h.parseProperty(fields)
	}
	return false, fmt.Errorf("unknown PLY header keyword %.20q", fields[0])
}

func (h *plyHeader) parseFormat(fields []string) error {
	if len(fields) != 3 {
		return fmt.Errorf("format line has %d words, want 3", len(fields))
	}
	switch f := plyFormat(fields[1]); f {
	case plyASCII, plyLittle, plyBig:
		h.format = f
	default:
		return fmt.Errorf("unknown PLY format %.40q: want %s, %s or %s", f, plyASCII, plyLittle, plyBig)
	}
	if fields[2] != "1.0" {
		return fmt.Errorf("unknown PLY version %.40q: want 1.0", fields[2])
	}
	return nil
}

func (h *plyHeader) parseElement(fields []string) error {
	if len(fields) != 3 {
		return fmt.Errorf("element line has %d words, want 3", len(fields))
	}
	count, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || count < 0 || count > plyMaxCount {
		return fmt.Errorf("element %.40s has the impossible count %.40q", fields[1], fields[2])
	}
	for _, e := range h.elements {
		if e.name == fields[1] {
			return fmt.Errorf("a second element %.40s", e.name)
		}
	}
	h.elements = append(h.elements, plyElement{name: fields[1], count: count, line: h.lines})
	return nil
}

func (h *plyHeader) parseProperty(fields []string) error {
	if len(h.elements) == 0 {
		return fmt.Errorf("property before any element")
	}
	var p plyProperty
	switch {
	case len(fields) == 3:
		p = plyProperty{name: fields[2], kind: fields[1]}
	case len(fields) == 5 && fields[1] == "list":
		p = plyProperty{name: fields[4], kind: fields[3], count: fields[2]}
		if plySizes[p.count] == 0 || strings.HasPrefix(p.count, "float") || p.count == "double" {
			return fmt.Errorf("list %.40s has the length type %.40q: want an integer type", p.name, p.count)
		}
	default:
		return fmt.Errorf("cannot read the property line %.120q", strings.Join(fields, " "))
	}
	if plySizes[p.kind] == 0 {
		return fmt.Errorf("property %.40s has the unknown type %.40q", p.name, p.kind)
	}
	last := &h.elements[len(h.elements)-1]
	for _, other := range last.properties {
		if other.name == p.name {
			return fmt.Errorf("a second property %.40s of the element %.40s", p.name, last.name)
		}
	}
	last.properties = append(last.properties, p)
	return nil
}

// check refuses elements that take no bytes: their count could be anything.
func (h *plyHeader) check() error {
	for _, e := range h.elements {
		if e.count > 0 && len(e.properties) == 0 {
			return fmt.Errorf("the element %.40s of line %d has no properties, %d times", e.name, e.line, e.count)
		}
	}
	return nil
}

// PLYEncoding is the form in which WritePLY stores the vertices.
type PLYEncoding string

// The encodings of the PLY format.
const (
	ASCII              PLYEncoding = PLYEncoding(plyASCII)
	BinaryLittleEndian PLYEncoding = PLYEncoding(plyLittle)
	BinaryBigEndian    PLYEncoding = PLYEncoding(plyBig)
)

// WritePLY writes the cloud, with its normals if it has them, as double precision properties.
func WritePLY(path string, cloud *Cloud, encoding PLYEncoding) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("pointcloud: %w", err)
	}
	if err := encodePLY(f, cloud, encoding); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", path, err)
	}
	return f.Close()
}

func encodePLY(w io.Writer, cloud *Cloud, encoding PLYEncoding) error {
	if err := cloud.Validate(); err != nil {
		return err
	}
	var order binary.ByteOrder
	switch encoding {
	case ASCII:
	case BinaryLittleEndian:
		order = binary.LittleEndian
	case BinaryBigEndian:
		order = binary.BigEndian
	default:
		return fmt.Errorf("pointcloud: unknown PLY encoding %q", encoding)
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "ply\nformat %s 1.0\nelement vertex %d\n", encoding, len(cloud.Points))
	names := []string{"x", "y", "z"}
	if cloud.Normals != nil {
		names = append(names, "nx", "ny", "nz")
	}
	for _, name := range names {
		fmt.Fprintf(out, "property double %s\n", name)
	}
	fmt.Fprintln(out, "end_header")
	for i, p := range cloud.Points {
		row := []float64{p.X, p.Y, p.Z}
		if cloud.Normals != nil {
			n := cloud.Normals[i]
			row = append(row, n.X, n.Y, n.Z)
		}
		if order != nil {
			if err := binary.Write(out, order, row); err != nil {
				return err
			}
			continue
		}
		for j, v := range row {
			if j > 0 {
				fmt.Fprint(out, " ")
			}
			fmt.Fprint(out, v)
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}
