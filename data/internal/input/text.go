package input

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Text returns the file's text: without a byte order mark, each line ended by LF whether the file ends it by LF, CRLF or
// CR. Its errors name file and line: NUL bytes, invalid UTF-8, UTF-16, and content that is known not to be text.
func (r *Reader) Text() io.Reader { return &text{in: r, line: 1} }

type text struct {
	in      *Reader
	started bool
	line    int
	skipLF  bool   // the last byte was CR
	partial []byte // start of a character that goes on in the next read
	out     []byte // what is read and not yet given
	err     error
}

func (t *text) Read(p []byte) (int, error) {
	if !t.started {
		t.started = true
		t.err = t.begin()
	}
	for len(t.out) == 0 && t.err == nil {
		t.fill()
	}
	n := copy(p, t.out)
	t.out = t.out[n:]
	if n == 0 && len(p) > 0 {
		return 0, t.err
	}
	return n, nil
}

// notText are the first bytes of formats that people hand to readers of text.
var notText = []struct{ start, name string }{
	{"\xff\xfe", "UTF-16 text: save it as UTF-8"},
	{"\xfe\xff", "UTF-16 text: save it as UTF-8"},
	{"PK\x03\x04", "a zip archive, as .xlsx and .npz files are: unpack it, or export a sheet as CSV"},
	{"\x1f\x8b", "compressed by gzip: unpack it"},
	{"BZh91AY&SY", "compressed by bzip2: unpack it"},
	{"\xfd7zXZ", "compressed by xz: unpack it"},
	{"\x28\xb5\x2f\xfd", "compressed by zstd: unpack it"},
	{"\x89HDF", "an HDF5 file: export it as text or .npz"},
	{"\x93NUMPY", "a NumPy array: name it .npy"},
	{"MATLAB 5.0 MAT-file", "a MATLAB file: name it .mat"},
	{"PAR1\x15", "a Parquet file: export it as CSV"},
	{"%PDF-", "a PDF document"},
}

// begin looks at the first bytes.
func (t *text) begin() error {
	head := string(t.in.Peek(32))
	for _, known := range notText {
		if strings.HasPrefix(head, known.start) {
			return fmt.Errorf("%s:1: this is not text but %s", t.in.name, known.name)
		}
	}
	if strings.HasPrefix(head, "\ufeff") {
		var mark [3]byte
		return t.in.Full(mark[:], "byte order mark")
	}
	return nil
}

// fill reads the next piece, and checks it up to its first mistake.
func (t *text) fill() {
	var raw [1 << 14]byte
	n, err := t.in.Read(raw[:])
	t.out = make([]byte, 0, n+utf8.UTFMax)
	for _, b := range raw[:n] {
		if t.add(b); t.err != nil {
			return
		}
	}
	switch {
	case errors.Is(err, io.EOF) && len(t.partial) > 0:
		t.err = fmt.Errorf("%s:%d: this is not UTF-8 text: the last character is cut off", t.in.name, t.line)
	case errors.Is(err, io.EOF):
		t.err = io.EOF
	case err != nil:
		t.err = fmt.Errorf("%s:%d: %w", t.in.name, t.line, Truncated(err))
	}
}

func (t *text) add(b byte) {
	switch {
	case b >= utf8.RuneSelf || len(t.partial) > 0:
		t.partial = append(t.partial, b)
		if !utf8.FullRune(t.partial) {
			return
		}
		if c, size := utf8.DecodeRune(t.partial); c == utf8.RuneError && size < 2 {
			t.err = fmt.Errorf("%s:%d: this is not UTF-8 text: byte %#02x: save it as UTF-8", t.in.name, t.line, t.partial[0])
			return
		}
		t.out = append(t.out, t.partial...)
		t.partial, t.skipLF = t.partial[:0], false
		return
	case b == 0:
		t.err = fmt.Errorf("%s:%d: this is not text: it holds a NUL byte", t.in.name, t.line)
		return
	case b == '\n' && t.skipLF:
		t.skipLF = false
		return
	}
	if t.skipLF = b == '\r'; t.skipLF {
		b = '\n'
	}
	if b == '\n' {
		t.line++
	}
	t.out = append(t.out, b)
}

// Lines reads a text line by line.
type Lines struct {
	name   string
	in     *bufio.Reader
	number int
}

// Lines returns the lines of the file's text.
func (r *Reader) Lines() *Lines { return &Lines{name: r.name, in: bufio.NewReader(r.Text())} }

// Rest returns the lines that follow after a header of so many lines, which was read by other means.
func (r *Reader) Rest(lines int) *Lines {
	rest := &text{in: r, line: lines + 1, started: true}
	return &Lines{name: r.name, in: bufio.NewReader(rest), number: lines}
}

// Number returns the number of the line that was read last, from 1.
func (l *Lines) Number() int { return l.number }

// Next returns the next line, without its end; io.EOF after the last.
func (l *Lines) Next() (string, error) {
	line, err := l.in.ReadString('\n')
	if err != nil && (!errors.Is(err, io.EOF) || line == "") {
		return "", err
	}
	l.number++
	return strings.TrimSuffix(line, "\n"), nil
}

// Fields returns the words of the next line that has any; io.EOF after the last.
func (l *Lines) Fields() ([]string, error) {
	for {
		line, err := l.Next()
		if err != nil {
			return nil, err
		}
		if words := strings.Fields(line); len(words) > 0 {
			return words, nil
		}
	}
}

// Each calls do with the words of every line that has any, and adds the place to its errors.
func (l *Lines) Each(do func(words []string) error) error {
	for {
		words, err := l.Fields()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(words); err != nil {
			return l.Errorf("%w", err)
		}
	}
}

// Errorf returns an error that names the file and the line that was read last.
func (l *Lines) Errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: "+format, append([]any{l.name, l.number}, args...)...)
}
