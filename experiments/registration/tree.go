package registration

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
)

// tree is a k-d tree over points. It is read-only once built, so any number of goroutines may query it.
//
// gonum's spatial/kdtree answers the same questions ([TestTree_AgreesWithGonum]). It is not used for two reasons. The query for
// all points within a radius, which normals and features need for every point, takes it 3.5 times as long (BenchmarkTree:
// 23 of 5,000 points found), and the order of what it finds depends on pivots drawn at random, so that sums over neighbours
// would not repeat to the last bit. Building takes it 0.4 times as long, finding the nearest point 1.3 times.
type tree struct {
	points []r3.Vec
	order  []int32 // point numbers, cut in halves: the children of order[from:to] are its two halves
}

// leafSize is the number of points below which a query looks at all of them.
const leafSize = 12

func newTree(points []r3.Vec) *tree {
	t := &tree{points: points, order: make([]int32, len(points))}
	for i := range t.order {
		t.order[i] = int32(i)
	}
	t.build(0, len(points))
	return t
}

// build sorts a range by its widest axis and goes on with its two halves: O(n log² n).
func (t *tree) build(from, to int) {
	if to-from <= leafSize {
		return
	}
	axis := t.widest(from, to)
	slices.SortFunc(t.order[from:to], func(a, b int32) int {
		return cmp.Or(cmp.Compare(coordinate(t.points[a], axis), coordinate(t.points[b], axis)), cmp.Compare(a, b))
	})
	middle := (from + to) / 2
	t.build(from, middle)
	// The middle point stays where it is: queries split at it.
	t.build(middle+1, to)
	t.order[middle] |= int32(axis) << 29
}

func (t *tree) widest(from, to int) int {
	var lo, hi [3]float64
	for axis := range 3 {
		lo[axis], hi[axis] = math.Inf(1), math.Inf(-1)
	}
	for _, i := range t.order[from:to] {
		for axis := range 3 {
			v := coordinate(t.points[i], axis)
			lo[axis], hi[axis] = min(lo[axis], v), max(hi[axis], v)
		}
	}
	best := 0
	for axis := 1; axis < 3; axis++ {
		if hi[axis]-lo[axis] > hi[best]-lo[best] {
			best = axis
		}
	}
	return best
}

func coordinate(v r3.Vec, axis int) float64 {
	switch axis {
	case 0:
		return v.X
	case 1:
		return v.Y
	}
	return v.Z
}

// neighbour is a point of the tree and its squared distance from the query.
type neighbour struct {
	index   int
	squared float64
}

// nearest returns the point nearest to q, the one with the smaller number of two at the same distance.
func (t *tree) nearest(q r3.Vec) neighbour {
	best := neighbour{index: -1, squared: math.Inf(1)}
	t.nearestIn(q, 0, len(t.order), &best)
	return best
}

func (t *tree) nearestIn(q r3.Vec, from, to int, best *neighbour) {
	look := func(i int) {
		if d := r3.Norm2(r3.Sub(t.points[i], q)); d < best.squared || (d == best.squared && i < best.index) {
			*best = neighbour{i, d}
		}
	}
	if to-from <= leafSize {
		for _, i := range t.order[from:to] {
			look(int(i))
		}
		return
	}
	middle := (from + to) / 2
	i, axis := t.split(middle)
	look(i)
	side := coordinate(q, axis) - coordinate(t.points[i], axis)
	if side <= 0 {
		t.nearestIn(q, from, middle, best)
		if side*side <= best.squared {
			t.nearestIn(q, middle+1, to, best)
		}
		return
	}
	t.nearestIn(q, middle+1, to, best)
	if side*side <= best.squared {
		t.nearestIn(q, from, middle, best)
	}
}

// split takes apart the entry of a node that is no leaf: its point and its axis.
func (t *tree) split(middle int) (point, axis int) {
	packed := t.order[middle]
	return int(packed & (1<<29 - 1)), int(packed >> 29)
}

// within appends to list all points at a distance of at most radius from q, q itself too if it is one of them.
func (t *tree) within(q r3.Vec, radius float64, list []neighbour) []neighbour {
	return t.withinIn(q, radius*radius, 0, len(t.order), list)
}

// reach returns the distance from q to the k-th nearest point that is not q itself, or to the farthest one if there are not
// so many. It looks within a radius that it doubles until enough points are found.
func (t *tree) reach(q r3.Vec, k int) float64 {
	k = min(k, len(t.points)-1)
	radius := pointcloud.MaxRadius(t.points, q) / math.Sqrt(float64(len(t.points)))
	for {
		list := t.within(q, radius, nil)
		if len(list) > k {
			slices.SortFunc(list, func(a, b neighbour) int { return cmp.Compare(a.squared, b.squared) })
			return math.Sqrt(list[k].squared)
		}
		radius *= 2
	}
}

func (t *tree) withinIn(q r3.Vec, limit float64, from, to int, list []neighbour) []neighbour {
	if to-from <= leafSize {
		for _, i := range t.order[from:to] {
			if d := r3.Norm2(r3.Sub(t.points[i], q)); d <= limit {
				list = append(list, neighbour{int(i), d})
			}
		}
		return list
	}
	middle := (from + to) / 2
	i, axis := t.split(middle)
	if d := r3.Norm2(r3.Sub(t.points[i], q)); d <= limit {
		list = append(list, neighbour{i, d})
	}
	side := coordinate(q, axis) - coordinate(t.points[i], axis)
	if side <= 0 || side*side <= limit {
		list = t.withinIn(q, limit, from, middle, list)
	}
	if side >= 0 || side*side <= limit {
		list = t.withinIn(q, limit, middle+1, to, list)
	}
	return list
}
