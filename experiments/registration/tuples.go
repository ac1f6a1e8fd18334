package registration

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
)

// Limits of the tuple test [1].
const (
	tupleTrials = 100  // triples drawn, per match
	tupleRatio  = .95  // least ratio of two corresponding edges, and the inverse of the largest
	tupleMax    = 1000 // triples kept
)

// Tuples keeps matches that agree with each other: it draws random triples, and keeps the three matches of a triple if
// each side of the triangle in one cloud is as long as in the other within 5 %. A match that passes several times is
// kept several times, up to 1,000 triples, and so counts more in the solver.
func Tuples(target, source *pointcloud.Cloud, matches []Match, rng *rand.Rand) []Match {
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
