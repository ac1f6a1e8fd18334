package scalar

import (
	"errors"
	"fmt"
	"math"
	"sort"
)

// samples is weighted data, sorted, without the samples of weight 0.
type samples struct {
	x, w  []float64
	total float64 // of w
}

// newSamples checks, copies and sorts values. A nil weights means 1 for each.
func newSamples(what string, values, weights []float64) (*samples, error) {
	if weights != nil && len(weights) != len(values) {
		return nil, fmt.Errorf("robustloss/scalar: %d weights for %d %s", len(weights), len(values), what)
	}
	s := &samples{x: make([]float64, 0, len(values)), w: make([]float64, 0, len(values))}
	for i, x := range values {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("robustloss/scalar: %s[%d] is %g: it must be finite", what, i, x)
		}
		if !(w >= 0 && w <= math.MaxFloat64) {
			return nil, fmt.Errorf("robustloss/scalar: weights[%d] is %g: it must be finite and not negative", i, w)
		}
		if w > 0 {
			s.x, s.w = append(s.x, x), append(s.w, w)
			s.total += w
		}
	}
	if len(s.x) < minSamples {
		return nil, fmt.Errorf("robustloss/scalar: %d %s of positive weight, at least %d are needed", len(s.x), what, minSamples)
	}
	if math.IsInf(s.total, 1) {
		return nil, errors.New("robustloss/scalar: the sum of the weights overflows")
	}
	sort.Sort(s)
	if s.x[len(s.x)-1]-s.x[0] > math.MaxFloat64 {
		return nil, fmt.Errorf("robustloss/scalar: the range of the %s overflows", what)
	}
	return s, nil
}

func (s *samples) Len() int           { return len(s.x) }
func (s *samples) Less(i, j int) bool { return s.x[i] < s.x[j] }
func (s *samples) Swap(i, j int) {
	s.x[i], s.x[j] = s.x[j], s.x[i]
	s.w[i], s.w[j] = s.w[j], s.w[i]
}

// quantile returns the smallest x that has at least the fraction p of the weight at or below it.
func (s *samples) quantile(p float64) float64 {
	below := 0.0
	for i, w := range s.w {
		below += w
		if below >= p*s.total {
			return s.x[i]
		}
	}
	return s.x[len(s.x)-1]
}

// deviations returns |x − center|, sorted, with their weights.
func (s *samples) deviations(center float64) *samples {
	d := &samples{x: make([]float64, len(s.x)), w: append([]float64(nil), s.w...), total: s.total}
	for i, x := range s.x {
		d.x[i] = math.Abs(x - center)
	}
	sort.Sort(d)
	return d
}

// shortestHalf returns the middle of the shortest interval that holds half of the weight, an estimate of the mode that
// outliers on one side do not move.
func (s *samples) shortestHalf() float64 {
	best, center := math.Inf(1), s.x[0]
	inside, first := 0.0, 0
	for i, w := range s.w {
		inside += w
		for inside-s.w[first] >= s.total/2 {
			inside -= s.w[first]
			first++
		}
		if width := s.x[i] - s.x[first]; inside >= s.total/2 && width < best {
			best, center = width, s.x[first]+width/2
		}
	}
	return center
}

// heaviest returns the largest fraction of the weight that sits on one value.
func (s *samples) heaviest() float64 {
	largest, here := 0.0, 0.0
	for i, w := range s.w {
		if i > 0 && s.x[i] != s.x[i-1] {
			here = 0
		}
		here += w
		largest = math.Max(largest, here)
	}
	return largest / s.total
}

// thin returns about n samples that stand for all: one out of each run of neighbours, with the weight of the run.
func (s *samples) thin(n int) *samples {
	if len(s.x) <= n {
		return s
	}
	t := &samples{total: s.total}
	for k := range n {
		from, to := k*len(s.x)/n, (k+1)*len(s.x)/n
		weight := 0.0
		for _, w := range s.w[from:to] {
			weight += w
		}
		t.x, t.w = append(t.x, s.x[(from+to)/2]), append(t.w, weight)
	}
	return t
}

// weightAt returns the fraction of the weight that sits on a value.
func (s *samples) weightAt(value float64) float64 {
	here := 0.0
	for i, x := range s.x {
		if x == value {
			here += s.w[i]
		}
	}
	return here / s.total
}

// Interval is the closed interval [Lo, Hi]; its ends may be infinite.
type Interval struct{ Lo, Hi float64 }

// alphaFit is where Fit may look for α: all shapes of the distribution.
var alphaFit = Interval{0, math.Inf(1)}

func (i Interval) check(what string, within Interval) error {
	if !(i.Lo <= i.Hi && i.Lo >= within.Lo && i.Hi <= within.Hi) {
		return fmt.Errorf("robustloss/scalar: %s in [%g, %g] is no interval within [%g, %g]", what, i.Lo, i.Hi, within.Lo, within.Hi)
	}
	return nil
}

// compressed returns v(α) of the ends: the coordinate in which α is searched.
func (i Interval) compressed() Interval { return Interval{compressAlpha(i.Lo), compressAlpha(i.Hi)} }

// clamp returns the value of the interval that is next to x.
func (i Interval) clamp(x float64) float64 { return math.Max(i.Lo, math.Min(i.Hi, x)) }

// fold returns a value of the interval, as if the ends were mirrors: near an end, a search finds the other side again.
func (i Interval) fold(x float64) float64 {
	width := i.Hi - i.Lo
	if width == 0 {
		return i.Lo
	}
	t := math.Mod(math.Abs(x-i.Lo), 2*width)
	return i.clamp(i.Lo + math.Min(t, 2*width-t))
}

// minSamples is how few samples the three parameters can be fitted to.
const minSamples = 3

var errSpread = errors.New("robustloss/scalar: all samples are equal: the scale has no maximum likelihood")
