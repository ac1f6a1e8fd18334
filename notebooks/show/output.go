package show

import (
	"encoding/gob"
	"fmt"
	"html"
	"io"
	"os"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// message is one thing shown under a cell: its richest form, and a plain one for where there is no notebook.
type message struct {
	mime     protocol.MIMEType
	content  any // string, or []byte for an image
	metadata map[string]any
	id       string // messages with the same id replace each other
	plain    string
}

// emit delivers a message. Tests replace it.
var emit = send

// exit ends the cell. Tests replace it.
var exit = os.Exit

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
	gonbui.SendData(&protocol.DisplayData{
		Data:      map[protocol.MIMEType]any{m.mime: m.content},
		Metadata:  m.metadata,
		DisplayID: m.id,
	})
	gonbui.Sync()
}

// Markdown shows text in Markdown, with formulas between $ or $$. It is formatted as by [fmt.Sprintf].
func Markdown(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	emit(message{mime: protocol.MIMETextMarkdown, content: text, plain: text})
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
