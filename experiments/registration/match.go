package registration

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
)

// Match is a pair of points that may be the same place: number Target of cloud 0 and number Source of cloud 1.
type Match struct{ Target, Source int }

// Reciprocal returns the pairs of points whose features are each other's nearest neighbours in Euclidean distance, in
// the order of the target's points. Points whose feature is all zero take no part. It compares all features with all:
// n·m distances, the work of which is shared by the processors; the memory is O(n + m).
func Reciprocal(target, source *pointcloud.Features) ([]Match, error) {
	if target.Dim != source.Dim || target.Dim == 0 {
		return nil, fmt.Errorf("registration: features of %d and %d values cannot be compared", target.Dim, source.Dim)
	}
	a, b := newFeatureBlock(target), newFeatureBlock(source)
	workers := runtime.GOMAXPROCS(0)
	toSource := newNearestOf(a.n)
	perWorker := make([]nearestOf, workers) // each worker's nearest target of every source
	var group sync.WaitGroup
	for w := range workers {
		perWorker[w] = newNearestOf(b.n)
		group.Go(func() { compare(a, b, w*a.n/workers, (w+1)*a.n/workers, toSource, perWorker[w]) })
	}
	group.Wait()
	toTarget := perWorker[0]
	for _, other := range perWorker[1:] { // in the order of the targets, so that ties go to the smaller number
		for j, d := range other.distance {
			if d < toTarget.distance[j] {
				toTarget.distance[j], toTarget.index[j] = d, other.index[j]
			}
		}
	}
	var matches []Match
	for i, j := range toSource.index {
		if j >= 0 && toTarget.index[j] == int32(i) {
			matches = append(matches, Match{a.origin[i], b.origin[j]})
		}
	}
	return matches, nil
}

type nearestOf struct {
	index    []int32
	distance []float32
}

func newNearestOf(n int) nearestOf {
	near := nearestOf{index: make([]int32, n), distance: make([]float32, n)}
	for i := range near.index {
		near.index[i], near.distance[i] = -1, math.MaxFloat32
	}
	return near
}

// featureBlock holds the features that are not zero, padded to a multiple of four values.
type featureBlock struct {
	n, dim int
	values []float32
	half   []float32 // ½‖f‖²
	origin []int     // the point of each feature
}

func newFeatureBlock(f *pointcloud.Features) *featureBlock {
	b := &featureBlock{dim: (f.Dim + 3) / 4 * 4}
	for i := range f.Points {
		row := f.Values[i*f.Dim : (i+1)*f.Dim]
		squared := float32(0)
		for _, v := range row {
			squared += v * v
		}
		if squared == 0 {
			continue
		}
		b.values = append(b.values, row...)
		b.values = append(b.values, make([]float32, b.dim-f.Dim)...)
		b.half = append(b.half, squared/2)
		b.origin = append(b.origin, i)
		b.n++
	}
	return b
}

func (b *featureBlock) row(i int) []float32 { return b.values[i*b.dim : (i+1)*b.dim] }

// compare finds the nearest source of the targets from…to, and the nearest of these targets of every source. It orders
// by ½‖f−g‖² = ½‖f‖² + ½‖g‖² − f·g, in blocks of sources that stay in the cache.
func compare(a, b *featureBlock, from, to int, toSource, toTarget nearestOf) {
	const block = 128
	for start := 0; start < b.n; start += block {
		end := min(start+block, b.n)
		for i := from; i < to; i++ {
			f := a.row(i)
			nearest, at := toSource.distance[i], toSource.index[i]
			for j := start; j < end; j++ {
				d := a.half[i] + b.half[j] - dot(f, b.row(j))
				if d < nearest {
					nearest, at = d, int32(j)
				}
				if d < toTarget.distance[j] {
					toTarget.distance[j], toTarget.index[j] = d, int32(i)
				}
			}
			toSource.distance[i], toSource.index[i] = nearest, at
		}
	}
}

// dot is the inner product of two vectors whose length is a multiple of four.
func dot(f, g []float32) float32 {
	g = g[:len(f)]
	var s0, s1, s2, s3 float32
	for k := 0; k+3 < len(f); k += 4 {
		s0 += f[k] * g[k]
		s1 += f[k+1] * g[k+1]
		s2 += f[k+2] * g[k+2]
		s3 += f[k+3] * g[k+3]
	}
	return (s0 + s1) + (s2 + s3)
}

// Limits of the tuple test [1].
const (
	tupleTrials = 100  // triples drawn, per match
	tupleRatio  = .95  // least ratio of two corresponding edges, and the inverse of the largest
	tupleMax    = 1000 // triples kept
)

// tuples keeps matches that agree with each other: it draws random triples, and keeps the three matches of a triple if
// each side of the triangle in one cloud is as long as in the other within 5 %. A match that passes several times is
// kept several times, up to 1,000 triples, and so counts more in the solver.
func tuples(target, source *pointcloud.Cloud, matches []Match, rng *rand.Rand) []Match {
	if len(matches) < 3 {
		return nil
	}
	var kept []Match
	for range tupleTrials * len(matches) {
		triple := [3]Match{matches[rng.IntN(len(matches))], matches[rng.IntN(len(matches))], matches[rng.IntN(len(matches))]}
		if sameTriangle(target.Points, source.Points, triple) {
			kept = append(kept, triple[:]...)
			if len(kept) == 3*tupleMax {
				break
			}
		}
	}
	return kept
}

func sameTriangle(p, q []r3.Vec, triple [3]Match) bool {
	for i, m := range triple {
		next := triple[(i+1)%3]
		a := r3.Norm(r3.Sub(p[m.Target], p[next.Target]))
		b := r3.Norm(r3.Sub(q[m.Source], q[next.Source]))
		if !(a*tupleRatio < b && b*tupleRatio < a) {
			return false // two matches that are the same point have a = b = 0
		}
	}
	return true
}
