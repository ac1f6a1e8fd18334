package pointcloud

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
