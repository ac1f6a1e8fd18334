//go:build !js

package live

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/robustloss/gomlx-robustloss/notebooks/show"
)

//go:embed live.js
var script string

//go:embed unpack.js
var unpack string

//go:embed live.css
var style string

// Show puts a figure under the cell. sweep is for the figure "sweep", nil for the others.
//
// What is shown holds the picture as it starts, so that it is there without a script, and the program that draws the
// others: Go compiled to WebAssembly, about a megabyte. An exported report holds it once for all its pages.
func Show(name string, sweep *Sweep) {
	page, err := HTML(name, sweep)
	show.HTML(show.Must(page, err))
}

// HTML returns what Show puts on the page.
func HTML(name string, sweep *Sweep) (string, error) {
	still, err := Still(name, sweep)
	if err != nil {
		return "", err
	}
	program, err := program()
	if err != nil {
		return "", err
	}
	return still + program, nil
}

// Still returns the figure without the program: a picture, its controls, which are hidden until the program runs, and
// what it says.
func Still(name string, sweep *Sweep) (string, error) {
	f, err := Find(name)
	if err != nil {
		return "", err
	}
	start := f.Start.clone()
	start.Sweep = sweep
	state, err := json.Marshal(start)
	if err != nil {
		return "", err
	}
	answer := f.answer(start)
	var b strings.Builder
	fmt.Fprintf(&b, `<style>%s</style><figure class="robustloss-live" data-figure="%s" data-alt="%s" data-state="%s">`,
		style, html.EscapeString(name), html.EscapeString(f.Alt), html.EscapeString(string(state)))
	fmt.Fprintf(&b, `<div class="picture" role="img" aria-label="%s">%s</div><div class="controls" hidden>`, html.EscapeString(f.Alt), answer.Picture.SVG)
	for _, c := range f.Controls {
		b.WriteString(c.html(f.Start.Values[c.Name], answer.Labels[c.Name], sweep))
	}
	fmt.Fprintf(&b, `</div><p class="say" aria-live="polite">%s</p></figure>`, html.EscapeString(answer.Picture.Say))
	return b.String(), nil
}

// html returns a control as a form has it.
func (c Control) html(value float64, label string, sweep *Sweep) string {
	choices := c.Choices
	if sweep != nil {
		choices = nil
		for _, s := range sweep.Series {
			choices = append(choices, s.Name)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<label><span>%s</span> `, html.EscapeString(c.Label))
	if len(choices) > 0 {
		fmt.Fprintf(&b, `<select data-control="%s">`, html.EscapeString(c.Name))
		for i, choice := range choices {
			selected := ""
			if i == int(value) {
				selected = " selected"
			}
			fmt.Fprintf(&b, `<option value="%d"%s>%s</option>`, i, selected, html.EscapeString(choice))
		}
		b.WriteString(`</select></label>`)
		return b.String()
	}
	fmt.Fprintf(&b, `<input type="range" data-control="%s" min="%g" max="%g" step="%g" value="%g"><output>%s</output></label>`,
		html.EscapeString(c.Name), c.Min, c.Max, c.Step, value, html.EscapeString(label))
	return b.String()
}

// program returns the script that makes the figures of a page answer, with the program in it.
func program() (string, error) {
	compressed, err := Build()
	if err != nil {
		return "", err
	}
	goroot, err := runtimeRoot()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	glue, err := os.ReadFile(filepath.Join(goroot, "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return "", fmt.Errorf("the Go installation has no lib/wasm/wasm_exec.js: %w", err)
	}
	// The two comments mark what an exporter may put into a file that pages share.
	return fmt.Sprintf(`<script>/*robustloss-live*/%swindow.robustlossLoad = () => robustlossUnpack("%s", %d);%s/*robustloss-live*/%s</script>`,
		unpack, pack(compressed), len(compressed), glue, script), nil
}

// runtimeRoot is GOROOT of the Go that compiles the program.
func runtimeRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	return strings.TrimSpace(string(out)), err
}

// Build compiles the program for browsers, without what only debuggers read and without inlining, and returns it, compressed
// by gzip. It needs the project's sources, which a notebook has, and a second where Go has compiled them before.
func Build() ([]byte, error) {
	_, here, _, ok := runtime.Caller(0)
	if _, err := os.Stat(here); !ok || err != nil {
		return nil, fmt.Errorf("the sources of the figures are not where they were compiled (%s): run the notebook in a clone of the project", here)
	}
	folder, err := os.MkdirTemp("", "robustloss-live-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "live.wasm")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-gcflags=all=-l", "-o", file, "./wasm")
	build.Dir = filepath.Dir(here)
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOEXPERIMENT=", "GOWORK=off", "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the figures cannot be compiled for the browser: %w\n%s", err, bytes.TrimSpace(out))
	}
	binary, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var compressed bytes.Buffer
	w, err := gzip.NewWriterLevel(&compressed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(binary); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return compressed.Bytes(), nil
}
