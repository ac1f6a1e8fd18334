package registration

import (
	"fmt"
	"math"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Method is one row of the tables.
type Method struct {
	run.Label
	// New returns the method's schedule for one solve.
	New func() Schedule
}

// Methods lists the rows, from least squares to the schedules that anneal.
func Methods() []Method {
	methods := []Method{
		{run.Label{Key: "l2", Title: "least squares (α = 2)"}, func() Schedule { return Fixed{Alpha: 2, Scale: 1} }},
		{run.Label{Key: "fixed", Title: "fixed α = −2 and c"}, func() Schedule { return Fixed{Alpha: -2, Scale: TerminalScale()} }},
	}
	for _, s := range sweep {
		title := "scale-annealed, " + s.Title
		if s.Key == fgrKey {
			title = "FGR: " + title
		}
		methods = append(methods, Method{run.Label{Key: s.Key, Title: title}, func() Schedule { return ScaleAnnealed{Alpha: s.alpha} }})
	}
	return append(methods,
		Method{run.Label{Key: "shape", Title: "gFGR: shape-annealed, α from 2 to −32"}, func() Schedule { return Graduated() }},
		Method{run.Label{Key: "fitted", Title: "scale-annealed, α from the residuals"}, func() Schedule { return &Fitted{} }})
}

// FindMethod returns the method of a key.
func FindMethod(key string) (Method, error) {
	var keys []string
	for _, m := range Methods() {
		if m.Key == key {
			return m, nil
		}
		keys = append(keys, m.Key)
	}
	return Method{}, fmt.Errorf("registration: unknown method %q: want one of %q", key, keys)
}

const (
	fgrKey   = "fgr"
	tunedKey = "tuned" // the best of the sweep
)

// sweep lists the shapes of the scale-annealed rows, of which the tuned row is the best.
var sweep = []struct {
	run.Label
	alpha float64
}{
	{run.Label{Key: "scale 1", Title: "α = 1"}, 1},
	{run.Label{Key: "scale 0", Title: "α = 0"}, 0},
	{run.Label{Key: "scale -1", Title: "α = −1"}, -1},
	{run.Label{Key: fgrKey, Title: "α = −2"}, -2},
	{run.Label{Key: "scale -4", Title: "α = −4"}, -4},
	{run.Label{Key: "scale -8", Title: "α = −8"}, -8},
	{run.Label{Key: "scale -32", Title: "α = −32"}, -32},
	{run.Label{Key: "scale -inf", Title: "α = −∞"}, math.Inf(-1)},
}
