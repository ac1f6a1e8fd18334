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
