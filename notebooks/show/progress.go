package show

import (
	"fmt"
	"html"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// Progress is a line that tells how far slow work has come: [NewProgress], then [Progress.Step] after each part of it.
type Progress struct {
	what        string
	total, done int
	began, told time.Time
	id          string
}

// tellEvery is the least time between two updates of a progress line.
const tellEvery = 500 * time.Millisecond

// NewProgress starts a line for work in a number of equal parts.
func NewProgress(what string, total int) *Progress {
	now := time.Now()
	return &Progress{what: what, total: max(1, total), began: now, id: fmt.Sprintf("progress-%d", now.UnixNano())}
}

// Step counts one more part as done, and shows the line anew, at most twice a second and after the last part. The note,
// such as the loss reached, is formatted as by [fmt.Sprintf]; it may be empty.
func (p *Progress) Step(note string, args ...any) {
	p.done++
	now := time.Now()
	if p.done < p.total && now.Sub(p.told) < tellEvery {
		return
	}
	p.told = now
	text := fmt.Sprintf("%s: %d of %d, %s", p.what, p.done, p.total, now.Sub(p.began).Round(100*time.Millisecond))
	if note != "" {
		text += ", " + fmt.Sprintf(note, args...)
	}
	emit(message{
		mime:    protocol.MIMETextHTML,
		content: `<div style="color:#777">` + html.EscapeString(text) + `</div>`,
		id:      p.id,
		plain:   text,
	})
}
