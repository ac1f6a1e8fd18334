package reports

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// hostile is a name that would run programs in a page that does not escape it. It closes whatever it may stand in; its last
// character turns the direction of the text.
const hostile = `</script></style></title></details>"'><script>window.broken=1</script><img src=x onerror="window.broken=2">&lt;` + "\u202e"

// hostileFile is the same as the name of a file, which holds no slash.
const hostileFile = `a'b"<img src=x onerror='window.broken=3'>&lt;` + "\u202e"

// What data, files and labels are called reaches a page as text, wherever it is shown: in tables, plots, checks and output, in
// errors, and as the name of the notebook itself.
func TestReports_EscapeHostileNames(t *testing.T) {
	t.Parallel()
	root := root(t)
	dir, out := cloneFolder(t, root), t.TempDir()
	name := strconv.Quote(hostile)
	shown := `import (
	"fmt"
	"image"

	"github.com/robustloss/gomlx-robustloss/notebooks/show"
)

const name = ` + name + `

%%
fmt.Println(name)
show.NewPlot(name, name, name).XRange(-1, 1).Func(name, func(x float64) float64 { return x }).Show()
show.NewImages(name, 1).Add(name, image.NewGray(image.Rect(0, 0, 8, 8))).Show()
show.NewTable(name, "number").Row(name, 1).Show()
show.Stored.Caption("%s", name)
show.Check(name, true)`
	failing := `import (
	"os"

	"github.com/robustloss/gomlx-robustloss/notebooks/show"
)

%%
show.Must(os.ReadFile(` + name + `))`
	bad := strings.Replace(hostileFile, "a", "b", 1)
	writeNotebook(t, filepath.Join(dir, hostileFile+".ipynb"), "No title", shown)
	writeNotebook(t, filepath.Join(dir, bad+".ipynb"), "No title", failing)
	said, err := run(t, root, nil, "--notebooks", dir, "--out", out)
	if err == nil || strings.Contains(said, "Traceback") || !strings.Contains(said, "1 of 2 ok") {
		t.Errorf("it says %q (%v)", said, err)
	}
	pages := map[string][]string{ // with the places where the name stands as text
		hostileFile + ".html": {"pre", "td, th", "details.report-checks", "small, div"}, bad + ".html": {"pre"}, "index.html": {},
	}
	for file := range pages {
		content := read(t, filepath.Join(out, file))
		for _, unwanted := range []string{"<script>window.broken", "<img src=x"} {
			if strings.Contains(content, unwanted) {
				t.Errorf("%s holds %s", file, unwanted)
			}
		}
	}
	browserPath(t)
	for file, places := range pages {
		page := openTab(t, 1000, 1000)
		var broken any
		var title string
		err := page.within(2*time.Minute,
			chromedp.Navigate((&url.URL{Scheme: "file", Path: filepath.Join(out, file)}).String()),
			chromedp.WaitReady("body", chromedp.ByQuery),
			chromedp.Evaluate(`String(window.broken)`, &broken),
			chromedp.Evaluate(`document.title`, &title))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if n := page.count(t, `img[src="x"]`); broken != "undefined" || n > 0 {
			t.Errorf("%s: the name became a part of the page: %v, %d pictures", file, broken, n)
		}
		for _, place := range places {
			var found bool
			script := fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.textContent.includes(%s))`, place, strconv.QuoteToASCII(hostile))
			if err := page.within(time.Minute, chromedp.Evaluate(script, &found)); err != nil || !found {
				t.Errorf("%s: no %s shows the name as it is (%v)", file, place, err)
			}
		}
		if stem := strings.TrimSuffix(file, ".html"); len(places) > 0 && !strings.Contains(title, strings.TrimSuffix(stem, "\u202e")) {
			t.Errorf("%s: the title is %q", file, title)
		}
		if file == "index.html" {
			if n := page.count(t, "h2"); n != 2 {
				t.Errorf("the index lists %d notebooks, want 2", n)
			}
		}
	}
	wantLinksThatLead(t, out)
	if _, err := os.Stat(filepath.Join(out, hostileFile+".jpg")); err != nil {
		t.Error(err)
	}
}
