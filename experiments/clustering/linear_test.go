package clustering

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// randomSystem returns a graph, values for its edges and the dense matrix A.
func randomSystem(rows int, seed uint64) (*Graph, []float64, *mat.SymDense) {
	rng := rand.New(rand.NewPCG(seed, 2))
	var edges []Edge
	for i := 1; i < rows; i++ {
		edges = append(edges, Edge{rng.IntN(i), i}, Edge{rng.IntN(i), i})
	}
	g := finish(rows, edges)
	values := make([]float64, len(g.Edges))
	dense := mat.NewSymDense(rows, nil)
	for i, e := range g.Edges {
		values[i] = rng.ExpFloat64()
		dense.SetSym(e.P, e.P, dense.At(e.P, e.P)+values[i])
		dense.SetSym(e.Q, e.Q, dense.At(e.Q, e.Q)+values[i])
		dense.SetSym(e.P, e.Q, dense.At(e.P, e.Q)-values[i])
	}
	return g, values, dense
}

func TestLaplacian_MultipliesAsTheDenseMatrix(t *testing.T) {
	const rows, width = 40, 3
	g, values, dense := randomSystem(rows, 1)
	a := newLaplacian(g)
	a.set(values)
	x := randomTable(rows, width, 3).X
	y := make([]float64, len(x))
	a.multiply(x, y, width)
	var want mat.Dense
	want.Mul(dense, mat.NewDense(rows, width, x))
	for i, v := range y {
		if math.Abs(v-want.RawMatrix().Data[i]) > 1e-12 {
			t.Fatalf("value %d is %g, want %g", i, v, want.RawMatrix().Data[i])
		}
	}
}

func TestSolve_IsTheSolutionOfTheDenseSystem(t *testing.T) {
	const rows, cols, lambda = 60, 37, 4.5 // three blocks of columns
	g, values, dense := randomSystem(rows, 2)
	a := newLaplacian(g)
	a.set(values)
	table := randomTable(rows, cols, 4)
	for i := 0; i < len(table.X); i += cols {
		table.X[i+5] = 0 // a column whose solution is 0
	}
	u := slices.Clone(table.X)
	if _, err := a.solve(lambda, 1e-12, table.X, u, cols); err != nil {
		t.Fatal(err)
	}
	system := mat.NewDense(rows, rows, nil)
	for i := range rows {
		for j := range rows {
			system.Set(i, j, lambda*dense.At(i, j))
		}
		system.Set(i, i, system.At(i, i)+1)
	}
	var want mat.Dense
	if err := want.Solve(system, mat.NewDense(rows, cols, table.X)); err != nil {
		t.Fatal(err)
	}
	for i, v := range u {
		if math.Abs(v-want.RawMatrix().Data[i]) > 1e-9 {
			t.Fatalf("value %d is %g, want %g", i, v, want.RawMatrix().Data[i])
		}
	}
}

func TestSolve_StopsAtTheToleranceAskedFor(t *testing.T) {
	g, values, _ := randomSystem(300, 3)
	a := newLaplacian(g)
	a.set(values)
	table := randomTable(300, 2, 5)
	last := 0
	for _, tolerance := range []float64{1e-2, 1e-5, 1e-9} {
		u := slices.Clone(table.X)
		steps, err := a.solve(3, tolerance, table.X, u, 2)
		if err != nil {
			t.Fatal(err)
		}
		if steps <= last {
			t.Errorf("%d steps to %g, %d to a coarser tolerance", steps, tolerance, last)
		}
		last = steps
		if again, err := a.solve(3, tolerance, table.X, u, 2); err != nil || again > 1 {
			t.Errorf("%d steps from the solution itself (%v)", again, err)
		}
	}
}

func TestLargestEigenvalue_IsThatOfTheDenseMatrix(t *testing.T) {
	g, values, dense := randomSystem(150, 6)
	var eigen mat.EigenSym
	if !eigen.Factorize(dense, false) {
		t.Fatal("no eigenvalues")
	}
	want := eigen.Values(nil)[149]
	if got := g.SpectralNorm(values); math.Abs(got/want-1) > 1e-4 {
		t.Errorf("‖A‖ = %g, want %g", got, want)
	}
	table := randomTable(90, 13, 7)
	var svd mat.SVD
	if !svd.Factorize(mat.NewDense(90, 13, table.X), mat.SVDNone) {
		t.Fatal("no singular values")
	}
	if got, want := SpectralNorm(table.X, 13), svd.Values(nil)[0]; math.Abs(got/want-1) > 1e-6 {
		t.Errorf("‖X‖ = %g, want %g", got, want)
	}
	if got := SpectralNorm([]float64{3, 4}, 1); math.Abs(got-5) > 1e-12 {
		t.Errorf("the norm of one column is %g, want 5", got)
	}
}
