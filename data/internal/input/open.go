package input

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// DefaultExpansion is how many bytes the compressed content of a small file may expand to: 256 MiB.
const DefaultExpansion = 256 << 20

// freeExpansion is how many times its size on disk a file may expand to in any case.
const freeExpansion = 10

// Budget bounds how much a compressed file may expand to. Its methods are not safe for concurrent use.
type Budget struct{ limit, spent int64 }

// NewBudget returns the budget of a file of the given size on disk. maxExpanded, in bytes, replaces the default where it
// is positive.
func NewBudget(size, maxExpanded int64) *Budget {
	if maxExpanded <= 0 {
		maxExpanded = max(DefaultExpansion, min(size, 1<<58)*freeExpansion)
	}
	return &Budget{limit: maxExpanded}
}

// Spend takes n bytes from the budget before they are allocated or used. Where fewer are left, its error says what to do,
// without saying where.
func (b *Budget) Spend(n int64) error {
	if n < 0 || n > b.limit-b.spent {
		return fmt.Errorf("the content expands to more than %s: if that is as it should be, raise MaxExpanded (--max-expanded)", Bytes(b.limit))
	}
	b.spent += n
	return nil
}

// Bytes writes a number of bytes for people: 256 MiB.
func Bytes(n int64) string {
	for _, unit := range []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= unit.size {
			return strconv.FormatFloat(float64(n*10/unit.size)/10, 'f', -1, 64) + " " + unit.name
		}
	}
	return strconv.FormatInt(n, 10) + " bytes"
}

// Name returns a file's name as it is shown in errors: quoted where it holds control characters or bytes that are not
// UTF-8, so that a message stays one line.
func Name(path string) string {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if !utf8.ValidString(path) || strings.ContainsFunc(path, unprintable) {
		return strconv.Quote(path)
	}
	return path
}

// OpenRegular opens a regular file, through links, and returns its size. Everything else is refused without being opened:
// reading a named pipe would wait for a writer that may never come.
func OpenRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", Name(path), reason(err))
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s: this is a %s: want a regular file", Name(path), kindOf(info.Mode()))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", Name(path), reason(err))
	}
	return f, info.Size(), nil
}

// reason strips the operation and the path, which stand at the start of our messages.
func reason(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "folder"
	case mode&fs.ModeNamedPipe != 0:
		return "pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	}
	return "device"
}

// Reader reads one file and knows where it stands. It is not safe for concurrent use.
type Reader struct {
	name    string
	in      *bufio.Reader
	offset  int64
	budget  *Budget
	closers []io.Closer
}

// Open opens a regular file for reading.
func Open(path string) (*Reader, error) { return OpenBudget(path, 0) }

// OpenBudget is Open for formats with compression inside. maxExpanded is that of [NewBudget].
func OpenBudget(path string, maxExpanded int64) (*Reader, error) {
	f, size, err := OpenRegular(path)
	if err != nil {
		return nil, err
	}
	r := newReader(f, path, NewBudget(size, maxExpanded))
	r.closers = append(r.closers, f)
	return r, nil
}

// OpenPacked is OpenBudget for a file that is read through gzip if it is packed by it.
func OpenPacked(path string, maxExpanded int64) (*Reader, error) {
	r, err := OpenBudget(path, maxExpanded)
	if err != nil {
		return nil, err
	}
	if err := r.unpack(); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// New reads r as the content of a file of that name.
func New(r io.Reader, name string) *Reader { return newReader(r, name, NewBudget(0, 0)) }

// NewPacked is New for what OpenPacked opens.
func NewPacked(r io.Reader, name string, maxExpanded int64) (*Reader, error) {
	packed := newReader(r, name, NewBudget(0, maxExpanded))
	return packed, packed.unpack()
}

func newReader(raw io.Reader, name string, budget *Budget) *Reader {
	return &Reader{name: Name(name), in: bufio.NewReaderSize(raw, 1<<16), budget: budget}
}

// unpack goes on through gzip if the file starts as its files do.
func (r *Reader) unpack() error {
	if !bytes.Equal(r.Peek(2), []byte{0x1f, 0x8b}) {
		return nil
	}
	z, err := gzip.NewReader(r.in)
	if err != nil {
		return r.Errorf("broken gzip header: %w", Truncated(err))
	}
	r.in = bufio.NewReaderSize(&metered{in: z, budget: r.budget}, 1<<16)
	r.closers = append([]io.Closer{z}, r.closers...)
	return nil
}

// metered spends what it reads.
type metered struct {
	in     io.Reader
	budget *Budget
	err    error // once the budget is spent
}

// Inside reads what stands compressed inside of a file, and spends that file's budget. The name says which part it is.
func Inside(expanded io.Reader, name string, budget *Budget) *Reader {
	in := bufio.NewReaderSize(&metered{in: expanded, budget: budget}, 1<<16)
	return &Reader{name: name, in: in, budget: budget}
}

func (m *metered) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.in.Read(p)
	if m.err = m.budget.Spend(int64(n)); m.err != nil {
		return 0, m.err
	}
	return n, err
}

// Close closes the file, if Open opened it.
func (r *Reader) Close() error {
	var err error
	for _, c := range r.closers {
		if closeErr := c.Close(); err == nil {
			err = closeErr
		}
	}
	return err
}

// Name returns the file's name as errors show it.
func (r *Reader) Name() string { return r.name }

// Offset returns how many bytes were read; of a compressed file, expanded ones.
func (r *Reader) Offset() int64 { return r.offset }

// Budget returns the file's budget, for what expands inside of it.
func (r *Reader) Budget() *Budget { return r.budget }

// Read reads as io.Reader does.
func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	r.offset += int64(n)
	return n, err
}

// ReadByte reads one byte.
func (r *Reader) ReadByte() (byte, error) {
	b, err := r.in.ReadByte()
	if err == nil {
		r.offset++
	}
	return b, err
}

// Peek returns the next n bytes, or fewer at the end of the file, and leaves them unread. n is at most 65536.
func (r *Reader) Peek(n int) []byte {
	head, _ := r.in.Peek(n)
	return head
}

// Errorf returns an error that names the file and the byte where the reader stands.
func (r *Reader) Errorf(format string, args ...any) error {
	return r.ErrorfAt(r.offset, format, args...)
}

// ErrorfAt is Errorf for another byte.
func (r *Reader) ErrorfAt(offset int64, format string, args ...any) error {
	return fmt.Errorf("%s: byte offset %d: "+format, append([]any{r.name, offset}, args...)...)
}

// Full fills p. Where the file ends before, the error says what starts there and is not whole.
func (r *Reader) Full(p []byte, what string) error {
	start := r.offset
	if _, err := io.ReadFull(r, p); err != nil {
		return r.ErrorfAt(start, "%s: %w", what, Truncated(err))
	}
	return nil
}

// Pieces reads total bytes, a multiple of unit, and calls use with at most 64 KiB at a time, whole units of them: total is
// the file's claim, and costs nothing before the bytes are there.
func (r *Reader) Pieces(total, unit int64, what string, use func(piece []byte) error) error {
	size := max((1<<16)/unit, 1) * unit
	var buffer bytes.Buffer
	for total > 0 {
		n := min(size, total)
		buffer.Reset()
		if _, err := io.CopyN(&buffer, r, n); err != nil {
			return r.Errorf("%s: %w", what, Truncated(err))
		}
		if err := use(buffer.Bytes()); err != nil {
			return err
		}
		total -= n
	}
	return nil
}

// Bytes reads n bytes into memory that grows with what is there.
func (r *Reader) Bytes(n int64, what string) ([]byte, error) {
	var buffer bytes.Buffer
	if _, err := io.CopyN(&buffer, r, n); err != nil {
		return nil, r.Errorf("%s: %w", what, Truncated(err))
	}
	return buffer.Bytes(), nil
}

// All reads the rest of the file.
func (r *Reader) All() ([]byte, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, r.Errorf("%w", Truncated(err))
	}
	return data, nil
}

// End fails where bytes are left after what was read, or where the checksum of a compressed file is wrong.
func (r *Reader) End(after string) error {
	_, err := r.in.ReadByte()
	switch {
	case err == nil:
		return r.Errorf("bytes left after %s", after)
	case errors.Is(err, io.EOF):
		return nil
	}
	return r.Errorf("%w", Truncated(err))
}

// Truncated gives an early end of file one meaning.
func Truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the file is truncated: %w", io.ErrUnexpectedEOF)
	}
	return err
}
