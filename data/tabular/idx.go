package tabular

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// decodeIDX reads the IDX format: two zero bytes, a type, the rank, the sizes as big-endian uint32, the values in
// row-major order, big endian.
func decodeIDX(r io.Reader, file string) (*array, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("%s: byte offset 0: IDX header: %w", file, truncated(err))
	}
	size := map[byte]int{0x08: 1, 0x09: 1, 0x0b: 2, 0x0c: 4, 0x0d: 4, 0x0e: 8}[head[2]]
	if head[0] != 0 || head[1] != 0 || size == 0 || head[3] == 0 {
		return nil, fmt.Errorf("%s: byte offset 0: not an IDX file: it starts with % x", file, head)
	}
	a := &array{}
	total := 1
	for i := range int(head[3]) {
		var dim uint32
		if err := binary.Read(r, binary.BigEndian, &dim); err != nil {
			return nil, fmt.Errorf("%s: byte offset %d: size of axis %d: %w", file, 4+4*i, i, truncated(err))
		}
		a.dims = append(a.dims, int(dim))
		if dim != 0 && total > math.MaxInt32*16/int(dim) {
			return nil, fmt.Errorf("%s: byte offset %d: the sizes %v are impossibly large", file, 4+4*i, a.dims)
		}
		total *= int(dim)
	}
	if total == 0 {
		return nil, fmt.Errorf("%s: the array is empty: sizes %v", file, a.dims)
	}
	offset := 4 + 4*len(a.dims)
	buffer := make([]byte, size*min(total, 1<<14))
	for len(a.values) < total { // in pieces: the sizes are the file's claim
		piece := buffer[:min(len(buffer), size*(total-len(a.values)))]
		n, err := io.ReadFull(r, piece)
		if err != nil {
			return nil, fmt.Errorf("%s: byte offset %d: want %d values of %d bytes: %w", file, offset+n, total, size, truncated(err))
		}
		offset += n
		for i := 0; i < len(piece); i += size {
			a.values = append(a.values, idxValue(head[2], piece[i:]))
		}
	}
	var extra [1]byte
	if n, _ := r.Read(extra[:]); n > 0 {
		return nil, fmt.Errorf("%s: byte offset %d: bytes left after the %d values of the header", file, offset, total)
	}
	return a, nil
}

func idxValue(kind byte, raw []byte) float64 {
	switch kind {
	case 0x08:
		return float64(raw[0])
	case 0x09:
		return float64(int8(raw[0]))
	case 0x0b:
		return float64(int16(binary.BigEndian.Uint16(raw)))
	case 0x0c:
		return float64(int32(binary.BigEndian.Uint32(raw)))
	case 0x0d:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(raw)) // 0x0e: the header admits no other type
}

// truncated gives an early end of file one meaning.
func truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the file is truncated: %w", io.ErrUnexpectedEOF)
	}
	return err
}
