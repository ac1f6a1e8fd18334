package show

import (
	"errors"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

func TestMarkdown_Formats(t *testing.T) {
	r := record(t)
	Markdown("$\\rho = %.2f$", 0.5)
	if m := r.last(t); m.mime != protocol.MIMETextMarkdown || m.content != "$\\rho = 0.50$" {
		t.Errorf("shown was %v", m)
	}
	HTML("<b>x</b>")
	if m := r.last(t); m.mime != protocol.MIMETextHTML || m.content != "<b>x</b>" {
		t.Errorf("shown was %v", m)
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
