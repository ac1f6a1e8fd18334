package kitti

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Entry is a line of a split file: a frame, and the camera whose depth is wanted.
type Entry struct {
	Frame
	Camera Camera
}

// ReadSplit reads a split file in any of the three forms in use, one frame a line:
//
//	2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.png       one image (the Eigen test files)
//	…/image_02/data/0000000069.jpg …/image_03/data/0000000069.jpg           left and right (Eigen and KITTI splits)
//	2011_09_26/2011_09_26_drive_0002_sync 69 l                               folder, frame, side l or r
//
// Empty lines are passed over. A line that is none of these, or a pair whose images are not the left and the right one
// of a single frame, is an error that names the file and the line.
func ReadSplit(path string) ([]Entry, error) {
	var entries []Entry
	err := eachLine(path, func(fields []string) error {
		entry, err := parseSplitLine(fields)
		entries = append(entries, entry)
		return err
	})
	if err == nil && len(entries) == 0 {
		err = fmt.Errorf("kitti: %s lists no frame", path)
	}
	return entries, err
}

func parseSplitLine(fields []string) (Entry, error) {
	switch len(fields) {
	case 1:
		frame, camera, err := parseImagePath(fields[0])
		return Entry{frame, camera}, err
	case 2:
		left, leftCamera, err := parseImagePath(fields[0])
		if err != nil {
			return Entry{}, err
		}
		right, rightCamera, err := parseImagePath(fields[1])
		if err != nil {
			return Entry{}, err
		}
		if left != right || leftCamera != Left || rightCamera != Right {
			return Entry{}, fmt.Errorf("%s and %s are not the left and the right image of one frame", fields[0], fields[1])
		}
		return Entry{left, Left}, nil
	case 3:
		camera, ok := map[string]Camera{"l": Left, "r": Right}[fields[2]]
		index, err := strconv.Atoi(fields[1])
		if !ok || err != nil || index < 0 {
			return Entry{}, fmt.Errorf("%q: want a folder, a frame number, and l or r", strings.Join(fields, " "))
		}
		frame, _, err := parseImagePath(fmt.Sprintf("%s/image_02/data/%010d.png", fields[0], index))
		return Entry{frame, camera}, err
	}
	return Entry{}, fmt.Errorf("%d columns: want one image, two images, or folder, frame and side", len(fields))
}

// WriteSplit writes entries in one of the forms that [ReadSplit] reads: columns 1, 2 or 3. ext is that of the images.
func WriteSplit(path string, entries []Entry, columns int, ext string) error {
	var b strings.Builder
	for _, e := range entries {
		switch columns {
		case 1:
			b.WriteString(e.Image(e.Camera, ext))
		case 2:
			b.WriteString(e.Image(Left, ext) + " " + e.Image(Right, ext))
		case 3:
			fmt.Fprintf(&b, "%s/%s %d %s", e.Date, e.Drive, e.Index, map[Camera]string{Left: "l", Right: "r"}[e.Camera])
		default:
			return fmt.Errorf("kitti: a split file has 1, 2 or 3 columns, not %d", columns)
		}
		b.WriteString("\n")
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("kitti: cannot write the split: %w", err)
	}
	return nil
}

// ReadScenes reads a list of scenes that are kept for tests, one drive a line: 2011_09_26_drive_0117, with or without
// _sync. The result holds the names with _sync.
func ReadScenes(path string) (map[string]bool, error) {
	scenes := map[string]bool{}
	return scenes, eachLine(path, func(fields []string) error {
		drive := strings.TrimSuffix(fields[0], "_sync") + "_sync"
		if len(fields) != 1 || !drivePattern.MatchString(drive) {
			return fmt.Errorf("%q: want the name of a drive, like 2011_09_26_drive_0117", strings.Join(fields, " "))
		}
		scenes[drive] = true
		return nil
	})
}

// ReadStaticFrames reads the list of frames in which the car stands still: lines "date drive frame", for example
// 2011_09_26 2011_09_26_drive_0009_sync 0000000386.
func ReadStaticFrames(path string) (map[Frame]bool, error) {
	frames := map[Frame]bool{}
	return frames, eachLine(path, func(fields []string) error {
		if len(fields) != 3 {
			return fmt.Errorf("%d columns: want date, drive, frame", len(fields))
		}
		index, err := strconv.Atoi(fields[2])
		if err != nil || index < 0 || !drivePattern.MatchString(fields[1]) || !strings.HasPrefix(fields[1], fields[0]+"_") {
			return fmt.Errorf("%q: want date, drive, frame", strings.Join(fields, " "))
		}
		frames[Frame{Date: fields[0], Drive: fields[1], Index: index}] = true
		return nil
	})
}

// eachLine calls do with the fields of each line that is not empty, and adds file and line to its error.
func eachLine(path string, do func(fields []string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("kitti: cannot read the list: %w", err)
	}
	defer f.Close()
	scanner := bufio.NewScanner(f)
	for number := 1; scanner.Scan(); number++ {
		fields := strings.Fields(scanner.Text())
		if len(fields) == 0 {
			continue
		}
		if err := do(fields); err != nil {
			return fmt.Errorf("kitti: %s:%d: %w", path, number, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("kitti: cannot read %s: %w", path, err)
	}
	return nil
}
