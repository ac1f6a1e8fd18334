package show

import (
	"math"
	"testing"
)

func TestDensities_IntegrateToTheShareInside(t *testing.T) {
	samples := []float64{-1, 0, 0.1, 0.5, 0.9, 0.999, 1, 7}
	const bins = 4
	points := densities(samples, 0, 1, bins)
	if len(points) != bins+1 || points[0].x != 0 || points[bins].x != 1 {
		t.Fatalf("bins are %v", points)
	}
	sum := 0.0
	for _, p := range points[:bins] {
		sum += p.y / bins
	}
	if want := 5.0 / 8; math.Abs(sum-want) > 1e-15 { // 0 … 0.999 lie in [0, 1)
		t.Errorf("the area is %g, want %g", sum, want)
	}
	if got, want := points[0].y, 2.0/8*bins; math.Abs(got-want) > 1e-15 {
		t.Errorf("the first bar is %g high, want %g", got, want)
	}
}

func TestSampled_CoversTheAxis(t *testing.T) {
	l := layer{f: func(x float64) float64 { return 2 * x }}
	for _, r := range []axisRange{{lo: -3, hi: 5}, {lo: 1e-3, hi: 1e3, log: true}} {
		points := l.sampled(r)
		first, last := points[0], points[len(points)-1]
		if math.Abs(first.x-r.lo) > 1e-12 || math.Abs(last.x-r.hi) > 1e-9 {
			t.Errorf("samples go from %g to %g, want %v", first.x, last.x, r)
		}
		for _, p := range points {
			if p.y != 2*p.x {
				t.Fatalf("f(%g) is %g", p.x, p.y)
			}
		}
		if r.log {
			if middle := points[len(points)/2].x; math.Abs(middle-1) > 1e-9 {
				t.Errorf("the middle of a logarithmic axis is sampled at %g, want 1", middle)
			}
		}
	}
}

func TestSegments_BreakAtWhatCannotBeDrawn(t *testing.T) {
	nan := math.NaN()
	points := []point{{0, 1}, {1, 2}, {2, nan}, {3, 4}, {math.Inf(1), 5}, {5, -1}, {6, 7}}
	free := axisRange{}
	if got := segments(points, free, free); len(got) != 3 || len(got[0]) != 2 || len(got[1]) != 1 || len(got[2]) != 2 {
		t.Errorf("segments are %v", got)
	}
	if got := segments(points, free, axisRange{log: true}); len(got) != 3 || len(got[2]) != 1 {
		t.Errorf("segments on a logarithmic axis are %v, want the negative value left out", got)
	}
}

func TestZip_WantsEqualLengths(t *testing.T) {
	r := record(t)
	zip([]float64{1, 2}, []float64{3})
	r.wantFailure(t, "2 x and 1 y")
}
