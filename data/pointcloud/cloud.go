package pointcloud

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/spatial/r3"
)

// Cloud is a set of points, in the units of the data, with an optional unit normal for each.
type Cloud struct {
	Points  []r3.Vec
	Normals []r3.Vec // nil, or as long as Points
}

// Validate reports why the cloud cannot be used: no point, a coordinate that is not finite, or a number of normals that
// differs from the number of points.
func (c *Cloud) Validate() error {
	if c == nil || len(c.Points) == 0 {
		return fmt.Errorf("pointcloud: the cloud has no points")
	}
	if c.Normals != nil && len(c.Normals) != len(c.Points) {
		return fmt.Errorf("pointcloud: %d normals for %d points", len(c.Normals), len(c.Points))
	}
	for i, p := range c.Points {
		if !finite(p) {
			return fmt.Errorf("pointcloud: point %d is not finite: (%g, %g, %g)", i, p.X, p.Y, p.Z)
		}
	}
	for i, n := range c.Normals {
		if !finite(n) {
			return fmt.Errorf("pointcloud: normal %d is not finite: (%g, %g, %g)", i, n.X, n.Y, n.Z)
		}
	}
	return nil
}

// Transformed returns a copy of the cloud moved by the pose. Normals are rotated only.
func (c *Cloud) Transformed(pose Pose) *Cloud {
	moved := &Cloud{Points: make([]r3.Vec, len(c.Points))}
	for i, p := range c.Points {
		moved.Points[i] = pose.Apply(p)
	}
	if c.Normals != nil {
		moved.Normals = make([]r3.Vec, len(c.Normals))
		for i, n := range c.Normals {
			moved.Normals[i] = pose.Rotate(n)
		}
	}
	return moved
}

// Centroid returns the mean of the points; the zero vector if there are none.
func Centroid(points []r3.Vec) r3.Vec {
	var sum r3.Vec
	if len(points) == 0 {
		return sum
	}
	for _, p := range points {
		sum = r3.Add(sum, p)
	}
	return r3.Scale(1/float64(len(points)), sum)
}

// MaxRadius returns the largest distance between a point and the given centre.
func MaxRadius(points []r3.Vec, centre r3.Vec) float64 {
	largest := 0.0
	for _, p := range points {
		largest = math.Max(largest, r3.Norm2(r3.Sub(p, centre)))
	}
	return math.Sqrt(largest)
}

func finite(v r3.Vec) bool {
	sum := v.X + v.Y + v.Z // finite coordinates below 1e307 cannot overflow it
	return !math.IsNaN(sum) && !math.IsInf(sum, 0)
}
