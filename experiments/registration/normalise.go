package registration

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
)

// MinMatches is the least number of matches that Solve accepts, as in [1].
const MinMatches = 10

// frame is the coordinate system in which the solver works: each cloud around its own centre, both divided by one scale.
type frame struct {
	target, source r3.Vec // centres
	scale          float64
}

// newFrame puts the centres at the means, and the larger of the two radii at 1.
func newFrame(target, source []r3.Vec) frame {
	f := frame{target: pointcloud.Centroid(target), source: pointcloud.Centroid(source)}
	f.scale = max(pointcloud.MaxRadius(target, f.target), pointcloud.MaxRadius(source, f.source))
	return f
}

func inFrame(points []r3.Vec, centre r3.Vec, scale float64) []r3.Vec {
	out := make([]r3.Vec, len(points))
	for i, p := range points {
		out[i] = r3.Scale(1/scale, r3.Sub(p, centre))
	}
	return out
}

// outward turns a pose between the normalised clouds into one between the clouds: p̂ = R·q̂ + t with p̂ = (p − m₀)/s,
// q̂ = (q − m₁)/s gives p = R·q + (s·t + m₀ − R·m₁).
func (f frame) outward(pose pointcloud.Pose) pointcloud.Pose {
	moved := pose.Rotate(f.source)
	pose.T = r3.Add(r3.Scale(f.scale, pose.T), r3.Sub(f.target, moved))
	return pose
}

// checkMatches reports matches that determine no rigid motion.
func checkMatches(p, q []r3.Vec) error {
	if len(p) != len(q) {
		return fmt.Errorf("registration: %d target points for %d source points: matches come in pairs", len(p), len(q))
	}
	if len(p) < MinMatches {
		return fmt.Errorf("registration: %d matches are too few: want at least %d", len(p), MinMatches)
	}
	for i := range p {
		for side, v := range []r3.Vec{p[i], q[i]} {
			if sum := v.X + v.Y + v.Z; math.IsNaN(sum) || math.IsInf(sum, 0) {
				return fmt.Errorf("registration: match %d has a point of cloud %d that is not finite: (%g, %g, %g)", i, side, v.X, v.Y, v.Z)
			}
		}
	}
	for side, points := range [][]r3.Vec{p, q} {
		if collinear(points) {
			return fmt.Errorf("registration: the %d matched points of cloud %d lie on one line: rotations about it cannot be told apart", len(points), side)
		}
	}
	return nil
}

// collinear reports whether the second largest standard deviation of the points is below 1e-6 of the largest.
func collinear(points []r3.Vec) bool {
	centre := pointcloud.Centroid(points)
	m := mat.NewDense(len(points), 3, nil)
	for i, p := range points {
		d := r3.Sub(p, centre)
		m.SetRow(i, []float64{d.X, d.Y, d.Z})
	}
	var svd mat.SVD
	if !svd.Factorize(m, mat.SVDNone) {
		return true
	}
	values := svd.Values(nil)
	return values[1] <= 1e-6*values[0]
}
