package pointcloud

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// LogEntry is one pose of a registration log: Pose takes cloud J into the frame of cloud I; N is the number of clouds.
type LogEntry struct {
	I, J, N int
	Pose    Pose
}

// ReadLog reads a registration log (gt.log, output.txt): for each entry a line "i j n" and the four rows of a 4x4 rigid
// matrix. Blank lines are skipped. A log without entries, a matrix that is not a rigid motion, and anything unreadable
// are errors that name the file and line.
func ReadLog(path string) ([]LogEntry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("pointcloud: %w", err)
	}
	defer f.Close()
	return DecodeLog(f, path)
}

// DecodeLog is ReadLog for any reader; name stands for the file in errors.
func DecodeLog(r io.Reader, name string) ([]LogEntry, error) {
	lines := &lineReader{scanner: bufio.NewScanner(r), file: name}
	var entries []LogEntry
	for {
		head, err := lines.numbers(3)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		entry := LogEntry{I: int(head[0]), J: int(head[1]), N: int(head[2])}
		if float64(entry.I) != head[0] || float64(entry.J) != head[1] || float64(entry.N) != head[2] || entry.I < 0 || entry.J < 0 {
			return nil, fmt.Errorf("%s:%d: an entry starts with three whole numbers \"i j n\", got %v", name, lines.line, head)
		}
		if entry.Pose, err = lines.pose(); err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("%s: the log has no entries", name)
	}
	return entries, nil
}

type lineReader struct {
	scanner *bufio.Scanner
	file    string
	line    int
}

// numbers reads the next line that is not blank as n numbers; io.EOF if there is none.
func (l *lineReader) numbers(n int) ([]float64, error) {
	for l.scanner.Scan() {
		l.line++
		words := strings.Fields(l.scanner.Text())
		if len(words) == 0 {
			continue
		}
		if len(words) != n {
			return nil, fmt.Errorf("%s:%d: %d numbers, want %d", l.file, l.line, len(words), n)
		}
		values := make([]float64, n)
		for i, word := range words {
			v, err := strconv.ParseFloat(word, 64)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %.20q is not a number", l.file, l.line, word)
			}
			values[i] = v
		}
		return values, nil
	}
	if err := l.scanner.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", l.file, l.line+1, err)
	}
	return nil, io.EOF
}

func (l *lineReader) pose() (Pose, error) {
	var p Pose
	for row := range 4 {
		v, err := l.numbers(4)
		if errors.Is(err, io.EOF) {
			return p, fmt.Errorf("%s:%d: the file is truncated: row %d of a 4x4 matrix is missing", l.file, l.line, row)
		}
		if err != nil {
			return p, err
		}
		if row == 3 {
			if v[0] != 0 || v[1] != 0 || v[2] != 0 || v[3] != 1 {
				return p, fmt.Errorf("%s:%d: the last row of a rigid matrix is 0 0 0 1, got %v", l.file, l.line, v)
			}
			break
		}
		copy(p.R[row][:], v[:3])
		switch row {
		case 0:
			p.T.X = v[3]
		case 1:
			p.T.Y = v[3]
		case 2:
			p.T.Z = v[3]
		}
	}
	if err := p.Validate(); err != nil {
		return p, fmt.Errorf("%s:%d: %w", l.file, l.line, err)
	}
	return p, nil
}

// WriteLog writes entries in the format of ReadLog, with enough digits to read the same numbers back.
func WriteLog(path string, entries []LogEntry) error {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%d\t%d\t%d\n", e.I, e.J, e.N)
		for row, t := range []float64{e.Pose.T.X, e.Pose.T.Y, e.Pose.T.Z} {
			r := e.Pose.R[row]
			fmt.Fprintf(&b, "%.17g %.17g %.17g %.17g\n", r[0], r[1], r[2], t)
		}
		b.WriteString("0 0 0 1\n")
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("pointcloud: %w", err)
	}
	return nil
}
