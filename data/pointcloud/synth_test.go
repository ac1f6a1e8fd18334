package pointcloud

import (
	"math"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/spatial/r3"
)

// The angle between a chord and the tangent plane falls in proportion to the chord: |cos| ≤ κ·d/2, κ the curvature.
func TestSurface_NormalsAreOrthogonalToNearbyChords(t *testing.T) {
	for _, name := range SurfaceNames() {
		s, err := NewSurface(name, newRNG(4))
		if err != nil {
			t.Fatal(err)
		}
		cloud := s.Sample(4000, newRNG(5))
		count, worst := 0, 0.0
		for i, p := range cloud.Points {
			for j, q := range cloud.Points[:i] {
				if d := distance(p, q); d < .008 {
					count++
					worst = math.Max(worst, math.Abs(r3.Dot(r3.Unit(r3.Sub(p, q)), cloud.Normals[i]))/d)
					worst = math.Max(worst, (1-r3.Dot(cloud.Normals[i], cloud.Normals[j]))/d)
				}
			}
		}
		if count < 100 || worst > 30 {
			t.Errorf("%s: %d chords, worst |cos|/d to the normal %g", name, count, worst)
		}
	}
}

// By the divergence theorem ∫ n dA = 0 and ∫ x·n dA = 3·volume > 0: points drawn uniformly by area with outward normals.
func TestSurface_PointsAreUniformByArea(t *testing.T) {
	for _, name := range SurfaceNames() {
		s, err := NewSurface(name, newRNG(6))
		if err != nil {
			t.Fatal(err)
		}
		const n = 40_000
		cloud := s.Sample(n, newRNG(7))
		var sum r3.Vec
		volume := 0.0
		for i, normal := range cloud.Normals {
			sum = r3.Add(sum, normal)
			volume += r3.Dot(cloud.Points[i], normal)
		}
		if m := r3.Norm(sum) / n; m > .015 {
			t.Errorf("%s: the mean normal has length %g, want 0", name, m)
		}
		if volume <= 0 {
			t.Errorf("%s: normals point inwards", name)
		}
		if d := diameter(cloud.Points[:1500]); math.Abs(d-1) > .03 {
			t.Errorf("%s: diameter %g, want 1", name, d)
		}
	}
}

// A registration has one answer only if no rotation maps the surface to itself. The bent torus was symmetric under the
// half turn (x, y, z) ↦ (−x, −y, z) without its taper.
func TestSurface_HalfTurnsAreNoSymmetry(t *testing.T) {
	for _, name := range SurfaceNames() {
		s, err := NewSurface(name, newRNG(6))
		if err != nil {
			t.Fatal(err)
		}
		points := s.Sample(1500, newRNG(7)).Points
		for axis, turn := range []Pose{Euler(math.Pi, 0, 0, r3.Vec{}), Euler(0, math.Pi, 0, r3.Vec{}), Euler(0, 0, math.Pi, r3.Vec{})} {
			far := 0
			for _, p := range points {
				nearest := math.Inf(1)
				for _, q := range points {
					nearest = math.Min(nearest, distance(turn.Apply(p), q))
				}
				if nearest > .05 { // twice the usual distance between neighbours
					far++
				}
			}
			if far < 150 {
				t.Errorf("%s: a half turn about axis %d moves only %d of %d points off the surface", name, axis, far, len(points))
			}
		}
	}
}

func TestNewPair_TruthAlignsTheViewsAndSeedsRepeat(t *testing.T) {
	o := PairOptions{Surface: "bumpy sphere", Points: 1000, Keep: .8, Seed: 9}
	pair, err := NewPair(o)
	if err != nil {
		t.Fatal(err)
	}
	again, err := NewPair(o)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(pair, again) {
		t.Error("the same seed gave another pair")
	}
	near := 0
	for _, q := range pair.Source.Transformed(pair.Truth).Points {
		for _, p := range pair.Target.Points {
			if distance(p, q) < .04 {
				near++
				break
			}
		}
	}
	if share := float64(near) / 1000; share < .6 || share > .98 {
		t.Errorf("%.0f %% of the source lies on the target, want a partial overlap", 100*share)
	}
}

func TestNewPair_NoiseHasTheStandardDeviationAsked(t *testing.T) {
	clean, err := NewPair(PairOptions{Surface: "bent torus", Points: 5000, Keep: 1, Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	noisy, err := NewPair(PairOptions{Surface: "bent torus", Points: 5000, Keep: 1, Noise: .005, Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, p := range clean.Target.Points {
		sum += r3.Norm2(r3.Sub(p, noisy.Target.Points[i])) / (3 * 5000)
	}
	if s := math.Sqrt(sum); math.Abs(s-.005) > 1e-4 {
		t.Errorf("noise %g, want .005", s)
	}
}

func TestNewProblem_HasTheOutlierRatioAsked(t *testing.T) {
	for _, structured := range []bool{false, true} {
		p, err := NewProblem(ProblemOptions{Pairs: 1000, OutlierRatio: .8, Noise: .005, Structured: structured, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		inliers, sum := 0, 0.0
		for i, in := range p.Inlier {
			if in {
				inliers++
				sum += r3.Norm2(r3.Sub(p.P[i], p.Truth.Apply(p.Q[i])))
			}
		}
		if inliers != 200 {
			t.Errorf("%d inliers, want 200", inliers)
		}
		if rms := math.Sqrt(sum / 600); math.Abs(rms-.005) > .0005 {
			t.Errorf("inlier noise %g, want .005", rms)
		}
	}
}

func TestSynth_RefusesImpossibleOptions(t *testing.T) {
	for _, o := range []PairOptions{
		{Surface: "teapot", Points: 100, Keep: 1},
		{Surface: "bent torus", Points: 9, Keep: 1},
		{Surface: "bent torus", Points: 100},
		{Surface: "bent torus", Points: 100, Keep: 1, Noise: nan()},
	} {
		if _, err := NewPair(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	for _, o := range []ProblemOptions{{Pairs: 9}, {Pairs: 10, OutlierRatio: 1}, {Pairs: 10, Noise: -1}} {
		if _, err := NewProblem(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
