package run

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

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

// Note prints a line above the bar.
func (p *Progress) Note(text string) {
	if p.w == nil {
		return
	}
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	_, _ = fmt.Fprintln(p.w, text)
}

// Stop ends the bar where the run stops before its end.
func (p *Progress) Stop() {
	if p.bar != nil && p.done < p.total {
		_ = p.bar.Exit()
		_, _ = fmt.Fprintln(p.w)
	}
}
