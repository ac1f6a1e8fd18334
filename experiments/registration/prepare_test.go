package registration

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
)

var wide = FeatureOptions{NormalRadius: .06, FeatureRadius: .18}

func syntheticPair(t *testing.T, o pointcloud.PairOptions) *pointcloud.Pair {
	t.Helper()
	pair, err := pointcloud.NewPair(o)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func TestPrepareAndSolve_RegisterPartialScans(t *testing.T) {
	for _, surface := range pointcloud.SurfaceNames() {
		pair := syntheticPair(t, pointcloud.PairOptions{Surface: surface, Points: 2000, Keep: .85, Noise: .001, Seed: 3})
		p, err := Prepare(pair, wide, 1)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Solve(ScaleAnnealed{Alpha: -2})
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.RMSE(s.Pose)
		if err != nil {
			t.Fatal(err)
		}
		best, err := p.RMSE(pair.Truth)
		if err != nil {
			t.Fatal(err)
		}
		if pose := PoseError(s.Pose, pair.Truth, pair.Source.Points); pose > .015 || got > best+.01 {
			t.Errorf("%s: RMSE %.4f (%.4f at the true pose), pose error %.4f; %d matches, %.0f %% true",
				surface, got, best, pose, len(p.P), 100*p.InlierShare())
		}
	}
}

func TestPrepare_UsesTheFeaturesOfThePair(t *testing.T) {
	pair := syntheticPair(t, pointcloud.PairOptions{Surface: "bent torus", Points: 600, Keep: .9, Seed: 4})
	own, err := Prepare(pair, wide, 1)
	if err != nil {
		t.Fatal(err)
	}
	unit := 2 * own.frame.scale
	for _, side := range []struct {
		cloud *pointcloud.Cloud
		to    **pointcloud.Features
	}{{pair.Target, &pair.TargetFeatures}, {pair.Source, &pair.SourceFeatures}} {
		estimated := &pointcloud.Cloud{Points: side.cloud.Points, Normals: normals(side.cloud, wide.NormalRadius*unit)}
		if *side.to, err = fpfh(estimated, wide.FeatureRadius*unit); err != nil {
			t.Fatal(err)
		}
	}
	given, err := Prepare(pair, FeatureOptions{}, 1) // radii are not needed then
	if err != nil {
		t.Fatal(err)
	}
	if len(given.Matches) != len(own.Matches) || given.Matches[5] != own.Matches[5] {
		t.Errorf("%d matches with the features given, %d with those found", len(given.Matches), len(own.Matches))
	}
}

func TestCommon_IsTheNearestTargetUnderTheTruth(t *testing.T) {
	pair := syntheticPair(t, pointcloud.PairOptions{Surface: "bumpy sphere", Points: 700, Keep: .9, Seed: 5})
	const scale = 2.
	got := common(pair, scale)
	count := 0
	for j, q := range pair.Source.Transformed(pair.Truth).Points {
		best, at := math.Inf(1), -1
		for i, p := range pair.Target.Points {
			if d := r3.Norm(r3.Sub(p, q)); d < best {
				best, at = d, i
			}
		}
		if best < scale*.0125 {
			if got[count] != (Match{at, j}) {
				t.Fatalf("pair %d is %v, want (%d, %d)", count, got[count], at, j)
			}
			count++
		}
	}
	if count != len(got) || count < 100 {
		t.Errorf("%d pairs in common, want %d", len(got), count)
	}
}

func TestPrepare_RefusesPairsThatCannotBeRegistered(t *testing.T) {
	good := syntheticPair(t, pointcloud.PairOptions{Surface: "bumpy sphere", Points: 60, Keep: 1, Seed: 1})
	change := func(edit func(p *pointcloud.Pair)) *pointcloud.Pair {
		pair := *good
		target := *good.Target
		target.Points = append([]r3.Vec{}, good.Target.Points...)
		pair.Target = &target
		edit(&pair)
		return &pair
	}
	one := &pointcloud.Cloud{Points: make([]r3.Vec, 20)}
	for name, test := range map[string]struct {
		pair    *pointcloud.Pair
		options FeatureOptions
		want    string
	}{
		"empty":      {change(func(p *pointcloud.Pair) { p.Source = &pointcloud.Cloud{} }), wide, "cloud 1: pointcloud: the cloud has no points"},
		"nan":        {change(func(p *pointcloud.Pair) { p.Target.Points[3].X = math.NaN() }), wide, "cloud 0: pointcloud: point 3 is not finite"},
		"one place":  {&pointcloud.Pair{Target: one, Source: one, Truth: pointcloud.Identity()}, wide, "all points of a cloud are the same point"},
		"no radius":  {good, FeatureOptions{NormalRadius: -.1}, "radii of normals -0.1 and features 0: want positive numbers, or 0 to choose them"},
		"no overlap": {change(func(p *pointcloud.Pair) { p.Truth.T.X += 50 }), FeatureOptions{}, "no point in common under the true pose"},
		"sparse": {
			good,
			FeatureOptions{NormalRadius: 1e-3, FeatureRadius: 1e-3},
			"only 0 of the 60 points of cloud 0 have a feature: the others have fewer than 3 neighbours within the radius of the normals, 0.001 diameters; radii that suit the density are 0.",
		},
		"few points": {change(func(p *pointcloud.Pair) { p.Target = &pointcloud.Cloud{Points: p.Target.Points[:9]} }), FeatureOptions{}, "cloud 0 has 9 points: want at least 10"},
		"unlike":     {&pointcloud.Pair{Name: "box", Target: box(60, 1), Source: box(60, 2), Truth: pointcloud.Identity()}, FeatureOptions{}, "different matches are too few"},
	} {
		p, err := Prepare(test.pair, test.options, 1)
		if err == nil {
			if _, err = p.RMSE(test.pair.Truth); err == nil || name == "unlike" {
				_, err = p.Solve(Graduated())
			}
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want …%s…", name, err, test.want)
		}
	}
}

// box draws points in a box, which have no surface to describe.
func box(n int, seed uint64) *pointcloud.Cloud {
	return &pointcloud.Cloud{Points: randomPoints(n, seed)}
}

// apart is a pair of two samples of one whole surface, which have no point in common, 20° apart, without normals.
func apart(t *testing.T, surface string, points int, seed uint64) *pointcloud.Pair {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 11))
	s, err := pointcloud.NewSurface(surface, rng)
	if err != nil {
		t.Fatal(err)
	}
	const angle = 20 * math.Pi / 180
	axis := r3.Unit(r3.Vec{X: rng.NormFloat64(), Y: rng.NormFloat64(), Z: rng.NormFloat64()})
	turn := r3.NewRotation(angle, axis)
	motion := pointcloud.Pose{T: r3.Vec{X: .1, Y: -.2, Z: .3}}
	for k, e := range []r3.Vec{{X: 1}, {Y: 1}, {Z: 1}} {
		v := turn.Rotate(e)
		motion.R[0][k], motion.R[1][k], motion.R[2][k] = v.X, v.Y, v.Z
	}
	target, source := s.Sample(points, rng), s.Sample(points, rng).Transformed(motion)
	target.Normals, source.Normals = nil, nil
	return &pointcloud.Pair{Name: surface, Target: target, Source: source, Truth: motion.Inverse()}
}

// Radii of .04 and .12 diameters, right for 5,000 points, leave 1,200 points with three neighbours each, and registration
// ended anywhere. The radii chosen by the density find the pose, to about the spacing of the points.
func TestPrepare_ChoosesRadiiThatRegisterSparseClouds(t *testing.T) {
	for _, surface := range pointcloud.SurfaceNames() {
		for seed := range uint64(3) {
			pair := apart(t, surface, 1200, seed)
			p, err := Prepare(pair, FeatureOptions{}, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, schedule := range []Schedule{ScaleAnnealed{Alpha: -2}, Graduated()} {
				s, err := p.Solve(schedule)
				if err != nil {
					t.Fatal(err)
				}
				doubt, err := p.Verify(s)
				if e := PoseError(s.Pose, pair.Truth, pair.Source.Points); e > .06 || err != nil || doubt != "" {
					t.Errorf("%s, seed %d, %T: pose error %.3f of the diameter, %d inliers, %q (%v)", surface, seed, schedule, e, p.inliers(s.Pose), doubt, err)
				}
			}
		}
	}
}

// With radii that are too small, or for points that form no surface, a pose comes out and is wrong: that must not pass.
func TestVerify_RefusesPosesThatFewMatchesAgreeWith(t *testing.T) {
	refused, wrong := 0, 0
	check := func(pair *pointcloud.Pair, o FeatureOptions) {
		t.Helper()
		p, err := Prepare(pair, o, 1)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Solve(Graduated())
		if err != nil {
			refused++
			return
		}
		_, err = p.Verify(s)
		if err != nil {
			refused++
			if !strings.Contains(err.Error(), "different matches together, as a wrong pose would by chance") {
				t.Errorf("error %v", err)
			}
		}
		if e := PoseError(s.Pose, pair.Truth, pair.Source.Points); e > .15 {
			wrong++
			if err == nil {
				t.Errorf("%s: a pose wrong by %.2f of the diameter passes, with %d inliers", pair.Name, e, p.inliers(s.Pose))
			}
		}
	}
	for seed := range uint64(3) {
		check(apart(t, "bumpy sphere", 1200, seed), FeatureOptions{NormalRadius: .035, FeatureRadius: .09})
		check(&pointcloud.Pair{Name: "box", Target: box(1200, 2*seed), Source: box(1200, 2*seed+1), Truth: pointcloud.Identity()}, FeatureOptions{})
	}
	if refused < 4 || wrong < 2 {
		t.Errorf("%d solutions refused, %d of them far off: the test has lost its cases", refused, wrong)
	}
}

func TestPrepare_WarnsOfRadiiTooSmallForTheDensity(t *testing.T) {
	p, err := Prepare(apart(t, "bumpy sphere", 1200, 1), FeatureOptions{NormalRadius: .035, FeatureRadius: .1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Warnings) != 2 || !strings.Contains(p.Warnings[1], "points of cloud 1 have a feature") || !strings.Contains(p.Warnings[0], "radii that suit the density are 0.0") {
		t.Errorf("warnings %q", p.Warnings)
	}
	if p, err = Prepare(apart(t, "bumpy sphere", 1200, 1), FeatureOptions{}, 1); err != nil || p.Warnings != nil {
		t.Errorf("with radii of its own choice: %q (%v)", p.Warnings, err)
	}
}
