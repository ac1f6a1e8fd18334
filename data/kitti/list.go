package kitti

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

var (
	datePattern  = regexp.MustCompile(`^\d{4}_\d{2}_\d{2}$`)
	drivePattern = regexp.MustCompile(`^\d{4}_\d{2}_\d{2}_drive_\d{4}_sync$`)
)

// ListFrames lists the frames below root that have both images, in the order of days, drives and frames, without the
// drives in testScenes and the frames in static (either may be nil). This is how training sets are made that take all
// that no test needs, see [ReadScenes] and [ReadStaticFrames].
func ListFrames(root string, testScenes map[string]bool, static map[Frame]bool) ([]Entry, error) {
	days, err := foldersLike(root, datePattern)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, day := range days {
		drives, err := foldersLike(filepath.Join(root, day), drivePattern)
		if err != nil {
			return nil, err
		}
		for _, drive := range drives {
			if testScenes[drive] {
				continue
			}
			found, err := listDrive(root, day, drive)
			if err != nil {
				return nil, err
			}
			for _, frame := range found {
				if !static[frame] {
					entries = append(entries, Entry{frame, Left})
				}
			}
		}
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("kitti: there is no stereo pair below %s: want %s there", root, Frame{"2011_09_26", "2011_09_26_drive_0001_sync", 0}.Image(Left, ".png"))
	}
	return entries, nil
}

// listDrive lists the frames of a drive for which both cameras have an image.
func listDrive(root, day, drive string) ([]Frame, error) {
	folder := func(camera string) string { return filepath.Join(root, day, drive, "image_"+camera, "data") }
	files, err := os.ReadDir(folder("02"))
	if err != nil {
		return nil, fmt.Errorf("kitti: cannot list a drive: %w", err)
	}
	var frames []Frame
	for _, file := range files {
		stem, _ := strings.CutSuffix(file.Name(), filepath.Ext(file.Name()))
		index, err := strconv.Atoi(stem)
		if err != nil || len(stem) != 10 {
			continue
		}
		frame := Frame{Date: day, Drive: drive, Index: index}
		if _, err := frame.FindImage(root, Right); err == nil {
			frames = append(frames, frame)
		}
	}
	return frames, nil
}

func foldersLike(dir string, pattern *regexp.Regexp) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("kitti: cannot list the recordings: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() && pattern.MatchString(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}
