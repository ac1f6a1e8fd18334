package tabular

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// Options says where the data and the labels are. The zero value suits files whose last column is the label, and array
// files with the usual names.
type Options struct {
	// Header says of text whether the first line names the columns: "yes", "no", or "auto" (the default), which takes a line
	// of names for a header and a line of numbers for a row, and is an error where it could be either.
	Header string
	// Label is the label's place in text: "last" (the default), "first", "none", its number from 0, or its
	// name in the header. Of array files, "none" leaves the labels out.
	Label string
	// Drop lists columns of text to leave out, by number from 0 or by name.
	Drop []string
	// LabelFile holds the labels in a file of their own (.npy, IDX or text with one label per line).
	LabelFile string
	// Array and LabelArray name the arrays inside .npz and .mat files. Defaults: X, else the only array that is no label;
	// gtlabels, labels, label, y, Y or target.
	Array, LabelArray string
	// Transposed says that the array's columns are the samples.
	Transposed bool
	// MaxExpanded is how many bytes compressed content, or a sparse matrix, may expand to. 0 stands for 256 MiB, or ten
	// times the file's size on disk if that is more.
	MaxExpanded int64
}

// Read reads a table; the package comment lists the formats.
func Read(path string, o Options) (*Table, error) {
	t, err := readTable(path, o)
	if err != nil {
		return nil, err
	}
	t.Name = filepath.Base(path)
	if o.LabelFile != "" {
		if err := t.readLabelFile(o.LabelFile, o.MaxExpanded, path); err != nil {
			return nil, err
		}
	}
	if err := t.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", input.Name(path), err)
	}
	return t, nil
}

// format is a file format, known from the file's name.
type format string

const (
	formatText format = "text"
	formatNPY  format = "npy"
	formatNPZ  format = "npz"
	formatIDX  format = "idx"
	formatMat  format = "mat"
)

// formatOf goes by the name: text is what has no other name.
func formatOf(path string) format {
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".gz")
	switch f := format(strings.TrimPrefix(filepath.Ext(name), ".")); f {
	case formatMat, formatNPY, formatNPZ, formatIDX:
		return f
	}
	if strings.HasSuffix(name, "-ubyte") || strings.Contains(name, "-idx") || strings.Contains(name, ".idx") {
		return formatIDX
	}
	return formatText
}

func readTable(path string, o Options) (*Table, error) {
	f := formatOf(path)
	if f == formatText {
		if o.LabelFile != "" {
			o.Label = "none"
		}
		if o.Array != "" || o.LabelArray != "" || o.Transposed {
			return nil, fmt.Errorf("%s: this is read as text, which has no arrays to name or transpose", input.Name(path))
		}
	} else if o.Header == headerYes || len(o.Drop) > 0 || !slices.Contains([]string{"", "last", "none"}, o.Label) {
		return nil, fmt.Errorf("%s: this is read as %s, which has no header, no label column and no columns to drop", input.Name(path), f)
	}
	if f == formatNPZ { // it is read from its end
		return readNPZ(path, o)
	}
	r, err := input.OpenPacked(path, o.MaxExpanded)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return decodeTable(r, f, o)
}

// decodeTable reads a table of any format but .npz.
func decodeTable(r *input.Reader, f format, o Options) (*Table, error) {
	var a *array
	var err error
	switch f {
	case formatMat:
		return decodeMatTable(r, o)
	case formatText:
		return decodeText(r, o)
	case formatNPY:
		a, err = decodeNPY(r)
	default:
		a, err = decodeIDX(r)
	}
	if err != nil {
		return nil, err
	}
	if o.Array != "" || o.LabelArray != "" {
		return nil, fmt.Errorf("%s: the file holds one array, which has no name", r.Name())
	}
	return a.table(r.Name(), o.Transposed)
}

// readLabelFile sets the labels to those of a file of their own.
func (t *Table) readLabelFile(path string, maxExpanded int64, dataPath string) error {
	f := formatOf(path)
	if f == formatMat || f == formatNPZ {
		return fmt.Errorf("%s: labels in a file of their own may be .npy, IDX or text", input.Name(path))
	}
	r, err := input.OpenPacked(path, maxExpanded)
	if err != nil {
		return err
	}
	defer r.Close()
	l, err := decodeLabels(r, f)
	if err != nil {
		return err
	}
	if len(l.rows) != t.Rows {
		return fmt.Errorf("%s: %d labels, but %s has %d rows", r.Name(), len(l.rows), input.Name(dataPath), t.Rows)
	}
	return t.setLabels(l)
}

func decodeLabels(r *input.Reader, f format) (labels, error) {
	var a *array
	var err error
	switch f {
	case formatText:
		return decodeWords(r)
	case formatNPY:
		a, err = decodeNPY(r)
	default:
		a, err = decodeIDX(r)
	}
	if err != nil {
		return labels{}, err
	}
	return a.labels(r.Name(), "in it")
}

// decodeWords reads one label per line. A label with separators in it is written in quotes.
func decodeWords(r *input.Reader) (labels, error) {
	l := labels{file: r.Name(), isText: true}
	lines := r.Lines()
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return labels{}, err
		}
		label := strings.TrimSpace(line)
		if label == "" {
			continue
		}
		if n := len(label); n > 1 && label[0] == '"' && label[n-1] == '"' && !strings.Contains(label[1:n-1], `"`) {
			label = label[1 : n-1]
		} else if strings.ContainsAny(label, ",;\t \"") {
			return labels{}, lines.Errorf("want one label per line, in quotes if it has separators in it, got %.40q", label)
		}
		l.add(label, lines.Number())
	}
	if len(l.rows) == 0 {
		return labels{}, fmt.Errorf("%s: the label file is empty", r.Name())
	}
	return l, nil
}
