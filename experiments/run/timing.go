package run

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// TimeSpent says where the time of a training went, in one process.
type TimeSpent struct {
	// First is the first step, which builds and compiles the graph.
	First time.Duration
	// Steps is how many steps came after it, and Stepping their time: all but what follows.
	Steps    int
	Stepping time.Duration
	// Waiting is the part of Stepping in which the next batch was not ready.
	Waiting time.Duration
	// Evaluating and Saving are the evaluations and the checkpoints.
	Evaluating, Saving time.Duration
}

// String says it in a line, without what there is none of.
func (t TimeSpent) String() string {
	text := fmt.Sprintf("first step %s", short(t.First))
	if t.Steps > 0 {
		text += fmt.Sprintf("; %d steps in %s, %s each, %.1f %% of it waiting for data",
			t.Steps, short(t.Stepping), short(t.Stepping/time.Duration(t.Steps)), 100*float64(t.Waiting)/float64(max(t.Stepping, 1)))
	}
	if t.Evaluating > 0 {
		text += fmt.Sprintf("; evaluations %s", short(t.Evaluating))
	}
	if t.Saving > 0 {
		text += fmt.Sprintf("; checkpoints %s", short(t.Saving))
	}
	return text
}

// short rounds a duration to about three digits.
func short(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}

// stopwatch measures a TimeSpent. It is told of each step's end, and of what is done between two steps.
type stopwatch struct {
	TimeSpent
	waited *atomic.Int64 // nanoseconds, since the last step's end
	last   time.Time     // when the last step's time ended
	steps  int
}

func newStopwatch(waited *atomic.Int64) *stopwatch {
	return &stopwatch{waited: waited, last: time.Now()}
}

// step ends a step.
func (s *stopwatch) step() {
	took, waited := time.Since(s.last), time.Duration(s.waited.Swap(0))
	if s.steps++; s.steps == 1 {
		s.First = took
		return
	}
	s.Steps++
	s.Stepping += took
	s.Waiting += min(waited, took)
}

// between adds the time since start to what it belongs to.
func (s *stopwatch) between(to *time.Duration, start time.Time) { *to += time.Since(start) }

// resume begins the next step's time.
func (s *stopwatch) resume() { s.last = time.Now() }

// write tells w, which may be nil, under a title where the time went.
func (s *stopwatch) write(w io.Writer, title string) {
	if w != nil && s.steps > 0 {
		_, _ = fmt.Fprintf(w, "%s  %s\n", title, s.TimeSpent)
	}
}
