package clustering

import (
	"fmt"
	"math"
)

// Scores compares a clustering with the true classes; 1 is agreement. Mean denotes the average of the two entropies.
type Scores struct {
	// AMI is the adjusted mutual information [3] (MI − E[MI])/(mean(H, H′) − E[MI]) with the geometric mean √(H·H′), as
	// in [1], and with the arithmetic one. It is 0 on average for random labels.
	AMIGeometric, AMIArithmetic float64
	// NMI is the mutual information MI/mean(H, H′), geometric and arithmetic.
	NMIGeometric, NMIArithmetic float64
	// ARI is the adjusted Rand index: the pairs of rows on which the two agree, 0 on average for random labels.
	ARI float64
	// Rows is the number of rows that were compared.
	Rows int
}

// Score compares labels with the truth. Rows whose truth is negative (noise) are left out.
func Score(truth, labels []int) (Scores, error) {
	if len(truth) != len(labels) {
		return Scores{}, fmt.Errorf("clustering: %d true classes for %d labels", len(truth), len(labels))
	}
	c := newContingency(truth, labels)
	if c.n == 0 {
		return Scores{}, fmt.Errorf("clustering: no row has a true class to compare with")
	}
	s := Scores{Rows: int(c.n), ARI: c.adjustedRand()}
	information, expected := c.mutualInformation(), c.expectedInformation()
	a, b := entropy(c.rows, c.n), entropy(c.columns, c.n)
	if len(c.rows) == len(c.columns) && (len(c.rows) == 1 || len(c.rows) == int(c.n)) {
		// Both are one cluster, or both all single rows: they agree, and every mean is what information can be at most.
		s.AMIGeometric, s.AMIArithmetic, s.NMIGeometric, s.NMIArithmetic = 1, 1, 1, 1
		return s, nil
	}
	geometric, arithmetic := math.Sqrt(a*b), (a+b)/2
	s.AMIGeometric, s.AMIArithmetic = adjusted(information, expected, geometric), adjusted(information, expected, arithmetic)
	s.NMIGeometric, s.NMIArithmetic = ratio(information, geometric), ratio(information, arithmetic)
	return s, nil
}

// adjusted is (information − expected)/(mean − expected), 0 where the numerator vanishes.
func adjusted(information, expected, mean float64) float64 {
	return ratio(information-expected, mean-expected)
}

// ratio is a/b, 0 for a numerator that is 0 but for rounding.
func ratio(a, b float64) float64 {
	if math.Abs(a) < 1e-14 {
		return 0
	}
	return a / b
}

// contingency counts the rows of each pair of classes.
type contingency struct {
	n             float64
	rows, columns []float64          // sizes of the classes of either side
	cells         map[[2]int]float64 // counts that are not 0
}

func newContingency(truth, labels []int) *contingency {
	c := &contingency{cells: map[[2]int]float64{}}
	first, second := map[int]int{}, map[int]int{}
	place := func(known map[int]int, sizes *[]float64, label int) int {
		at, ok := known[label]
		if !ok {
			at = len(known)
			known[label] = at
			*sizes = append(*sizes, 0)
		}
		(*sizes)[at]++
		return at
	}
	for i, l := range truth {
		if l >= 0 {
			c.n++
			c.cells[[2]int{place(first, &c.rows, l), place(second, &c.columns, labels[i])}]++
		}
	}
	return c
}

func entropy(sizes []float64, n float64) float64 {
	h := 0.0
	for _, a := range sizes {
		h -= a / n * math.Log(a/n)
	}
	return h
}

// mutualInformation is Σ n_ij/n·log(n·n_ij/(a_i·b_j)), summed in the order of the classes.
func (c *contingency) mutualInformation() float64 {
	sum := 0.0
	for i, a := range c.rows {
		for j, b := range c.columns {
			if v := c.cells[[2]int{i, j}]; v > 0 {
				sum += v / c.n * math.Log(c.n*v/(a*b))
			}
		}
	}
	return sum
}

// expectedInformation is the mean of MI over all labellings with the same class sizes [3]: each n_ij is hypergeometric.
// Classes of the same size contribute the same, so each pair of sizes is summed once.
func (c *contingency) expectedInformation() float64 {
	count := func(sizes []float64) (distinct []float64, times map[float64]float64) {
		times = map[float64]float64{}
		for _, v := range sizes {
			if times[v] == 0 {
				distinct = append(distinct, v)
			}
			times[v]++
		}
		return distinct, times
	}
	rows, rowTimes := count(c.rows)
	columns, columnTimes := count(c.columns)
	sum := 0.0
	for _, a := range rows {
		for _, b := range columns {
			sum += rowTimes[a] * columnTimes[b] * expectedCell(a, b, c.n)
		}
	}
	return sum
}

// expectedCell is E[v/n·log(n·v/(a·b))] for the overlap v of two classes of sizes a and b among n rows:
//
//	P(v) = a!·b!·(n−a)!·(n−b)!/(n!·v!·(a−v)!·(b−v)!·(n−a−b+v)!)
func expectedCell(a, b, n float64) float64 {
	fixed := logFactorial(a) + logFactorial(b) + logFactorial(n-a) + logFactorial(n-b) - logFactorial(n)
	sum := 0.0
	for v := max(1, a+b-n); v <= min(a, b); v++ {
		logP := fixed - logFactorial(v) - logFactorial(a-v) - logFactorial(b-v) - logFactorial(n-a-b+v)
		sum += v / n * math.Log(n*v/(a*b)) * math.Exp(logP)
	}
	return sum
}

func logFactorial(v float64) float64 {
	l, _ := math.Lgamma(v + 1)
	return l
}

// adjustedRand counts pairs: (Σ C(n_ij,2) − E)/(½(Σ C(a_i,2) + Σ C(b_j,2)) − E), E = Σ C(a_i,2)·Σ C(b_j,2)/C(n,2).
func (c *contingency) adjustedRand() float64 {
	pairs := func(v float64) float64 { return v * (v - 1) / 2 }
	both, first, second := 0.0, 0.0, 0.0
	for _, v := range c.cells {
		both += pairs(v)
	}
	for _, v := range c.rows {
		first += pairs(v)
	}
	for _, v := range c.columns {
		second += pairs(v)
	}
	if c.n < 2 || (first == second && (first == 0 || first == pairs(c.n))) {
		return 1 // both are all single rows, or both are one cluster
	}
	expected := first * second / pairs(c.n)
	return (both - expected) / ((first+second)/2 - expected)
}
