package clustering

import (
	"cmp"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
)

func randomTable(rows, cols int, seed uint64) *tabular.Table {
	rng := rand.New(rand.NewPCG(seed, 1))
	t := &tabular.Table{Name: "random", Rows: rows, Cols: cols, X: make([]float64, rows*cols)}
	for i := range t.X {
		t.X[i] = rng.NormFloat64()
	}
	return t
}

// slowNeighbours sorts all rows by their distance from each row.
func slowNeighbours(t *tabular.Table, k int, metric string) [][]Neighbour {
	unit := func(i int) []float64 {
		row := slices.Clone(t.Row(i))
		if metric == "cosine" {
			floats.Scale(1/math.Sqrt(dot(row, row)), row)
		}
		return row
	}
	all := make([][]Neighbour, t.Rows)
	for i := range all {
		for j := range t.Rows {
			if j != i {
				all[i] = append(all[i], Neighbour{j, math.Sqrt(squaredDistance(unit(i), unit(j)))})
			}
		}
		slices.SortFunc(all[i], func(a, b Neighbour) int {
			return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Row, b.Row))
		})
		all[i] = all[i][:k]
	}
	return all
}

func TestNeighbours_AreThoseOfSortingAllRows(t *testing.T) {
	for _, metric := range Metrics() {
		table := randomTable(200, 7, 1)
		copy(table.Row(150), table.Row(3)) // a duplicate
		got, err := Neighbours(table, 5, metric)
		if err != nil {
			t.Fatal(err)
		}
		want := slowNeighbours(table, 5, metric)
		for i := range want {
			for k := range want[i] {
				if got[i][k].Row != want[i][k].Row || math.Abs(got[i][k].Distance-want[i][k].Distance) > 1e-12 {
					t.Fatalf("%s: neighbours of row %d are %v, want %v", metric, i, got[i], want[i])
				}
			}
		}
		if got[3][0] != (Neighbour{150, 0}) {
			t.Errorf("%s: the duplicate of row 3 is %v", metric, got[3][0])
		}
	}
}

// The columns' mean is large beside the distances: single precision alone would mix the neighbours up.
func TestNeighbours_SurviveALargeOffset(t *testing.T) {
	table := randomTable(150, 4, 2)
	for i := range table.X {
		table.X[i] += 30
	}
	got, err := Neighbours(table, 4, "euclidean")
	if err != nil {
		t.Fatal(err)
	}
	want := slowNeighbours(table, 4, "euclidean")
	for i := range want {
		for k := range want[i] {
			if got[i][k].Row != want[i][k].Row {
				t.Fatalf("neighbours of row %d are %v, want %v", i, got[i], want[i])
			}
		}
	}
}

func TestNeighbours_RefusesWhatHasNoNeighbours(t *testing.T) {
	zero := randomTable(5, 2, 1)
	copy(zero.Row(2), []float64{0, 0})
	broken := randomTable(5, 2, 1)
	broken.X[3] = math.NaN()
	for want, test := range map[string]struct {
		table  *tabular.Table
		k      int
		metric string
	}{
		"k = 5 neighbours among 5 rows":      {randomTable(5, 2, 1), 5, "cosine"},
		"k = 0 neighbours":                   {randomTable(5, 2, 1), 0, "cosine"},
		"row 2 is zero: it has no direction": {zero, 2, "cosine"},
		`unknown metric "city"`:              {zero, 2, "city"},
		"row 1, column 1 is not finite":      {broken, 2, "euclidean"},
		"the table is empty":                 {&tabular.Table{}, 1, "euclidean"},
	} {
		if _, err := Neighbours(test.table, test.k, test.metric); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want …%s…", err, want)
		}
	}
}

// Five points on a line, at 0, 1, 2, 10, 11, with one neighbour each: mutual are 0–1 (ties go to the smaller number) and
// 10–11; the neighbour of 2 is 1. The tree of these pairs leaves two parts.
func TestNewGraph_JoinsMutualNeighboursAndTheTree(t *testing.T) {
	line := &tabular.Table{Rows: 5, Cols: 1, X: []float64{0, 1, 2, 10, 11}}
	neighbours, err := Neighbours(line, 1, "euclidean")
	if err != nil {
		t.Fatal(err)
	}
	got := NewGraph(neighbours)
	want := &Graph{Rows: 5, Edges: []Edge{{0, 1}, {1, 2}, {3, 4}}, Parts: 2}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Of any graph: mutual pairs are in it, and with the tree it connects what all neighbour pairs connect, with the least
// total length.
func TestNewGraph_OnRandomTables(t *testing.T) {
	table := randomTable(120, 3, 5)
	neighbours, err := Neighbours(table, 6, "euclidean")
	if err != nil {
		t.Fatal(err)
	}
	in := func(i, j int) bool {
		return slices.ContainsFunc(neighbours[i], func(n Neighbour) bool { return n.Row == j })
	}
	g := NewGraph(neighbours)
	extra := 0
	for _, e := range g.Edges {
		if !in(e.P, e.Q) && !in(e.Q, e.P) {
			t.Fatalf("edge %v joins rows that are no neighbours", e)
		}
		if !in(e.P, e.Q) || !in(e.Q, e.P) {
			extra++
		}
	}
	mutual := 0
	for i := range table.Rows {
		for j := range i {
			if in(i, j) && in(j, i) {
				mutual++
			}
		}
	}
	if len(g.Edges) != mutual+extra || extra >= table.Rows {
		t.Errorf("%d edges, %d mutual pairs, %d others", len(g.Edges), mutual, extra)
	}
	if g.Parts != 1 {
		t.Errorf("%d parts", g.Parts)
	}
}

func TestNewGraph_OfTheDigitsHasTheEdgesOfTheReference(t *testing.T) {
	g := NewGraph(digitNeighbours(t))
	if len(g.Edges) != 5570 || g.Parts != 1 { // counted with scipy in a prototype of the same graph
		t.Errorf("%d edges in %d parts, want 5,570 in 1", len(g.Edges), g.Parts)
	}
}

func TestGraphOfEdges_TakesWhatTheTableBrings(t *testing.T) {
	table := &tabular.Table{Name: "t", Rows: 4, Cols: 1, X: []float64{1, 2, 3, 4}, Edges: [][2]int{{2, 1}, {0, 1}, {1, 2}, {3, 3}}}
	got, err := GraphOfEdges(table)
	if err != nil {
		t.Fatal(err)
	}
	if want := (&Graph{Rows: 4, Edges: []Edge{{0, 1}, {1, 2}}, Parts: 2}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for want, edges := range map[string][][2]int{"brings no edges": nil, "join a row with itself": {{1, 1}}, "edge 0 joins rows 0 and 9": {{0, 9}}} {
		table.Edges = edges
		if _, err := GraphOfEdges(table); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want …%s…", err, want)
		}
	}
}

// w_pq = mean degree/√(degree_p·degree_q): a path of three rows has degrees 1, 2, 1 and the mean 4/3.
func TestGraph_Balance(t *testing.T) {
	g := finish(3, []Edge{{0, 1}, {1, 2}})
	for _, w := range g.balance() {
		if math.Abs(w-4./3/math.Sqrt2) > 1e-15 {
			t.Errorf("weight %g, want %g", w, 4./3/math.Sqrt2)
		}
	}
}
