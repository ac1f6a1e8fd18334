package clustering

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

var digitsOnce = sync.OnceValues(func() (*tabular.Table, error) {
	t, err := tabular.Digits()
	if err != nil {
		return nil, err
	}
	return t, Normalise(t, "minmax")
})

var neighboursOnce = sync.OnceValues(func() ([][]Neighbour, error) {
	t, err := digitsOnce()
	if err != nil {
		return nil, err
	}
	return Neighbours(t, 10, "cosine")
})

func digits(t *testing.T) *tabular.Table {
	t.Helper()
	table, err := digitsOnce()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func digitNeighbours(t *testing.T) [][]Neighbour {
	t.Helper()
	neighbours, err := neighboursOnce()
	if err != nil {
		t.Fatal(err)
	}
	return neighbours
}

func score(t *testing.T, table *tabular.Table, g *Graph, shape Shape) (Scores, *Clustering) {
	t.Helper()
	c, err := Cluster(context.Background(), table, g, shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Score(table.Labels, c.Labels)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// AMI of a prototype in Python with exact linear solves, on the same graph: .893 at α = −2 (26 clusters).
func TestCluster_ReachesTheReferenceOnTheDigits(t *testing.T) {
	g := NewGraph(digitNeighbours(t))
	for _, test := range []struct {
		shape    Shape
		ami      float64
		clusters int
	}{{Constant(1), .833, 12}, {Constant(-.5), .90, 21}, {Constant(-2), .893, 25}, {Fitted{}, .86, 0}} {
		s, c := score(t, digits(t), g, test.shape)
		if s.AMIGeometric < test.ami || s.AMIGeometric > test.ami+.03 {
			t.Errorf("%T(%v): AMI %.4f with %d clusters, want %.3f or a little more", test.shape, test.shape, s.AMIGeometric, c.Count, test.ami)
		}
		if test.clusters > 0 && (c.Count < test.clusters-4 || c.Count > test.clusters+4) {
			t.Errorf("%T(%v): %d clusters, want about %d", test.shape, test.shape, c.Count, test.clusters)
		}
	}
}

func TestCluster_BeatsKMeansOnTheDigits(t *testing.T) {
	labels, err := KMeans(digits(t), 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Score(digits(t).Labels, labels)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(s.AMIGeometric-.740) > .01 { // .740 of scikit-learn's KMeans with ten starts
		t.Errorf("k-means: AMI %.4f, want .740", s.AMIGeometric)
	}
}

// The penalty at α = −2 is the Geman-McClure function of [1]: 2c²ρ = μd²/(μ + d²), and its weight the square of the line
// process μ/(μ + d²).
func TestContinuation_AtMinusTwoIsRobustContinuousClustering(t *testing.T) {
	table := randomTable(60, 3, 8)
	neighbours, err := Neighbours(table, 5, "euclidean")
	if err != nil {
		t.Fatal(err)
	}
	g := NewGraph(neighbours)
	c, err := newContinuation(table, g, Constant(-2))
	if err != nil {
		t.Fatal(err)
	}
	c.mu = .7
	c.reweigh()
	objective := 0.0
	for i, d := range c.lengths {
		l := math.Pow(c.mu/(c.mu+d*d), 2)
		objective += c.lambda / 2 * c.balance[i] * c.mu * d * d / (c.mu + d*d)
		for k, e := range c.matrix.edge {
			if int(e) == i && math.Abs(c.matrix.values[k]-c.balance[i]*l) > 1e-13 {
				t.Fatalf("edge of length %g has the weight %g, want %g", d, c.matrix.values[k], c.balance[i]*l)
			}
		}
	}
	if math.Abs(c.objective()/objective-1) > 1e-12 { // U = X: the first term is 0
		t.Errorf("objective %g, want %g", c.objective(), objective)
	}
}

// For a fixed μ each iteration lowers the objective: the quadratic with weights l majorises the penalty.
func TestCluster_ObjectiveFallsWhileMuStays(t *testing.T) {
	table, err := tabular.Synth(tabular.SynthOptions{Kind: "t3", Clusters: 4, PerCluster: 40, Cols: 5, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	neighbours, err := Neighbours(table, 8, "euclidean")
	if err != nil {
		t.Fatal(err)
	}
	for _, alpha := range []float64{1, 0, -2, math.Inf(-1)} {
		_, c := score(t, table, NewGraph(neighbours), Constant(alpha))
		for i := 1; i < len(c.Trace); i++ {
			before, now := c.Trace[i-1], c.Trace[i]
			if before.Mu == now.Mu && before.Lambda == now.Lambda && now.Objective > before.Objective*(1+1e-3) {
				t.Errorf("α = %g: iteration %d raised the objective from %g to %g", alpha, i, before.Objective, now.Objective)
			}
		}
	}
}

// Well separated groups come out exactly, and in the order of their first rows.
func TestCluster_SeparatesGroups(t *testing.T) {
	table := randomTable(90, 4, 9)
	for i := range table.Rows {
		for j := range table.Row(i) {
			table.Row(i)[j] += 40 * float64(i%3)
		}
		table.Labels = append(table.Labels, i%3)
	}
	table.Classes = []string{"a", "b", "c"}
	neighbours, err := Neighbours(table, 8, "euclidean")
	if err != nil {
		t.Fatal(err)
	}
	g := NewGraph(neighbours)
	if g.Parts != 3 { // a disconnected graph is a forest: its parts are clustered apart
		t.Fatalf("%d parts, want 3", g.Parts)
	}
	s, c := score(t, table, g, Constant(0))
	if s.NMIGeometric < .7 || c.Labels[0] != 0 {
		t.Errorf("scores %+v with %d clusters", s, c.Count)
	}
	for i, l := range c.Labels { // no cluster reaches over two parts
		for j, m := range c.Labels[:i] {
			if l == m && i%3 != j%3 {
				t.Fatalf("rows %d and %d of different parts share cluster %d", i, j, l)
			}
		}
	}
}

// In two columns three neighbours tear groups apart; more keep them together.
func TestAdvise_SuggestsMoreNeighbours(t *testing.T) {
	const k = 3
	table := randomTable(270, 2, 9)
	for i := range table.Rows {
		for j := range table.Row(i) {
			table.Row(i)[j] += 40 * float64(i%3)
		}
	}
	neighbours, err := Neighbours(table, k, "euclidean")
	if err != nil {
		t.Fatal(err)
	}
	advise := func(found *Clustering) string {
		t.Helper()
		text, err := Advise(t.Context(), table, found, Constant(-2), k, "euclidean")
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	found, err := Cluster(t.Context(), table, NewGraph(neighbours), Constant(-2), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !found.Converged || found.Count < 20 {
		t.Fatalf("converged %v, %d clusters", found.Converged, found.Count)
	}
	// By hand: five clusters with 1, 1, 1, 2 and 265 rows.
	pieces := &Clustering{Labels: make([]int, 270), Count: 5}
	copy(pieces.Labels, []int{1, 2, 3, 4, 4})
	if got := pieces.sizes(); !slices.Equal(got, []int{265, 1, 1, 1, 2}) || pieces.pieces(3) != 3 || pieces.pieces(4) != 4 || pieces.pieces(1) != 0 {
		t.Errorf("sizes %v, pieces %d, %d, %d", got, pieces.pieces(3), pieces.pieces(4), pieces.pieces(1))
	}
	text := advise(pieces)
	if !strings.HasPrefix(text, "3 of the 5 clusters have 1 rows or fewer, though each row has 3 neighbours") || !strings.Contains(text, "; --neighbours ") || !strings.HasSuffix(text, " finds 3 clusters, 0 of them so small") {
		t.Errorf("advice %q", text)
	}
	whole := &Clustering{Labels: make([]int, 270), Count: 1}
	if text := advise(whole); text != "" {
		t.Errorf("advice on one cluster: %q", text)
	}
}

// μ starts at three times the square of the longest edge and must fall below the square of the shortest: from an edge of
// 1000 it does not arrive within 10 iterations.
func TestCluster_SaysThatItHasNotConverged(t *testing.T) {
	t.Cleanup(func(usual int) func() { return func() { maxIterations = usual } }(maxIterations))
	maxIterations = 10
	table := randomTable(30, 2, 3)
	table.Row(7)[0] = 1e3
	neighbours, err := Neighbours(table, 5, "euclidean")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Cluster(t.Context(), table, NewGraph(neighbours), Constant(-2), nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Converged || len(c.Trace) != maxIterations {
		t.Errorf("converged %v after %d iterations", c.Converged, len(c.Trace))
	}
	item := run.Result{Values: run.Values{"unconverged -2": 1}}
	if notes := unconverged([]run.Result{item, item, {}}); len(notes) != 1 || notes[0] != "Not converged after 10 iterations: RCC: α = −2 (2 times)." {
		t.Errorf("notes %q", notes)
	}
}

// Duplicates of rows end in the cluster of the row they repeat.
func TestCluster_KeepsDuplicatesTogether(t *testing.T) {
	table := randomTable(80, 3, 10)
	for i := 40; i < 80; i++ {
		copy(table.Row(i), table.Row(i-40))
	}
	neighbours, err := Neighbours(table, 6, "euclidean")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Cluster(context.Background(), table, NewGraph(neighbours), Constant(-2), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		if c.Labels[i] != c.Labels[i+40] {
			t.Errorf("row %d is in cluster %d, its duplicate in %d", i, c.Labels[i], c.Labels[i+40])
		}
	}
}

func TestCluster_RefusesWhatItCannotCluster(t *testing.T) {
	same := &tabular.Table{Name: "same", Rows: 30, Cols: 2, X: make([]float64, 60)}
	for i := range same.X {
		same.X[i] = 1
	}
	good := randomTable(30, 2, 1)
	broken := randomTable(30, 2, 1)
	broken.X[9] = math.Inf(1)
	neighbours, err := Neighbours(good, 4, "euclidean")
	if err != nil {
		t.Fatal(err)
	}
	g := NewGraph(neighbours)
	for want, test := range map[string]struct {
		table *tabular.Table
		graph *Graph
		shape Shape
	}{
		"the rows are duplicates, or their scale is too small": {same, g, Constant(-2)},
		"row 4, column 1 is not finite":                        {broken, g, Constant(-2)},
		"a graph of 30 rows for a table of 29":                 {good.Head(29), g, Constant(-2)},
		"α = 3: want at most 2":                                {good, g, Constant(3)},
		"α = NaN":                                              {good, g, Constant(math.NaN())},
		"the table is empty":                                   {&tabular.Table{}, g, Constant(0)},
	} {
		if _, err := Cluster(context.Background(), test.table, test.graph, test.shape, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want …%s…", err, want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Cluster(ctx, good, g, Constant(0), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context: %v", err)
	}
}
