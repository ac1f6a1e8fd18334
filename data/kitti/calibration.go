package kitti

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
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

// ReadCalibration reads calib_cam_to_cam.txt and calib_velo_to_cam.txt in a day's folder. It refuses what cannot be a
// calibration: sizes that are not positive whole numbers, focal lengths that are not positive, a principal point outside of
// the image, matrices that are no projections of rectified cameras or no rotations, and a right camera that does not lie
// to the right of the left one.
func ReadCalibration(dir string) (*Calibration, error) {
	cameras, err := readKeyed(filepath.Join(dir, camToCamName))
	if err != nil {
		return nil, err
	}
	velo, err := readKeyed(filepath.Join(dir, veloToCamName))
	if err != nil {
		return nil, err
	}
	return newCalibration(cameras, velo)
}

func newCalibration(cameras, velo *keyedFile) (*Calibration, error) {
	c := &Calibration{Size: map[Camera][2]int{}, Projection: map[Camera][12]float64{}}
	for _, camera := range []Camera{Left, Right} {
		if err := c.readCamera(cameras, camera); err != nil {
			return nil, err
		}
	}
	if b := c.Baseline(); !(b > 0) || math.IsInf(b, 0) {
		return nil, cameras.errorf("P_rect_03", "the right camera lies %.4g m to the right of the left one, want it positive: are P_rect_02 and P_rect_03 swapped?", b)
	}
	if err := cameras.rotation("R_rect_00", &c.Rectification); err != nil {
		return nil, err
	}
	if err := velo.rotation("R", &c.VeloRotation); err != nil {
		return nil, err
	}
	if err := velo.floats("T", c.VeloTranslation[:]); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Calibration) readCamera(cameras *keyedFile, camera Camera) error {
	var size [2]float64
	var p [12]float64
	sizeKey, projectionKey := fmt.Sprintf("S_rect_%02d", camera), fmt.Sprintf("P_rect_%02d", camera)
	if err := cameras.floats(sizeKey, size[:]); err != nil {
		return err
	}
	for _, v := range size {
		if v < 1 || v > math.MaxInt16 || v != math.Trunc(v) {
			return cameras.errorf(sizeKey, "the size %g×%g: want whole numbers of pixels, width and height", size[0], size[1])
		}
	}
	if err := cameras.floats(projectionKey, p[:]); err != nil {
		return err
	}
	if p[0] <= 0 || p[5] <= 0 {
		return cameras.errorf(projectionKey, "the focal lengths %g and %g: want them positive", p[0], p[5])
	}
	if p[2] <= 0 || p[2] >= size[0] || p[6] <= 0 || p[6] >= size[1] {
		return cameras.errorf(projectionKey, "the principal point (%g, %g): want it inside of the image, %g×%g", p[2], p[6], size[0], size[1])
	}
	if p[1] != 0 || p[4] != 0 || p[8] != 0 || p[9] != 0 || p[10] != 1 {
		return cameras.errorf(projectionKey, "the first three columns are %v, %v, %v: want [f 0 cx], [0 f cy], [0 0 1]", p[0:3], p[4:7], p[8:11])
	}
	c.Size[camera] = [2]int{int(size[0]), int(size[1])}
	c.Projection[camera] = p
	return nil
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

// Intrinsics are a pinhole camera's focal lengths and principal point, in pixels.
type Intrinsics struct {
	Fx, Fy, Cx, Cy float64
}

// Resized returns the intrinsics after the image is scaled by sx across and sy down, as the public preparation scripts
// do it: fx·sx, cx·sx, fy·sy, cy·sy.
func (k Intrinsics) Resized(sx, sy float64) Intrinsics {
	return Intrinsics{Fx: k.Fx * sx, Fy: k.Fy * sy, Cx: k.Cx * sx, Cy: k.Cy * sy}
}

// Flipped returns the intrinsics after the image, width pixels wide, is mirrored left to right: the centre of column u
// goes to column width − 1 − u, so cx becomes width − 1 − cx.
func (k Intrinsics) Flipped(width int) Intrinsics {
	k.Cx = float64(width-1) - k.Cx
	return k
}

// keyedFile is a text file of "key: value value …" lines.
type keyedFile struct {
	name  string
	lines map[string]keyedLine
}

type keyedLine struct {
	number int
	values string
}

func readKeyed(path string) (*keyedFile, error) {
	r, err := input.Open(path)
	if err != nil {
		return nil, fmt.Errorf("kitti: cannot read the calibration: %w", err)
	}
	defer r.Close()
	return decodeKeyed(r)
}

func decodeKeyed(r *input.Reader) (*keyedFile, error) {
	k := &keyedFile{name: r.Name(), lines: map[string]keyedLine{}}
	lines := r.Lines()
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return k, nil
		}
		if err != nil {
			return nil, fmt.Errorf("kitti: %w", err)
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		key, values, ok := strings.Cut(line, ":")
		key = strings.TrimSpace(key)
		if !ok {
			return nil, fmt.Errorf("kitti: %w", lines.Errorf("%.60q is no \"key: values\" line", line))
		}
		if first, seen := k.lines[key]; seen {
			return nil, fmt.Errorf("kitti: %w", lines.Errorf("the key %.40q stands in line %d already", key, first.number))
		}
		k.lines[key] = keyedLine{lines.Number(), values}
	}
}

// errorf returns an error about the key's line.
func (k *keyedFile) errorf(key, format string, args ...any) error {
	return fmt.Errorf("kitti: %s:%d: %s: "+format, append([]any{k.name, k.lines[key].number, key}, args...)...)
}

// floats fills dst with the values of the key: exactly len(dst) numbers.
func (k *keyedFile) floats(key string, dst []float64) error {
	line, ok := k.lines[key]
	if !ok {
		return fmt.Errorf("kitti: %s: the key %q is missing", k.name, key)
	}
	fields := strings.Fields(line.values)
	if len(fields) != len(dst) {
		return k.errorf(key, "%d values, want %d", len(fields), len(dst))
	}
	for i, field := range fields {
		var err error
		if dst[i], err = input.Number(field); err != nil {
			return k.errorf(key, "value %d: %w", i+1, err)
		}
	}
	return nil
}

// rotation fills dst with the matrix of the key, and fails where RᵀR is not I or det R not 1, beyond a tolerance of 1e-3,
// which lets files with few digits pass.
func (k *keyedFile) rotation(key string, dst *[9]float64) error {
	if err := k.floats(key, dst[:]); err != nil {
		return err
	}
	r := dst
	for i := range 3 {
		for j := range 3 {
			dot, want := r[i]*r[j]+r[3+i]*r[3+j]+r[6+i]*r[6+j], 0.0
			if i == j {
				want = 1
			}
			if !(math.Abs(dot-want) <= 1e-3) {
				return k.errorf(key, "this is no rotation: columns %d and %d have the product %g, want %g", i+1, j+1, dot, want)
			}
		}
	}
	det := r[0]*(r[4]*r[8]-r[5]*r[7]) - r[1]*(r[3]*r[8]-r[5]*r[6]) + r[2]*(r[3]*r[7]-r[4]*r[6])
	if det < 0 {
		return k.errorf(key, "this is a reflection, its determinant is −1: want a rotation")
	}
	return nil
}
