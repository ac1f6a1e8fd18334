package scalar

import (
	"errors"
	"fmt"
	"math"
)

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
