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
	"gonum.org/v1/gonum/spatial/kdtree"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/experiments/parallel"
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

// The columns' mean is large beside the distances, or all values are huge or tiny: single precision alone would mix the
// neighbours up.
func TestNeighbours_SurviveOffsetsAndUnits(t *testing.T) {
	for _, metric := range Metrics() {
		for _, change := range []struct{ offset, unit float64 }{{30, 1}, {1e6, 1}, {0, 1e60}, {0, 1e-60}, {1e5, 1e30}} {
			table := randomTable(150, 4, 2)
			for i := range table.X {
				table.X[i] = change.unit * (table.X[i] + change.offset)
			}
			got, err := Neighbours(table, 4, metric)
			if err != nil {
				t.Fatal(err)
			}
			want := slowNeighbours(table, 4, metric)
			for i := range want {
				for k := range want[i] {
					if got[i][k].Row != want[i][k].Row {
						t.Fatalf("%s, %+v: neighbours of row %d are %v, want %v", metric, change, i, got[i], want[i])
					}
				}
			}
		}
	}
	// One row far from all others, whose neighbours single precision cannot tell; the others have theirs.
	for _, far := range []float64{1e17, 1e40, 1e100} {
		table := randomTable(150, 4, 2)
		table.Row(7)[0] = far
		got, err := Neighbours(table, 4, "euclidean")
		if err != nil {
			t.Fatal(err)
		}
		want := slowNeighbours(table, 4, "euclidean")
		for i := range want {
			for k := range want[i] {
				if i != 7 && got[i][k].Row != want[i][k].Row {
					t.Fatalf("a row at %g: neighbours of row %d are %v, want %v", far, i, got[i], want[i])
				}
			}
		}
	}
	huge := randomTable(20, 2, 2)
	for i := range huge.X {
		huge.X[i] *= 1e200
	}
	if _, err := Neighbours(huge, 3, "euclidean"); err == nil || !strings.Contains(err.Error(), "overflows: divide the columns, or normalise them") {
		t.Errorf("error %v", err)
	}
}

// row is a row of a table for gonum's k-d tree.
type row struct {
	values []float64
	number int
}

func (r row) Compare(c kdtree.Comparable, d kdtree.Dim) float64 {
	return r.values[d] - c.(row).values[d]
}
func (r row) Dims() int                            { return len(r.values) }
func (r row) Distance(c kdtree.Comparable) float64 { return squaredDistance(r.values, c.(row).values) }

type rows []row

func (r rows) Index(i int) kdtree.Comparable         { return r[i] }
func (r rows) Len() int                              { return len(r) }
func (r rows) Slice(start, end int) kdtree.Interface { return r[start:end] }
func (r rows) Pivot(d kdtree.Dim) int                { return byColumn{r, d}.Pivot() }

type byColumn struct {
	rows
	dim kdtree.Dim
}

func (r byColumn) Less(i, j int) bool { return r.rows[i].values[r.dim] < r.rows[j].values[r.dim] }
func (r byColumn) Swap(i, j int)      { r.rows[i], r.rows[j] = r.rows[j], r.rows[i] }
func (r byColumn) Slice(start, end int) kdtree.SortSlicer {
	return byColumn{r.rows[start:end], r.dim}
}
func (r byColumn) Pivot() int { return kdtree.Partition(r, kdtree.MedianOfMedians(r)) }

// Prints the times that the comment of Neighbours compares.
func BenchmarkNeighbours(b *testing.B) {
	table, err := digitsOnce()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("all with all", func(b *testing.B) {
		for b.Loop() {
			if _, err := Neighbours(table, 10, "euclidean"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("gonum kdtree", func(b *testing.B) {
		for b.Loop() {
			var list rows
			for i := range table.Rows {
				list = append(list, row{table.Row(i), i})
			}
			tree := kdtree.New(list, false)
			parallel.Blocks(table.Rows, searchRows, func(_, from, to int) {
				for i := from; i < to; i++ {
					keeper := kdtree.NewNKeeper(11)
					tree.NearestSet(keeper, row{table.Row(i), i})
				}
			})
		}
	})
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
	got, err := graphOfEdges(table)
	if err != nil {
		t.Fatal(err)
	}
	if want := (&Graph{Rows: 4, Edges: []Edge{{0, 1}, {1, 2}}, Parts: 2}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for want, edges := range map[string][][2]int{"brings no edges": nil, "join a row with itself": {{1, 1}}, "edge 0 joins rows 0 and 9": {{0, 9}}} {
		table.Edges = edges
		if _, err := graphOfEdges(table); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want …%s…", err, want)
		}
	}
}

// w_pq = mean degree/√(degree_p·degree_q): a path of three rows has degrees 1, 2, 1 and the mean 4/3.
func TestGraph_Balance(t *testing.T) {
	g := finish(3, []Edge{{0, 1}, {1, 2}})
	for _, w := range g.Balance() {
		if math.Abs(w-4./3/math.Sqrt2) > 1e-15 {
			t.Errorf("weight %g, want %g", w, 4./3/math.Sqrt2)
		}
	}
}
