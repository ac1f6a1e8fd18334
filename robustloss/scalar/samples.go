package scalar

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// The kinds of error that the fits return; errors.Is tells them apart. The text of an error says what was wrong, and where.
var (
	// ErrArgument is that of arguments that no fit can use: lengths that differ, NaN or infinite values, negative
	// weights, bounds that hold no α.
	ErrArgument = errors.New("robustloss/scalar: bad argument")

	// ErrTooFew is that of fewer samples than parameters.
	ErrTooFew = errors.New("robustloss/scalar: too few samples")

	// ErrUnbounded is that of data whose likelihood grows without bound as the scale goes to 0.
	ErrUnbounded = errors.New("robustloss/scalar: the likelihood is unbounded")

	// ErrOverflow is that of data or results beyond float64's range.
	ErrOverflow = errors.New("robustloss/scalar: overflow")

	// ErrDependent is that of a design with linearly dependent columns.
	ErrDependent = errors.New("robustloss/scalar: linearly dependent columns")

	// ErrNotConverged is that of a search that reached its limit of steps.
	ErrNotConverged = errors.New("robustloss/scalar: not converged")
)

// fitError is an error of one of these kinds, with a text of its own.
type fitError struct {
	kind error
	text string
}

func (e *fitError) Error() string { return "robustloss/scalar: " + e.text }
func (e *fitError) Unwrap() error { return e.kind }

func failure(kind error, format string, arguments ...any) error {
	return &fitError{kind, fmt.Sprintf(format, arguments...)}
}

// Interval is the closed interval [Lo, Hi]; its ends may be infinite.
type Interval struct{ Lo, Hi float64 }

// Between returns the interval [lo, hi], for the options that bound a parameter.
func Between(lo, hi float64) *Interval { return &Interval{lo, hi} }

// Fixed returns the interval that holds only this value, for the options that bound a parameter.
func Fixed(value float64) *Interval { return &Interval{value, value} }

var (
	allShapes          = Interval{math.Inf(-1), math.Inf(1)}
	distributionShapes = Interval{0, math.Inf(1)} // those of General
)

// alphaBounds returns what an option of bounds on α means.
func alphaBounds(option *Interval, unset, within Interval) (Interval, error) {
	if option == nil {
		return unset, nil
	}
	if i := *option; !(i.Lo <= i.Hi && i.Lo >= within.Lo && i.Hi <= within.Hi) {
		return i, failure(ErrArgument, "alpha in [%g, %g] is no interval within [%g, %g]", i.Lo, i.Hi, within.Lo, within.Hi)
	}
	return *option, nil
}

// compressed returns v(α) of the ends: the coordinate in which α is searched, see [LinearSchedule].
func (i Interval) compressed() Interval { return Interval{compressAlpha(i.Lo), compressAlpha(i.Hi)} }

// alphaOf returns α(v) within the bounds: exactly at them, also where v has lost digits.
func (i Interval) alphaOf(v float64) float64 {
	bounds := i.compressed()
	switch {
	case v <= bounds.Lo:
		return i.Lo
	case v >= bounds.Hi:
		return i.Hi
	}
	return i.clamp(2 + v/(1-math.Abs(v)))
}

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

// madToScale makes the median of the absolute deviations of a normal distribution its standard deviation: 1/Φ⁻¹(¾).
const madToScale = 1.4826022185056018

// samples is weighted data, sorted, without the samples of weight 0. The largest weight is in [½, 1), in units of weightUnit.
type samples struct {
	x, w       []float64
	total      float64 // of w
	weightUnit float64
}

// newSamples checks, copies and sorts values. A nil weights means 1 for each.
func newSamples(what string, values, weights []float64) (*samples, error) {
	weights, unit, err := checkedWeights(what, len(values), weights)
	if err != nil {
		return nil, err
	}
	s := &samples{weightUnit: unit, x: make([]float64, 0, len(values)), w: make([]float64, 0, len(values))}
	for i, x := range values {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, failure(ErrArgument, "%s[%d] is %g: it must be finite", what, i, x)
		}
		if w := weights[i]; w > 0 {
			s.x, s.w = append(s.x, x), append(s.w, w)
			s.total += w
		}
	}
	if len(s.x) < minSamples {
		return nil, failure(ErrTooFew, "%d %s of positive weight, at least %d are needed", len(s.x), what, minSamples)
	}
	stat.SortWeighted(s.x, s.w)
	if s.x[len(s.x)-1]-s.x[0] > math.MaxFloat64 {
		return nil, failure(ErrOverflow, "the range of the %s overflows", what)
	}
	return s, nil
}

// checkedWeights returns a copy of the weights of n values, 1 for each if they are nil, divided by a power of two that
// brings the largest to [½, 1): their unit does not matter, and neither they nor their sum can overflow.
func checkedWeights(what string, n int, weights []float64) (scaled []float64, unit float64, err error) {
	result := make([]float64, n)
	if weights == nil {
		for i := range result {
			result[i] = 0.5
		}
		return result, 2, nil
	}
	if len(weights) != n {
		return nil, 0, failure(ErrArgument, "%d weights for %d %s", len(weights), n, what)
	}
	largest := 0.0
	for i, w := range weights {
		if !(w >= 0 && w <= math.MaxFloat64) {
			return nil, 0, failure(ErrArgument, "weights[%d] is %g: it must be finite and not negative", i, w)
		}
		largest = math.Max(largest, w)
	}
	_, exponent := math.Frexp(largest)
	for i, w := range weights {
		result[i] = math.Ldexp(w, -exponent)
	}
	return result, math.Ldexp(1, exponent), nil
}

// standardized returns the samples (x − center)/unit. The unit is a power of two, and differences of neighbours are exact:
// nothing is lost but for what float64 cannot hold.
func (s *samples) standardized(center, unit float64) *samples {
	t := &samples{x: make([]float64, len(s.x)), w: s.w, total: s.total, weightUnit: s.weightUnit}
	for i, x := range s.x {
		t.x[i] = (x - center) / unit
	}
	return t
}

// quantile returns the smallest x that has at least the fraction p of the weight at or below it.
func (s *samples) quantile(p float64) float64 { return stat.Quantile(p, stat.Empirical, s.x, s.w) }

// deviations returns |x − center|, sorted, with their weights.
func (s *samples) deviations(center float64) *samples {
	d := &samples{x: make([]float64, len(s.x)), w: append([]float64(nil), s.w...), total: s.total}
	for i, x := range s.x {
		d.x[i] = math.Abs(x - center)
	}
	stat.SortWeighted(d.x, d.w)
	return d
}

// spread returns the median of |x − center|, or a larger quantile where that is 0.
func (s *samples) spread(center float64) float64 {
	d := s.deviations(center)
	for p := 0.5; p < 0.9999; p = (1 + p) / 2 {
		if q := d.quantile(p); q > 0 {
			return q
		}
	}
	return d.x[len(d.x)-1]
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
