package kitti

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// Frame is one moment of a drive: both cameras and the scanner.
type Frame struct {
	Date  string // 2011_09_26
	Drive string // 2011_09_26_drive_0001_sync
	Index int    // 69 for 0000000069.png
}

var (
	datePattern  = regexp.MustCompile(`^\d{4}_\d{2}_\d{2}$`)
	drivePattern = regexp.MustCompile(`^\d{4}_\d{2}_\d{2}_drive_\d{4}_sync$`)
	imageName    = regexp.MustCompile(`^(\d{10})\.(png|jpg)$`)
	imagePath    = regexp.MustCompile(`^(\d{4}_\d{2}_\d{2})/(\d{4}_\d{2}_\d{2}_drive_\d{4}_sync)/image_(\d{2})/data/(\d{10})\.(png|jpg)$`)
)

// parseImagePath reads a path as split files give it.
func parseImagePath(path string) (Frame, Camera, error) {
	m := imagePath.FindStringSubmatch(path)
	if m == nil {
		return Frame{}, 0, fmt.Errorf("%.120q is no image of the raw data, like 2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000069.png", path)
	}
	if m[1] != m[2][:len(m[1])] {
		return Frame{}, 0, fmt.Errorf("%q: the drive is not of the day %s", path, m[1])
	}
	camera, _ := strconv.Atoi(m[3])
	if c := Camera(camera); c != Left && c != Right {
		return Frame{}, 0, fmt.Errorf("%q: camera %02d is no colour camera: want image_02 or image_03", path, camera)
	}
	index, err := strconv.Atoi(m[4])
	return Frame{Date: m[1], Drive: m[2], Index: index}, Camera(camera), err
}

// Image returns the path of a camera's image below the root of the data, with slashes; ext is ".png" or ".jpg".
func (f Frame) Image(camera Camera, ext string) string {
	return fmt.Sprintf("%s/%s/image_%02d/data/%010d%s", f.Date, f.Drive, camera, f.Index, ext)
}

// Scan returns the path of the laser scan below the root of the data, with slashes.
func (f Frame) Scan() string {
	return fmt.Sprintf("%s/%s/velodyne_points/data/%010d.bin", f.Date, f.Drive, f.Index)
}

// FindImage returns the path of a camera's image on disk: the recorded .png, or the .jpg that it was converted to.
func (f Frame) FindImage(root string, camera Camera) (string, error) {
	png := filepath.Join(root, filepath.FromSlash(f.Image(camera, ".png")))
	for _, path := range []string{png, strings.TrimSuffix(png, ".png") + ".jpg"} {
		_, err := os.Stat(path)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("kitti: cannot look for an image: %w", err)
		}
	}
	return "", fmt.Errorf("kitti: there is neither %s nor the same with .jpg: %w", input.Name(png), fs.ErrNotExist)
}

// neighbour returns the frame of the same drive that many frames later.
func (f Frame) neighbour(frames int) Frame {
	f.Index += frames
	return f
}

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
		err = fmt.Errorf("kitti: %s lists no frame", input.Name(path))
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
			return Entry{}, fmt.Errorf("%q and %q are not the left and the right image of one frame", fields[0], fields[1])
		}
		return Entry{left, Left}, nil
	case 3:
		camera, ok := map[string]Camera{"l": Left, "r": Right}[fields[2]]
		index, err := strconv.Atoi(fields[1])
		if !ok || err != nil || index < 0 {
			return Entry{}, fmt.Errorf("%.80q: want a folder, a frame number, and l or r", strings.Join(fields, " "))
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
	err := eachLine(path, func(fields []string) error {
		drive := strings.TrimSuffix(fields[0], "_sync") + "_sync"
		if len(fields) != 1 || !drivePattern.MatchString(drive) {
			return fmt.Errorf("%.80q: want the name of a drive, like 2011_09_26_drive_0117", strings.Join(fields, " "))
		}
		scenes[drive] = true
		return nil
	})
	if err == nil && len(scenes) == 0 {
		err = fmt.Errorf("kitti: %s lists no scene", input.Name(path))
	}
	return scenes, err
}

// ReadStaticFrames reads the list of frames in which the car stands still: lines "date drive frame", for example
// 2011_09_26 2011_09_26_drive_0009_sync 0000000386.
func ReadStaticFrames(path string) (map[Frame]bool, error) {
	frames := map[Frame]bool{}
	err := eachLine(path, func(fields []string) error {
		if len(fields) != 3 {
			return fmt.Errorf("%d columns: want date, drive, frame", len(fields))
		}
		index, err := strconv.Atoi(fields[2])
		if err != nil || index < 0 || !drivePattern.MatchString(fields[1]) || !strings.HasPrefix(fields[1], fields[0]+"_") {
			return fmt.Errorf("%.80q: want date, drive, frame", strings.Join(fields, " "))
		}
		frames[Frame{Date: fields[0], Drive: fields[1], Index: index}] = true
		return nil
	})
	if err == nil && len(frames) == 0 {
		err = fmt.Errorf("kitti: %s lists no frame", input.Name(path))
	}
	return frames, err
}

// eachLine calls do with the fields of each line that is not empty, and adds file and line to its error.
func eachLine(path string, do func(fields []string) error) error {
	r, err := input.Open(path)
	if err != nil {
		return fmt.Errorf("kitti: cannot read the list: %w", err)
	}
	defer r.Close()
	if err := r.Lines().Each(do); err != nil {
		return fmt.Errorf("kitti: %w", err)
	}
	return nil
}

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
			if !strings.HasPrefix(drive, day+"_") {
				return nil, fmt.Errorf("kitti: %s: the drive is not of the day %s", filepath.Join(root, day, drive), day)
			}
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
	files, err := os.ReadDir(filepath.Join(root, day, drive, "image_02", "data"))
	if err != nil {
		return nil, fmt.Errorf("kitti: cannot list a drive: %w", err)
	}
	var frames []Frame
	for _, file := range files {
		name := imageName.FindStringSubmatch(file.Name())
		if name == nil {
			continue
		}
		index, err := strconv.Atoi(name[1])
		if err != nil {
			return nil, fmt.Errorf("kitti: cannot list a drive: %s: %w", file.Name(), err)
		}
		frame := Frame{Date: day, Drive: drive, Index: index}
		if n := len(frames); n > 0 && frames[n-1] == frame { // there as .jpg and as .png
			continue
		}
		_, err = frame.FindImage(root, Right)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		frames = append(frames, frame)
	}
	return frames, nil
}

// foldersLike lists the folders below dir, or links to folders, whose names match.
func foldersLike(dir string, pattern *regexp.Regexp) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("kitti: cannot list the recordings: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if !pattern.MatchString(entry.Name()) {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, entry.Name())) // follows links
		if err != nil {
			return nil, fmt.Errorf("kitti: cannot list the recordings: %w", err)
		}
		if info.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}
