package registration

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
)

func surfaceCloud(t *testing.T, n int) *pointcloud.Cloud {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 5))
	s, err := pointcloud.NewSurface("bumpy sphere", rng)
	if err != nil {
		t.Fatal(err)
	}
	return s.Sample(n, rng)
}

// On a surface twelve neighbours lie within r of a point if 12 = n·πr²/area: four times the points, half the radius. It does
// not depend on the units, and for dense clouds it is .04 diameters.
func TestChooseRadii_FollowTheDensity(t *testing.T) {
	choose := func(a, b *pointcloud.Cloud) FeatureOptions {
		t.Helper()
		o, err := ChooseRadii(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(o.FeatureRadius-3*o.NormalRadius) > 1e-12 {
			t.Errorf("radii %+v: want the second three times the first", o)
		}
		return o
	}
	sparse, dense := surfaceCloud(t, 300), surfaceCloud(t, 1200)
	few, more := choose(sparse, sparse).NormalRadius, choose(dense, dense).NormalRadius
	if ratio := few / more; math.Abs(ratio-2) > .3 {
		t.Errorf("radii %g for 300 points and %g for 1,200: ratio %g, want about 2", few, more, ratio)
	}
	if mixed := choose(dense, sparse).NormalRadius; math.Abs(mixed-few) > .1*few {
		t.Errorf("the radius for a sparse and a dense cloud is %g, want that of the sparse one, %g", mixed, few)
	}
	far := &pointcloud.Cloud{}
	for _, p := range dense.Points {
		far.Points = append(far.Points, r3.Add(r3.Scale(1000, p), r3.Vec{X: 5e4}))
	}
	if moved := choose(far, far).NormalRadius; math.Abs(moved-more) > 1e-9 {
		t.Errorf("in other units the radius is %g, want %g", moved, more)
	}
	if many := surfaceCloud(t, 9000); choose(many, many).NormalRadius != .04 {
		t.Errorf("the radius for 9,000 points is %g, want .04", choose(many, many).NormalRadius)
	}
	if _, err := ChooseRadii(sparse, &pointcloud.Cloud{Points: []r3.Vec{{X: math.NaN()}}}); err == nil {
		t.Error("a cloud that is not finite: no error")
	}
}

func TestNormals_AreThoseOfTheSurface(t *testing.T) {
	cloud := surfaceCloud(t, 3000)
	mean := 0.0
	for i, n := range normals(cloud, .05) {
		mean += r3.Dot(n, cloud.Normals[i]) / 3000
	}
	if mean < .985 {
		t.Errorf("mean cosine between estimated and true normals %g, want > .985", mean)
	}
	// Without normals of its own the cloud's centroid says which side is outside; the sphere is nearly star-shaped.
	mean = 0
	for i, n := range normals(&pointcloud.Cloud{Points: cloud.Points}, .05) {
		mean += r3.Dot(n, cloud.Normals[i]) / 3000
	}
	if mean < .98 {
		t.Errorf("without normals to orient by: mean cosine %g, want > .98", mean)
	}
}

func TestNormals_OfAPlaneAndOfLonelyPoints(t *testing.T) {
	cloud := &pointcloud.Cloud{Points: []r3.Vec{{X: 0}, {X: 1}, {Y: 1}, {X: 1, Y: 1}, {Z: 50}}}
	normals := normals(cloud, 2)
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
	a, err := fpfh(cloud, .15)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fpfh(cloud.Transformed(pose), .15)
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
	f, err := fpfh(cloud, .3)
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
		if _, err := fpfh(test.cloud, test.radius); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want …%s…", err, want)
		}
	}
}
