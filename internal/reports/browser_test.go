package reports

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// RequireBrowserVariable is the environment variable that, set to 1, makes a missing browser a failure, not a skip.
const RequireBrowserVariable = "ROBUSTLOSS_REQUIRE_CHROMIUM"

// browsers are the names under which Chromium or Chrome may be found.
var browsers = []string{
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// browserPath returns the path of a browser. It skips the test where there is none.
func browserPath(t *testing.T) string {
	t.Helper()
	for _, name := range append([]string{os.Getenv("CHROME")}, browsers...) {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv(RequireBrowserVariable) == "1" {
		t.Fatalf("no browser (looked for %s)", strings.Join(browsers, ", "))
	}
	t.Skip("no Chromium or Chrome: install one (apt install chromium), or name it in CHROME")
	return ""
}

// tab is a page in a headless browser, and what it asked the network for.
type tab struct {
	context.Context
	mutex    sync.Mutex
	requests []string
}

// openTab starts a browser with one empty page that lives until the end of the test.
func openTab(t *testing.T, width, height int) *tab {
	t.Helper()
	profile, err := os.MkdirTemp("", "robustloss-browser-") //nolint:usetesting // the browser may still write when it has ended
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(browserPath(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile),
		chromedp.WindowSize(width, height), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), // there is no network but this machine
		chromedp.WSURLReadTimeout(patience*time.Minute))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the browser
		closeTab()
		stop()
		if !eventually(5*time.Second, func() bool { err = os.RemoveAll(profile); return err == nil }) { // its helpers may still write
			t.Log(err)
		}
	})
	page := &tab{Context: ctx}
	chromedp.ListenTarget(ctx, func(event any) {
		if sent, ok := event.(*network.EventRequestWillBeSent); ok {
			page.mutex.Lock()
			defer page.mutex.Unlock()
			page.requests = append(page.requests, sent.Request.URL)
		}
	})
	if err := chromedp.Run(ctx, network.Enable()); err != nil {
		t.Fatal("the browser does not start: ", err)
	}
	return page
}

// asked returns the addresses outside the page itself that it asked for.
func (p *tab) asked() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var out []string
	for _, address := range p.requests {
		if !strings.HasPrefix(address, "file:") && !strings.HasPrefix(address, "data:") && !strings.HasPrefix(address, "blob:") {
			out = append(out, address)
		}
	}
	return out
}

// within runs actions for at most the given time, with patience.
func (p *tab) within(limit time.Duration, actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(p.Context, patience*limit)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

// count returns the number of elements that a CSS selector finds.
func (p *tab) count(t *testing.T, selector string) int {
	t.Helper()
	var n int
	if err := p.within(2*time.Minute, chromedp.Evaluate("document.querySelectorAll(`"+selector+"`).length", &n)); err != nil {
		t.Fatal(err)
	}
	return n
}

// chooseInMenu opens a menu of JupyterLab and chooses an item of it. The menus follow the pointer: an item must be
// pointed at before it is clicked.
func chooseInMenu(menu, item string) chromedp.Action {
	center := func(class, text string, to *[2]float64) chromedp.Action {
		return chromedp.Poll(`(() => {
			const found = [...document.querySelectorAll('.`+class+`')].find(e => e.textContent === '`+text+`');
			const box = found?.getBoundingClientRect();
			return box?.width ? [box.x + box.width / 2, box.y + box.height / 2] : null;
		})()`, to, patiently)
	}
	clickAt := func(at *[2]float64) chromedp.Action {
		return chromedp.ActionFunc(func(ctx context.Context) error {
			if err := chromedp.MouseEvent(input.MouseMoved, at[0]-1, at[1]).Do(ctx); err != nil {
				return err
			}
			if err := chromedp.MouseEvent(input.MouseMoved, at[0], at[1]).Do(ctx); err != nil {
				return err
			}
			return chromedp.MouseClickXY(at[0], at[1]).Do(ctx)
		})
	}
	var title, entry [2]float64
	return chromedp.Tasks{
		center("lm-MenuBar-itemLabel", menu, &title), clickAt(&title),
		center("lm-Menu-itemLabel", item, &entry), clickAt(&entry),
	}
}
