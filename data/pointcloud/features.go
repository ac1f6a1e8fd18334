package pointcloud

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// Features holds one descriptor for each point: row i of Values, of length Dim, belongs to Points[i].
type Features struct {
	Points []r3.Vec
	Dim    int
	Values []float32 // [len(Points), Dim], row-major
}

// maxFeatureDim bounds what a header may claim; FPFH has 33.
const maxFeatureDim = 1 << 14

// ReadFeatures reads the feature file of fast global registration: int32 n, int32 dim, then for each of the n points
// 3 + dim values float32, all little endian. The length must fit exactly; n = 0 and values that are not finite are
// errors.
func ReadFeatures(path string) (*Features, error) {
	r, err := input.Open(path)
	if err != nil {
		return nil, fmt.Errorf("pointcloud: %w", err)
	}
	defer r.Close()
	return decodeFeatures(r)
}

func decodeFeatures(r *input.Reader) (*Features, error) {
	var head [8]byte
	if err := r.Full(head[:], "a feature file starts with two int32 (n, dim)"); err != nil {
		return nil, err
	}
	n, dim := int(int32(binary.LittleEndian.Uint32(head[:]))), int(int32(binary.LittleEndian.Uint32(head[4:])))
	if n <= 0 || dim <= 0 || dim > maxFeatureDim {
		return nil, r.ErrorfAt(0, "n = %d points of dim = %d values: want n ≥ 1 and 1 ≤ dim ≤ %d", n, dim, maxFeatureDim)
	}
	features := &Features{Dim: dim}
	raw, row := make([]byte, 4*(3+dim)), make([]float32, 3+dim)
	for i := range n {
		start := r.Offset()
		if err := r.Full(raw, fmt.Sprintf("point %d of %d", i, n)); err != nil {
			return nil, err
		}
		for j := range row {
			row[j] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*j:]))
			if v := float64(row[j]); math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, r.ErrorfAt(start+int64(4*j), "value %d of point %d is not finite: %g", j, i, v)
			}
		}
		features.Points = append(features.Points, r3.Vec{X: float64(row[0]), Y: float64(row[1]), Z: float64(row[2])})
		features.Values = append(features.Values, row[3:]...)
	}
	return features, r.End(fmt.Sprintf("%d points of 3+%d values", n, dim))
}

// WriteFeatures writes the feature file that ReadFeatures reads; points are rounded to float32.
func WriteFeatures(path string, features *Features) error {
	if len(features.Points) == 0 || features.Dim <= 0 || len(features.Values) != len(features.Points)*features.Dim {
		return fmt.Errorf("pointcloud: %d points with %d feature values of dim %d", len(features.Points), len(features.Values), features.Dim)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("pointcloud: %w", err)
	}
	out := bufio.NewWriter(f)
	values := []float32{}
	for i, p := range features.Points {
		values = append(values, float32(p.X), float32(p.Y), float32(p.Z))
		values = append(values, features.Values[i*features.Dim:(i+1)*features.Dim]...)
	}
	err = errors.Join(
		binary.Write(out, binary.LittleEndian, [2]int32{int32(len(features.Points)), int32(features.Dim)}),
		binary.Write(out, binary.LittleEndian, values),
		out.Flush(), f.Close())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
