package registration

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/spatial/kdtree"
	"gonum.org/v1/gonum/spatial/r3"
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
			// Fused operations round the square otherwise in one of the two places.
			if got := tree.nearest(q); got.index != best.index || math.Abs(got.squared-best.squared) > 1e-15*best.squared {
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

// place is a point with its number for gonum's tree.
type place struct {
	r3.Vec
	index int
}

func (p place) Compare(c kdtree.Comparable, d kdtree.Dim) float64 {
	return coordinate(p.Vec, int(d)) - coordinate(c.(place).Vec, int(d))
}
func (p place) Dims() int { return 3 }
func (p place) Distance(c kdtree.Comparable) float64 {
	return r3.Norm2(r3.Sub(p.Vec, c.(place).Vec))
}

type places []place

func (p places) Index(i int) kdtree.Comparable         { return p[i] }
func (p places) Len() int                              { return len(p) }
func (p places) Slice(start, end int) kdtree.Interface { return p[start:end] }
func (p places) Pivot(d kdtree.Dim) int                { return plane{p, d}.Pivot() }

type plane struct {
	places
	dim kdtree.Dim
}

func (p plane) Less(i, j int) bool {
	return coordinate(p.places[i].Vec, int(p.dim)) < coordinate(p.places[j].Vec, int(p.dim))
}
func (p plane) Swap(i, j int) { p.places[i], p.places[j] = p.places[j], p.places[i] }
func (p plane) Slice(start, end int) kdtree.SortSlicer {
	return plane{p.places[start:end], p.dim}
}
func (p plane) Pivot() int { return kdtree.Partition(p, kdtree.MedianOfRandoms(p, 100)) }

func gonumTree(points []r3.Vec) *kdtree.Tree {
	list := make(places, len(points))
	for i, p := range points {
		list[i] = place{p, i}
	}
	return kdtree.New(list, false)
}

// The peer's answers, on points without ties.
func TestTree_AgreesWithGonum(t *testing.T) {
	points := randomPoints(2000, 4)
	own, peer := newTree(points), gonumTree(points)
	for _, q := range randomPoints(100, 5) {
		nearest, squared := peer.Nearest(place{Vec: q})
		if got := own.nearest(q); got.index != nearest.(place).index || math.Abs(got.squared-squared) > 1e-15 {
			t.Fatalf("nearest to %v: %v, gonum has point %d at %g", q, got, nearest.(place).index, squared)
		}
		const k = 7
		some := kdtree.NewNKeeper(k)
		peer.NearestSet(some, place{Vec: q})
		farthest := 0.0
		for _, c := range some.Heap {
			farthest = max(farthest, c.Dist)
		}
		if got := own.reach(q, k-1); math.Abs(got*got-farthest) > 1e-15 { // q is no point of the tree
			t.Fatalf("the %d. nearest is %g away, gonum says %g", k, got, math.Sqrt(farthest))
		}
	}
}

// Prints the times that the comment of tree compares.
func BenchmarkTree(b *testing.B) {
	cloud := randomPoints(5000, 3)
	b.Run("build own", func(b *testing.B) {
		for b.Loop() {
			newTree(cloud)
		}
	})
	b.Run("build gonum", func(b *testing.B) {
		for b.Loop() {
			gonumTree(cloud)
		}
	})
	own, other := newTree(cloud), gonumTree(cloud)
	const radius = .05
	b.Run("within own", func(b *testing.B) {
		var found []neighbour
		n := 0
		for b.Loop() {
			n = 0
			for _, q := range cloud {
				found = own.within(q, radius, found[:0])
				n += len(found)
			}
		}
		b.ReportMetric(float64(n)/float64(len(cloud)), "found/query")
	})
	b.Run("within gonum", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n = 0
			for _, q := range cloud {
				keeper := kdtree.NewDistKeeper(radius * radius)
				other.NearestSet(keeper, place{Vec: q})
				n += len(keeper.Heap)
			}
		}
		b.ReportMetric(float64(n)/float64(len(cloud)), "found/query")
	})
	b.Run("nearest own", func(b *testing.B) {
		for b.Loop() {
			for _, q := range cloud {
				own.nearest(r3.Add(q, r3.Vec{X: .01}))
			}
		}
	})
	b.Run("nearest gonum", func(b *testing.B) {
		for b.Loop() {
			for _, q := range cloud {
				other.Nearest(place{Vec: r3.Add(q, r3.Vec{X: .01})})
			}
		}
	})
}
