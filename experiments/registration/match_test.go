package registration

import (
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
)

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
	kept := tuples(&pointcloud.Cloud{Points: p.P}, &pointcloud.Cloud{Points: p.Q}, matches, rng())
	inliers := 0
	for _, m := range kept {
		if p.Inlier[m.Target] {
			inliers++
		}
	}
	if share := float64(inliers) / float64(len(kept)); len(kept) != 3*tupleMax || share < .75 {
		t.Errorf("%d matches kept, %.0f %% of them true: want 3000, and more than the 40 %% there were", len(kept), 100*share)
	}
	if again := tuples(&pointcloud.Cloud{Points: p.P}, &pointcloud.Cloud{Points: p.Q}, matches, rng()); !reflect.DeepEqual(kept, again) {
		t.Error("the same seed gave other matches")
	}
	if got := tuples(nil, nil, matches[:2], rng()); got != nil {
		t.Errorf("two matches make no triple, got %v", got)
	}
}
