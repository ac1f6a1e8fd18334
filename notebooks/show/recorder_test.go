package show

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// recorder keeps what would have been shown, and the status that a cell would have ended with.
type recorder struct {
	messages []message
	status   int // −1: the cell went on
}

// record replaces the outlets for the time of a test.
func record(t *testing.T) *recorder {
	t.Helper()
	r := &recorder{status: -1}
	oldEmit, oldExit, oldStderr := emit, exit, stderr
	emit = func(m message) { r.messages = append(r.messages, m) }
	stderr = io.Discard
	exit = func(code int) { r.status = code }
	t.Cleanup(func() { emit, exit, stderr = oldEmit, oldExit, oldStderr })
	return r
}

// last returns what was shown last.
func (r *recorder) last(t *testing.T) message {
	t.Helper()
	if len(r.messages) == 0 {
		t.Fatal("nothing was shown")
	}
	return r.messages[len(r.messages)-1]
}

// wantFailure checks that the cell ended with status 1 and a reason that holds every one of the texts.
func (r *recorder) wantFailure(t *testing.T, texts ...string) {
	t.Helper()
	if r.status != 1 {
		t.Fatalf("status %d, want 1", r.status)
	}
	content, _ := r.last(t).content.(string)
	for _, text := range texts {
		if !strings.Contains(content, text) {
			t.Errorf("the reason %q does not say %q", content, text)
		}
	}
}

// picture decodes the image that was shown last, and checks that its shown size is half its pixels.
func (r *recorder) picture(t *testing.T) image.Image {
	t.Helper()
	m := r.last(t)
	data, ok := m.content.([]byte)
	if !ok || m.mime != protocol.MIMEImagePNG {
		t.Fatalf("shown was %s %v, want a PNG", m.mime, m.content)
	}
	out, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	size := m.metadata[string(protocol.MIMEImagePNG)].(map[string]any)
	for name, dots := range map[string]int{"width": out.Bounds().Dx(), "height": out.Bounds().Dy()} {
		if shown := size[name].(int); shown != dots/2 {
			t.Errorf("%s is shown as %d for %d dots, want half", name, shown, dots)
		}
	}
	return out
}
