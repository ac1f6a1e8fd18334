package show

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

func TestMarkdown_Formats(t *testing.T) {
	r := record(t)
	Markdown("$\\rho = %.2f$", 0.5)
	if m := r.last(t); m.mime != protocol.MIMETextMarkdown || m.content != "$\\rho = 0.50$" {
		t.Errorf("shown was %v", m)
	}
	Markdown("μ = %.1f | %d | (%d), 2026-11-28, --seed -x, $10^{-3}$", -0.5, -2, -3)
	if m := r.last(t); m.content != "μ = −0.5 | −2 | (−3), 2026-11-28, --seed -x, $10^{-3}$" {
		t.Errorf("shown was %v", m.content)
	}
	Markdown("**%.2f**, %g", -0.43, -2e-16)
	if m := r.last(t); m.content != "**−0.43**, −2e−16" {
		t.Errorf("shown was %v", m.content)
	}
	HTML("<b>x</b>")
	if m := r.last(t); m.mime != protocol.MIMETextHTML || m.content != "<b>x</b>" {
		t.Errorf("shown was %v", m)
	}
}

func TestCaption_StandsBelowThePicture(t *testing.T) {
	r := record(t)
	p := NewPlot("a", "x", "y").XRange(0, 1).Func("f", math.Sqrt)
	p.Show()
	if m := r.last(t); m.mime == protocol.MIMETextHTML {
		t.Errorf("a plot without a caption ends with %v", m.content)
	}
	grid := NewImages("", 1).Add("", GrayImage([]float64{0, 1}, 1, 2, 0, 1))
	for name, show := range map[string]func(){
		"plot": p.Caption("a < b").Show, "row": func() { Row(p, p) }, "grid": grid.Caption("a < b").Show, "by itself": func() { Caption("a < b") },
	} {
		show()
		if m := r.last(t); m.content != `<div class="robustloss-caption">a &lt; b</div>` || m.plain != "a < b" {
			t.Errorf("%s: shown last was %v", name, m)
		}
	}
}

func TestMust_EndsTheCellWithTheError(t *testing.T) {
	r := record(t)
	if got := Must(3, nil); got != 3 || r.status != -1 {
		t.Errorf("Must(3, nil) = %d, status %d", got, r.status)
	}
	Must(0, errors.New("α < 0 & wrong"))
	r.wantFailure(t, "error: α &lt; 0 &amp; wrong")
}

func TestProgress_UpdatesOneLineSeldom(t *testing.T) {
	r := record(t)
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now = func() time.Time { return clock }
	t.Cleanup(func() { now = time.Now })
	p := NewProgress("fit <α>", 1000)
	for i := range 1000 {
		clock = clock.Add(10 * time.Millisecond)
		p.Step("loss %.1f", float64(i))
	}
	if n := len(r.messages); n != 21 { // the first, one each half second of ten, and the last
		t.Errorf("%d updates in ten seconds, want 21", n)
	}
	last := r.last(t)
	if last.plain != "fit <α>: 1000 of 1000, 10s, loss 999.0" {
		t.Errorf("the last line is %q", last.plain)
	}
	if content := last.content.(string); !strings.Contains(content, "fit &lt;α&gt;") {
		t.Errorf("the line is not escaped: %q", content)
	}
	for _, m := range r.messages {
		if m.id == "" || m.id != last.id {
			t.Fatal("the updates do not replace each other")
		}
	}
	p.Step("")
	if got := r.last(t).plain; got != "fit <α>: 1001 of 1000, 10s" {
		t.Errorf("the line is %q", got)
	}
}

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
