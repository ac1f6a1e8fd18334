package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// The most bytes that are read of a file, so that a damaged one cannot fill the memory.
const (
	maxConfigBytes = 1 << 20  // config.json and a checkpoint's state.json
	maxResultBytes = 64 << 20 // result.json and a solver's state
)

// WriteFile replaces the file at path by what write writes, atomically: a reader, or a process that starts after a crash,
// sees either the old file or the whole new one. Missing parent folders are created.
func WriteFile(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return replaceFile(path, write)
}

// replaceFile is [WriteFile] in a folder that must be there.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, temporaryPrefix+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
			err = fmt.Errorf("cannot write %s: %w", path, err)
		}
	}()
	if err := write(tmp); err != nil {
		return err
	}
	if err := tmp.Chmod(0o644); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return syncPath(dir)
}

// temporaryPrefix begins the names of files that are being written. A process that is killed leaves them behind; the next
// one that opens the run sweeps them.
const temporaryPrefix = ".tmp-"

// jsonWriter writes v as indented JSON with a final newline.
func jsonWriter(v any) func(io.Writer) error {
	return func(w io.Writer) error {
		data, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return err
		}
		_, err = w.Write(append(data, '\n'))
		return err
	}
}

// syncPath flushes a file, or a folder's entries, to disk.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// readFile reads a regular file of at most limit bytes.
func readFile(fsys fs.FS, path string, limit int64) ([]byte, error) {
	// A file that is no regular one is not opened: a pipe would wait for a writer.
	info, err := fs.Stat(fsys, path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := fsys.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("it is larger than %d MiB", limit>>20)
	}
	return data, err
}

// decodeStrictly fills v from one JSON value. Fields that v does not have, names that occur twice, and anything after the
// value are errors: what is not understood is not taken for something else.
func decodeStrictly(data []byte, v any) error {
	if err := checkNames(json.NewDecoder(bytes.NewReader(data)), 0); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the JSON value")
	}
	return nil
}

// maxDepth is how deep arrays and objects may lie in each other.
const maxDepth = 100

// checkNames reads one JSON value and refuses an object with the same name twice, of which Go's decoder takes the last.
func checkNames(d *json.Decoder, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("more than %d arrays and objects lie in each other", maxDepth)
	}
	token, err := d.Token()
	if err != nil {
		return err
	}
	delimiter, _ := token.(json.Delim)
	if delimiter != '{' && delimiter != '[' {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if delimiter == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if key := name.(string); seen[key] {
				return fmt.Errorf("the name %q occurs twice in an object", key)
			} else {
				seen[key] = true
			}
		}
		if err := checkNames(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
