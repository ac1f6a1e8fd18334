// Package reports tests the program that executes notebooks and writes reports, JupyterLab as make lab opens it, and the
// reports themselves in a browser.
package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// RequireVariable is the environment variable that, set to 1, makes a clone that is not set up a failure, not a skip.
const RequireVariable = "ROBUSTLOSS_REQUIRE_NOTEBOOKS"

// root returns the clone. It skips the test where the clone is not set up.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if testing.Short() {
		t.Skip("executes notebooks: not with -short")
	}
	if _, err := os.Stat(filepath.Join(dir, ".venv", "share", "jupyter", "kernels", "gonb", "kernel.json")); err != nil {
		if os.Getenv(RequireVariable) == "1" {
			t.Fatalf("the clone is not set up: %v", err)
		}
		t.Skip("the clone is not set up for notebooks: make setup does it")
	}
	return dir
}

// cloneFolder makes a folder for notebooks in the clone, where their first cell finds it.
func cloneFolder(t *testing.T, root string) string {
	t.Helper()
	dir, err := os.MkdirTemp(root, ".try-") //nolint:usetesting // beside notebooks, where the first cell finds the clone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// setupCell is the first code cell of every notebook.
const setupCell = `!*[ -f go.work ] || go work init . "$(dirname "$GONB_DIR")"
%noautoget`

// writeNotebook writes a notebook of a text and of code cells after the set-up.
func writeNotebook(t *testing.T, path, text string, code ...string) {
	t.Helper()
	type object = map[string]any
	cells := []object{{"cell_type": "markdown", "id": "text", "metadata": object{}, "source": text}}
	for i, source := range append([]string{setupCell}, code...) {
		metadata := object{}
		if i == 0 {
			metadata["tags"] = []string{"remove_cell"}
		}
		cells = append(cells, object{
			"cell_type": "code", "id": fmt.Sprintf("code-%d", i), "metadata": metadata,
			"source": source, "execution_count": nil, "outputs": []any{},
		})
	}
	content, err := json.Marshal(object{
		"cells": cells, "nbformat": 4, "nbformat_minor": 5,
		"metadata": object{"kernelspec": object{"name": "gonb", "display_name": "Go (gonb)", "language": "go"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// run runs the program with arguments and returns what it said. It is stopped, with all that it started, when the test
// runs out of time.
func run(t *testing.T, root string, env []string, args ...string) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	if deadline, ok := t.Deadline(); ok {
		ctx, cancel = context.WithDeadline(context.Background(), deadline.Add(-20*time.Second))
	}
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(root, ".venv", "bin", "python"), append([]string{"internal/reports"}, args...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) } // it stops its kernels then
	cmd.WaitDelay = 15 * time.Second
	said, err := cmd.CombinedOutput()
	return string(said), err
}

// leftovers lists the processes that still work in a folder: kernels and their cells. It knows them on Linux only.
func leftovers(dir string) []string {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	var found []string
	for _, link := range links {
		if at, err := os.Readlink(link); err == nil && strings.HasPrefix(at, dir) {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline"))
			found = append(found, filepath.Base(filepath.Dir(link))+" "+strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return found
}

// wantNoLeftovers waits for the last processes in a folder to end.
func wantNoLeftovers(t *testing.T, dir string) {
	t.Helper()
	var left []string
	if !eventually(30*time.Second, func() bool { left = leftovers(dir); return len(left) == 0 }) {
		t.Errorf("still running: %s", strings.Join(left, "\n"))
	}
}

// wantEmpty waits for the last files in a folder to go.
func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	var left []string
	if !eventually(3*time.Minute, func() bool { left = namesIn(dir); return len(left) == 0 }) {
		t.Errorf("still there: %s", strings.Join(left, "\n"))
	}
}

// namesIn lists a folder, with what is hidden in it.
func namesIn(dir string) (names []string) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// patience is by how much every limit is longer on a busy machine. A limit ends what never comes; no test may fail because something
// is slow.
const patience = 10

// eventually tells whether something becomes true within a time, with patience.
func eventually(limit time.Duration, is func() bool) bool {
	for end := time.Now().Add(patience * limit); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// read returns the content of a file.
func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// hrefs finds the links of a page.
var hrefs = regexp.MustCompile(`<a [^>]*href="([^"]*)"`)

// wantLinksThatLead checks that every link of the pages in a folder which names no site leads to a file that is there,
// and its fragment to an element of that page.
func wantLinksThatLead(t *testing.T, folder string) {
	t.Helper()
	var pages []string
	for _, pattern := range []string{"*.html", "solutions/*.html"} {
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	if len(pages) == 0 {
		t.Fatal("there are no pages")
	}
	for _, page := range pages {
		for _, link := range hrefs.FindAllStringSubmatch(read(t, page), -1) {
			address, err := url.Parse(html.UnescapeString(link[1]))
			if err != nil {
				t.Errorf("%s: %v", filepath.Base(page), err)
				continue
			}
			if address.Scheme != "" {
				continue
			}
			target := page
			if address.Path != "" {
				target = filepath.Join(filepath.Dir(page), address.Path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", filepath.Base(page), link[1], err)
				continue
			}
			_, written, _ := strings.Cut(html.UnescapeString(link[1]), "#") // a browser looks for the name as it is written, then decoded
			content := html.UnescapeString(read(t, target))
			if address.Fragment != "" && !strings.Contains(content, "not executed yet") &&
				!strings.Contains(content, `id="`+written+`"`) && !strings.Contains(content, `id="`+address.Fragment+`"`) {
				t.Errorf("%s links to %s, where nothing has that name", filepath.Base(page), link[1])
			}
		}
	}
}
