package clustering

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
)

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

// GraphOfEdges makes a graph of the pairs that a table brought; loops and repetitions are dropped.
func GraphOfEdges(t *tabular.Table) (*Graph, error) {
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

// balance returns the weight of each edge [1]: w_pq = mean degree/√(degree_p·degree_q), so that rows with many edges do
// not pull harder than others.
func (g *Graph) balance() []float64 {
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
	parts(len(lengths), 1024, func(_, from, to int) {
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
