package kitti

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	camToCamName  = "calib_cam_to_cam.txt"
	veloToCamName = "calib_velo_to_cam.txt"
)

// Camera is KITTI's number of a camera.
type Camera int

// The two colour cameras. Camera 0, whose rectified frame all projections start from, is the left grey one.
const (
	Left  Camera = 2
	Right Camera = 3
)

// Calibration is what one day's calibration files say about the colour cameras and the laser scanner.
type Calibration struct {
	// Size holds S_rect, width and height in pixels of the rectified images.
	Size map[Camera][2]int
	// Projection holds P_rect, 3×4 row by row: rectified camera 0 coordinates in metres → homogeneous pixels.
	Projection map[Camera][12]float64
	// Rectification is R_rect_00, 3×3 row by row: camera 0 → rectified camera 0.
	Rectification [9]float64
	// VeloRotation (3×3, row by row) and VeloTranslation (metres) take the scanner's coordinates to those of camera 0.
	VeloRotation    [9]float64
	VeloTranslation [3]float64
}

// ReadCalibration reads calib_cam_to_cam.txt and calib_velo_to_cam.txt in a day's folder.
func ReadCalibration(dir string) (*Calibration, error) {
	cameras, err := readKeyed(filepath.Join(dir, camToCamName))
	if err != nil {
		return nil, err
	}
	velo, err := readKeyed(filepath.Join(dir, veloToCamName))
	if err != nil {
		return nil, err
	}
	c := &Calibration{Size: map[Camera][2]int{}, Projection: map[Camera][12]float64{}}
	for _, camera := range []Camera{Left, Right} {
		var size [2]float64
		var projection [12]float64
		if err := cameras.floats(fmt.Sprintf("S_rect_%02d", camera), size[:]); err != nil {
			return nil, err
		}
		key := fmt.Sprintf("P_rect_%02d", camera)
		if err := cameras.floats(key, projection[:]); err != nil {
			return nil, err
		}
		if projection[0] <= 0 || projection[5] <= 0 {
			return nil, fmt.Errorf("kitti: %s:%d: %s has the focal lengths %g and %g, want them positive",
				cameras.path, cameras.entries[key].number, key, projection[0], projection[5])
		}
		c.Size[camera] = [2]int{int(size[0]), int(size[1])}
		c.Projection[camera] = projection
	}
	if err := cameras.floats("R_rect_00", c.Rectification[:]); err != nil {
		return nil, err
	}
	if err := velo.floats("R", c.VeloRotation[:]); err != nil {
		return nil, err
	}
	return c, velo.floats("T", c.VeloTranslation[:])
}

// Baseline returns the distance in metres from the left to the right camera, b₃ − b₂ with b = P[0,3]/(−P[0,0]). It is
// 0.5327 m on 2011_09_26; 0.54 m, which is also in use, is this number rounded up.
func (c *Calibration) Baseline() float64 {
	offset := func(camera Camera) float64 {
		p := c.Projection[camera]
		return -p[3] / p[0]
	}
	return offset(Right) - offset(Left)
}

// Intrinsics returns the focal lengths and the principal point of a camera, in pixels of the recorded image.
func (c *Calibration) Intrinsics(camera Camera) Intrinsics {
	p := c.Projection[camera]
	return Intrinsics{Fx: p[0], Fy: p[5], Cx: p[2], Cy: p[6]}
}

// VeloToImage returns P_rect·R_rect·[R|T], 3×4: scanner coordinates in metres → homogeneous pixels of a camera.
func (c *Calibration) VeloToImage(camera Camera) [3][4]float64 {
	var velo, rectified [4][4]float64
	for i := range 3 {
		copy(velo[i][:3], c.VeloRotation[3*i:3*i+3])
		velo[i][3] = c.VeloTranslation[i]
		copy(rectified[i][:3], c.Rectification[3*i:3*i+3])
	}
	velo[3][3], rectified[3][3] = 1, 1
	var projection [3][4]float64
	for i := range 3 {
		p := c.Projection[camera]
		copy(projection[i][:], p[4*i:4*i+4])
	}
	return times(times(projection, rectified), velo)
}

func times(a [3][4]float64, b [4][4]float64) (product [3][4]float64) {
	for i := range 3 {
		for j := range 4 {
			for k := range 4 {
				product[i][j] += a[i][k] * b[k][j]
			}
		}
	}
	return product
}

// Write writes the two calibration files into a day's folder, with the keys that [ReadCalibration] and the public
// evaluations read. The numbers are written so that they read back exactly.
func (c *Calibration) Write(dir string) error {
	var cameras, velo strings.Builder
	line := func(b *strings.Builder, key string, values []float64) {
		b.WriteString(key + ":")
		for _, v := range values {
			b.WriteString(" " + strconv.FormatFloat(v, 'e', -1, 64))
		}
		b.WriteString("\n")
	}
	line(&cameras, "R_rect_00", c.Rectification[:])
	for _, camera := range []Camera{Left, Right} {
		size, projection := c.Size[camera], c.Projection[camera]
		line(&cameras, fmt.Sprintf("S_rect_%02d", camera), []float64{float64(size[0]), float64(size[1])})
		line(&cameras, fmt.Sprintf("P_rect_%02d", camera), projection[:])
	}
	line(&velo, "R", c.VeloRotation[:])
	line(&velo, "T", c.VeloTranslation[:])
	for name, text := range map[string]string{camToCamName: cameras.String(), veloToCamName: velo.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("kitti: cannot write the calibration: %w", err)
		}
	}
	return nil
}
