package pointcloud

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// plyText reads the ascii form: one line per element.
type plyText struct {
	r      *bufio.Reader
	file   string
	line   int
	fields []string
}

func (t *plyText) where() string { return fmt.Sprintf("%s:%d", t.file, t.line) }

func (t *plyText) begin() error {
	for {
		text, err := t.r.ReadString('\n')
		if err != nil && (!errors.Is(err, io.EOF) || text == "") {
			if errors.Is(err, io.EOF) {
				return fmt.Errorf("the file is truncated: %w", io.ErrUnexpectedEOF)
			}
			return err
		}
		t.line++
		t.fields = strings.Fields(text)
		if len(t.fields) > 0 {
			return nil
		}
	}
}

func (t *plyText) next(kind string) (float64, error) {
	if len(t.fields) == 0 {
		return 0, fmt.Errorf("the line has too few values")
	}
	word := t.fields[0]
	t.fields = t.fields[1:]
	v, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return 0, fmt.Errorf("%.20q is not a number", word)
	}
	return v, nil
}

func (t *plyText) end() error {
	if len(t.fields) > 0 {
		return fmt.Errorf("the line has %d values too many", len(t.fields))
	}
	return nil
}

// plyBinary reads the two binary forms.
type plyBinary struct {
	r      *bufio.Reader
	file   string
	offset int // bytes read so far, the header included
	order  binary.ByteOrder
	buf    [8]byte
}

func newPLYBinary(r *bufio.Reader, file string, header *plyHeader) *plyBinary {
	b := &plyBinary{r: r, file: file, offset: header.bytes, order: binary.LittleEndian}
	if header.format == plyBig {
		b.order = binary.BigEndian
	}
	return b
}

func (b *plyBinary) where() string { return fmt.Sprintf("%s: byte offset %d", b.file, b.offset) }
func (b *plyBinary) begin() error  { return nil }
func (b *plyBinary) end() error    { return nil }

func (b *plyBinary) next(kind string) (float64, error) {
	raw := b.buf[:plySizes[kind]]
	n, err := io.ReadFull(b.r, raw)
	b.offset += n
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, fmt.Errorf("the file is truncated: %w", io.ErrUnexpectedEOF)
	}
	if err != nil {
		return 0, err
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
