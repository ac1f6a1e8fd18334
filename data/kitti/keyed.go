package kitti

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// keyedFile is a text file of "key: value value …" lines.
type keyedFile struct {
	path    string
	entries map[string]keyedLine
}

type keyedLine struct {
	number int
	text   string
}

func readKeyed(path string) (*keyedFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("kitti: cannot read the calibration: %w", err)
	}
	defer f.Close()
	k := &keyedFile{path: path, entries: map[string]keyedLine{}}
	scanner := bufio.NewScanner(f)
	for number := 1; scanner.Scan(); number++ {
		line := strings.TrimSpace(scanner.Text())
		if line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("kitti: %s:%d: %q is no \"key: values\" line", path, number, line)
		}
		k.entries[key] = keyedLine{number, strings.TrimSpace(value)}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("kitti: cannot read %s: %w", path, err)
	}
	return k, nil
}

// floats fills dst with the values of the key: exactly len(dst) numbers.
func (k *keyedFile) floats(key string, dst []float64) error {
	line, ok := k.entries[key]
	if !ok {
		return fmt.Errorf("kitti: %s: the key %q is missing", k.path, key)
	}
	fields := strings.Fields(line.text)
	if len(fields) != len(dst) {
		return fmt.Errorf("kitti: %s:%d: %s has %d values, want %d", k.path, line.number, key, len(fields), len(dst))
	}
	for i, field := range fields {
		value, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return fmt.Errorf("kitti: %s:%d: %s: value %d is %q, want a number", k.path, line.number, key, i+1, field)
		}
		dst[i] = value
	}
	return nil
}
