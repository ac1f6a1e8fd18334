package reports

import (
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/robustloss/gomlx-robustloss/notebooks/live"
)

// livePage writes a page with every figure that moves, and opens it from disk, without a network, after some actions.
func livePage(t *testing.T, width int, before ...chromedp.Action) *tab {
	t.Helper()
	browserPath(t)
	sweep := &live.Sweep{Alpha: []float64{-8, -2, 0, 1}, Series: []live.Series{
		{Name: "AMI", Values: []float64{.85, .9, .92, .7}}, {Name: "groups", Values: []float64{40, 22, 21, 10}},
	}}
	var body strings.Builder
	body.WriteString("<!doctype html><meta charset=utf-8><meta name=viewport content=\"width=device-width\">")
	for i, name := range live.Names() {
		given := sweep
		if name != "sweep" {
			given = nil
		}
		draw := live.Still
		if i == len(live.Names())-1 {
			draw = live.HTML
		}
		figure, err := draw(name, given)
		if err != nil {
			t.Fatal(err)
		}
		body.WriteString(figure)
	}
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte(body.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	page := openTab(t, width, 900)
	if err := page.within(time.Minute, append(before, chromedp.Navigate("file://"+path))...); err != nil {
		t.Fatal(err)
	}
	waitForFigures(t, page)
	return page
}

// waitForFigures waits until all figures of a page that move have started, and returns their names.
func waitForFigures(t *testing.T, page *tab) (names []string) {
	t.Helper()
	const all = `[...document.querySelectorAll("figure.robustloss-live")]`
	if err := page.within(2*time.Minute, chromedp.Poll(all+`.every(f => f.dataset.ready)`, nil, patiently), chromedp.Evaluate(all+`.map(f => f.dataset.figure)`, &names)); err != nil {
		var said string
		_ = page.within(time.Minute, chromedp.Evaluate(all+`.map(f => f.innerText).join("\n")`, &said))
		t.Fatalf("the figures do not start: %v\n%s", err, said)
	}
	return names
}

// wantFiguresThatAnswer moves the first control, or the first point, of every figure on a page and compares what it shows
// with what Go computes here.
func wantFiguresThatAnswer(t *testing.T, page *tab) (names []string) {
	t.Helper()
	names = waitForFigures(t, page)
	for _, name := range names {
		before := page.answerOf(t, name)
		wantGo(t, name, before)
		move := fmt.Sprintf(`(() => {
			const f = %s, c = f.querySelector("[data-control]"), h = f.querySelector("[data-handle]");
			if (c?.options) c.selectedIndex = (c.selectedIndex + 1) %% c.options.length;
			else if (c) c.value = Number(c.value) < Number(c.max) ? Number(c.value) + Number(c.step) : c.min;
			if (c) c.dispatchEvent(new Event("input"));
			else h.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
		})()`, figure(name))
		if err := page.within(time.Minute, chromedp.Evaluate(move, nil), twoFrames()); err != nil {
			t.Fatal(err)
		}
		after := page.answerOf(t, name)
		wantGo(t, name, after)
		if after.Say == before.Say {
			t.Errorf("%s has moved and still says %q", name, after.Say)
		}
	}
	return names
}

// TestLiveFigures_AnswerInAReport exports a notebook, opens its page from disk without a network, and then without scripts.
func TestLiveFigures_AnswerInAReport(t *testing.T) {
	t.Parallel()
	root := root(t)
	browserPath(t)
	dir, out := cloneFolder(t, root), t.TempDir()
	writeNotebook(t, filepath.Join(dir, "moving.ipynb"), "# Moving", figureCell,
		"import \"github.com/robustloss/gomlx-robustloss/notebooks/live\"\n\n%%\nlive.Show(\"loss\", nil)", "%%\nlive.Show(\"valley\", nil)")
	if said, err := run(t, root, nil, "--notebooks", dir, "--out", out); err != nil {
		t.Fatal(said, err)
	}
	address := (&url.URL{Scheme: "file", Path: filepath.Join(out, "moving.html")}).String()
	page := openTab(t, 1100, 900)
	if err := page.within(time.Minute, network.EmulateNetworkConditions(true, 0, -1, -1), chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	if names := wantFiguresThatAnswer(t, page); len(names) != 2 {
		t.Errorf("the page shows %q, want two figures", names)
	}
	if asked := page.asked(); len(asked) > 0 {
		t.Errorf("the page asks the network for %v", asked)
	}
	program, err := os.Stat(filepath.Join(out, "live.js"))
	if err != nil {
		t.Fatal(err)
	}
	own := int64(len(read(t, filepath.Join(out, "moving.html")))) // with the styles, which every page has
	if own > 800_000 || program.Size() > 1_200_000 {
		t.Errorf("the page has %d bytes and shares %d", own, program.Size())
	}

	phone := openTab(t, 390, 900)
	var box string
	if err := phone.within(time.Minute, chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	waitForFigures(t, phone)
	if err := phone.within(time.Minute, chromedp.Evaluate(figure("loss")+`.querySelector(".picture > svg").getAttribute("viewBox")`, &box)); err != nil || box != "0 0 400 1120" {
		t.Errorf("on a narrow page the panels are in %q (%v), want one column", box, err)
	}

	still := openTab(t, 390, 900)
	var pictures, hidden, wide int
	err = still.within(time.Minute, emulation.SetScriptExecutionDisabled(true), chromedp.Navigate(address), emulation.SetScriptExecutionDisabled(false),
		chromedp.Evaluate(`[...document.querySelectorAll("figure.robustloss-live .picture[role=img] > svg")].filter(s => s.getBoundingClientRect().height > 100).length`, &pictures),
		chromedp.Evaluate(`[...document.querySelectorAll("figure.robustloss-live .controls")].filter(c => getComputedStyle(c).display === "none").length`, &hidden),
		chromedp.Evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &wide))
	if err != nil {
		t.Fatal(err)
	}
	if pictures != 2 || hidden != 2 || wide > 0 {
		t.Errorf("without scripts there are %d pictures, want 2, %d hidden rows of controls, want 2, and the page is %d pixels too wide", pictures, hidden, wide)
	}
}

// answer is what a figure shows.
type answer struct {
	Values   map[string]float64 `json:"values"`
	Controls map[string]float64 `json:"controls"`
	Points   []live.Point       `json:"points"`
	Handles  []live.Handle      `json:"handles"`
	Say      string             `json:"say"`
}

// twoFrames waits until the page has been drawn anew: figures answer in the next frame of the screen.
func twoFrames() chromedp.Action {
	return chromedp.Evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))", nil,
		func(p *cdpruntime.EvaluateParams) *cdpruntime.EvaluateParams { return p.WithAwaitPromise(true) })
}

func figure(name string) string { return `document.querySelector('[data-figure="` + name + `"]')` }

func (p *tab) answerOf(t *testing.T, name string) (a answer) {
	t.Helper()
	if err := p.within(2*time.Minute, chromedp.Evaluate(figure(name)+".answer", &a)); err != nil {
		t.Fatal(err)
	}
	return a
}

// wantGo compares what the browser shows with what this process computes for the same state.
func wantGo(t *testing.T, name string, got answer) {
	t.Helper()
	f, err := live.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	if name == "sweep" {
		return // it computes nothing
	}
	want, err := live.Respond(f.Name, live.State{Values: got.Controls, Points: got.Points}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Values) == 0 || len(got.Values) != len(want.Picture.Values) {
		t.Errorf("%s shows %v, want %v", name, got.Values, want.Picture.Values)
	}
	for key, w := range want.Picture.Values {
		if g := got.Values[key]; !(math.Abs(g-w) <= agreement()*max(1, math.Abs(w))) {
			t.Errorf("%s: %s is %.17g in the browser, %.17g here", name, key, g, w)
		}
	}
}

// agreement is how near the values of the browser are to ours. WebAssembly has no fused multiply-add, and neither has what Go
// compiles for amd64; on other processors it has, and there was no such machine to see by how much that moves a value.
func agreement() float64 {
	if runtime.GOARCH == "amd64" {
		return 1e-12
	}
	return 1e-9
}

func TestLiveFigures_ComputeInTheBrowserWhatGoComputesHere(t *testing.T) {
	t.Parallel()
	page := livePage(t, 1100)
	for _, name := range live.Names() {
		before := page.answerOf(t, name)
		wantGo(t, name, before)
		f, _ := live.Find(name)
		for _, c := range f.Controls {
			move := fmt.Sprintf(`(() => { const c = %s.querySelector('[data-control="%s"]'); c.value = %g; c.dispatchEvent(new Event("input")); })()`,
				figure(name), c.Name, max(c.Min, min(c.Max, 1)))
			if err := page.within(2*time.Minute, chromedp.Evaluate(move, nil), twoFrames()); err != nil {
				t.Fatal(err)
			}
		}
		wantGo(t, name, page.answerOf(t, name))
	}
	if asked := page.asked(); len(asked) > 0 {
		t.Errorf("the page asks the network for %v", asked)
	}
}

func TestLiveFigures_FollowThePointerAndTheArrows(t *testing.T) {
	t.Parallel()
	page := livePage(t, 1100)
	for _, name := range []string{"line", "valley", "likelihood"} {
		before := page.answerOf(t, name)
		focus := fmt.Sprintf(`(() => { const h = %s.querySelector('[data-handle="0"]'); h.scrollIntoView({block: "center"}); h.focus(); const b = h.getBoundingClientRect(); return [b.x + b.width/2, b.y + b.height/2]; })()`, figure(name))
		var at []float64
		if err := page.within(2*time.Minute, chromedp.Evaluate(focus, &at), chromedp.KeyEvent("\u0302")); err != nil { // arrow left
			t.Fatal(err)
		}
		arrows := page.answerOf(t, name)
		if arrows.Points[0].X >= before.Points[0].X {
			t.Errorf("%s: the left arrow moves the point from %v to %v", name, before.Points[0], arrows.Points[0])
		}
		var focused bool
		check := figure(name) + `.querySelector('[data-handle="0"]') === document.activeElement`
		if err := page.within(2*time.Minute, chromedp.Evaluate(check, &focused)); err != nil || !focused {
			t.Errorf("%s: after an arrow the point has lost the focus (%v)", name, err)
		}
		mouse := func(kind input.MouseType, x, y float64) chromedp.Action {
			return input.DispatchMouseEvent(kind, x, y).WithButton(input.Left).WithButtons(1).WithClickCount(1)
		}
		err := page.within(2*time.Minute, chromedp.Evaluate(focus, &at))
		if err == nil {
			err = page.within(2*time.Minute, mouse(input.MousePressed, at[0], at[1]), mouse(input.MouseMoved, at[0]-60, at[1]-30),
				twoFrames(), mouse(input.MouseReleased, at[0]-60, at[1]-30))
		}
		if err != nil {
			t.Fatal(err)
		}
		dragged := page.answerOf(t, name)
		if dragged.Points[0].X >= arrows.Points[0].X {
			t.Errorf("%s: dragged to the left, the point moves from %v to %v", name, arrows.Points[0], dragged.Points[0])
		}
		wantGo(t, name, dragged)
		if dragged.Say == before.Say || dragged.Handles[0].Label == before.Handles[0].Label {
			t.Errorf("%s: a screen reader still reads %q, %q", name, dragged.Say, dragged.Handles[0].Label)
		}
	}
}
