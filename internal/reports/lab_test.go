package reports

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const labToken = "test"

// openLab starts JupyterLab on a folder as make lab does, and returns its address and its process. The server and its
// kernels end with the test.
func openLab(t *testing.T, root, folder string) (address string, server *os.Process) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	// Cells that are out of sight are otherwise not in the page.
	settings := filepath.Join(state, "settings", "@jupyterlab", "notebook-extension", "tracker.jupyterlab-settings")
	if err := os.MkdirAll(filepath.Dir(settings), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(settings, []byte(`{"windowingMode": "none"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command("sh", "internal/reports/lab.sh", "--no-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0",
		fmt.Sprintf("--ServerApp.port=%d", port), "--IdentityProvider.token="+labToken)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "ROBUSTLOSS_LAB_STATE="+state, "ROBUSTLOSS_LAB_ROOT="+folder, "ROBUSTLOSS_PRESET=tiny")
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it shuts its kernels down
		select {
		case <-ended:
		case <-time.After(time.Minute):
			_ = cmd.Process.Kill()
			<-ended
		}
		wantNoLeftovers(t, folder)
		if t.Failed() {
			t.Log(said.String())
		}
	})
	address = fmt.Sprintf("http://127.0.0.1:%d", port)
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if answer, err := http.Get(address + "/api/status?token=" + labToken); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return address, cmd.Process
			}
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("JupyterLab ended: %v", err)
		default:
		}
	}
	t.Fatal("JupyterLab does not answer")
	return "", nil
}

// patiently leaves the time limit of a wait to its context.
var patiently = chromedp.WithPollingTimeout(0)

// prompts is an expression for the texts in front of the code cells: [ ], [*] while they run, [1] when they have ended.
const prompts = `[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(e => e.textContent)`

// runAllCells chooses "Run All Cells" and waits for the end of the last cell.
func runAllCells(t *testing.T, page *tab) {
	t.Helper()
	var err error
	for range 20 { // JupyterLab does nothing as long as it has no connection to the kernel, and does not show that
		if err = page.within(3*time.Minute, chooseInMenu("Run", "Run All Cells")); err != nil {
			t.Fatalf("there is no menu: %v", err)
		}
		err = page.within(15*time.Second, chromedp.Poll(prompts+`.some(p => /\[[*\d]+\]/.test(p))`, nil, patiently))
		if err == nil {
			break
		}
	}
	if err == nil {
		err = page.within(10*time.Minute, chromedp.Poll(prompts+`.every(p => /\[\d+\]/.test(p))`, nil, patiently))
	}
	if err != nil {
		var state string
		_ = page.within(20*time.Second, chromedp.Evaluate(`document.querySelector('.jp-Notebook').innerText.slice(-3000)`, &state))
		t.Fatalf("the cells do not end: %v\n%s", err, state)
	}
}

// TestLab_RunsANotebook opens 01_derivation in JupyterLab, runs all of its cells as a reader does, and finds its plots,
// formulas and figures that move, and no error.
func TestLab_RunsANotebook(t *testing.T) {
	root := root(t)
	dependOnSources(t, root)
	browserPath(t)
	const name = "01_derivation.ipynb"
	content, err := os.ReadFile(filepath.Join(root, "notebooks", name))
	if err != nil {
		t.Skip(err)
	}
	folder := cloneFolder(t, root) // a copy, for JupyterLab saves outputs into it
	if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
	address, _ := openLab(t, root, folder)
	page := openTab(t, 1300, 1500)
	err = page.within(4*time.Minute,
		chromedp.Navigate(address+"/lab/workspaces/test/tree/"+name+"?reset&token="+labToken),
		chromedp.WaitVisible(".jp-Notebook .jp-Cell", chromedp.ByQuery),
		chromedp.Poll(`[...document.querySelectorAll('.jp-KernelName')].some(k => /gonb/.test(k.textContent))`, nil, patiently))
	if err != nil {
		t.Fatalf("the notebook cannot be opened: %v", err)
	}
	runAllCells(t, page)
	plots, cells := page.count(t, ".jp-OutputArea-output img"), page.count(t, ".jp-CodeCell")
	formulas := page.count(t, "mjx-container")
	t.Logf("%d code cells, %d plots, %d formulas", cells, plots, formulas)
	if want := strings.Count(string(content), `"cell_type": "code"`); cells != want {
		t.Errorf("%d code cells were run, want %d", cells, want)
	}
	if plots < 1 || formulas < 1 {
		t.Errorf("%d plots and %d formulas are shown", plots, formulas)
	}
	if names := wantFiguresThatAnswer(t, page); len(names) == 0 {
		t.Error("no figure moves")
	}
	for what, selector := range map[string]string{
		"errors":         `[data-mime-type="application/vnd.jupyter.error"]`,
		"text on stderr": `[data-mime-type="application/vnd.jupyter.stderr"]`,
		"formula errors": `mjx-merror, [data-mjx-error]`,
	} {
		if n := page.count(t, ".jp-Notebook "+selector); n > 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}

// TestLab_KilledLeavesNoKernel starts a kernel as a notebook does, and kills the server.
func TestLab_KilledLeavesNoKernel(t *testing.T) {
	root := root(t)
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	folder := cloneFolder(t, root)
	address, server := openLab(t, root, folder)
	answer, err := http.Post(address+"/api/kernels?token="+labToken, "application/json", strings.NewReader(`{"name": "gonb", "path": "some.ipynb"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("no kernel: %s", answer.Status)
	}
	started := func() bool { // the server, the program that starts the kernel, and the kernel
		gonb, _ := filepath.Glob(filepath.Join(temporary, "robustloss-kernel-*", "gonb_*"))
		return len(gonb) == 1 && len(leftovers(folder)) >= 2
	}
	if !eventually(3*time.Minute, started) {
		t.Fatalf("no kernel works in %s", folder)
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	wantNoLeftovers(t, folder)
	if !eventually(30*time.Second, func() bool {
		left, _ := filepath.Glob(filepath.Join(temporary, "robustloss-kernel-*"))
		return len(left) == 0
	}) {
		t.Error("the temporary folder of the kernel is still there")
	}
}

// TestLab_HidesGopls looks for the folders that a kernel of make lab searches for programs.
func TestLab_HidesGopls(t *testing.T) {
	root := root(t)
	alone, withGo, other := t.TempDir(), t.TempDir(), t.TempDir()
	for _, file := range []string{filepath.Join(alone, "gopls"), filepath.Join(withGo, "gopls"), filepath.Join(withGo, "go"), filepath.Join(other, "tool")} {
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(filepath.Join(root, ".venv", "bin", "python"), filepath.Join(root, "internal", "reports", "paths.py"))
	cmd.Env = append(os.Environ(), "PATH="+strings.Join([]string{alone, withGo, other}, string(os.PathListSeparator)))
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := withGo + string(os.PathListSeparator) + other; strings.TrimSpace(string(got)) != want {
		t.Errorf("the folders are %s, want %s", got, want)
	}
}
