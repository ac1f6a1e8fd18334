package synth

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/robustloss/gomlx-robustloss/data/internal/output"
	"github.com/robustloss/gomlx-robustloss/data/internal/parallel"
	"github.com/robustloss/gomlx-robustloss/data/kitti"
)

// The split files that WriteStreets writes beside the recordings.
const (
	StreetsTrainSplit = "train_files.txt" // left and right image a line
	StreetsTestSplit  = "test_files.txt"  // one image a line
)

// WriteStreets writes train+test streets below dir in the layout of KITTI's raw recordings: calibration files, PNG images
// of both cameras, laser scans, and the two split files. The streets for tests form a drive of their own. Their day,
// 2000_01_01, is none of KITTI's.
//
// With neighbours, street i is frame 4·i + 1, and frames 4·i and 4·i + 2 are the left views before and after it. The split
// files list the frames that are streets.
//
// It works on all cores; progress, which may be nil, is told how many streets are written. The folder is there whole or not
// at all: streets.json in it holds the options, a folder with the same ones is left as it is, and one with other content is
// an error.
func WriteStreets(ctx context.Context, dir string, train, test int, o StreetOptions, progress func(done, total int)) error {
	if err := o.Validate(); err != nil {
		return err
	}
	if train < 1 || test < 1 {
		return fmt.Errorf("synth: %d streets for training and %d for tests: want at least one of each", train, test)
	}
	manifest, err := json.Marshal(struct {
		Train, Test int
		StreetOptions
	}{train, test, o})
	if err != nil {
		return err
	}
	err = output.Folder(ctx, dir, "streets.json", manifest, func(dir string) error { return writeStreets(ctx, dir, train, test, o, progress) })
	if err != nil {
		return fmt.Errorf("synth: streets: %w", err)
	}
	return nil
}

func writeStreets(ctx context.Context, dir string, train, test int, o StreetOptions, progress func(done, total int)) error {
	const day = "2000_01_01"
	entries := make([]kitti.Entry, train+test)
	for i := range entries {
		entries[i] = kitti.Entry{Frame: kitti.Frame{Date: day, Drive: day + "_drive_0001_sync", Index: i}, Camera: kitti.Left}
		if i >= train {
			entries[i].Frame = kitti.Frame{Date: day, Drive: day + "_drive_0002_sync", Index: i - train}
		}
		if o.Neighbours {
			entries[i].Index = 4*entries[i].Index + 1
		}
	}
	for _, first := range []kitti.Entry{entries[0], entries[train]} {
		for _, file := range []string{first.Image(kitti.Left, ".png"), first.Image(kitti.Right, ".png"), first.Scan()} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755); err != nil {
				return err
			}
		}
	}
	if err := o.Calibration().Write(filepath.Join(dir, day)); err != nil {
		return err
	}
	err := parallel.Each(ctx, len(entries), progress, func(i int) error { return writeStreet(dir, entries[i], i, o) })
	if err != nil {
		return err
	}
	if err := kitti.WriteSplit(filepath.Join(dir, StreetsTrainSplit), entries[:train], 2, ".png"); err != nil {
		return err
	}
	return kitti.WriteSplit(filepath.Join(dir, StreetsTestSplit), entries[train:], 1, ".png")
}

// writeStreet writes the i-th street as the entry's frame.
func writeStreet(dir string, e kitti.Entry, i int, o StreetOptions) error {
	street := &StreetSnippet{}
	if o.Neighbours {
		street = NewStreetSnippet(o, i)
		for shift, view := range map[int]*kitti.Image{-1: street.Before, 1: street.After} {
			frame := e.Frame
			frame.Index += shift
			if err := writeView(dir, frame, kitti.Left, view); err != nil {
				return err
			}
		}
	} else {
		street.Street = *NewStreet(o, i)
	}
	for camera, view := range map[kitti.Camera]*kitti.Image{kitti.Left: street.Left, kitti.Right: street.Right} {
		if err := writeView(dir, e.Frame, camera, view); err != nil {
			return err
		}
	}
	return kitti.WriteScan(filepath.Join(dir, e.Scan()), street.Points(o))
}

func writeView(dir string, frame kitti.Frame, camera kitti.Camera, view *kitti.Image) error {
	f, err := os.Create(filepath.Join(dir, frame.Image(camera, ".png")))
	if err != nil {
		return err
	}
	if err := view.WritePNG(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
