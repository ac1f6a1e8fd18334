package show

import (
	"strings"
	"testing"
	"time"
)

func TestProgress_UpdatesOneLineSeldom(t *testing.T) {
	r := record(t)
	p := NewProgress("fit <α>", 1000)
	for i := range 1000 {
		p.Step("loss %.1f", float64(i))
	}
	if n := len(r.messages); n < 2 || n > 10 {
		t.Errorf("%d updates for fast work, want the first, the last and few between", n)
	}
	last := r.last(t)
	if !strings.HasPrefix(last.plain, "fit <α>: 1000 of 1000, ") || !strings.HasSuffix(last.plain, ", loss 999.0") {
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
	p.told = p.told.Add(-time.Second)
	p.Step("")
	if got := r.last(t).plain; !strings.HasPrefix(got, "fit <α>: 1001 of 1000") {
		t.Errorf("the line is %q", got)
	}
}
