package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync/atomic"
	"time"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/metric"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Training trains a GoMLX model inside a run: it logs, checks for NaN, evaluates, saves checkpoints and resumes.
type Training struct {
	// Trainer trains the store that was attached with [Run.AttachStore]. Its train metrics must be
	// TermMetrics(Terms...), and its model function must return one scalar prediction for each term.
	Trainer *train.Trainer
	// Terms names the numbers that are checked and logged at each step, in the order in which a failure is to be
	// blamed: the parts of the loss before their sum.
	Terms []string
	// Batches yields the batches of step, step+1, …, without end. What it yields for a step must not depend on
	// the step that it began with.
	Batches func(step int) iter.Seq2[train.Batch, error]
	// Steps is how many steps to train in all.
	Steps int
	// LogEvery, EvalEvery and CheckpointEvery are in steps; 0 means at the end only. They do not change the numbers,
	// but LogEvery and EvalEvery change which of them are logged.
	LogEvery, EvalEvery, CheckpointEvery int
	// Devices is how many devices share each batch: see CheckDevices. The variables are copied to each; a checkpoint
	// holds them once, so a run may go on with another number of devices. 0 and 1 mean one.
	Devices int
	// Evaluate returns what is to be logged after EvalEvery steps and at the end. It must not change the store, and
	// must depend on the store and the step only. It may be nil.
	Evaluate func(step int) (Values, error)
	// Progress is where the progress is shown, under Title, with the value of the term Show. It may be nil.
	Progress io.Writer
	Title    string
	Show     string
	// Report is told the terms of each step, for a progress of another kind. It may be nil.
	Report func(step int, terms Values)
	// Timed is told at the end where the time went; Progress gets a line of it. It may be nil.
	Timed func(TimeSpent)
}

// TermMetrics returns train metrics for the terms: the i-th is the i-th prediction of the model function, a scalar.
func TermMetrics(terms ...string) []metric.Interface {
	var metrics []metric.Interface
	for i, term := range terms {
		metrics = append(metrics, metric.NewBaseMetric(term, term, term,
			func(_ *model.Scope, _, predictions []*graph.Node) *graph.Node { return predictions[i] }, nil))
	}
	return metrics
}

// ErrInterrupted is wrapped by the error of [Training.Run] where its context ended first. The run goes on from there
// when it is started again.
var ErrInterrupted = errors.New("interrupted")

// Run trains from the run's latest checkpoint to the last step, and returns what Evaluate returned at the end.
//
// Where ctx ends first, it saves a checkpoint and returns an error that wraps [ErrInterrupted]. Where a term becomes NaN
// or infinite it stops with a [*NonFiniteError]; the checkpoints before it stay.
func (t Training) Run(ctx context.Context, r *Run) (final Values, err error) {
	start := r.Step()
	s := &trainingSession{Training: t, ctx: ctx, run: r, progress: NewProgress(t.Progress, t.Title, t.Steps, start)}
	defer s.progress.Stop()
	if start >= t.Steps {
		return s.evaluateAgain()
	}
	loop := train.NewLoop(t.Trainer)
	if loop.LoopStep != start {
		return nil, fmt.Errorf("the store is at step %d, the checkpoint at step %d: attach the store before the trainer is made", loop.LoopStep, start)
	}
	loop.OnStep("run", 0, s.afterStep)
	batches := steppedBatches{batches: t.Batches, start: start, waited: &s.waited}
	dataset := train.Dataset(&batches)
	if t.Devices > 1 {
		if dataset, err = shareBatches(batches, t.Devices, t.Trainer); err != nil {
			return nil, err
		}
	}
	s.watch = newStopwatch(&s.waited)
	_, err = loop.RunSteps(dataset, t.Steps-start)
	s.progress.Stop()
	s.watch.write(t.Progress, t.Title)
	if err != nil {
		return nil, s.explain(err)
	}
	if t.Timed != nil {
		t.Timed(s.watch.TimeSpent)
	}
	return s.final, nil
}

// trainingSession is one process's part of a training.
type trainingSession struct {
	Training
	ctx      context.Context
	run      *Run
	progress *Progress
	final    Values
	failure  error // the error of afterStep, without the words that the loop adds
	watch    *stopwatch
	waited   atomic.Int64 // nanoseconds that the loop waited for batches
}

func (s *trainingSession) explain(err error) error {
	if s.failure != nil {
		return s.failure
	}
	return err
}

// afterStep is the loop's hook. loop.LoopStep counts the steps before this one.
func (s *trainingSession) afterStep(loop *train.Loop, metrics []*tensors.Tensor) error {
	s.watch.step()
	s.failure = s.record(loop.LoopStep+1, metrics)
	s.watch.resume()
	return s.failure
}

func (s *trainingSession) record(step int, metrics []*tensors.Tensor) error {
	const builtin = 2 // the trainer's own loss metrics come first
	if len(metrics) != builtin+len(s.Terms) {
		return fmt.Errorf("the trainer has %d metrics, not the %d of TermMetrics(Terms...)", len(metrics)-builtin, len(s.Terms))
	}
	values := Values{"loss": shapes.ConvertTo[float64](metrics[0].Value())}
	for i, term := range s.Terms {
		values[term] = shapes.ConvertTo[float64](metrics[builtin+i].Value())
	}
	if err := CheckFinite(step, values, s.Terms...); err != nil {
		return err
	}
	last := step == s.Steps
	if last || due(step, s.LogEvery) {
		if err := s.run.Log(step, values); err != nil {
			return err
		}
	}
	if s.Report != nil {
		s.Report(step, values)
	}
	s.progress.Step(step, fmt.Sprintf("%s %.4g", s.Show, values[s.Show]))
	if s.Evaluate != nil && (last || due(step, s.EvalEvery)) {
		if err := s.evaluate(step); err != nil {
			return err
		}
	}
	interrupted := s.ctx.Err() != nil
	if last || interrupted || due(step, s.CheckpointEvery) {
		start := time.Now()
		if err := s.run.SaveStore(step); err != nil {
			return err
		}
		s.watch.between(&s.watch.Saving, start)
	}
	if interrupted && !last {
		return fmt.Errorf("%w after step %d of %d, in %s; start it again to go on", ErrInterrupted, step, s.Steps, s.run.Dir())
	}
	return nil
}

func (s *trainingSession) evaluate(step int) error {
	start := time.Now()
	values, err := s.Evaluate(step)
	if err != nil {
		return fmt.Errorf("evaluation after step %d: %w", step, err)
	}
	s.watch.between(&s.watch.Evaluating, start)
	s.final = values
	return s.run.Log(step, values)
}

// evaluateAgain gives the final values of a run that was killed between its last checkpoint and its result.
func (s *trainingSession) evaluateAgain() (Values, error) {
	if s.Evaluate == nil {
		return Values{}, nil
	}
	return s.Evaluate(s.Steps)
}

// due reports whether something that happens every n steps happens after this one.
func due(step, n int) bool { return n > 0 && step%n == 0 }

// steppedBatches is a train.Dataset that begins at a step.
type steppedBatches struct {
	batches func(step int) iter.Seq2[train.Batch, error]
	start   int
	waited  *atomic.Int64 // gets the nanoseconds in which a batch was asked for and not ready
}

// Name identifies the data set in GoMLX's messages.
func (d *steppedBatches) Name() string { return "training batches" }

// Iter yields the batches from the first step on.
func (d *steppedBatches) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		asked := time.Now()
		for batch, err := range d.batches(d.start) {
			d.waited.Add(int64(time.Since(asked)))
			if !yield(batch, err) {
				return
			}
			asked = time.Now()
		}
	}
}

// lineEvery is how often a progress that is no terminal's gets a line.
const lineEvery = 15 * time.Second

// Progress shows how far a run is, a metric, and the time left: a bar on a terminal, now and then a line elsewhere.
type Progress struct {
	w        io.Writer
	title    string
	total    int
	done     int
	first    int // done when this process began
	started  time.Time
	lastLine time.Time
	bar      *progressbar.ProgressBar
}

// NewProgress starts a progress of total steps, of which done are made. A nil w shows nothing.
func NewProgress(w io.Writer, title string, total, done int) *Progress {
	p := &Progress{w: w, title: title, total: total, done: done, first: done, started: time.Now(), lastLine: time.Now()}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(w),
			progressbar.OptionSetDescription(title),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("steps"),
			progressbar.OptionFullWidth(),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionOnCompletion(func() { _, _ = fmt.Fprintln(w) }))
		_ = p.bar.Set(done)
	}
	return p
}

// Step says that done steps are made, and shows text, for example "ELBO 4,512", beside the title.
func (p *Progress) Step(done int, text string) {
	p.done = done
	if p.w == nil {
		return
	}
	if p.bar != nil {
		p.bar.Describe(p.title + "  " + text)
		_ = p.bar.Set(done)
		return
	}
	if time.Since(p.lastLine) >= lineEvery || done == p.total {
		p.lastLine = time.Now()
		_, _ = fmt.Fprintf(p.w, "%s  %d/%d  %s  %s\n", p.title, done, p.total, text, p.timeLeft())
	}
}

// timeLeft estimates from the steps of this process.
func (p *Progress) timeLeft() string {
	elapsed := time.Since(p.started)
	if p.done == p.total {
		return elapsed.Round(100 * time.Millisecond).String()
	}
	if p.done == p.first {
		return "time left unknown"
	}
	left := elapsed / time.Duration(p.done-p.first) * time.Duration(p.total-p.done)
	return left.Round(time.Second).String() + " left"
}

// Stop ends the bar where the run stops before its end.
func (p *Progress) Stop() {
	if p.bar != nil && p.done < p.total {
		_ = p.bar.Exit()
		_, _ = fmt.Fprintln(p.w)
	}
	p.bar = nil
}
