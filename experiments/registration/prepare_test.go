package registration

import (
	"math"
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
		estimated := &pointcloud.Cloud{Points: side.cloud.Points, Normals: Normals(side.cloud, wide.NormalRadius*unit)}
		if *side.to, err = FPFH(estimated, wide.FeatureRadius*unit); err != nil {
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
		"no radius":  {good, FeatureOptions{NormalRadius: .1}, "radii of normals 0.1 and features 0"},
		"no overlap": {change(func(p *pointcloud.Pair) { p.Truth.T.X += 50 }), wide, "no point in common under the true pose"},
		"sparse":     {good, FeatureOptions{NormalRadius: 1e-3, FeatureRadius: 1e-3}, "0 matches are too few: want at least 10 (0 reciprocal matches"},
	} {
		p, err := Prepare(test.pair, test.options, 1)
		if err == nil {
			if _, err = p.RMSE(test.pair.Truth); err == nil {
				_, err = p.Solve(Graduated())
			}
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want …%s…", name, err, test.want)
		}
	}
}
