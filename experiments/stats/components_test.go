package stats_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/robustloss/gomlx-robustloss/experiments/stats"
)

func random(rows, columns int, seed uint64) *mat.Dense {
	rng := rand.New(rand.NewPCG(seed, 0))
	m := mat.NewDense(rows, columns, nil)
	m.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, m)
	return m
}

// fading makes columns whose spread falls by the factor from one to the next, with a mean that is not 0.
func fading(rows, columns int, factor float64, seed uint64) *mat.Dense {
	m := random(rows, columns, seed)
	m.Apply(func(_, j int, v float64) float64 { return v*math.Pow(factor, float64(j)) + float64(j%7) }, m)
	return m
}

func components(t testing.TB, x *mat.Dense, count int) *stats.Components {
	t.Helper()
	c, err := stats.PrincipalComponents(x, count)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A plane in three dimensions, through (1, 2, 3).
func ExamplePrincipalComponents() {
	x := mat.NewDense(4, 3, []float64{
		1 + 3, 2, 3,
		1 - 3, 2, 3,
		1, 2 + 1, 3,
		1, 2 - 1, 3,
	})
	c, err := stats.PrincipalComponents(x, 2)
	if err != nil {
		panic(err)
	}
	fmt.Printf("mean %.0f, first axis along x: %.0f\n", c.Mean, math.Abs(c.Axes.At(0, 0)))
	fmt.Printf("left over: %.0f, distance from the mean: %.0f\n", mat.Norm(c.Residuals(x), 2), math.Abs(c.Project(x).At(0, 0)))
	// Output:
	// mean [1 2 3], first axis along x: 1
	// left over: 0, distance from the mean: 3
}

// Both ways of computing, 30 columns and 1,100: what is left over has the sum of squares of the other singular values,
// and the axes are those of gonum's stat.PC up to their signs.
func TestPrincipalComponents_AreThoseOfGonum(t *testing.T) {
	const count = 4
	for _, columns := range []int{30, 1100} {
		x := fading(50, columns, .7, 3)
		c := components(t, x, count)
		var pc stat.PC
		if !pc.PrincipalComponents(x, nil) {
			t.Fatal("gonum finds no principal components")
		}
		var vectors mat.Dense
		pc.VectorsTo(&vectors)
		for k := range count {
			if cosine := mat.Dot(c.Axes.RowView(k), vectors.ColView(k)); math.Abs(math.Abs(cosine)-1) > 1e-9 {
				t.Errorf("%d columns: axis %d has the cosine %.12f with gonum's", columns, k, cosine)
			}
		}
		want := 0.0
		for _, v := range pc.VarsTo(nil)[count:] {
			want += v * 49
		}
		norm := mat.Norm(c.Residuals(x), 2)
		if got := norm * norm; math.Abs(got-want) > 1e-6*want {
			t.Errorf("%d columns: residual sum of squares %g, want %g", columns, got, want)
		}
	}
}

func TestPrincipalComponents_LeaveNothingOfALowRank(t *testing.T) {
	for _, columns := range []int{40, 1100} {
		var x mat.Dense
		x.Mul(random(60, 3, 1), random(3, columns, 2))
		x.Apply(func(_, j int, v float64) float64 { return v + float64(j%9) }, &x) // the mean is taken off first
		if left := mat.Norm(components(t, &x, 3).Residuals(&x), 2); left > 1e-8 {
			t.Errorf("%d columns: residuals of norm %g", columns, left)
		}
	}
}

// Rows and their coordinates on all axes have the same distances: the axes are a rotation.
func TestProject_OnAllAxesKeepsDistances(t *testing.T) {
	x := fading(700, 5, .9, 12)
	projected := components(t, x, 5).Project(x)
	var before, after mat.VecDense
	for i := 1; i < 700; i++ {
		before.SubVec(x.RowView(i), x.RowView(i-1))
		after.SubVec(projected.RowView(i), projected.RowView(i-1))
		if math.Abs(mat.Norm(&before, 2)-mat.Norm(&after, 2)) > 1e-11 {
			t.Fatalf("rows %d and %d: distance %g, want %g", i-1, i, mat.Norm(&after, 2), mat.Norm(&before, 2))
		}
	}
}

// Of more than 10,000 rows a part is taken: the axes come out nearly the same.
func TestPrincipalComponents_OfManyRows(t *testing.T) {
	c := components(t, fading(25_000, 3, .2, 4), 2)
	for k := range 2 {
		if got := math.Abs(c.Axes.At(k, k)); got < .999 {
			t.Errorf("axis %d has the cosine %g with column %d", k, got, k)
		}
	}
}

func TestPrincipalComponents_RefuseMoreThanThereAre(t *testing.T) {
	for _, count := range []int{0, 10, 11} {
		if _, err := stats.PrincipalComponents(random(10, 12, 1), count); err == nil {
			t.Errorf("%d components of 10 rows are accepted", count)
		}
	}
}

// The tables of the experiments: digits, a part of a table of MNIST's size, and images with 3·32·32 values.
func BenchmarkPrincipalComponents(b *testing.B) {
	for _, size := range []struct{ rows, columns, count int }{{1797, 64, 2}, {10_000, 784, 50}, {1000, 3072, 16}} {
		x := fading(size.rows, size.columns, .999, 1)
		b.Run(fmt.Sprintf("%dx%d", size.rows, size.columns), func(b *testing.B) {
			for b.Loop() {
				components(b, x, size.count)
			}
		})
		b.Run(fmt.Sprintf("%dx%d gonum", size.rows, size.columns), func(b *testing.B) {
			for b.Loop() {
				var pc stat.PC
				if !pc.PrincipalComponents(x, nil) {
					b.Fatal("no components")
				}
				var vectors mat.Dense
				pc.VectorsTo(&vectors)
			}
		})
	}
}
