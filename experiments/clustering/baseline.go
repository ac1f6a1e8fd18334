package clustering

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/experiments/parallel"
)

// Limits of KMeans.
const (
	kmeansStarts = 10
	kmeansRounds = 10_000 // more than Lloyd's iteration takes in practice
)

// KMeans groups the rows in k clusters that minimise the sum of squared distances to their means: the best of ten runs of
// Lloyd's iteration from starts by k-means++. It is the baseline that must be told k. It fails where the best run had not
// settled after 10,000 rounds.
func KMeans(t *tabular.Table, k int, seed uint64) ([]int, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if k < 1 || k > t.Rows {
		return nil, fmt.Errorf("clustering: k-means with k = %d for %d rows: want 1 ≤ k ≤ rows", k, t.Rows)
	}
	rng := rand.New(rand.NewPCG(seed, 0x3c6ef372fe94f82b))
	best, settled := math.Inf(1), false
	var labels []int
	for range kmeansStarts {
		m := newMeans(t, k, rng)
		if cost, ended := m.lloyd(kmeansRounds); cost < best {
			best, settled, labels = cost, ended, m.labels
		}
	}
	if !settled {
		return nil, fmt.Errorf("clustering: k-means with k = %d has not converged in %d rounds", k, kmeansRounds)
	}
	return labels, nil
}

// means is the state of one run.
type means struct {
	table   *tabular.Table
	centres [][]float64
	labels  []int
	squared []float64 // distance of each row from its centre
}

// newMeans chooses the centres by k-means++: each is a row drawn in proportion to its squared distance from the centres
// before it.
func newMeans(t *tabular.Table, k int, rng *rand.Rand) *means {
	m := &means{table: t, labels: make([]int, t.Rows), squared: make([]float64, t.Rows)}
	m.centres = append(m.centres, append([]float64{}, t.Row(rng.IntN(t.Rows))...))
	for len(m.centres) < k {
		m.assign()
		at, rest := 0, rng.Float64()*sum(m.squared)
		for i, d := range m.squared {
			if d > 0 {
				at = i
				if rest -= d; rest < 0 {
					break
				}
			}
		}
		m.centres = append(m.centres, append([]float64{}, t.Row(at)...))
	}
	return m
}

// assign gives each row the nearest centre, the first of equals.
func (m *means) assign() {
	parallel.Blocks(m.table.Rows, 256, func(_, from, to int) {
		for i := from; i < to; i++ {
			m.squared[i] = math.Inf(1)
			for c, centre := range m.centres {
				if d := squaredDistance(m.table.Row(i), centre); d < m.squared[i] {
					m.squared[i], m.labels[i] = d, c
				}
			}
		}
	})
}

// lloyd alternates between centres and means until no sum of squares falls, and returns the last. settled is false if that
// took more than the given number of rounds.
func (m *means) lloyd(rounds int) (cost float64, settled bool) {
	last := math.Inf(1)
	for range rounds {
		m.assign()
		cost := sum(m.squared)
		if !(cost < last*(1-1e-12)) {
			return last, true
		}
		last = cost
		m.recentre()
	}
	return last, false
}

// recentre moves each centre to the mean of its rows; one without rows stays.
func (m *means) recentre() {
	counts := make([]float64, len(m.centres))
	sums := make([][]float64, len(m.centres))
	for c := range sums {
		sums[c] = make([]float64, m.table.Cols)
	}
	for i, l := range m.labels {
		counts[l]++
		floats.AddScaled(sums[l], 1, m.table.Row(i))
	}
	for c, n := range counts {
		if n > 0 {
			floats.Scale(1/n, sums[c])
			m.centres[c] = sums[c]
		}
	}
}
