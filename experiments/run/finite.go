package run

import (
	"fmt"
	"math"
	"sort"
)

// Values are named numbers, as they stand in metrics.jsonl and result.json.
type Values map[string]float64

// NonFiniteError says that a number of a run became NaN or infinite.
type NonFiniteError struct {
	Step  int     // the step, counted from 1
	Term  string  // the name of the number, for example a term of the loss
	Value float64 // NaN, +Inf or −Inf
}

// Error names the step and the term.
func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("step %d: %q is %v: training cannot go on; the last checkpoint is kept (try a lower learning rate or a larger scale)",
		e.Step, e.Term, e.Value)
}

// CheckFinite returns a [*NonFiniteError] that names the first value, in the order of the given names and then of
// the alphabet, that is NaN or infinite.
func CheckFinite(step int, values Values, order ...string) error {
	var rest []string
	for name := range values {
		rest = append(rest, name)
	}
	sort.Strings(rest)
	for _, name := range append(append([]string{}, order...), rest...) {
		v, ok := values[name]
		if ok && (math.IsNaN(v) || math.IsInf(v, 0)) {
			return &NonFiniteError{Step: step, Term: name, Value: v}
		}
	}
	return nil
}
