package pointcloud

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
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
	count      int
	properties []plyProperty
}

type plyHeader struct {
	format   plyFormat
	elements []plyElement
	lines    int // number of header lines
	bytes    int // length of the header in bytes
}

const (
	plyMaxLine  = 1 << 16 // longest header line accepted
	plyMaxCount = 1 << 31 // most elements of one kind accepted
)

// readPLYHeader reads up to and including the line "end_header".
func readPLYHeader(r *bufio.Reader, file string) (*plyHeader, error) {
	h := &plyHeader{}
	for {
		line, err := readHeaderLine(r)
		h.lines++
		h.bytes += len(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: the PLY header ends before end_header: %w", file, h.lines, err)
		}
		text := strings.TrimSpace(line)
		if h.lines == 1 {
			if text != "ply" {
				return nil, fmt.Errorf("%s:1: not a PLY file: the first line is %.20q, want \"ply\"", file, text)
			}
			continue
		}
		done, err := h.parseLine(strings.Fields(text))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, h.lines, err)
		}
		if done {
			break
		}
	}
	if h.format == "" {
		return nil, fmt.Errorf("%s:%d: the PLY header has no format line", file, h.lines)
	}
	return h, nil
}

func readHeaderLine(r *bufio.Reader) (string, error) {
	var line []byte
	for len(line) < plyMaxLine {
		b, err := r.ReadByte()
		if errors.Is(err, io.EOF) {
			return string(line), io.ErrUnexpectedEOF
		}
		if err != nil {
			return string(line), err
		}
		line = append(line, b)
		if b == '\n' {
			return string(line), nil
		}
	}
	return string(line), fmt.Errorf("a header line is longer than %d bytes", plyMaxLine)
}

func (h *plyHeader) parseLine(fields []string) (done bool, err error) {
	if len(fields) == 0 {
		return false, nil
	}
	switch fields[0] {
	case "comment", "obj_info":
		return false, nil
	case "end_header":
		return true, nil
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
		return fmt.Errorf("unknown PLY format %q: want %s, %s or %s", f, plyASCII, plyLittle, plyBig)
	}
	if fields[2] != "1.0" {
		return fmt.Errorf("unknown PLY version %q: want 1.0", fields[2])
	}
	return nil
}

func (h *plyHeader) parseElement(fields []string) error {
	if len(fields) != 3 {
		return fmt.Errorf("element line has %d words, want 3", len(fields))
	}
	count, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || count < 0 || count > plyMaxCount {
		return fmt.Errorf("element %s has the impossible count %q", fields[1], fields[2])
	}
	h.elements = append(h.elements, plyElement{name: fields[1], count: int(count)})
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
			return fmt.Errorf("list %s has the length type %q: want an integer type", p.name, p.count)
		}
	default:
		return fmt.Errorf("cannot read the property line %q", strings.Join(fields, " "))
	}
	if plySizes[p.kind] == 0 {
		return fmt.Errorf("property %s has the unknown type %q", p.name, p.kind)
	}
	last := &h.elements[len(h.elements)-1]
	last.properties = append(last.properties, p)
	return nil
}
