// Package show is what the notebooks use to show things: text with formulas, tables, plots, progress, and checks that
// fail a cell when a claim in the text is false.
//
// A cell of a GoNB notebook is a program of its own, so a cell should hold the lesson and nothing else. The rest lives
// here:
//
//	show.NewPlot("Loss", "residual x/c", "ρ").XRange(0, 5).Func("α = 0", math.Log1p).Show()
//	show.NewTable("α", "ρ(10)").Row(2.0, 50.0).Row(0.0, 3.93).Show()
//	show.CheckNear("ρ(1, 1, 1) = √2 − 1", got, math.Sqrt2-1, 1e-15)
//	show.NewImages("faces", 8).Add("truth", show.RGBImage(values, 64, 64)).Show()
//
// Outside a notebook (in a test, or under go run) text, tables and checks are printed as plain text, and plots are drawn
// but shown nowhere; [WritePNG] puts them into a file.
package show

import (
	"encoding/gob"
	"fmt"
	"html"
	"io"
	"maps"
	"os"
	"regexp"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// message is one thing shown under a cell: its richest form, and a plain one for where there is no notebook.
type message struct {
	mime     protocol.MIMEType
	content  any                       // string, or []byte for an image
	more     map[protocol.MIMEType]any // the same in other forms
	metadata map[string]any
	id       string // messages with the same id replace each other
	plain    string
}

// emit delivers a message. Tests replace it.
var emit = send

// exit ends the cell. Tests replace it.
var exit = os.Exit

// now is the clock. Tests replace it.
var now = time.Now

// stderr is where the reason of a failure goes. Tests replace it.
var stderr io.Writer = os.Stderr

func init() {
	gob.Register(map[string]any{}) // the type of nested metadata, such as the size of an image
}

func send(m message) {
	if !gonbui.IsNotebook {
		if m.plain != "" {
			fmt.Println(m.plain)
		}
		return
	}
	forms := map[protocol.MIMEType]any{m.mime: m.content}
	maps.Copy(forms, m.more)
	gonbui.SendData(&protocol.DisplayData{
		Data:      forms,
		Metadata:  m.metadata,
		DisplayID: m.id,
	})
	gonbui.Sync()
}

// hyphen is one that stands for the sign of a number; exponentHyphen stands for that of its exponent.
var hyphen, exponentHyphen = regexp.MustCompile(`(^|[\s(|=*±])-(\d)`), regexp.MustCompile(`(\de)-(\d)`)

// signed replaces in a text the hyphens that Go writes before numbers by minus signs.
func signed(text string) string {
	return exponentHyphen.ReplaceAllString(hyphen.ReplaceAllString(text, "${1}−${2}"), "${1}−${2}")
}

// Markdown shows text in Markdown, with formulas between $ or $$. It is formatted as by [fmt.Sprintf]; negative numbers get a minus
// sign.
func Markdown(format string, args ...any) {
	text := signed(fmt.Sprintf(format, args...))
	emit(message{mime: protocol.MIMETextMarkdown, content: text, plain: text})
}

// Caption says what to see in the picture above it; an empty text says nothing. Plots and grids of pictures have theirs, see
// [Plot.Caption] and [Images.Caption].
func Caption(text string) {
	if text == "" {
		return
	}
	emit(message{mime: protocol.MIMETextHTML, content: `<div class="robustloss-caption">` + html.EscapeString(text) + `</div>`, plain: text})
}

// HTML shows a piece of HTML as it is: escape what comes from elsewhere.
func HTML(source string) {
	emit(message{mime: protocol.MIMETextHTML, content: source, plain: source})
}

// fail shows why a cell cannot go on, under the cell and on stderr, and ends the cell with status 1.
func fail(reason string) {
	emit(message{
		mime:    protocol.MIMETextHTML,
		content: `<div style="color:#b3261e">✗ ` + html.EscapeString(reason) + `</div>`,
	})
	stop(reason)
}

// stop says on stderr why a cell cannot go on, and ends it with status 1.
func stop(reason string) {
	fmt.Fprintln(stderr, reason)
	exit(1)
}

// Must returns value, or ends the cell with the error's message where err is not nil.
func Must[T any](value T, err error) T {
	if err != nil {
		fail("error: " + err.Error())
	}
	return value
}

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
	began := now()
	return &Progress{what: what, total: max(1, total), began: began, id: fmt.Sprintf("progress-%d", began.UnixNano())}
}

// Step counts one more part as done, and shows the line anew, at most twice a second and after the last part. The note,
// such as the loss reached, is formatted as by [fmt.Sprintf]; it may be empty.
func (p *Progress) Step(note string, args ...any) {
	p.done++
	at := now()
	if p.done < p.total && at.Sub(p.told) < tellEvery {
		return
	}
	p.told = at
	text := fmt.Sprintf("%s: %d of %d, %s", p.what, p.done, p.total, at.Sub(p.began).Round(100*time.Millisecond))
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
