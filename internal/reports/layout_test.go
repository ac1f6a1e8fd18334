package reports

import (
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// lessonCell declares a function, draws, and checks two claims; its imports are a block.
const lessonCell = `import (
	"math"

	"github.com/robustloss/gomlx-robustloss/notebooks/show"
)

func cube(x float64) float64 { return math.Pow(x, 3) }

%%
show.CheckNear("2³ = 8", cube(2), 8, 1e-12)
show.Check("cubes keep the sign", cube(-1) < 0)`

// drawingCell only draws.
const drawingCell = `%%
show.NewPlot("a <cube>", "x", "x³").XRange(-2, 2).Func("cube", cube).Show()`

// A page folds imports, drawing and checks, numbers its sections, describes its pictures, and holds its notebook; what a
// site holds needs nothing outside of it.
func TestReports_PageIsArranged(t *testing.T) {
	t.Parallel()
	root := root(t)
	browserPath(t)
	dir, out := cloneFolder(t, root), t.TempDir()
	site := filepath.Join(t.TempDir(), "site")
	source := filepath.Join(dir, "small.ipynb")
	text := "# Small\n\n## First\n\nOf ($x^3$); see [the clone](../README.md).\n\n$$x^3$$\n\n## 2. Second\n\n## Third\n\n## Summary"
	writeNotebook(t, source, text, lessonCell, drawingCell)
	if said, err := run(t, root, nil, "--notebooks", dir, "--out", out, "--site", site); err != nil {
		t.Fatal(said, err)
	}
	page := openTab(t, 390, 900)
	var headings, contents, alt, closed, download, word, code, shadows string
	var open, wide, lines int
	err := page.within(time.Minute,
		chromedp.Navigate((&url.URL{Scheme: "file", Path: filepath.Join(out, "small.html")}).String()),
		chromedp.WaitReady("svg.formula", chromedp.ByQuery),
		chromedp.Evaluate(`[...document.querySelectorAll('h2')].map(h => h.innerText.replace('¶', '').trim()).join('|')`, &headings),
		chromedp.Evaluate(`[...document.querySelectorAll('.report-contents li')].map(h => h.innerText.trim()).join('|')`, &contents),
		chromedp.Evaluate(`document.querySelector('picture.robustloss-plot img').alt`, &alt),
		chromedp.Evaluate(`[...document.querySelectorAll('.report-fold, .report-checks')].map(d => d.querySelector('summary').innerText.trim()).join('|')`, &closed),
		chromedp.Evaluate(`document.querySelectorAll('.report-fold[open], .report-checks[open]').length`, &open),
		chromedp.Evaluate(`document.querySelector('a[download="small.ipynb"]').href.split(',')[1]`, &download),
		chromedp.Evaluate(`[...document.querySelectorAll('.report-word')].map(w => w.textContent.trim() + getComputedStyle(w).whiteSpace).join('|')`, &word),
		chromedp.Evaluate(`[...document.querySelectorAll('.highlight pre')].at(-1).textContent.trim()`, &code),
		chromedp.Evaluate(`[...document.querySelectorAll('.highlight pre')].at(-1).querySelectorAll('.report-code').length`, &lines),
		chromedp.Evaluate(`getComputedStyle(document.querySelector('.formula-line')).backgroundAttachment`, &shadows),
		chromedp.Evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &wide))
	if err != nil {
		t.Fatal(err)
	}
	const wantHeadings = "1. First|2. Second|3. Third|Summary"
	if headings != wantHeadings || contents != wantHeadings {
		t.Errorf("sections are %q, contents %q, want %q", headings, contents, wantHeadings)
	}
	if !strings.Contains(alt, "a <cube>") {
		t.Errorf("the picture's description is %q", alt)
	}
	if word != "();nowrap" { // the formula is an image
		t.Errorf("what touches a formula is in %q", word)
	}
	if code != drawingCell || lines != 2 {
		t.Errorf("the last cell's code is %d lines:\n%s\nwant\n%s", lines, code, drawingCell)
	}
	if shadows != "local, local, scroll, scroll" {
		t.Errorf("the shadows of what scrolls are %q", shadows)
	}
	if want := "imports|✓ 2 checks hold|code of the figure"; closed != want || open != 0 {
		t.Errorf("folded are %q, %d of them open, want %q", closed, open, want)
	}
	if content, err := base64.StdEncoding.DecodeString(download); err != nil || string(content) != read(t, source) {
		t.Errorf("the download is not the notebook (%v)", err)
	}
	if wide > 0 {
		t.Errorf("at 390 pixels the page is %d too wide", wide)
	}
	for _, name := range []string{"index.html", "notation.html", "small.html", "small.jpg", ".nojekyll"} {
		if _, err := os.Stat(filepath.Join(site, name)); err != nil {
			t.Error(err)
		}
	}
	wantLinksThatLead(t, site)
	if strings.Contains(read(t, filepath.Join(site, "small.html")), `href="../`) {
		t.Error("the site links to a file outside of it")
	}
	if said, err := run(t, root, nil, "--notebooks", dir, "--out", out, "--no-execute", "--site", dir); err == nil || !strings.Contains(said, "was not made by make site") {
		t.Errorf("a folder with other files is taken for a site: %s", said)
	}
	if _, err := os.Stat(source); err != nil {
		t.Error(err)
	}
}

// The figure that stands for a notebook is at the top of its page where a section comes before it.
func TestReports_FigureIsOnTop(t *testing.T) {
	t.Parallel()
	root := root(t)
	dir, out := cloneFolder(t, root), t.TempDir()
	path := filepath.Join(dir, "small.ipynb")
	writeNotebook(t, path, "# Small\n\nThis picture.\n\n## First", lessonCell, drawingCell)
	tagged := strings.Replace(read(t, path), `"id":"code-2","metadata":{}`, `"id":"code-2","metadata":{"tags":["figure"]}`, 1)
	if !strings.Contains(tagged, "figure") {
		t.Fatal("the cell is not tagged")
	}
	if err := os.WriteFile(path, []byte(tagged), 0o644); err != nil {
		t.Fatal(err)
	}
	if said, err := run(t, root, nil, "--notebooks", dir, "--out", out); err != nil {
		t.Fatal(said, err)
	}
	top, _, _ := strings.Cut(read(t, filepath.Join(out, "small.html")), "report-imports\"")
	if !strings.Contains(top, `<figure class="report-title"><a href="#cell-id=code-2">`) {
		t.Error("the figure is not on top of the page")
	}
}
