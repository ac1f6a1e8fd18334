package clustering

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/experiments/parallel"
)

// Metrics lists the distances between rows: "cosine" is that of the rows scaled to length 1.
func Metrics() []string { return []string{"cosine", "euclidean"} }

// Neighbour is a row and its distance.
type Neighbour struct {
	Row      int
	Distance float64
}

const (
	searchRows = 64 // rows of a block: two blocks of 784 float32 columns fit in a core's cache
	extra      = 6  // candidates beyond k, so that rounding of the search cannot lose a neighbour
)

// Neighbours returns the k nearest other rows of each row, nearest first, of two at the same distance the one with the
// smaller number. It compares all rows with all: n²·cols multiplications in single precision, in blocks; the k + 6
// candidates found are measured again in double precision. Beside the table it holds one single-precision copy of it.
//
// A k-d tree does not help here: in 64 columns a query visits nearly all rows. gonum's spatial/kdtree takes about three
// times as long for the digits (BenchmarkNeighbours).
//
// It fails for k ≥ n, k < 1, for a row of zeros under the cosine metric, and where distances overflow.
func Neighbours(t *tabular.Table, k int, metric string) ([][]Neighbour, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if k < 1 || k >= t.Rows {
		return nil, fmt.Errorf("clustering: k = %d neighbours among %d rows: want 1 ≤ k < rows", k, t.Rows)
	}
	s := &search{table: t, k: min(k+extra, t.Rows-1), norms: make([]float64, t.Rows)}
	for i := range s.norms {
		norm := 1.0
		if metric == "cosine" {
			if norm = math.Sqrt(dot(t.Row(i), t.Row(i))); norm == 0 {
				return nil, fmt.Errorf("clustering: row %d is zero: it has no direction; use the euclidean metric", i)
			}
		}
		s.norms[i] = norm
	}
	if !slices.Contains(Metrics(), metric) {
		return nil, fmt.Errorf("clustering: unknown metric %q: want one of %q", metric, Metrics())
	}
	s.fill()
	found := make([][]Neighbour, t.Rows)
	parallel.Blocks(t.Rows, searchRows, func(_, from, to int) {
		candidates := s.nearest(from, to)
		for i := from; i < to; i++ {
			found[i] = s.measure(i, candidates[i-from])[:k]
		}
	})
	for i, list := range found {
		if last := list[k-1]; math.IsInf(last.Distance, 1) {
			return nil, fmt.Errorf("clustering: the distance of the rows %d and %d overflows: divide the columns, or normalise them", i, last.Row)
		}
	}
	return found, nil
}

// search holds the rows in single precision, each divided by its norm, less the median of each column, and in a unit in which
// most values are near 1; and half their squared length. Distances do not depend on the medians, but single precision
// would lose them beside a large one.
type search struct {
	table *tabular.Table
	k     int
	norms []float64
	rows  []float32
	half  []float32
}

const (
	sampledRows = 500  // rows that the medians are taken from
	farthest    = 1e15 // values that are larger, in the unit, are cut: their squares must not overflow
)

func (s *search) fill() {
	cols := s.table.Cols
	medians, unit := s.middle()
	s.rows, s.half = make([]float32, len(s.table.X)), make([]float32, s.table.Rows)
	parallel.Blocks(s.table.Rows, searchRows, func(_, from, to int) {
		for i := from; i < to; i++ {
			squared := 0.0
			for j, v := range s.table.Row(i) {
				v = max(-farthest, min(farthest, (v/s.norms[i]-medians[j])/unit))
				s.rows[i*cols+j] = float32(v)
				squared += v * v
			}
			s.half[i] = float32(squared / 2)
		}
	})
}

// middle returns the median of each column, and a power of two near the median distance from it, of a sample of the rows.
// Rows that are far from all others change neither.
func (s *search) middle() (medians []float64, unit float64) {
	count := min(s.table.Rows, sampledRows)
	column, distances := make([]float64, count), []float64{}
	for j := range s.table.Cols {
		for i := range column {
			row := i * s.table.Rows / count
			column[i] = s.table.Row(row)[j] / s.norms[row]
		}
		slices.Sort(column)
		median := column[count/2]
		medians = append(medians, median)
		for _, v := range column {
			if d := math.Abs(v - median); d > 0 {
				distances = append(distances, d)
			}
		}
	}
	if len(distances) == 0 {
		return medians, 1
	}
	slices.Sort(distances)
	_, exponent := math.Frexp(distances[len(distances)/2])
	return medians, math.Ldexp(1, exponent)
}

// candidate is a row and ½‖b‖² − a·b, which orders the rows b as their distance from a does.
type candidate struct {
	row   int32
	order float32
}

// nearest returns the s.k candidates of the rows from…to.
func (s *search) nearest(from, to int) [][]candidate {
	cols, n := s.table.Cols, s.table.Rows
	lists := make([][]candidate, to-from)
	for i := range lists {
		lists[i] = make([]candidate, 0, s.k+1)
	}
	vector := func(i int) blas32.Vector {
		return blas32.Vector{N: cols, Inc: 1, Data: s.rows[i*cols : (i+1)*cols]}
	}
	for start := 0; start < n; start += searchRows {
		end := min(n, start+searchRows)
		for i := from; i < to; i++ {
			a, list := vector(i), lists[i-from]
			for j := start; j < end; j++ {
				order := s.half[j] - blas32.Dot(a, vector(j))
				if j != i && (len(list) < s.k || order < list[len(list)-1].order) {
					list = insert(list, candidate{int32(j), order}, s.k)
				}
			}
			lists[i-from] = list
		}
	}
	return lists
}

// insert keeps the list sorted and at most limit long.
func insert(list []candidate, c candidate, limit int) []candidate {
	at := len(list)
	for at > 0 && c.order < list[at-1].order {
		at--
	}
	list = slices.Insert(list, at, c)
	return list[:min(limit, len(list))]
}

// measure sorts the candidates by their distance in double precision; the cosine distance 1 − â·b̂ is ½‖â − b̂‖².
func (s *search) measure(i int, candidates []candidate) []Neighbour {
	list := make([]Neighbour, len(candidates))
	for at, c := range candidates {
		b, squared := s.table.Row(int(c.row)), 0.0
		for j, v := range s.table.Row(i) {
			d := v/s.norms[i] - b[j]/s.norms[c.row]
			squared += d * d
		}
		list[at] = Neighbour{int(c.row), math.Sqrt(squared)}
	}
	slices.SortFunc(list, func(a, b Neighbour) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Row, b.Row))
	})
	return list
}

// Edge joins the rows P < Q.
type Edge struct{ P, Q int }

// Graph joins rows that may belong together.
type Graph struct {
	Rows  int
	Edges []Edge // sorted, without repetition
	// Parts is the number of connected components: clusters cannot reach from one to another.
	Parts int
}

// NewGraph makes the graph of [1] from the k nearest neighbours: an edge for two rows that are among each other's
// neighbours, and the edges of a minimum spanning tree of all neighbour pairs. If those do not connect all rows, it is a
// spanning tree of each part.
func NewGraph(neighbours [][]Neighbour) *Graph {
	n := len(neighbours)
	type pair struct {
		Edge
		distance float64
	}
	var pairs []pair
	seen := map[Edge]bool{}
	var edges []Edge
	for i, list := range neighbours {
		for _, near := range list {
			e := Edge{min(i, near.Row), max(i, near.Row)}
			if seen[e] { // the second time: each is in the other's list
				edges = append(edges, e)
				continue
			}
			seen[e] = true
			pairs = append(pairs, pair{e, near.Distance})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.P, b.P), cmp.Compare(a.Q, b.Q))
	})
	sets := newDisjointSets(n)
	for _, p := range pairs { // Kruskal
		if sets.join(p.P, p.Q) {
			edges = append(edges, p.Edge)
		}
	}
	return finish(n, edges)
}

// graphOfEdges makes a graph of the pairs that a table brought; loops and repetitions are dropped.
func graphOfEdges(t *tabular.Table) (*Graph, error) {
	if len(t.Edges) == 0 {
		return nil, fmt.Errorf("clustering: %s brings no edges", t.Name)
	}
	if err := t.Validate(); err != nil {
		return nil, err
	}
	edges := make([]Edge, 0, len(t.Edges))
	for _, e := range t.Edges {
		if e[0] != e[1] {
			edges = append(edges, Edge{min(e[0], e[1]), max(e[0], e[1])})
		}
	}
	if len(edges) == 0 {
		return nil, fmt.Errorf("clustering: all edges of %s join a row with itself", t.Name)
	}
	return finish(t.Rows, edges), nil
}

func finish(n int, edges []Edge) *Graph {
	slices.SortFunc(edges, func(a, b Edge) int { return cmp.Or(cmp.Compare(a.P, b.P), cmp.Compare(a.Q, b.Q)) })
	g := &Graph{Rows: n, Edges: slices.Compact(edges)}
	sets := newDisjointSets(n)
	for _, e := range g.Edges {
		sets.join(e.P, e.Q)
	}
	g.Parts = sets.count
	return g
}

// Balance returns the weight of each edge [1]: w_pq = mean degree/√(degree_p·degree_q), so that rows with many edges do
// not pull harder than others.
func (g *Graph) Balance() []float64 {
	degree := make([]float64, g.Rows)
	for _, e := range g.Edges {
		degree[e.P]++
		degree[e.Q]++
	}
	mean := 2 * float64(len(g.Edges)) / float64(g.Rows)
	weights := make([]float64, len(g.Edges))
	for i, e := range g.Edges {
		weights[i] = mean / math.Sqrt(degree[e.P]*degree[e.Q])
	}
	return weights
}

// Lengths returns the Euclidean length of each edge between the rows of x, row-major with the given number of columns.
func (g *Graph) Lengths(x []float64, cols int) []float64 {
	lengths := make([]float64, len(g.Edges))
	parallel.Blocks(len(lengths), 1024, func(_, from, to int) {
		for i := from; i < to; i++ {
			e := g.Edges[i]
			lengths[i] = math.Sqrt(squaredDistance(x[e.P*cols:(e.P+1)*cols], x[e.Q*cols:(e.Q+1)*cols]))
		}
	})
	return lengths
}

// Components numbers the connected components of the edges for which keep says true, in the order of their first rows.
func (g *Graph) Components(keep func(edge int) bool) (labels []int, count int) {
	sets := newDisjointSets(g.Rows)
	for i, e := range g.Edges {
		if keep(i) {
			sets.join(e.P, e.Q)
		}
	}
	number := map[int]int{}
	labels = make([]int, g.Rows)
	for i := range labels {
		root := sets.find(i)
		if _, ok := number[root]; !ok {
			number[root] = len(number)
		}
		labels[i] = number[root]
	}
	return labels, len(number)
}

// disjointSets is a union-find structure.
type disjointSets struct {
	parent []int
	count  int
}

func newDisjointSets(n int) *disjointSets {
	s := &disjointSets{parent: make([]int, n), count: n}
	for i := range s.parent {
		s.parent[i] = i
	}
	return s
}

func (s *disjointSets) find(i int) int {
	for s.parent[i] != i {
		s.parent[i] = s.parent[s.parent[i]]
		i = s.parent[i]
	}
	return i
}

// join reports whether the two were in different sets. The smaller root stays, so the outcome has one order.
func (s *disjointSets) join(i, j int) bool {
	i, j = s.find(i), s.find(j)
	if i == j {
		return false
	}
	s.parent[max(i, j)] = min(i, j)
	s.count--
	return true
}
