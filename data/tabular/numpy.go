package tabular

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// npyHeader is what the header of a NumPy array says.
type npyHeader struct {
	kind    byte // b, i, u, f, S or U
	size    int  // bytes of a value
	order   binary.ByteOrder
	fortran bool
	dims    []int
}

// maxNPYHeader is the longest header that is read; NumPy refuses more than 10,000 bytes.
const maxNPYHeader = 1 << 16

// decodeNPY reads a NumPy array of real numbers, booleans or text, of any rank, in C or Fortran order. We read the format
// ourselves, as the library for it (sbinet/npyio) knows no float16, takes the header's claims for memory, and panics at
// malformed headers.
func decodeNPY(r *input.Reader) (*array, error) {
	h, err := readNPYHeader(r)
	if err != nil {
		return nil, err
	}
	total, ok := sizeOf(h.dims)
	if !ok || total > math.MaxInt/h.size {
		return nil, r.Errorf(".npy header: impossible shape %v", h.dims)
	}
	if total == 0 {
		return nil, fmt.Errorf("%s: the array is empty: shape %v", r.Name(), h.dims)
	}
	a := &array{dims: h.dims}
	what := fmt.Sprintf("want %d values of %d bytes", total, h.size)
	err = r.Pieces(int64(total)*int64(h.size), int64(h.size), what, func(piece []byte) error {
		if n := len(piece) / h.size; h.isText() {
			a.words = roomFor(a.words, n, total)
		} else {
			a.values = roomFor(a.values, n, total)
		}
		for i := 0; i < len(piece); i += h.size {
			if err := h.appendTo(a, piece[i:i+h.size]); err != nil {
				return r.ErrorfAt(r.Offset()-int64(len(piece)-i), "%w", err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if h.fortran {
		a.values, a.words = rowMajor(a.values, a.dims), rowMajor(a.words, a.dims)
	}
	return a, r.End(fmt.Sprintf("the %d values of the header", total))
}

func readNPYHeader(r *input.Reader) (*npyHeader, error) {
	var start [8]byte
	if err := r.Full(start[:], ".npy header"); err != nil {
		return nil, err
	}
	if string(start[:6]) != "\x93NUMPY" {
		return nil, r.ErrorfAt(0, "not a NumPy array: it starts with %q", start[:6])
	}
	length := make([]byte, 2)
	if start[6] > 1 {
		length = make([]byte, 4)
	}
	if start[6] < 1 || start[6] > 3 {
		return nil, r.ErrorfAt(6, "version %d of the .npy format: want 1, 2 or 3", start[6])
	}
	if err := r.Full(length, ".npy header"); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(append(length, 0, 0)[:4])
	if n > maxNPYHeader {
		return nil, r.Errorf("a .npy header of %d bytes: want at most %d", n, maxNPYHeader)
	}
	text, err := r.Bytes(int64(n), ".npy header")
	if err != nil {
		return nil, err
	}
	h, err := parseNPYHeader(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: broken .npy header %.120q: %w", r.Name(), strings.TrimSpace(string(text)), err)
	}
	return h, nil
}

// parseNPYHeader reads the Python dictionary {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
func parseNPYHeader(text string) (*npyHeader, error) {
	p := &pythonParser{rest: text}
	h := &npyHeader{}
	seen := map[string]bool{}
	if err := p.take("{"); err != nil {
		return nil, err
	}
	for p.take("}") != nil {
		key, err := p.quoted()
		if err == nil {
			err = p.take(":")
		}
		if err != nil {
			return nil, err
		}
		if seen[key] {
			return nil, fmt.Errorf("it has the key %.40q twice", key)
		}
		seen[key] = true
		switch key {
		case "descr":
			err = h.parseType(p)
		case "fortran_order":
			h.fortran = p.take("True") == nil
			if !h.fortran {
				err = p.take("False")
			}
		case "shape":
			h.dims, err = p.tuple()
		default:
			err = fmt.Errorf("unknown key %.40q", key)
		}
		if err != nil {
			return nil, err
		}
		if p.take(",") != nil {
			if err := p.take("}"); err != nil {
				return nil, err
			}
			break
		}
	}
	if rest := strings.TrimSpace(p.rest); rest != "" {
		return nil, fmt.Errorf("%.20q after its end", rest)
	}
	if len(seen) != 3 {
		return nil, errors.New("want the keys descr, fortran_order and shape")
	}
	return h, nil
}

// parseType reads a type such as '<f8': byte order, kind, size.
func (h *npyHeader) parseType(p *pythonParser) error {
	if strings.HasPrefix(strings.TrimSpace(p.rest), "[") {
		return errors.New("an array of records: save its columns as one array of numbers")
	}
	text, err := p.quoted()
	if err != nil {
		return err
	}
	if len(text) < 2 {
		return fmt.Errorf("unknown type %.40q", text)
	}
	switch h.order = binary.LittleEndian; text[0] {
	case '>':
		h.order = binary.BigEndian
	case '<', '|', '=':
	default:
		return fmt.Errorf("unknown type %.40q", text)
	}
	h.kind = text[1]
	h.size, err = strconv.Atoi(text[2:])
	sizes := map[byte]string{'b': "1", 'i': "1248", 'u': "1248", 'f': "248"}[h.kind]
	switch {
	case h.kind == 'O':
		return errors.New("an array of Python objects: save it as numbers, or as text with astype(str)")
	case h.kind == 'c':
		return fmt.Errorf("not an array of real numbers, but of complex ones: %.20q", text)
	case err == nil && sizes != "" && len(text) == 3 && strings.Contains(sizes, text[2:]):
	case err == nil && h.kind == 'S' && h.size > 0:
	case err == nil && h.kind == 'U' && h.size > 0 && h.size < math.MaxInt32:
		h.size *= 4
	default:
		return fmt.Errorf("not an array of real numbers, booleans or text: type %.40q", text)
	}
	return nil
}

func (h *npyHeader) isText() bool { return h.kind == 'S' || h.kind == 'U' }

// appendTo adds one value to the array.
func (h *npyHeader) appendTo(a *array, raw []byte) error {
	if h.isText() {
		text, err := h.text(raw)
		a.words = append(a.words, text)
		return err
	}
	v, err := h.number(raw)
	a.values = append(a.values, v)
	return err
}

// text reads a word of fixed length: bytes (S), or UTF-32 (U).
func (h *npyHeader) text(raw []byte) (string, error) {
	if h.kind == 'S' {
		text := word(string(raw))
		if !utf8.ValidString(text) {
			return "", fmt.Errorf("%.40q is not UTF-8 text", text)
		}
		return text, nil
	}
	var b strings.Builder
	for i := 0; i < len(raw); i += 4 {
		c := h.order.Uint32(raw[i:])
		if c > utf8.MaxRune || !utf8.ValidRune(rune(c)) {
			return "", fmt.Errorf("%#x is no character", c)
		}
		b.WriteRune(rune(c))
	}
	return word(b.String()), nil
}

func (h *npyHeader) number(raw []byte) (float64, error) {
	switch {
	case h.kind == 'b':
		if raw[0] > 1 {
			return 0, fmt.Errorf("the boolean is %d: want 0 or 1", raw[0])
		}
		return float64(raw[0]), nil
	case h.kind == 'u' && h.size == 1:
		return float64(raw[0]), nil
	case h.kind == 'u' && h.size == 2:
		return float64(h.order.Uint16(raw)), nil
	case h.kind == 'u' && h.size == 4:
		return float64(h.order.Uint32(raw)), nil
	case h.kind == 'u':
		return wholeNumber(h.order.Uint64(raw))
	case h.kind == 'i' && h.size == 1:
		return float64(int8(raw[0])), nil
	case h.kind == 'i' && h.size == 2:
		return float64(int16(h.order.Uint16(raw))), nil
	case h.kind == 'i' && h.size == 4:
		return float64(int32(h.order.Uint32(raw))), nil
	case h.kind == 'i':
		return wholeNumber(int64(h.order.Uint64(raw)))
	case h.size == 2:
		return fromFloat16(h.order.Uint16(raw)), nil
	case h.size == 4:
		return float64(math.Float32frombits(h.order.Uint32(raw))), nil
	}
	return math.Float64frombits(h.order.Uint64(raw)), nil
}

// fromFloat16 reads IEEE half precision: 1 bit of sign, 5 of exponent, 10 of fraction.
func fromFloat16(bits uint16) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 31:
		if v = math.Inf(1); fraction != 0 {
			v = math.NaN()
		}
	default:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if bits>>15 == 1 {
		return -v
	}
	return v
}

// pythonParser reads the few kinds of Python values that stand in headers.
type pythonParser struct{ rest string }

func (p *pythonParser) take(token string) error {
	rest, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " \n\t"), token)
	if !ok {
		return fmt.Errorf("want %s before %.20q", token, p.rest)
	}
	p.rest = rest
	return nil
}

func (p *pythonParser) quoted() (string, error) {
	for _, quote := range []string{"'", `"`} {
		if p.take(quote) == nil {
			text, rest, ok := strings.Cut(p.rest, quote)
			if !ok {
				return "", errors.New("a text without its closing quote")
			}
			p.rest = rest
			return text, nil
		}
	}
	return "", fmt.Errorf("want a text in quotes before %.20q", p.rest)
}

func (p *pythonParser) tuple() (dims []int, err error) {
	if err := p.take("("); err != nil {
		return nil, err
	}
	for p.take(")") != nil {
		p.rest = strings.TrimLeft(p.rest, " ")
		end := 0
		for end < len(p.rest) && p.rest[end] >= '0' && p.rest[end] <= '9' {
			end++
		}
		size, err := strconv.Atoi(p.rest[:end])
		if err != nil {
			return nil, fmt.Errorf("want the sizes of the axes before %.20q", p.rest)
		}
		if dims, p.rest = append(dims, size), strings.TrimPrefix(p.rest[end:], "L"); len(dims) > maxAxes {
			return nil, fmt.Errorf("more than %d axes", maxAxes)
		}
		if p.take(",") != nil {
			return dims, p.take(")")
		}
	}
	return dims, nil
}

func readNPZ(path string, o Options) (*Table, error) {
	f, size, err := input.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return decodeNPZ(f, size, path, o)
}

// decodeNPZ reads a zip archive of .npy files.
func decodeNPZ(r io.ReaderAt, size int64, path string, o Options) (*Table, error) {
	file := input.Name(path)
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: not a readable .npz archive: %w", file, err)
	}
	arrays := map[string]*zip.File{}
	var names []string
	for _, entry := range archive.File {
		name := strings.TrimSuffix(entry.Name, ".npy")
		if arrays[name] != nil {
			return nil, fmt.Errorf("%s: it has two arrays %.60q", file, name)
		}
		arrays[name] = entry
		names = append(names, name)
	}
	budget := input.NewBudget(size, o.MaxExpanded)
	return tableOfArrays(file, o, names, func(name string) (*array, error) {
		entry, err := arrays[name].Open()
		if err != nil {
			return nil, fmt.Errorf("%s: array %s: %w", file, input.Name(name), input.Truncated(err))
		}
		defer entry.Close()
		return decodeNPY(input.Inside(entry, file+": array "+input.Name(name), budget))
	})
}
