package kitti

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
)

// Point is a return of the laser scanner: forward, left and up in metres, and the reflectance in [0, 1].
type Point struct {
	X, Y, Z, Reflectance float32
}

const bytesPerPoint = 16

// ReadScan reads a scan: four little-endian float32 a point, nothing else.
func ReadScan(path string) ([]Point, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("kitti: cannot read the laser scan: %w", err)
	}
	if rest := len(data) % bytesPerPoint; rest != 0 {
		return nil, fmt.Errorf("kitti: %s: %d bytes after byte %d are no whole point of %d bytes: the file is cut off",
			path, rest, len(data)-rest, bytesPerPoint)
	}
	points := make([]Point, len(data)/bytesPerPoint)
	for i := range points {
		at := func(k int) float32 {
			return math.Float32frombits(binary.LittleEndian.Uint32(data[bytesPerPoint*i+4*k:]))
		}
		points[i] = Point{at(0), at(1), at(2), at(3)}
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
