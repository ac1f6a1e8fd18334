package linear

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func random(rows, columns int, seed uint64) *mat.Dense {
	rng := rand.New(rand.NewPCG(seed, 0))
	m := mat.NewDense(rows, columns, nil)
	m.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, m)
	return m
}

func TestPCALeavesNothingOfALowRank(t *testing.T) {
	var x mat.Dense
	x.Mul(random(60, 3, 1), random(3, 40, 2))
	x.Apply(func(_, j int, v float64) float64 { return v + float64(j) }, &x) // the mean is taken off first
	pca, err := FitPCA(&x, 3)
	if err != nil {
		t.Fatal(err)
	}
	if left := mat.Norm(pca.Residuals(&x), 2); left > 1e-8 {
		t.Errorf("residuals of norm %v", left)
	}
}

// What n components leave over of centred data is the sum of the squares of the other singular values.
func TestPCALeavesTheSmallSingularValues(t *testing.T) {
	const components = 4
	x := random(50, 30, 3)
	for j := range 30 { // spread the spectrum, so that the subspace iteration has something to converge to
		for i := range 50 {
			x.Set(i, j, x.At(i, j)*math.Pow(.7, float64(j)))
		}
	}
	pca, err := FitPCA(x, components)
	if err != nil {
		t.Fatal(err)
	}
	var svd mat.SVD
	if !svd.Factorize(pca.centre(x), mat.SVDNone) {
		t.Fatal("no singular values")
	}
	var want float64
	for _, s := range svd.Values(nil)[components:] {
		want += s * s
	}
	norm := mat.Norm(pca.Residuals(x), 2)
	if got := norm * norm; math.Abs(got-want) > 1e-6*want {
		t.Errorf("residual sum of squares %v, want %v", got, want)
	}
}

func TestPCARefusesMoreComponentsThanThereAre(t *testing.T) {
	for _, components := range []int{0, 10, 11} {
		if _, err := FitPCA(random(10, 12, 1), components); err == nil {
			t.Errorf("%d components of 10 samples are accepted", components)
		}
	}
}

// The score of N(0, c²) can be written down: −(½ mean v²/c² + log c + ½ log 2π) for each column.
func TestScoreAddsUpTheColumns(t *testing.T) {
	train, validation := random(200, 6, 4), random(100, 6, 5)
	var want float64
	for j := range 6 {
		var c2, v2 float64
		for i := range 200 {
			c2 += train.At(i, j) * train.At(i, j) / 200
		}
		for i := range 100 {
			v2 += validation.At(i, j) * validation.At(i, j) / 100
		}
		want -= .5*v2/c2 + .5*math.Log(2*math.Pi*c2)
	}
	if got := Score(Families()[0], train, validation, 1); math.Abs(got-want) > 1e-9 {
		t.Errorf("score %v, want %v", got, want)
	}
	if got := Score(Families()[0], train, validation, 2); math.Abs(got-want) > .1*math.Abs(want) {
		t.Errorf("every second column, scaled up: %v, want about %v", got, want)
	}
}
