package tabular

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Options says where the data and the labels are. The zero value suits files whose last column is the label, and array
// files with the usual names.
type Options struct {
	// Label is the label's place in text: "last" (the default), "first", "none", its number from 0, or its
	// name in the header.
	Label string
	// Drop lists columns of text to leave out, by number from 0 or by name.
	Drop []string
	// LabelFile holds the labels in a file of their own (.npy, IDX or text with one label per line).
	LabelFile string
	// Array and LabelArray name the arrays inside .npz and .mat files. Defaults: X, else the only two-dimensional array;
	// gtlabels, labels, label, y, Y or target.
	Array, LabelArray string
}

// Read reads a table; the package comment lists the formats.
func Read(path string, o Options) (*Table, error) {
	t, err := readTable(path, o)
	if err != nil {
		return nil, err
	}
	t.Name = filepath.Base(path)
	if o.LabelFile != "" {
		words, err := readLabelFile(o.LabelFile)
		if err != nil {
			return nil, err
		}
		if len(words) != t.Rows {
			return nil, fmt.Errorf("%s: %d labels, but %s has %d rows", o.LabelFile, len(words), path, t.Rows)
		}
		t.setLabels(words)
	}
	if err := t.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func readTable(path string, o Options) (*Table, error) {
	switch formatOf(path) {
	case "mat":
		return readMatTable(path, o)
	case "npz":
		return readNPZTable(path, o)
	}
	r, done, err := open(path)
	if err != nil {
		return nil, err
	}
	defer done()
	switch formatOf(path) {
	case "npy":
		array, err := decodeNPY(r, path)
		if err != nil {
			return nil, err
		}
		return array.table(path)
	case "idx":
		array, err := decodeIDX(r, path)
		if err != nil {
			return nil, err
		}
		return array.table(path)
	}
	if o.LabelFile != "" {
		o.Label = "none"
	}
	return decodeText(r, path, o)
}

// formatOf goes by the name: text is what has no other name.
func formatOf(path string) string {
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".gz")
	switch ext := filepath.Ext(name); ext {
	case ".mat", ".npy", ".npz", ".idx":
		return ext[1:]
	}
	if strings.HasSuffix(name, "-ubyte") || strings.Contains(name, "-idx") || strings.Contains(name, ".idx") {
		return "idx"
	}
	return "text"
}

// open opens a file, through gzip if it starts with gzip's two bytes.
func open(path string) (r *bufio.Reader, done func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("tabular: %w", err)
	}
	r = bufio.NewReaderSize(f, 1<<16)
	if head, _ := r.Peek(2); !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return r, func() { f.Close() }, nil
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("%s: byte offset 0: broken gzip header: %w", path, err)
	}
	return bufio.NewReaderSize(z, 1<<16), func() { z.Close(); f.Close() }, nil
}

// array is a dense array of numbers in row-major order, of any rank.
type array struct {
	dims   []int
	values []float64
}

// table takes the first axis as rows and flattens the others, as for images [n, height, width].
func (a *array) table(file string) (*Table, error) {
	if len(a.dims) == 0 || len(a.values) == 0 {
		return nil, fmt.Errorf("%s: the array is empty: shape %v", file, a.dims)
	}
	return &Table{Rows: a.dims[0], Cols: len(a.values) / a.dims[0], X: a.values}, nil
}

// vector returns the values of an array with one axis longer than 1 at most.
func (a *array) vector(file, name string) ([]float64, error) {
	long := 0
	for _, d := range a.dims {
		if d != 1 {
			long++
		}
	}
	if long > 1 {
		return nil, fmt.Errorf("%s: the labels %s have the shape %v: want one label per row", file, name, a.dims)
	}
	return a.values, nil
}

func readLabelFile(path string) ([]string, error) {
	r, done, err := open(path)
	if err != nil {
		return nil, err
	}
	defer done()
	var labels *array
	switch formatOf(path) {
	case "npy":
		labels, err = decodeNPY(r, path)
	case "idx":
		labels, err = decodeIDX(r, path)
	case "text":
		return decodeWords(r, path)
	default:
		return nil, fmt.Errorf("%s: labels in a file of their own may be .npy, IDX or text", path)
	}
	if err != nil {
		return nil, err
	}
	values, err := labels.vector(path, "in it")
	if err != nil {
		return nil, err
	}
	var t Table
	t.setNumericLabels(values)
	words := make([]string, len(values))
	for i, l := range t.Labels {
		words[i] = t.Classes[l]
	}
	return words, nil
}

// decodeWords reads one word per line.
func decodeWords(r io.Reader, file string) ([]string, error) {
	var words []string
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		word := strings.TrimSpace(lines.Text())
		if word == "" {
			continue
		}
		if strings.ContainsAny(word, ",;\t ") {
			return nil, fmt.Errorf("%s:%d: want one label per line, got %.40q", file, n, word)
		}
		words = append(words, word)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(words) == 0 {
		return nil, fmt.Errorf("%s: the label file is empty", file)
	}
	return words, nil
}
