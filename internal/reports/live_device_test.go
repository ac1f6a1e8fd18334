package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"github.com/robustloss/gomlx-robustloss/notebooks/live"
)

// phone is the screen of one, with a finger for a pointer.
func phone() chromedp.Action {
	return chromedp.Tasks{
		emulation.SetDeviceMetricsOverride(390, 844, 2, true),
		emulation.SetTouchEmulationEnabled(true),
	}
}

// Every figure fits on a phone: nothing scrolls sideways, and all that is written lies within the picture, on top of nothing
// else that is written.
func TestLiveFigures_FitOnAPhone(t *testing.T) {
	t.Parallel()
	page := livePage(t, 390, phone())
	for _, name := range live.Names() {
		var found struct {
			Scrolls, Outside float64
			Overlaps         []string
			Letters          float64
		}
		look := fmt.Sprintf(`(() => {
			const picture = %s.querySelector(".picture"), image = picture.firstElementChild.getBoundingClientRect();
			const texts = [...picture.querySelectorAll("text")].map(e => [e.textContent, e.getBoundingClientRect()]);
			const overlaps = texts.flatMap(([a, p], i) => texts.slice(i + 1).filter(([b, q]) => a && b &&
				Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 3).map(([b]) => a + " | " + b));
			return {
				Scrolls: picture.scrollWidth - picture.clientWidth + document.documentElement.scrollWidth - document.documentElement.clientWidth,
				Outside: Math.max(...texts.map(([, b]) => Math.max(image.left - b.left, b.right - image.right, b.bottom - image.bottom))),
				Letters: Math.min(...texts.map(([, b]) => b.height)), Overlaps: overlaps,
			};
		})()`, figure(name))
		if err := page.within(time.Minute, chromedp.Evaluate(look, &found)); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %+v", name, found)
		if found.Scrolls > 0 || found.Outside > .5 {
			t.Errorf("%s scrolls by %g pixels, and text goes beyond its picture by %g", name, found.Scrolls, found.Outside)
		}
		if len(found.Overlaps) > 0 {
			t.Errorf("%s writes one thing on top of another: %q", name, found.Overlaps)
		}
		if found.Letters < 11 {
			t.Errorf("%s has letters %g pixels high, want 11", name, found.Letters)
		}
	}
}

// A finger drags a point, and the page does not scroll meanwhile.
func TestLiveFigures_FollowAFinger(t *testing.T) {
	t.Parallel()
	page := livePage(t, 390, phone())
	for _, name := range []string{"line", "valley", "likelihood"} {
		var at []float64
		place := fmt.Sprintf(`(() => { const h = %s.querySelector('[data-handle="0"]'); h.scrollIntoView({block: "center"}); const b = h.getBoundingClientRect(); return [b.x + b.width/2, b.y + b.height/2]; })()`, figure(name))
		if err := page.within(time.Minute, chromedp.Evaluate(place, &at), twoFrames()); err != nil {
			t.Fatal(err)
		}
		before, scroll := page.answerOf(t, name), 0.0
		touch := func(kind input.TouchType, x, y float64) chromedp.Action {
			if kind == input.TouchEnd {
				return input.DispatchTouchEvent(kind, []*input.TouchPoint{})
			}
			return input.DispatchTouchEvent(kind, []*input.TouchPoint{{X: x, Y: y}})
		}
		err := page.within(time.Minute, chromedp.Evaluate(`scrollY`, &scroll), touch(input.TouchStart, at[0], at[1]))
		for k := 1; k <= 6 && err == nil; k++ {
			err = page.within(time.Minute, touch(input.TouchMove, at[0]-10*float64(k), at[1]-10*float64(k)), twoFrames())
		}
		var scrolled float64
		if err == nil {
			err = page.within(time.Minute, touch(input.TouchEnd, 0, 0), chromedp.Evaluate(`scrollY`, &scrolled))
		}
		if err != nil {
			t.Fatal(err)
		}
		after := page.answerOf(t, name)
		if from, to := before.Handles[0].X, after.Handles[0].X; math.Abs(from-to-60/pixelsPerUnit(t, page, name)) > 3 {
			t.Errorf("%s: a finger that went 60 pixels to the left took the point from %g to %g", name, from, to)
		}
		if scrolled != scroll {
			t.Errorf("%s: the page has scrolled from %g to %g", name, scroll, scrolled)
		}
		wantGo(t, name, after)
	}
}

// pixelsPerUnit is the scale in which a page shows a figure.
func pixelsPerUnit(t *testing.T, page *tab, name string) (scale float64) {
	t.Helper()
	if err := page.within(time.Minute, chromedp.Evaluate(figure(name)+`.querySelector(".picture > svg").getScreenCTM().a`, &scale)); err != nil {
		t.Fatal(err)
	}
	return scale
}

// Wherever the points are, the browser finds the same optima.
func TestLiveFigures_FindTheSameOptimaInTheBrowser(t *testing.T) {
	t.Parallel()
	page := livePage(t, 1100)
	rng := rand.New(rand.NewPCG(1, 1))
	for _, name := range []string{"line", "likelihood", "valley"} {
		f, err := live.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		furthest, where := 0.0, ""
		for range 60 {
			s := live.State{Values: map[string]float64{}}
			for _, c := range f.Controls {
				s.Values[c.Name] = c.Min + c.Step*math.Round(rng.Float64()*(c.Max-c.Min)/c.Step)
			}
			for i, p := range f.Start.Points {
				if i < 2 || rng.Float64() < .3 {
					p = live.Point{X: p.X * (.5 + rng.Float64()), Y: p.Y * (.5 + rng.Float64())}
				}
				s.Points = append(s.Points, p)
			}
			want, err := live.Respond(name, s, nil)
			if err != nil {
				t.Fatal(err)
			}
			state, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]float64
			if err := page.within(time.Minute, chromedp.Evaluate(fmt.Sprintf(`robustlossRespond(%q, %s, null).values`, name, state), &got)); err != nil {
				t.Fatal(err)
			}
			for key, w := range want.Picture.Values {
				if d := math.Abs(got[key]-w) / max(1, math.Abs(w)); !(d <= furthest) {
					furthest, where = d, fmt.Sprintf("%s is %.17g in the browser and %.17g here, for %s", key, got[key], w, state)
				}
			}
		}
		t.Logf("%s: the largest difference is %.2g", name, furthest)
		if !(furthest <= agreement()) {
			t.Errorf("%s: %s", name, where)
		}
	}
}

// A figure that answers late does not feel like one. The processor time from what a reader does to a picture that is laid out is
// reported, not checked: it is the machine's.
func TestLiveFigures_ReportTheTimeOfAPicture(t *testing.T) {
	t.Parallel()
	page := livePage(t, 1100, performance.Enable().WithTimeDomain(performance.EnableTimeDomainThreadTicks))
	busy := func() (seconds float64) {
		var metrics []*performance.Metric
		err := page.within(time.Minute, chromedp.ActionFunc(func(ctx context.Context) (err error) {
			metrics, err = performance.GetMetrics().Do(ctx)
			return err
		}))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range metrics {
			if m.Name == "TaskDuration" {
				seconds = m.Value
			}
		}
		return seconds
	}
	const pictures = 40
	for _, name := range live.Names() {
		draw := fmt.Sprintf(`(() => { const f = %s, s = JSON.parse(f.dataset.state); for (let i = 0; i < %d; i++) {
			if (s.points?.length) s.points[0].x -= .01;
			if ("alpha" in s.values) s.values.alpha -= .01;
			const p = f.querySelector(".picture"); p.innerHTML = robustlossRespond("%s", s, null).svg; p.firstElementChild.getBoundingClientRect(); } })()`, figure(name), pictures, name)
		before := busy()
		if err := page.within(2*time.Minute, chromedp.Evaluate(draw, nil), twoFrames()); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.1f ms of processor time", name, 1000*(busy()-before)/pictures)
	}
}
