package celeba

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Split is a part of the data set, numbered as in list_eval_partition.
type Split int

// The parts of the data set.
const (
	Train Split = iota
	Validation
	Test
	numSplits
)

// String returns "train", "validation" or "test".
func (s Split) String() string {
	if s < 0 || s >= numSplits {
		return fmt.Sprintf("Split(%d)", int(s))
	}
	return [...]string{"train", "validation", "test"}[s]
}

// readPartition reads list_eval_partition.txt (lines like "000001.jpg 0") or .csv (the header "image_id,partition",
// lines like "000001.jpg,0") and returns the names of each split's images, in the order of the file.
func readPartition(path string) (names [numSplits][]string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return names, fmt.Errorf("celeba: cannot read the partition: %w", err)
	}
	defer func() { _ = f.Close() }()
	lineOf := map[string]int{}
	lines := bufio.NewScanner(f)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line == "" || number == 1 && strings.HasPrefix(line, "image_id") {
			continue
		}
		name, split, err := parsePartitionLine(line)
		if err != nil {
			return names, fmt.Errorf("celeba: %s, line %d: %w", path, number, err)
		}
		if first, seen := lineOf[name]; seen {
			return names, fmt.Errorf("celeba: %s, line %d: %s stands in line %d already", path, number, name, first)
		}
		lineOf[name] = number
		names[split] = append(names[split], name)
	}
	if err := lines.Err(); err != nil {
		return names, fmt.Errorf("celeba: cannot read %s: %w", path, err)
	}
	if len(lineOf) == 0 {
		return names, fmt.Errorf("celeba: %s lists no image", path)
	}
	return names, nil
}

func parsePartitionLine(line string) (name string, split Split, err error) {
	fields := strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	if len(fields) != 2 {
		return "", 0, fmt.Errorf("want a file name and 0, 1 or 2, have %.60q", line)
	}
	if len(fields[1]) != 1 || fields[1][0] < '0' || fields[1][0] > '2' {
		return "", 0, fmt.Errorf("the part of the data set is %q, want 0 (train), 1 (validation) or 2 (test)", fields[1])
	}
	if filepath.Base(fields[0]) != fields[0] {
		return "", 0, fmt.Errorf("%q is not a plain file name", fields[0])
	}
	return fields[0], Split(fields[1][0] - '0'), nil
}
