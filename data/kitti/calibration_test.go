package kitti_test

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
)

// The values of 2011_09_26 that matter here; lines as in the recordings, among others that are no numbers.
const camToCam = `calib_time: 09-Jan-2012 13:57:47
corner_dist: 9.950000e-02
R_rect_00: 9.999239e-01 9.837760e-03 -7.445048e-03 -9.869795e-03 9.999421e-01 -4.278459e-03 7.402527e-03 4.351614e-03 9.999631e-01
S_rect_02: 1.242000e+03 3.750000e+02
P_rect_02: 7.215377e+02 0.000000e+00 6.095593e+02 4.485728e+01 0.000000e+00 7.215377e+02 1.728540e+02 2.163791e-01 0.000000e+00 0.000000e+00 1.000000e+00 2.745884e-03
S_rect_03: 1.242000e+03 3.750000e+02
P_rect_03: 7.215377e+02 0.000000e+00 6.095593e+02 -3.395242e+02 0.000000e+00 7.215377e+02 1.728540e+02 2.199936e+00 0.000000e+00 0.000000e+00 1.000000e+00 2.729905e-03
`

const veloToCam = `calib_time: 15-Mar-2012 11:37:16
R: 7.533745e-03 -9.999714e-01 -6.166020e-04 1.480249e-02 7.280733e-04 -9.998902e-01 9.998621e-01 7.523790e-03 1.480755e-02
T: -4.069766e-03 -7.631618e-02 -2.717806e-01
delta_f: 0.000000e+00 0.000000e+00
`

func writeCalibration(t *testing.T, dir, cameras, velo string) {
	t.Helper()
	for name, text := range map[string]string{"calib_cam_to_cam.txt": cameras, "calib_velo_to_cam.txt": velo} {
		writeText(t, filepath.Join(dir, name), text)
	}
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func realCalibration(t *testing.T) *kitti.Calibration {
	t.Helper()
	dir := t.TempDir()
	writeCalibration(t, dir, camToCam, veloToCam)
	c, err := kitti.ReadCalibration(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func TestBaselineAndIntrinsicsOfTheRecordings(t *testing.T) {
	c := realCalibration(t)
	if b := c.Baseline(); math.Abs(b-0.5327) > 5e-5 {
		t.Errorf("baseline %.5f m, want 0.5327", b)
	}
	want := kitti.Intrinsics{Fx: 721.5377, Fy: 721.5377, Cx: 609.5593, Cy: 172.854}
	if got := c.Intrinsics(kitti.Left); got != want {
		t.Errorf("intrinsics %+v, want %+v", got, want)
	}
	if c.Size[kitti.Right] != [2]int{1242, 375} {
		t.Errorf("size %v", c.Size)
	}
}

func TestVeloToImageIsTheProductOfTheThreeMatrices(t *testing.T) {
	c := realCalibration(t)
	point := [3]float64{10, 1, -0.5} // ten metres ahead, one to the left, half a metre below the scanner
	apply := func(m []float64, v [3]float64) (out [3]float64) {
		for i := range 3 {
			out[i] = m[3*i]*v[0] + m[3*i+1]*v[1] + m[3*i+2]*v[2]
		}
		return out
	}
	camera := apply(c.VeloRotation[:], point)
	for i := range 3 {
		camera[i] += c.VeloTranslation[i]
	}
	camera = apply(c.Rectification[:], camera)
	m := c.VeloToImage(kitti.Left)
	p := c.Projection[kitti.Left]
	for i := range 3 {
		want := p[4*i]*camera[0] + p[4*i+1]*camera[1] + p[4*i+2]*camera[2] + p[4*i+3]
		got := m[i][0]*point[0] + m[i][1]*point[1] + m[i][2]*point[2] + m[i][3]
		if math.Abs(got-want) > 1e-9*math.Abs(want) {
			t.Errorf("row %d: %g, want %g", i, got, want)
		}
	}
}

func TestCalibrationReadsBackWhatWasWritten(t *testing.T) {
	c := realCalibration(t)
	dir := t.TempDir()
	if err := c.Write(dir); err != nil {
		t.Fatal(err)
	}
	again, err := kitti.ReadCalibration(dir)
	if err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("read %+v, %v, want %+v", again, err, c)
	}
}

func TestCalibrationIsTheSameInAllKindsOfText(t *testing.T) {
	want := realCalibration(t)
	for name, change := range map[string]func(string) string{
		"byte order mark": func(s string) string { return "\ufeff" + s },
		"CRLF":            func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"CR":              func(s string) string { return strings.ReplaceAll(s, "\n", "\r") },
	} {
		dir := t.TempDir()
		writeCalibration(t, dir, change(camToCam), change(veloToCam))
		if got, err := kitti.ReadCalibration(dir); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestCalibrationErrorsNameFileAndLine(t *testing.T) {
	swapped := strings.NewReplacer("P_rect_02", "P_rect_03", "P_rect_03", "P_rect_02").Replace(camToCam)
	for name, test := range map[string]struct {
		cameras, velo string
		want          []string
	}{
		"missing key":      {strings.Replace(camToCam, "P_rect_03", "P_rect_04", 1), veloToCam, []string{"calib_cam_to_cam.txt", `"P_rect_03" is missing`}},
		"too few":          {strings.Replace(camToCam, " 2.745884e-03", "", 1), veloToCam, []string{"calib_cam_to_cam.txt:5", "11 values, want 12"}},
		"no number":        {camToCam, strings.Replace(veloToCam, "-7.631618e-02", "x", 1), []string{"calib_velo_to_cam.txt:3", `T: value 2: "x" is not a number`}},
		"no key":           {camToCam, "R 1 2 3\n", []string{"calib_velo_to_cam.txt:1", "key: values"}},
		"empty":            {"", veloToCam, []string{"calib_cam_to_cam.txt", `"S_rect_02" is missing`}},
		"twice":            {camToCam + "S_rect_02: 1 1\n", veloToCam, []string{"calib_cam_to_cam.txt:8", `"S_rect_02" stands in line 4 already`}},
		"focal length":     {strings.Replace(camToCam, "P_rect_02: 7.2", "P_rect_02: -7.2", 1), veloToCam, []string{"calib_cam_to_cam.txt:5", "focal"}},
		"NaN":              {strings.Replace(camToCam, "-3.395242e+02", "NaN", 1), veloToCam, []string{"calib_cam_to_cam.txt:7", "P_rect_03: value 4: the value is not finite: NaN"}},
		"infinite":         {strings.Replace(camToCam, "P_rect_03: 7.215377e+02", "P_rect_03: inf", 1), veloToCam, []string{"calib_cam_to_cam.txt:7", "P_rect_03: value 1: the value is not finite"}},
		"hexadecimal":      {strings.Replace(camToCam, "P_rect_03: 7.215377e+02", "P_rect_03: 0x1p9", 1), veloToCam, []string{"calib_cam_to_cam.txt:7", "not a decimal number"}},
		"zero focal":       {strings.Replace(camToCam, "P_rect_03: 7.215377e+02", "P_rect_03: 0", 1), veloToCam, []string{"calib_cam_to_cam.txt:7", "focal lengths 0 and 721.5377"}},
		"principal point":  {strings.Replace(camToCam, "1.728540e+02 2.163791e-01", "3.75e+02 2.163791e-01", 1), veloToCam, []string{"calib_cam_to_cam.txt:5", "principal point (609.5593, 375)", "1242×375"}},
		"not rectified":    {strings.Replace(camToCam, "P_rect_02: 7.215377e+02 0.0", "P_rect_02: 7.215377e+02 0.1", 1), veloToCam, []string{"calib_cam_to_cam.txt:5", "want [f 0 cx]"}},
		"zero size":        {strings.Replace(camToCam, "S_rect_03: 1.242000e+03", "S_rect_03: 0", 1), veloToCam, []string{"calib_cam_to_cam.txt:6", "S_rect_03: the size 0×375"}},
		"half a pixel":     {strings.Replace(camToCam, "S_rect_03: 1.242000e+03", "S_rect_03: 1242.5", 1), veloToCam, []string{"the size 1242.5×375: want whole numbers"}},
		"huge size":        {strings.Replace(camToCam, "S_rect_03: 1.242000e+03", "S_rect_03: 1e300", 1), veloToCam, []string{"the size 1e+300×375"}},
		"swapped":          {swapped, veloToCam, []string{"calib_cam_to_cam.txt:5", "lies -0.5327 m to the right", "P_rect_02 and P_rect_03 swapped"}},
		"one camera twice": {strings.Replace(camToCam, "-3.395242e+02", "4.485728e+01", 1), veloToCam, []string{"calib_cam_to_cam.txt:7", "lies 0 m to the right"}},
		"no rotation":      {strings.Replace(camToCam, "R_rect_00: 9.999239e-01", "R_rect_00: 0", 1), veloToCam, []string{"calib_cam_to_cam.txt:3", "R_rect_00: this is no rotation"}},
		"NaN rotation":     {camToCam, strings.Replace(veloToCam, "7.280733e-04", "nan", 1), []string{"calib_velo_to_cam.txt:2", "R: value 5: the value is not finite"}},
		"reflection":       {camToCam, strings.Replace(veloToCam, "R: 7.533745e-03 -9.999714e-01 -6.166020e-04", "R: -7.533745e-03 9.999714e-01 6.166020e-04", 1), []string{"calib_velo_to_cam.txt:2", "R: this is"}},
		"NaN translation":  {camToCam, strings.Replace(veloToCam, "T: -4.069766e-03", "T: nan", 1), []string{"calib_velo_to_cam.txt:3", "T: value 1: the value is not finite"}},
		"binary":           {"\x00\x01", veloToCam, []string{"calib_cam_to_cam.txt:1", "this is not text"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeCalibration(t, dir, test.cameras, test.velo)
			_, err := kitti.ReadCalibration(dir)
			wantError(t, err, test.want...)
		})
	}
	_, err := kitti.ReadCalibration(filepath.Join(t.TempDir(), "2011_09_26"))
	wantError(t, err, "2011_09_26", "calib_cam_to_cam.txt")
}

func TestIntrinsicsFollowTheImage(t *testing.T) {
	k := kitti.Intrinsics{Fx: 700, Fy: 710, Cx: 600, Cy: 170}
	// A point at (X, Y, Z) metres lands at u = fx·X/Z + cx; in the image scaled by s it lands at s·u.
	resized := k.Resized(0.5, 0.25)
	if got, want := resized.Fx*0.3+resized.Cx, 0.5*(k.Fx*0.3+k.Cx); math.Abs(got-want) > 1e-12 {
		t.Errorf("u = %g, want %g", got, want)
	}
	if got, want := resized.Fy*0.1+resized.Cy, 0.25*(k.Fy*0.1+k.Cy); math.Abs(got-want) > 1e-12 {
		t.Errorf("v = %g, want %g", got, want)
	}
	// Mirroring sends X to −X and column u to width−1−u.
	if got, want := k.Flipped(1242).Cx-k.Fx*0.3, 1241-(k.Fx*0.3+k.Cx); math.Abs(got-want) > 1e-9 {
		t.Errorf("mirrored u = %g, want %g", got, want)
	}
}
