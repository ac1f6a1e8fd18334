package pointcloud

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"gonum.org/v1/gonum/spatial/r3"
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
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("pointcloud: %w", err)
	}
	defer f.Close()
	return DecodeFeatures(f, path)
}

// DecodeFeatures is ReadFeatures for any reader; name stands for the file in errors.
func DecodeFeatures(r io.Reader, name string) (*Features, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	var head [2]int32
	if err := binary.Read(in, binary.LittleEndian, &head); err != nil {
		return nil, fmt.Errorf("%s: byte offset 0: a feature file starts with two int32 (n, dim): %w", name, truncated(err))
	}
	n, dim := int(head[0]), int(head[1])
	if n <= 0 || dim <= 0 || dim > maxFeatureDim {
		return nil, fmt.Errorf("%s: byte offset 0: n = %d points of dim = %d values: want n ≥ 1 and 1 ≤ dim ≤ %d", name, n, dim, maxFeatureDim)
	}
	features := &Features{Dim: dim}
	row := make([]float32, 3+dim)
	for i := range n {
		offset := 8 + 4*i*len(row)
		if err := binary.Read(in, binary.LittleEndian, row); err != nil {
			return nil, fmt.Errorf("%s: byte offset %d: point %d of %d: %w", name, offset, i, n, truncated(err))
		}
		for j, v := range row {
			if v64 := float64(v); math.IsNaN(v64) || math.IsInf(v64, 0) {
				return nil, fmt.Errorf("%s: byte offset %d: value %d of point %d is not finite: %g", name, offset+4*j, j, i, v)
			}
		}
		features.Points = append(features.Points, r3.Vec{X: float64(row[0]), Y: float64(row[1]), Z: float64(row[2])})
		features.Values = append(features.Values, row[3:]...)
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: byte offset %d: bytes left after %d points of 3+%d values", name, 8+4*n*len(row), n, dim)
	}
	return features, nil
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

// truncated gives an early end of file one meaning.
func truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the file is truncated: %w", io.ErrUnexpectedEOF)
	}
	return err
}
