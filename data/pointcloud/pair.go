package pointcloud

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// Pair is a registration problem: two clouds that overlap in part.
type Pair struct {
	Name           string
	Target, Source *Cloud // clouds 0 and 1
	// Truth takes Source into the frame of Target.
	Truth Pose
	// TargetFeatures and SourceFeatures are nil if the pair came without feature files.
	TargetFeatures, SourceFeatures *Features
}

// ReadPair reads a folder in the layout of the package comment. The feature files are optional, both or none.
func ReadPair(dir string) (*Pair, error) {
	p := &Pair{Name: filepath.Base(dir)}
	var err error
	if p.Target, err = ReadPLY(filepath.Join(dir, "Depth_0000.ply")); err != nil {
		return nil, err
	}
	if p.Source, err = ReadPLY(filepath.Join(dir, "Depth_0001.ply")); err != nil {
		return nil, err
	}
	log := filepath.Join(dir, "gt.log")
	entries, err := ReadLog(log)
	if err != nil {
		return nil, err
	}
	found := false
	for _, e := range entries {
		if e.I == 0 && e.J == 1 {
			p.Truth, found = e.Pose, true
		}
	}
	if !found {
		return nil, fmt.Errorf("%s: no entry \"0 1 n\": the pose of cloud 1 in the frame of cloud 0", log)
	}
	return p, p.readFeatures(dir)
}

func (p *Pair) readFeatures(dir string) error {
	targets, sources := filepath.Join(dir, "features_0000.bin"), filepath.Join(dir, "features_0001.bin")
	_, errTarget := os.Stat(targets)
	_, errSource := os.Stat(sources)
	if errors.Is(errTarget, fs.ErrNotExist) && errors.Is(errSource, fs.ErrNotExist) {
		return nil
	}
	var err error
	if p.TargetFeatures, err = ReadFeatures(targets); err != nil {
		return err
	}
	if p.SourceFeatures, err = ReadFeatures(sources); err != nil {
		return err
	}
	if p.TargetFeatures.Dim != p.SourceFeatures.Dim {
		return fmt.Errorf("%s has %d values per feature, %s has %d", targets, p.TargetFeatures.Dim, sources, p.SourceFeatures.Dim)
	}
	return nil
}

// WritePair writes the folder that ReadPair reads; it makes the folder if needed.
func WritePair(dir string, p *Pair) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("pointcloud: %w", err)
	}
	if err := WritePLY(filepath.Join(dir, "Depth_0000.ply"), p.Target, ASCII); err != nil {
		return err
	}
	if err := WritePLY(filepath.Join(dir, "Depth_0001.ply"), p.Source, ASCII); err != nil {
		return err
	}
	if p.TargetFeatures != nil && p.SourceFeatures != nil {
		if err := WriteFeatures(filepath.Join(dir, "features_0000.bin"), p.TargetFeatures); err != nil {
			return err
		}
		if err := WriteFeatures(filepath.Join(dir, "features_0001.bin"), p.SourceFeatures); err != nil {
			return err
		}
	}
	return WriteLog(filepath.Join(dir, "gt.log"), []LogEntry{{I: 0, J: 1, N: 2, Pose: p.Truth}})
}

// LogEntry is one pose of a registration log: Pose takes cloud J into the frame of cloud I; N is the number of clouds.
type LogEntry struct {
	I, J, N int
	Pose    Pose
}

// ReadLog reads a registration log (gt.log, output.txt): for each entry a line "i j n" and the four rows of a 4x4 rigid
// matrix. Blank lines are skipped. A log without entries, a matrix that is not a rigid motion, two entries for one pair of
// clouds, and anything unreadable are errors that name the file and line.
func ReadLog(path string) ([]LogEntry, error) {
	r, err := input.Open(path)
	if err != nil {
		return nil, fmt.Errorf("pointcloud: %w", err)
	}
	defer r.Close()
	return decodeLog(r)
}

func decodeLog(r *input.Reader) ([]LogEntry, error) {
	lines := r.Lines()
	var entries []LogEntry
	lineOf := map[[2]int]int{}
	for {
		head, err := numbers(lines, 3)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, v := range head {
			if v < 0 || v > math.MaxInt32 || v != math.Trunc(v) {
				return nil, lines.Errorf("an entry starts with three whole numbers \"i j n\", got %v", head)
			}
		}
		entry := LogEntry{I: int(head[0]), J: int(head[1]), N: int(head[2])}
		if max(entry.I, entry.J) >= entry.N {
			return nil, lines.Errorf("the entry \"%d %d %d\": want i and j below n, they count from 0", entry.I, entry.J, entry.N)
		}
		key := [2]int{entry.I, entry.J}
		if lineOf[key] > 0 {
			return nil, lines.Errorf("the entry %d %d stands in line %d already", entry.I, entry.J, lineOf[key])
		}
		lineOf[key] = lines.Number()
		if entry.Pose, err = readPose(lines); err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("%s: the log has no entries", r.Name())
	}
	return entries, nil
}

// numbers reads the next line that is not blank as n numbers; io.EOF if there is none.
func numbers(lines *input.Lines, n int) ([]float64, error) {
	words, err := lines.Fields()
	if err != nil {
		return nil, err
	}
	if len(words) != n {
		return nil, lines.Errorf("%d numbers, want %d", len(words), n)
	}
	values := make([]float64, n)
	for i, word := range words {
		if values[i], err = input.Number(word); err != nil {
			return nil, lines.Errorf("number %d: %w", i+1, err)
		}
	}
	return values, nil
}

// readPose reads the four rows of a matrix.
func readPose(lines *input.Lines) (p Pose, err error) {
	for row := range 4 {
		v, err := numbers(lines, 4)
		if errors.Is(err, io.EOF) {
			return p, lines.Errorf("the file is truncated: row %d of a 4x4 matrix is missing", row)
		}
		if err != nil {
			return p, err
		}
		switch row {
		case 0:
			p.T.X = v[3]
		case 1:
			p.T.Y = v[3]
		case 2:
			p.T.Z = v[3]
		case 3:
			if v[0] != 0 || v[1] != 0 || v[2] != 0 || v[3] != 1 {
				return p, lines.Errorf("the last row of a rigid matrix is 0 0 0 1, got %v", v)
			}
			if err := p.Validate(); err != nil {
				return p, lines.Errorf("%w", err)
			}
			return p, nil
		}
		copy(p.R[row][:], v[:3])
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
