package pointcloud

import (
	"fmt"
	"math"
	"math/rand/v2"

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
		if err := checkVector(p); err != nil {
			return fmt.Errorf("pointcloud: point %d %w", i, err)
		}
	}
	for i, n := range c.Normals {
		if err := checkVector(n); err != nil {
			return fmt.Errorf("pointcloud: normal %d %w", i, err)
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

// maxCoordinate is the largest coordinate that is accepted: squared distances stay far from the end of float64's range.
const maxCoordinate = 1e100

// checkVector reports a coordinate that is not finite or too large to be squared.
func checkVector(v r3.Vec) error {
	for _, c := range [3]float64{v.X, v.Y, v.Z} {
		switch {
		case math.IsNaN(c) || math.IsInf(c, 0):
			return fmt.Errorf("is not finite: (%g, %g, %g)", v.X, v.Y, v.Z)
		case math.Abs(c) > maxCoordinate:
			return fmt.Errorf("is too far out: (%g, %g, %g), want at most %g", v.X, v.Y, v.Z, float64(maxCoordinate))
		}
	}
	return nil
}

// Pose is a rigid motion x ↦ R·x + t, with R a rotation.
type Pose struct {
	R [3][3]float64 // rows of the rotation matrix
	T r3.Vec        // translation, in the units of the points
}

// Identity returns the pose that moves nothing.
func Identity() Pose {
	return Pose{R: [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}
}

// Euler returns the pose with rotation Rz(z)·Ry(y)·Rx(x), angles in radians, and translation t.
func Euler(x, y, z float64, t r3.Vec) Pose {
	sx, cx := math.Sincos(x)
	sy, cy := math.Sincos(y)
	sz, cz := math.Sincos(z)
	return Pose{R: [3][3]float64{
		{cz * cy, cz*sy*sx - sz*cx, cz*sy*cx + sz*sx},
		{sz * cy, sz*sy*sx + cz*cx, sz*sy*cx - cz*sx},
		{-sy, cy * sx, cy * cx},
	}, T: t}
}

// RandomPose returns a uniformly random rotation, with a translation uniform in [−spread, spread]³.
func RandomPose(rng *rand.Rand, spread float64) Pose {
	var q [4]float64 // a normalised Gaussian 4-vector is a uniform unit quaternion
	norm := 0.0
	for i := range q {
		q[i] = rng.NormFloat64()
		norm += q[i] * q[i]
	}
	norm = math.Sqrt(norm)
	w, x, y, z := q[0]/norm, q[1]/norm, q[2]/norm, q[3]/norm
	uniform := func() float64 { return spread * (2*rng.Float64() - 1) }
	return Pose{
		R: [3][3]float64{
			{1 - 2*(y*y+z*z), 2 * (x*y - w*z), 2 * (x*z + w*y)},
			{2 * (x*y + w*z), 1 - 2*(x*x+z*z), 2 * (y*z - w*x)},
			{2 * (x*z - w*y), 2 * (y*z + w*x), 1 - 2*(x*x+y*y)},
		},
		T: r3.Vec{X: uniform(), Y: uniform(), Z: uniform()},
	}
}

// Rotate returns R·v.
func (p Pose) Rotate(v r3.Vec) r3.Vec {
	return r3.Vec{
		X: p.R[0][0]*v.X + p.R[0][1]*v.Y + p.R[0][2]*v.Z,
		Y: p.R[1][0]*v.X + p.R[1][1]*v.Y + p.R[1][2]*v.Z,
		Z: p.R[2][0]*v.X + p.R[2][1]*v.Y + p.R[2][2]*v.Z,
	}
}

// Apply returns R·v + t.
func (p Pose) Apply(v r3.Vec) r3.Vec { return r3.Add(p.Rotate(v), p.T) }

// Compose returns the pose that applies q first and then p: p∘q.
func (p Pose) Compose(q Pose) Pose {
	var r Pose
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				r.R[i][j] += p.R[i][k] * q.R[k][j]
			}
		}
	}
	r.T = p.Apply(q.T)
	return r
}

// Inverse returns the pose that undoes p: x ↦ Rᵀ(x − t).
func (p Pose) Inverse() Pose {
	var inv Pose
	for i := range 3 {
		for j := range 3 {
			inv.R[i][j] = p.R[j][i]
		}
	}
	inv.T = r3.Scale(-1, inv.Rotate(p.T))
	return inv
}

// Angle returns the rotation angle of the pose in radians, in [0, π].
func (p Pose) Angle() float64 {
	cos := (p.R[0][0] + p.R[1][1] + p.R[2][2] - 1) / 2
	return math.Acos(math.Max(-1, math.Min(1, cos)))
}

// Validate reports why the pose is not a rigid motion: entries that are not finite, RᵀR ≠ I or det R ≠ 1, beyond a
// tolerance of 1e-3, which lets files with few digits pass.
func (p Pose) Validate() error {
	const tolerance = 1e-3
	if err := checkVector(p.T); err != nil {
		return fmt.Errorf("pointcloud: the translation %w", err)
	}
	columns := p.Inverse().R
	for i := range 3 {
		for j := range 3 {
			dot, want := 0.0, 0.0
			for k := range 3 {
				dot += columns[i][k] * columns[j][k]
			}
			if i == j {
				want = 1
			}
			if !(math.Abs(dot-want) <= tolerance) {
				return fmt.Errorf("pointcloud: the 3x3 part is not a rotation: (RᵀR)[%d][%d] = %g", i, j, dot)
			}
		}
	}
	x := r3.Vec{X: p.R[0][0], Y: p.R[0][1], Z: p.R[0][2]}
	y := r3.Vec{X: p.R[1][0], Y: p.R[1][1], Z: p.R[1][2]}
	z := r3.Vec{X: p.R[2][0], Y: p.R[2][1], Z: p.R[2][2]}
	if r3.Dot(r3.Cross(x, y), z) < 0 {
		return fmt.Errorf("pointcloud: the 3x3 part is a reflection (determinant −1), not a rotation")
	}
	return nil
}
