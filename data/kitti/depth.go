package kitti

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// Point is a return of the laser scanner: forward, left and up in metres, and the reflectance in [0, 1].
type Point struct {
	X, Y, Z, Reflectance float32
}

const bytesPerPoint = 16

// ReadScan reads a scan: four little-endian float32 a point, nothing else, at least one point, all of them finite.
func ReadScan(path string) ([]Point, error) {
	r, err := input.Open(path)
	if err != nil {
		return nil, fmt.Errorf("kitti: cannot read the laser scan: %w", err)
	}
	defer r.Close()
	points, err := decodeScan(r)
	if err != nil {
		return nil, fmt.Errorf("kitti: %w", err)
	}
	return points, nil
}

func decodeScan(r *input.Reader) ([]Point, error) {
	data, err := r.All()
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, fmt.Errorf("%s: the laser scan is empty", r.Name())
	}
	if rest := len(data) % bytesPerPoint; rest != 0 {
		return nil, fmt.Errorf("%s: %d bytes after byte %d are no whole point of %d bytes: the file is cut off", r.Name(), rest, len(data)-rest, bytesPerPoint)
	}
	points := make([]Point, len(data)/bytesPerPoint)
	for i := range points {
		var values [4]float32
		for k := range values {
			offset := bytesPerPoint*i + 4*k
			values[k] = math.Float32frombits(binary.LittleEndian.Uint32(data[offset:]))
			if v := float64(values[k]); math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, r.ErrorfAt(int64(offset), "%s of point %d is not finite: %g", [4]string{"x", "y", "z", "the reflectance"}[k], i, v)
			}
		}
		points[i] = Point{values[0], values[1], values[2], values[3]}
	}
	return points, nil
}

// WriteScan writes what [ReadScan] reads.
func WriteScan(path string, points []Point) error {
	data := make([]byte, 0, bytesPerPoint*len(points))
	for _, p := range points {
		for _, v := range [4]float32{p.X, p.Y, p.Z, p.Reflectance} {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("kitti: cannot write the laser scan: %w", err)
	}
	return nil
}

// Depth is a depth map in metres, row by row; 0 where nothing is known.
type Depth struct {
	Height, Width int
	Metres        []float32
}

// At returns the depth at a row and a column.
func (d *Depth) At(row, column int) float32 { return d.Metres[row*d.Width+column] }

// DepthMap projects a laser scan into a camera's image of the given size, the way the public evaluation does it [2]. Its
// quirks are part of the numbers that papers report, so they are kept:
//
//   - Points with x < 0 (behind the scanner, not the camera) are dropped; the others are projected even where they lie
//     behind the camera.
//   - A point at (u, v) lands in column round(u) − 1 and row round(v) − 1 (halves to even). The −1 is that of KITTI's
//     own scripts, whose pixels count from 1: in pixels that count from 0 the map is shifted up and left by one.
//   - The depth is the scanner's forward coordinate x, not the z of the camera: about 0.27 m more.
//   - Where several points share a pixel the smallest depth counts. Which points share one is decided by the number
//     row·(width−1) + column − 1, which is the same for the last pixel of a row and the first of the next: of two such
//     pixels that both have points, the one whose point comes first in the scan gets the smaller depth, the other one
//     keeps its last point.
func DepthMap(points []Point, c *Calibration, camera Camera, height, width int) *Depth {
	depth := &Depth{Height: height, Width: width, Metres: make([]float32, height*width)}
	type group struct {
		pixel int // of its first point
		count int
		least float32
	}
	groups := map[int]*group{}
	m := c.VeloToImage(camera)
	for _, p := range points {
		if p.X < 0 {
			continue
		}
		project := func(i int) float64 {
			return m[i][0]*float64(p.X) + m[i][1]*float64(p.Y) + m[i][2]*float64(p.Z) + m[i][3]
		}
		w := project(2)
		column, row := math.RoundToEven(project(0)/w)-1, math.RoundToEven(project(1)/w)-1
		if !(column >= 0 && row >= 0 && column < float64(width) && row < float64(height)) {
			continue
		}
		pixel := int(row)*width + int(column)
		depth.Metres[pixel] = p.X
		shared := int(row)*(width-1) + int(column) - 1
		g := groups[shared]
		if g == nil {
			groups[shared] = &group{pixel, 1, p.X}
			continue
		}
		g.count++
		g.least = min(g.least, p.X)
	}
	for _, g := range groups {
		if g.count > 1 {
			depth.Metres[g.pixel] = g.least
		}
	}
	return depth
}

// readDepth is [DepthMap] for the scan of a frame below root.
func readDepth(root string, e Entry, c *Calibration, height, width int) (*Depth, error) {
	points, err := ReadScan(filepath.Join(root, filepath.FromSlash(e.Scan())))
	if err != nil {
		return nil, err
	}
	return DepthMap(points, c, e.Camera, height, width), nil
}
