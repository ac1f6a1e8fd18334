package pointcloud_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A synthetic pair, written in the layout of the fast global registration data set and read back.
func ExamplePair() {
	pair := must(pointcloud.NewPair(pointcloud.PairOptions{Surface: pointcloud.SurfaceNames()[0], Points: 300, Keep: .8, Noise: .0025, Seed: 1}))
	dir := must(os.MkdirTemp("", "example"))
	defer os.RemoveAll(dir)
	if err := pointcloud.WritePair(dir, pair); err != nil {
		panic(err)
	}
	again := must(pointcloud.ReadPair(dir))
	fmt.Println(len(again.Target.Points), "points,", len(again.Source.Normals), "normals, the truth:", again.Truth == pair.Truth)
	// Output: 300 points, 300 normals, the truth: true
}

func ExampleReadPLY() {
	cloud := &pointcloud.Cloud{Points: []r3.Vec{{X: 1}, {X: 3}}}
	dir := must(os.MkdirTemp("", "example"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "two.ply")
	for _, encoding := range []pointcloud.PLYEncoding{pointcloud.ASCII, pointcloud.BinaryLittleEndian, pointcloud.BinaryBigEndian} {
		if err := pointcloud.WritePLY(path, cloud, encoding); err != nil {
			panic(err)
		}
		again := must(pointcloud.ReadPLY(path))
		fmt.Println(encoding, again.Points, again.Validate())
	}
	centre := pointcloud.Centroid(cloud.Points)
	fmt.Println("centre", centre, "radius", pointcloud.MaxRadius(cloud.Points, centre))
	// Output:
	// ascii [{1 0 0} {3 0 0}] <nil>
	// binary_little_endian [{1 0 0} {3 0 0}] <nil>
	// binary_big_endian [{1 0 0} {3 0 0}] <nil>
	// centre {2 0 0} radius 1
}

// A quarter turn about z and a step along x, its inverse, and both in a row.
func ExamplePose() {
	pose := pointcloud.Euler(0, 0, math.Pi/2, r3.Vec{X: 10})
	v := pose.Apply(r3.Vec{X: 1})
	fmt.Printf("%.0f %.0f %.0f, turned by %.4f, a rigid motion: %v\n", v.X, v.Y, v.Z, pose.Angle(), pose.Validate() == nil)
	back := pose.Inverse().Compose(pose).Apply(v)
	fmt.Printf("%.0f %.0f %.0f, rotated only: %.0f\n", back.X, back.Y, back.Z, pose.Rotate(r3.Vec{X: 1}))
	cloud := &pointcloud.Cloud{Points: []r3.Vec{{Y: 1}}}
	fmt.Printf("%.0f\n", cloud.Transformed(pointcloud.Identity()).Points)
	fmt.Println(pointcloud.RandomPose(rand.New(rand.NewPCG(1, 1)), 1).Validate())
	// Output:
	// 10 1 0, turned by 1.5708, a rigid motion: true
	// 10 1 0, rotated only: {0 1 0}
	// [{0 1 0}]
	// <nil>
}

func ExampleReadLog() {
	dir := must(os.MkdirTemp("", "example"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "gt.log")
	if err := pointcloud.WriteLog(path, []pointcloud.LogEntry{{I: 0, J: 1, N: 2, Pose: pointcloud.Identity()}}); err != nil {
		panic(err)
	}
	fmt.Println(must(pointcloud.ReadLog(path)))
	// Output: [{0 1 2 {[[1 0 0] [0 1 0] [0 0 1]] {0 0 0}}}]
}

func ExampleReadFeatures() {
	dir := must(os.MkdirTemp("", "example"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "features_0000.bin")
	features := &pointcloud.Features{Points: []r3.Vec{{X: 1}, {Y: 1}}, Dim: 3, Values: []float32{1, 2, 3, 4, 5, 6}}
	if err := pointcloud.WriteFeatures(path, features); err != nil {
		panic(err)
	}
	fmt.Println(*must(pointcloud.ReadFeatures(path)))
	// Output: {[{1 0 0} {0 1 0}] 3 [1 2 3 4 5 6]}
}

// Matched points of which four in five are false matches.
func ExampleNewProblem() {
	problem := must(pointcloud.NewProblem(pointcloud.ProblemOptions{Pairs: 100, OutlierRatio: .8, Noise: .001, Seed: 1}))
	for i, inlier := range problem.Inlier {
		if inlier {
			off := r3.Norm(r3.Sub(problem.P[i], problem.Truth.Apply(problem.Q[i])))
			fmt.Println("the first true match is off by less than .01:", off < .01)
			break
		}
	}
	// Output: the first true match is off by less than .01: true
}

func ExampleNewSurface() {
	rng := rand.New(rand.NewPCG(1, 1))
	surface := must(pointcloud.NewSurface("bent torus", rng))
	cloud := surface.Sample(500, rng)
	fmt.Println(len(cloud.Points), len(cloud.Normals))
	// Output: 500 500
}
