package registration

import (
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
)

func randomPoints(n int, seed uint64) []r3.Vec {
	rng := rand.New(rand.NewPCG(seed, 7))
	points := make([]r3.Vec, n)
	for i := range points {
		points[i] = r3.Vec{X: rng.Float64(), Y: .5 * rng.Float64(), Z: .2 * rng.Float64()}
	}
	return points
}

func TestTree_FindsWhatLookingAtAllPointsFinds(t *testing.T) {
	for _, n := range []int{1, 2, 12, 13, 100, 1000} {
		points := randomPoints(n, 1)
		for i := range n / 3 { // with duplicates
			points[n-1-i] = points[i]
		}
		tree := newTree(points)
		for _, q := range append(randomPoints(50, 2), points[0]) {
			best := neighbour{-1, math.Inf(1)}
			var want []int
			for i, p := range points {
				d := r3.Norm2(r3.Sub(p, q))
				if d < best.squared {
					best = neighbour{i, d}
				}
				if d <= .04 {
					want = append(want, i)
				}
			}
			if got := tree.nearest(q); got != best {
				t.Fatalf("%d points: nearest %v, want %v", n, got, best)
			}
			var got []int
			for _, near := range tree.within(q, .2, nil) {
				got = append(got, near.index)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("%d points: within .2: %v, want %v", n, got, want)
			}
		}
	}
}

func surfaceCloud(t *testing.T, n int) *pointcloud.Cloud {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 5))
	s, err := pointcloud.NewSurface("bumpy sphere", rng)
	if err != nil {
		t.Fatal(err)
	}
	return s.Sample(n, rng)
}

func TestNormals_AreThoseOfTheSurface(t *testing.T) {
	cloud := surfaceCloud(t, 3000)
	mean := 0.0
	for i, n := range Normals(cloud, .05) {
		mean += r3.Dot(n, cloud.Normals[i]) / 3000
	}
	if mean < .985 {
		t.Errorf("mean cosine between estimated and true normals %g, want > .985", mean)
	}
	// Without normals of its own the cloud's centroid says which side is outside; the sphere is nearly star-shaped.
	mean = 0
	for i, n := range Normals(&pointcloud.Cloud{Points: cloud.Points}, .05) {
		mean += r3.Dot(n, cloud.Normals[i]) / 3000
	}
	if mean < .98 {
		t.Errorf("without normals to orient by: mean cosine %g, want > .98", mean)
	}
}

func TestNormals_OfAPlaneAndOfLonelyPoints(t *testing.T) {
	cloud := &pointcloud.Cloud{Points: []r3.Vec{{X: 0}, {X: 1}, {Y: 1}, {X: 1, Y: 1}, {Z: 50}}}
	normals := Normals(cloud, 2)
	for _, n := range normals[:4] {
		if math.Abs(math.Abs(n.Z)-1) > 1e-12 {
			t.Errorf("normal %v of the plane z = 0", n)
		}
	}
	if normals[4] != (r3.Vec{}) {
		t.Errorf("a point without neighbours got the normal %v", normals[4])
	}
}

// By hand from the definition, for two points in the direction x.
func TestPairAngles_OfSimplePairs(t *testing.T) {
	x, y, z := r3.Vec{X: 1}, r3.Vec{Y: 1}, r3.Vec{Z: 1}
	half := math.Sqrt(.5)
	for name, test := range map[string]struct {
		n1, n2 r3.Vec
		want   [3]float64
	}{
		"parallel": {z, z, [3]float64{0, 0, 0}},
		// The second normal is closer to the line, so it comes first: v = y, w = (z − x)/√2.
		"turned in line":     {z, r3.Unit(r3.Add(z, x)), [3]float64{math.Pi / 4, 0, -half}},
		"turned across":      {z, r3.Unit(r3.Add(z, y)), [3]float64{0, -half, 0}}, // v = −y
		"normals along line": {x, x, [3]float64{0, 0, 0}},
	} {
		theta, alpha, phi := pairAngles(r3.Vec{}, test.n1, x, test.n2)
		for k, got := range []float64{theta, alpha, phi} {
			if math.Abs(got-test.want[k]) > 1e-12 {
				t.Errorf("%s: angles %g, %g, %g, want %v", name, theta, alpha, phi, test.want)
			}
		}
	}
}

func TestFPFH_DoesNotChangeWithRigidMotions(t *testing.T) {
	cloud := surfaceCloud(t, 800)
	pose := pointcloud.RandomPose(rand.New(rand.NewPCG(8, 8)), 3)
	a, err := FPFH(cloud, .15)
	if err != nil {
		t.Fatal(err)
	}
	b, err := FPFH(cloud.Transformed(pose), .15)
	if err != nil {
		t.Fatal(err)
	}
	moved := 0 // a value at the edge of a bin may change sides by rounding
	for i := range a.Values {
		if math.Abs(float64(a.Values[i]-b.Values[i])) > .01 {
			moved++
		}
	}
	if moved > len(a.Values)/1000 {
		t.Errorf("%d of %d values changed", moved, len(a.Values))
	}
}

func TestFPFH_BlocksAddTo200(t *testing.T) {
	cloud := surfaceCloud(t, 300)
	cloud.Normals[5] = r3.Vec{}
	f, err := FPFH(cloud, .3)
	if err != nil {
		t.Fatal(err)
	}
	for i := range cloud.Points {
		for block := range 3 {
			sum := 0.0
			for _, v := range f.Values[i*fpfhDim+block*bins : i*fpfhDim+(block+1)*bins] {
				sum += float64(v)
			}
			want := 200.
			if i == 5 {
				want = 0
			}
			if math.Abs(sum-want) > 1e-3 {
				t.Fatalf("point %d, block %d: the histogram adds to %g, want %g", i, block, sum, want)
			}
		}
	}
}

func TestFPFH_RefusesWhatItCannotDescribe(t *testing.T) {
	good := surfaceCloud(t, 20)
	for want, test := range map[string]struct {
		cloud  *pointcloud.Cloud
		radius float64
	}{
		"the cloud has no points":    {&pointcloud.Cloud{}, 1},
		"features need normals":      {&pointcloud.Cloud{Points: good.Points}, 1},
		"the radius of the features": {good, 0},
	} {
		if _, err := FPFH(test.cloud, test.radius); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want …%s…", err, want)
		}
	}
}

func TestReciprocal_IsWhatComparingAllPairsGives(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	random := func(n int) *pointcloud.Features {
		f := &pointcloud.Features{Points: make([]r3.Vec, n), Dim: 5, Values: make([]float32, 5*n)}
		for i := 10; i < len(f.Values); i++ { // the first two features stay zero: they take no part
			f.Values[i] = float32(rng.NormFloat64())
		}
		return f
	}
	a, b := random(300), random(200)
	nearest := func(f, g *pointcloud.Features, i int) int {
		best, at := math.Inf(1), -1
		for j := 2; j < len(g.Points); j++ {
			d := 0.0
			for k := range 5 {
				v := float64(f.Values[5*i+k] - g.Values[5*j+k])
				d += v * v
			}
			if d < best {
				best, at = d, j
			}
		}
		return at
	}
	var want []Match
	for i := 2; i < 300; i++ {
		if j := nearest(a, b, i); nearest(b, a, j) == i {
			want = append(want, Match{i, j})
		}
	}
	for _, processors := range []int{1, 3} {
		old := runtime.GOMAXPROCS(processors)
		got, err := Reciprocal(a, b)
		runtime.GOMAXPROCS(old)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d processors: %d matches, want %d", processors, len(got), len(want))
		}
	}
	if _, err := Reciprocal(a, &pointcloud.Features{Dim: 4}); err == nil {
		t.Error("features of 5 and 4 values: no error")
	}
}

func TestTuples_KeepsMatchesThatAgree(t *testing.T) {
	p := problem(t, pointcloud.ProblemOptions{Pairs: 400, OutlierRatio: .6, Noise: .001, Seed: 2})
	matches := make([]Match, 400)
	for i := range matches {
		matches[i] = Match{i, i}
	}
	rng := func() *rand.Rand { return rand.New(rand.NewPCG(4, 4)) }
	kept := Tuples(&pointcloud.Cloud{Points: p.P}, &pointcloud.Cloud{Points: p.Q}, matches, rng())
	inliers := 0
	for _, m := range kept {
		if p.Inlier[m.Target] {
			inliers++
		}
	}
	if share := float64(inliers) / float64(len(kept)); len(kept) != 3*tupleMax || share < .75 {
		t.Errorf("%d matches kept, %.0f %% of them true: want 3000, and more than the 40 %% there were", len(kept), 100*share)
	}
	if again := Tuples(&pointcloud.Cloud{Points: p.P}, &pointcloud.Cloud{Points: p.Q}, matches, rng()); !reflect.DeepEqual(kept, again) {
		t.Error("the same seed gave other matches")
	}
	if got := Tuples(nil, nil, matches[:2], rng()); got != nil {
		t.Errorf("two matches make no triple, got %v", got)
	}
}
