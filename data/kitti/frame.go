package kitti

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// Frame is one moment of a drive: both cameras and the scanner.
type Frame struct {
	Date  string // 2011_09_26
	Drive string // 2011_09_26_drive_0001_sync
	Index int    // 69 for 0000000069.png
}

var imagePath = regexp.MustCompile(`^(\d{4}_\d{2}_\d{2})/(\d{4}_\d{2}_\d{2}_drive_\d{4}_sync)/image_(\d{2})/data/(\d{10})\.(png|jpg)$`)

// parseImagePath reads a path as split files give it.
func parseImagePath(path string) (Frame, Camera, error) {
	m := imagePath.FindStringSubmatch(path)
	if m == nil {
		return Frame{}, 0, fmt.Errorf("%q is no image of the raw data, like 2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000069.png", path)
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
	for _, path := range []string{png, png[:len(png)-len(".png")] + ".jpg"} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("kitti: there is neither %s nor the same with .jpg: %w", png, fs.ErrNotExist)
}
