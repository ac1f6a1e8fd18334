package celeba

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
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

// layouts are the places, relative to the root, where the images and the partition are looked for.
var layouts = []struct{ images, partition string }{
	{"Img/img_align_celeba", "Eval/list_eval_partition.txt"},         // the authors' own folders
	{"celeba/img_align_celeba", "celeba/list_eval_partition.txt"},    // torchvision
	{"img_align_celeba", "list_eval_partition.txt"},                  // torchvision's inner folder
	{"img_align_celeba/img_align_celeba", "list_eval_partition.csv"}, // Kaggle
	{"img_align_celeba", "list_eval_partition.csv"},                  // Kaggle, unpacked without the double folder
}

// Set is a CelebA data set on disk.
type Set struct {
	imagesDir string
	names     [numSplits][]string
}

// Open finds the data set below root, in any of the layouts that are in use:
//
//	Img/img_align_celeba/000001.jpg, …   Eval/list_eval_partition.txt     as distributed
//	celeba/img_align_celeba/…            celeba/list_eval_partition.txt   torchvision; root may be the inner folder
//	img_align_celeba/img_align_celeba/…  list_eval_partition.csv          Kaggle; the inner folder may be missing
//
// It reads the partition and checks that each image listed there exists. It opens no image.
func Open(root string) (*Set, error) {
	for _, layout := range layouts {
		images, partition := filepath.Join(root, layout.images), filepath.Join(root, layout.partition)
		if !isDir(images) || !isFile(partition) {
			continue
		}
		names, err := readPartition(partition)
		if err != nil {
			return nil, err
		}
		s := &Set{imagesDir: images, names: names}
		return s, s.checkNames(partition)
	}
	return nil, notFound(root)
}

// checkNames looks for the listed images that are missing. The Kaggle and torchvision copies hold JPEG files; a copy in
// PNG under the same numbers is accepted too.
func (s *Set) checkNames(partition string) error {
	entries, err := os.ReadDir(s.imagesDir)
	if err != nil {
		return fmt.Errorf("celeba: cannot list the images: %w", err)
	}
	exists := make(map[string]bool, len(entries))
	for _, entry := range entries {
		exists[entry.Name()] = true
	}
	listed, missing, first := 0, 0, ""
	for split := range s.names {
		for i, name := range s.names[split] {
			listed++
			png := strings.TrimSuffix(name, filepath.Ext(name)) + ".png"
			switch {
			case exists[name]:
			case exists[png]:
				s.names[split][i] = png
			default:
				missing++
				if first == "" {
					first = name
				}
			}
		}
	}
	if missing > 0 {
		return fmt.Errorf("celeba: %d of the %d images listed in %s are missing, the first is %s: unpack img_align_celeba.zip again",
			missing, listed, partition, filepath.Join(s.imagesDir, first))
	}
	return nil
}

// notFound says what was looked for below root and what is there of it.
func notFound(root string) error {
	if _, err := os.Stat(root); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("celeba: there is no folder %s", root)
		}
		return fmt.Errorf("celeba: %w", err)
	}
	var looked []string
	for _, layout := range layouts {
		images, partition := filepath.Join(root, layout.images), filepath.Join(root, layout.partition)
		switch {
		case isDir(images):
			looked = append(looked, fmt.Sprintf("%s is there, %s is missing", images, partition))
		case isFile(partition):
			looked = append(looked, fmt.Sprintf("%s is there, %s is missing", partition, images))
		}
	}
	if looked == nil {
		return fmt.Errorf("celeba: %s holds no CelebA: want for example %s and %s", root,
			filepath.Join(root, layouts[0].images), filepath.Join(root, layouts[0].partition))
	}
	return fmt.Errorf("celeba: %s is incomplete: %s", root, strings.Join(looked, "; "))
}

// Len returns how many images a split has.
func (s *Set) Len(split Split) int { return len(s.names[split]) }

// Path returns where the i-th image of a split is.
func (s *Set) Path(split Split, i int) string { return filepath.Join(s.imagesDir, s.names[split][i]) }

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// readPartition reads list_eval_partition.txt (lines like "000001.jpg 0") or .csv (the header "image_id,partition",
// lines like "000001.jpg,0") and returns the names of each split's images, in the order of the file.
func readPartition(path string) (names [numSplits][]string, err error) {
	r, err := input.Open(path)
	if err != nil {
		return names, fmt.Errorf("celeba: cannot read the partition: %w", err)
	}
	defer r.Close()
	return decodePartition(r)
}

func decodePartition(r *input.Reader) (names [numSplits][]string, err error) {
	lineOf := map[string]int{}
	lines := r.Lines()
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return names, fmt.Errorf("celeba: %w", err)
		}
		if line = strings.TrimSpace(line); line == "" || lines.Number() == 1 && line == "image_id,partition" {
			continue
		}
		name, split, err := parsePartitionLine(line)
		if err != nil {
			return names, fmt.Errorf("celeba: %w", lines.Errorf("%w", err))
		}
		if first, seen := lineOf[name]; seen {
			return names, fmt.Errorf("celeba: %w", lines.Errorf("%s stands in line %d already", name, first))
		}
		lineOf[name] = lines.Number()
		names[split] = append(names[split], name)
	}
	if len(lineOf) == 0 {
		return names, fmt.Errorf("celeba: %s lists no image", r.Name())
	}
	return names, nil
}

func parsePartitionLine(line string) (name string, split Split, err error) {
	fields := strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	if len(fields) != 2 {
		return "", 0, fmt.Errorf("want a file name and 0, 1 or 2, have %.60q", line)
	}
	if len(fields[1]) != 1 || fields[1][0] < '0' || fields[1][0] > '2' {
		return "", 0, fmt.Errorf("the part of the data set is %.20q, want 0 (train), 1 (validation) or 2 (test)", fields[1])
	}
	if name := fields[0]; name != input.Name(name) || strings.ContainsAny(name, `/\:`) || strings.HasPrefix(name, ".") {
		return "", 0, fmt.Errorf("%.60q is not a plain file name", name)
	}
	return fields[0], Split(fields[1][0] - '0'), nil
}
