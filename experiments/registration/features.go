package registration

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
	"github.com/robustloss/gomlx-robustloss/experiments/parallel"
)

// FeatureOptions are the radii of the features, in units of twice the larger cloud's radius (about its diameter). A radius
// of 0 is chosen by [ChooseRadii].
type FeatureOptions struct {
	NormalRadius  float64 `json:"normal_radius"`  // of the points that a normal is estimated from
	FeatureRadius float64 `json:"feature_radius"` // of the points that a feature describes
}

const (
	minNormalRadius  = .04 // below it, noise of half a percent of the diameter spoils the normals
	normalNeighbours = 12  // other points that a normal is estimated from, in the middle of the cloud
	featureRatio     = 3   // radius of the features divided by that of the normals: 9 times the points on a surface
	densitySample    = 500 // points whose surroundings stand for all
	pointBlock       = 64  // points that a processor takes at a time
)

// ChooseRadii returns radii that suit the density of two clouds: half of the points have twelve others or more within the
// radius of the normals, in the cloud where they are farther apart, and it is at least .04 diameters. The radius of the
// features is three times as large. Both are in the units of [FeatureOptions].
func ChooseRadii(target, source *pointcloud.Cloud) (FeatureOptions, error) {
	f, err := frameOf(target, source)
	if err != nil {
		return FeatureOptions{}, err
	}
	radius := minNormalRadius
	for _, cloud := range []*pointcloud.Cloud{target, source} {
		radius = max(radius, reachOf(cloud.Points, normalNeighbours)/f.diameter())
	}
	return FeatureOptions{NormalRadius: radius, FeatureRadius: featureRatio * radius}, nil
}

// reachOf returns the median of the points' distances from their k-th nearest other point, from 500 points evenly spaced
// in the order of the cloud. A cloud of k points or fewer has the distance from the farthest one.
func reachOf(points []r3.Vec, k int) float64 {
	t := newTree(points)
	sample := min(len(points), densitySample)
	reaches := make([]float64, sample)
	parallel.Blocks(sample, pointBlock, func(_, from, to int) {
		for i := from; i < to; i++ {
			reaches[i] = t.reach(points[i*len(points)/sample], k)
		}
	})
	slices.Sort(reaches)
	return reaches[sample/2]
}

// minNeighbours is the least number of points, itself included, that a plane is fitted to.
const minNeighbours = 4

// normals returns a unit normal for each point: the direction of least variance of the points within radius of it (in
// the units of the points). The sign is that of the cloud's own normals where it has them, else away from the cloud's
// centroid. A point with fewer than three others in reach gets the zero vector.
func normals(cloud *pointcloud.Cloud, radius float64) []r3.Vec {
	t := newTree(cloud.Points)
	centre := pointcloud.Centroid(cloud.Points)
	normals := make([]r3.Vec, len(cloud.Points))
	parallel.Blocks(len(normals), pointBlock, func(_, from, to int) {
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

const (
	bins    = 11       // bins of one histogram
	fpfhDim = 3 * bins // values of one feature
)

// fpfh returns the fast point feature histograms of a cloud with normals [2]: 33 values for each point that describe
// the shape of the surface within radius (in the units of the points) and do not change with rigid motions.
//
// A pair of points with normals n₁, n₂ at distance d gives three angles, the first point being the one whose normal is
// closer to the line between them:
//
//	v = d̂ × n₁ / |d̂ × n₁|    w = n₁ × v
//	θ = atan2(w·n₂, n₁·n₂)   α = v·n₂   φ = n₁·d̂
//
// The simplified histogram SPFH of a point counts θ, α, φ over its k neighbours in 3 × 11 bins, each block adding to 100.
// The feature is its own SPFH plus the neighbours' SPFH weighted by 1/d², each block of that sum scaled to 100.
//
// A point without a normal, or without neighbours that have one, gets zeros. Features.Points are the cloud's points.
func fpfh(cloud *pointcloud.Cloud, radius float64) (*pointcloud.Features, error) {
	if err := cloud.Validate(); err != nil {
		return nil, err
	}
	if cloud.Normals == nil {
		return nil, fmt.Errorf("registration: features need normals: estimate them first")
	}
	if !(radius > 0) || math.IsInf(radius, 1) {
		return nil, fmt.Errorf("registration: the radius of the features is %g: want a positive number", radius)
	}
	n := len(cloud.Points)
	t := newTree(cloud.Points)
	lists := make([][]neighbour, n)
	simple := make([][fpfhDim]float64, n)
	parallel.Blocks(n, pointBlock, func(_, from, to int) {
		var found []neighbour
		for i := from; i < to; i++ {
			found = t.within(cloud.Points[i], radius, found[:0])
			lists[i], simple[i] = spfh(cloud, i, found)
		}
	})
	features := &pointcloud.Features{Points: cloud.Points, Dim: fpfhDim, Values: make([]float32, n*fpfhDim)}
	parallel.Blocks(n, pointBlock, func(_, from, to int) {
		for i := from; i < to; i++ {
			weighted(simple, i, lists[i], features.Values[i*fpfhDim:(i+1)*fpfhDim])
		}
	})
	return features, nil
}

// spfh returns the neighbours of point i that count, and its simplified histogram.
func spfh(cloud *pointcloud.Cloud, i int, found []neighbour) (kept []neighbour, histogram [fpfhDim]float64) {
	n1 := cloud.Normals[i]
	if n1 == (r3.Vec{}) {
		return nil, histogram
	}
	kept = make([]neighbour, 0, len(found))
	for _, near := range found {
		if near.squared > 0 && cloud.Normals[near.index] != (r3.Vec{}) {
			kept = append(kept, near)
		}
	}
	share := 100 / float64(len(kept))
	for _, near := range kept {
		theta, alpha, phi := pairAngles(cloud.Points[i], n1, cloud.Points[near.index], cloud.Normals[near.index])
		histogram[bin((theta+math.Pi)/(2*math.Pi))] += share
		histogram[bins+bin((alpha+1)/2)] += share
		histogram[2*bins+bin((phi+1)/2)] += share
	}
	return kept, histogram
}

// pairAngles returns θ, α, φ of the comment of FPFH; zeros where the normal lies along the line between the points.
func pairAngles(p1, n1, p2, n2 r3.Vec) (theta, alpha, phi float64) {
	line := r3.Unit(r3.Sub(p2, p1))
	phi1, phi2 := r3.Dot(n1, line), r3.Dot(n2, line)
	phi = phi1
	if math.Abs(phi1) < math.Abs(phi2) {
		n1, n2, line = n2, n1, r3.Scale(-1, line)
		phi = -phi2
	}
	v := r3.Cross(line, n1)
	length := r3.Norm(v)
	if length == 0 {
		return 0, 0, 0
	}
	v = r3.Scale(1/length, v)
	w := r3.Cross(n1, v)
	return math.Atan2(r3.Dot(w, n2), r3.Dot(n1, n2)), r3.Dot(v, n2), phi
}

// bin places t ∈ [0, 1] in one of the bins.
func bin(t float64) int { return max(0, min(bins-1, int(t*bins))) }

// weighted writes the feature of point i.
func weighted(simple [][fpfhDim]float64, i int, list []neighbour, feature []float32) {
	var sum [fpfhDim]float64
	var total [3]float64
	for _, near := range list {
		for j, v := range simple[near.index] {
			sum[j] += v / near.squared
			total[j/bins] += v / near.squared
		}
	}
	for j := range feature {
		v := simple[i][j]
		if t := total[j/bins]; t > 0 {
			v += 100 * sum[j] / t
		}
		feature[j] = float32(v)
	}
}
