package kitti_test

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
)

// plainCalibration is a camera of focal length 10 pixels with its centre at (4, 2), 0.25 m in front of the scanner.
func plainCalibration() *kitti.Calibration {
	return &kitti.Calibration{
		Size: map[kitti.Camera][2]int{kitti.Left: {8, 4}, kitti.Right: {8, 4}},
		Projection: map[kitti.Camera][12]float64{
			kitti.Left:  {10, 0, 4, 0, 0, 10, 2, 0, 0, 0, 1, 0},
			kitti.Right: {10, 0, 4, -5, 0, 10, 2, 0, 0, 0, 1, 0},
		},
		Rectification:   [9]float64{1, 0, 0, 0, 1, 0, 0, 0, 1},
		VeloRotation:    [9]float64{0, -1, 0, 0, 0, -1, 1, 0, 0},
		VeloTranslation: [3]float64{0, 0, -0.25},
	}
}

// pointAt returns a point that projects to (u, v) of plainCalibration's left camera from x metres ahead of the scanner.
func pointAt(u, v, x float64) kitti.Point {
	z := x - 0.25
	return kitti.Point{X: float32(x), Y: float32(-(u - 4) * z / 10), Z: float32(-(v - 2) * z / 10), Reflectance: .5}
}

func TestDepthMapWorkedByHand(t *testing.T) {
	points := []kitti.Point{
		pointAt(4, 2, 10),     // column 4−1, row 2−1; depth is x = 10, not the camera's z = 9.75
		pointAt(4.2, 1.8, 6),  // the same pixel, nearer: it counts
		pointAt(4.4, 2.4, 20), // the same pixel, farther: it does not, though it comes last
		pointAt(6, 3, 7),      // column 5, row 2
		pointAt(0.4, 2, 5),    // column −1: outside
		pointAt(8.4, 2, 5),    // column 7, row 1: the last column. The next point shares its number, 1·7+7−1 = 2·7+0−1,
		pointAt(1, 3, 3),      // column 0, row 2: so the first of the two pixels gets the smaller depth, 3
		pointAt(9, 2, 5),      // column 8: outside
		{X: -4, Y: 0, Z: 0},   // behind the scanner
		{X: 0.1, Y: 0.03, Z: 0.015},
	}
	// The last point is ahead of the scanner and behind the camera: z = −0.15, u = 10·(−0.03)/(−0.15)+4 = 6,
	// v = 10·(−0.015)/(−0.15)+2 = 3: it lands in column 5, row 2, where its x = 0.1 counts as the nearest depth.
	want := make([]float32, 4*8)
	want[1*8+3], want[2*8+5], want[1*8+7], want[2*8+0] = 6, 0.1, 3, 3
	depth := kitti.DepthMap(points, plainCalibration(), kitti.Left, 4, 8)
	if !reflect.DeepEqual(depth.Metres, want) {
		t.Errorf("depth\n%v, want\n%v", depth.Metres, want)
	}
	if depth.At(1, 3) != 6 {
		t.Errorf("At(1, 3) = %g", depth.At(1, 3))
	}
}

func TestDepthMapRoundsHalvesToEven(t *testing.T) {
	// u = 4.5 is exact for the point at y = −0.5, x = 10.25: round(4.5) = 4, so column 3; 5.5 → 6 → 5.
	for y, column := range map[float32]int{-0.5: 3, -1.5: 5} {
		depth := kitti.DepthMap([]kitti.Point{{X: 10.25, Y: y}}, plainCalibration(), kitti.Left, 4, 8)
		if depth.At(1, column) != 10.25 {
			t.Errorf("y = %g: depth %v, want 10.25 in column %d", y, depth.Metres, column)
		}
	}
}

// The algorithm of the public evaluation, step by step over whole arrays and with a quadratic search for points that
// share a pixel: slow, and written independently of DepthMap.
func depthByArrays(points []kitti.Point, c *kitti.Calibration, camera kitti.Camera, height, width int) []float32 {
	type projected struct {
		column, row int
		depth       float32
	}
	m := c.VeloToImage(camera)
	var inside []projected
	for _, p := range points {
		if p.X < 0 {
			continue
		}
		var h [3]float64
		for i := range h {
			for j, v := range []float64{float64(p.X), float64(p.Y), float64(p.Z), 1} {
				h[i] += m[i][j] * v
			}
		}
		u, v := math.RoundToEven(h[0]/h[2])-1, math.RoundToEven(h[1]/h[2])-1
		if u >= 0 && v >= 0 && u < float64(width) && v < float64(height) {
			inside = append(inside, projected{int(u), int(v), p.X})
		}
	}
	depth := make([]float32, height*width)
	for _, p := range inside {
		depth[p.row*width+p.column] = p.depth
	}
	number := func(p projected) int { return p.row*(width-1) + p.column - 1 }
	for i, p := range inside {
		least, first, many := p.depth, true, false
		for j, q := range inside {
			if number(p) == number(q) {
				least, first, many = min(least, q.depth), first && j >= i, many || j != i
			}
		}
		if first && many {
			depth[p.row*width+p.column] = least
		}
	}
	return depth
}

func TestDepthMapAgreesWithTheEvaluationStepByStep(t *testing.T) {
	c := realCalibration(t)
	rng := rand.New(rand.NewPCG(7, 1))
	points := make([]kitti.Point, 3000)
	for i := range points {
		points[i] = kitti.Point{
			X: float32(rng.Float64()*50 - 5), Y: float32(rng.NormFloat64() * 8), Z: float32(rng.NormFloat64() * 1.5), Reflectance: rng.Float32(),
		}
	}
	for _, camera := range []kitti.Camera{kitti.Left, kitti.Right} {
		// A small image of the same focal length: many points share pixels.
		got := kitti.DepthMap(points, c, camera, 190, 620).Metres
		want := depthByArrays(points, c, camera, 190, 620)
		known := 0
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("camera %d: pixel %d: %g, want %g", camera, i, got[i], want[i])
			}
			if want[i] > 0 {
				known++
			}
		}
		if known < 300 {
			t.Errorf("camera %d: only %d pixels have a depth: the test sees nothing", camera, known)
		}
	}
}

func TestScansReadBackAndShortOnesAreErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "0000000000.bin")
	want := []kitti.Point{{1, -2, 0.5, 0.25}, {3, 4, 5, 1}}
	if err := kitti.WriteScan(path, want); err != nil {
		t.Fatal(err)
	}
	if got, err := kitti.ReadScan(path); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if err := os.Truncate(path, 20); err != nil {
		t.Fatal(err)
	}
	_, err := kitti.ReadScan(path)
	wantError(t, err, path, "4 bytes after byte 16")
	_, err = kitti.ReadScan(path + "x")
	wantError(t, err, path+"x")
	writeText(t, path, "")
	_, err = kitti.ReadScan(path)
	wantError(t, err, path, "the laser scan is empty")
	_, err = kitti.ReadScan(filepath.Dir(path))
	wantError(t, err, "this is a folder")
}

func TestScansHaveFinitePoints(t *testing.T) {
	path := filepath.Join(t.TempDir(), "0000000000.bin")
	for name, bad := range map[string]kitti.Point{
		"x": {X: float32(math.NaN())}, "y": {Y: float32(math.Inf(1))}, "z": {Z: float32(math.Inf(-1))}, "the reflectance": {Reflectance: float32(math.NaN())},
	} {
		if err := kitti.WriteScan(path, []kitti.Point{{X: 1}, bad}); err != nil {
			t.Fatal(err)
		}
		_, err := kitti.ReadScan(path)
		wantError(t, err, path+": byte offset", name+" of point 1 is not finite")
	}
}
