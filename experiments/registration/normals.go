package registration

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
)

// minNeighbours is the least number of points, itself included, that a plane is fitted to.
const minNeighbours = 4

// Normals returns a unit normal for each point: the direction of least variance of the points within radius of it (in
// the units of the points). The sign is that of the cloud's own normals where it has them, else away from the cloud's
// centroid. A point with fewer than three others in reach gets the zero vector.
func Normals(cloud *pointcloud.Cloud, radius float64) []r3.Vec {
	t := newTree(cloud.Points)
	centre := pointcloud.Centroid(cloud.Points)
	normals := make([]r3.Vec, len(cloud.Points))
	parallel(len(normals), func(from, to int) {
		var list []neighbour
		for i := from; i < to; i++ {
			list = t.within(cloud.Points[i], radius, list[:0])
			outside := r3.Sub(cloud.Points[i], centre)
			if cloud.Normals != nil {
				outside = cloud.Normals[i]
			}
			normals[i] = planeNormal(cloud.Points, list)
			if r3.Dot(normals[i], outside) < 0 {
				normals[i] = r3.Scale(-1, normals[i])
			}
		}
	})
	return normals
}

// planeNormal is the eigenvector of the smallest eigenvalue of the points' covariance.
func planeNormal(points []r3.Vec, list []neighbour) r3.Vec {
	if len(list) < minNeighbours {
		return r3.Vec{}
	}
	var mean r3.Vec
	for _, n := range list {
		mean = r3.Add(mean, points[n.index])
	}
	mean = r3.Scale(1/float64(len(list)), mean)
	var xx, xy, xz, yy, yz, zz float64
	for _, n := range list {
		d := r3.Sub(points[n.index], mean)
		xx, xy, xz = xx+d.X*d.X, xy+d.X*d.Y, xz+d.X*d.Z
		yy, yz, zz = yy+d.Y*d.Y, yz+d.Y*d.Z, zz+d.Z*d.Z
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(3, []float64{xx, xy, xz, xy, yy, yz, xz, yz, zz}), true) {
		return r3.Vec{}
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors) // by increasing eigenvalue
	normal := r3.Vec{X: vectors.At(0, 0), Y: vectors.At(1, 0), Z: vectors.At(2, 0)}
	if n := r3.Norm(normal); n > 0 && !math.IsNaN(n) {
		return r3.Scale(1/n, normal)
	}
	return r3.Vec{}
}
