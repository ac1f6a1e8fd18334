package reports

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/robustloss/gomlx-robustloss/internal/testkit/sources"
)

// solved is a lesson of which the solutions are executed and exported, too. Those of the others only run, in less time: see
// TestSolutions_Run in notebooks.
const solved = "02_distribution"

// TestReports_OfAllNotebooks executes the lessons at the preset tiny, and looks at the report of every one in a browser without a network.
func TestReports_OfAllNotebooks(t *testing.T) {
	t.Parallel()
	root := root(t)
	sources.Depend(t, root)
	lessons := lessonsOf(t, root)
	out := t.TempDir()
	said, err := run(t, root, []string{"ROBUSTLOSS_PRESET=tiny"}, append([]string{"--jobs", "2", "--out", out, "solutions/" + solved}, lessons...)...)
	t.Log(said)
	if err != nil {
		t.Fatal(err)
	}
	wantNoLeftovers(t, filepath.Join(root, "notebooks"))
	index := read(t, filepath.Join(out, "index.html"))
	for _, name := range lessons {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(index, `href="`+name+`.html"`) {
				t.Error("the index does not list the report")
			}
			lookAt(t, filepath.Join(out, name+".html"))
		})
	}
	for _, name := range lessons {
		page := read(t, filepath.Join(out, "solutions", name+".html"))
		if !strings.Contains(page, `href="../`+name+`.html"`) || strings.Contains(page, "executed on ") != (name == solved) {
			t.Errorf("the page of the solutions of %s has no link to the lesson, or says wrongly whether they were executed (%v)", name, name == solved)
		}
	}
	wantLinksThatLead(t, out)
	if got := strings.Count(index, "<img"); got != len(lessons) {
		t.Errorf("the index shows %d figures for %d reports", got, len(lessons))
	}
	size := len(index)
	pictures, err := filepath.Glob(filepath.Join(out, "*.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range pictures {
		size += len(read(t, path))
	}
	if size > 200_000 {
		t.Errorf("the index has %d bytes with its %d figures, want at most 200,000", size, len(pictures))
	}
	if got := strings.Count(index, "executed on "); got != len(lessons) {
		t.Errorf("the index shows %d running times for %d reports", got, len(lessons))
	}
}

// lessonsOf returns the names of the lessons.
func lessonsOf(t *testing.T, root string) (names []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "notebooks", "*.ipynb"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("there are no notebooks (%v)", err)
	}
	for _, path := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(path), ".ipynb"))
	}
	return names
}

// A lesson's page and the index lead to the solutions, whose page has text and code where nobody executed them, and is made
// anew when they change.
func TestReports_LeadToSolutions(t *testing.T) {
	t.Parallel()
	root := root(t)
	dir, out, site := cloneFolder(t, root), t.TempDir(), filepath.Join(t.TempDir(), "site")
	if err := os.Mkdir(filepath.Join(dir, "solutions"), 0o755); err != nil {
		t.Fatal(err)
	}
	solutions := filepath.Join(dir, "solutions", "one.ipynb")
	writeNotebook(t, filepath.Join(dir, "one.ipynb"), "# One\n\n## Exercises\n\n[solutions](solutions/one.ipynb)", "%%\nprintln(1)")
	writeNotebook(t, solutions, "# Solved\n\nOf [one](../one.ipynb), see [notation](../notation.html) and [a file](../../README.md).", "%%\nprintln(\"never \" + \"run\")")
	page := filepath.Join(out, "solutions", "one.html")
	for range 2 {
		if said, err := run(t, root, nil, "--notebooks", dir, "--out", out, "--site", site, "one"); err != nil {
			t.Fatal(said, err)
		}
		text := read(t, page)
		if !strings.Contains(text, "text and code alone") || !strings.Contains(text, "Solved") || strings.Contains(text, "never run") {
			t.Error("the page of the solutions is not that of their text and code")
		}
		later := time.Now().Add(time.Hour)
		if err := os.WriteFile(page, []byte("an older page"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(solutions, later, later); err != nil {
			t.Fatal(err)
		}
	}
	if said, err := run(t, root, nil, "--notebooks", dir, "--out", out, "--site", site, "one"); err != nil {
		t.Fatal(said, err)
	}
	for file, link := range map[string]string{"index.html": "solutions/one.html", "one.html": "solutions/one.html", "solutions/one.html": "../one.html"} {
		for _, folder := range []string{out, site} {
			if !strings.Contains(read(t, filepath.Join(folder, file)), `href="`+link+`"`) {
				t.Errorf("%s has no link to %s", filepath.Join(folder, file), link)
			}
		}
	}
	wantLinksThatLead(t, out)
	wantLinksThatLead(t, site)
}

// TestReports_PageIsWhole makes a report of a small notebook and looks at it in a browser without a network.
func TestReports_PageIsWhole(t *testing.T) {
	t.Parallel()
	root := root(t)
	browserPath(t)
	dir, out := cloneFolder(t, root), t.TempDir()
	writeNotebook(t, filepath.Join(dir, "small.ipynb"), "# Small\n\nThe loss is $\\rho(x) = \\frac{x^2}{2}$.", figureCell)
	if said, err := run(t, root, nil, "--notebooks", dir, "--out", out, "--pdf"); err != nil {
		t.Fatal(said, err)
	}
	lookAt(t, filepath.Join(out, "small.html"))
	pdf, err := os.ReadFile(filepath.Join(out, "small.pdf"))
	if err != nil || !strings.HasPrefix(string(pdf), "%PDF") || len(pdf) < 20_000 {
		t.Errorf("the PDF holds %d bytes (%v)", len(pdf), err)
	}
}

var notebookLink = regexp.MustCompile(`href="[^"]*\.ipynb[^"]*"`)

// lookAt opens a report without a network, and finds rendered formulas, loaded pictures, Go in colours, and no set-up cell.
func lookAt(t *testing.T, path string) {
	t.Helper()
	page := openTab(t, 1200, 1600)
	err := page.within(3*time.Minute,
		network.EmulateNetworkConditions(true, 0, -1, -1),
		chromedp.Navigate((&url.URL{Scheme: "file", Path: path}).String()),
		chromedp.WaitReady("svg.formula", chromedp.ByQuery))
	if err != nil {
		t.Fatalf("no formula is rendered: %v", err)
	}
	var broken, raw, wrong int
	err = page.within(time.Minute,
		chromedp.Evaluate("[...document.images].filter(i => !(i.complete && i.naturalWidth > 50)).length", &broken),
		// A formula that was not seen stays $…$; one whose glyphs are not in the page has no extent.
		chromedp.Evaluate(`[...document.querySelectorAll('svg.formula')].filter(f => { const b = f.getBBox(); return !(b.width > 0 && b.height > 0) || [...f.querySelectorAll('use')].some(u => !document.querySelector(u.getAttribute('href'))); }).length`, &wrong),
		chromedp.Evaluate(`[...document.querySelectorAll('.jp-RenderedMarkdown p')].filter(p => /\$[^$]*\\[a-z]+[^$]*\$/.test(p.innerText)).length`, &raw))
	if err != nil {
		t.Fatal(err)
	}
	if n := page.count(t, ".jp-OutputArea-output img"); n < 1 || broken > 0 {
		t.Errorf("%d plots, %d of the pictures do not load", n, broken)
	}
	if wrong > 0 || raw > 0 {
		t.Errorf("%d formulas are in error, %d are not rendered", wrong, raw)
	}
	if n := page.count(t, ".highlight .kn, .highlight .kd, .highlight .kt, .highlight .k"); n < 1 {
		t.Error("the code is not highlighted as Go")
	}
	if n := page.count(t, `[data-mime-type="application/vnd.jupyter.stderr"], [data-mime-type="application/vnd.jupyter.error"]`); n > 0 {
		t.Errorf("%d outputs are errors", n)
	}
	wantFiguresThatAnswer(t, page)
	if asked := page.asked(); len(asked) > 0 {
		t.Errorf("the page asks the network for %v", asked)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, unwanted := range []string{"noautoget", `src="http`, "require.min.js", "MathJax"} {
		if strings.Contains(string(content), unwanted) {
			t.Errorf("the page holds %q", unwanted)
		}
	}
	if link := notebookLink.Find(content); link != nil {
		t.Errorf("the page links to a notebook, not to its report: %s", link)
	}
	if testing.Verbose() {
		fmt.Printf("%s: %d formulas, %d pictures\n", filepath.Base(path), page.count(t, "svg.formula"), page.count(t, "img"))
	}
}
