package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/robustloss/gomlx-robustloss/internal/testkit/sources"
)

// lab is JupyterLab as make lab opens it.
type lab struct {
	address string // with its port
	port    int
	token   string // which the server has made up
	process *os.Process
}

// openLab starts JupyterLab on a folder by the script of make lab, which alone decides who may reach it. The server and its
// kernels end with the test. env is added to their environment.
func openLab(t *testing.T, root, folder string, env ...string) lab {
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
	// A user who lets every machine reach Jupyter means another one than this.
	if err := os.MkdirAll(filepath.Join(state, "config"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(state, "config", "jupyter_server_config.json"), []byte(`{"ServerApp": {"ip": "0.0.0.0"}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command("sh", "internal/reports/lab.sh", "--no-browser", "--ServerApp.port_retries=0", fmt.Sprintf("--ServerApp.port=%d", port))
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "ROBUSTLOSS_LAB_STATE="+state, "ROBUSTLOSS_LAB_ROOT="+folder, "ROBUSTLOSS_PRESET=tiny")
	cmd.Env = append(cmd.Env, env...)
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
		case <-time.After(patience * time.Minute):
			_ = cmd.Process.Kill()
			<-ended
		}
		wantNoLeftovers(t, folder)
		if t.Failed() {
			t.Log(said.String())
		}
	})
	opened := lab{address: fmt.Sprintf("http://127.0.0.1:%d", port), port: port, process: cmd.Process}
	for end := time.Now().Add(patience * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		opened.token = tokenIn(filepath.Join(state, "runtime"))
		if opened.token != "" && opened.status(t, "/api/status?token="+opened.token) == http.StatusOK {
			return opened
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("JupyterLab ended: %v", err)
		default:
		}
	}
	t.Fatal("JupyterLab does not answer")
	return lab{}
}

// tokenIn reads the token of a running server from the file that it leaves for its user's programs, "" where it is not there yet.
func tokenIn(folder string) string {
	files, _ := filepath.Glob(filepath.Join(folder, "jpserver-*.json"))
	if len(files) == 0 {
		return ""
	}
	var server struct{ Token string }
	content, err := os.ReadFile(files[0])
	if err != nil || json.Unmarshal(content, &server) != nil {
		return ""
	}
	return server.Token
}

// status asks the server for a path and returns the status of its answer, 0 where there is none.
func (l lab) status(t *testing.T, path string) int {
	t.Helper()
	answer, err := http.Get(l.address + path)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// Whoever reaches a notebook server can run programs: make lab lets this machine reach it, and those who know its token.
func TestLab_AnswersThisMachineAndItsTokenOnly(t *testing.T) {
	t.Parallel()
	root := root(t)
	folder := cloneFolder(t, root)
	server := openLab(t, root, folder)
	if len(server.token) < 32 {
		t.Errorf("the token has %d characters", len(server.token))
	}
	for path, want := range map[string]int{
		"/api/kernels": http.StatusForbidden, "/api/contents": http.StatusForbidden, "/api/kernels?token=": http.StatusForbidden,
		"/api/kernels?token=wrong": http.StatusForbidden, "/api/kernels?token=" + server.token: http.StatusOK,
	} {
		if got := server.status(t, path); got != want {
			t.Errorf("GET %s gives %d, want %d", strings.ReplaceAll(path, server.token, "TOKEN"), got, want)
		}
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	others := []string{"127.0.0.2"} // on Linux every address of 127/8 is this machine, and a server on 0.0.0.0 answers it
	for _, address := range addresses {
		if ip, ok := address.(*net.IPNet); ok && !ip.IP.IsLoopback() {
			others = append(others, ip.IP.String())
		}
	}
	for _, other := range others {
		if connection, err := net.DialTimeout("tcp", net.JoinHostPort(other, strconv.Itoa(server.port)), 3*time.Second); err == nil {
			_ = connection.Close()
			t.Errorf("the server answers on %s", other)
		}
	}
}

// patiently leaves the time limit of a wait to its context.
var patiently = chromedp.WithPollingTimeout(0)

// prompts is an expression for the texts in front of the code cells: [ ], [*] while they run, [1] when they have ended.
const prompts = `[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(e => e.textContent)`

// runAllCells chooses "Run All Cells" and waits for the end of the last cell.
func runAllCells(t *testing.T, page *tab) {
	t.Helper()
	var err error
	const hint = 3 * time.Second / patience // what is tried again needs none
	for range 20 * patience {               // JupyterLab does nothing as long as it has no connection to the kernel, and does not show that
		if err = page.within(3*time.Minute, chooseInMenu("Run", "Run All Cells")); err != nil {
			t.Fatalf("there is no menu: %v", err)
		}
		err = page.within(hint, chromedp.Poll(prompts+`.some(p => /\[[*\d]+\]/.test(p))`, nil, patiently))
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

// TestLab_RunsANotebook opens 00_start in JupyterLab, runs all of its cells as a reader does, and finds its plots,
// formulas and figures that move, and no error.
func TestLab_RunsANotebook(t *testing.T) {
	t.Parallel()
	root := root(t)
	sources.Depend(t, root)
	browserPath(t)
	const name = "00_start.ipynb"
	content, err := os.ReadFile(filepath.Join(root, "notebooks", name))
	if err != nil {
		t.Skip(err)
	}
	folder := cloneFolder(t, root) // a copy, for JupyterLab saves outputs into it
	if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
	server := openLab(t, root, folder)
	page := openTab(t, 1300, 1500)
	err = page.within(4*time.Minute,
		chromedp.Navigate(server.address+"/lab/workspaces/test/tree/"+name+"?reset&token="+server.token),
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
	t.Parallel()
	root := root(t)
	temporary := t.TempDir()
	folder := cloneFolder(t, root)
	server := openLab(t, root, folder, "TMPDIR="+temporary)
	answer, err := http.Post(server.address+"/api/kernels?token="+server.token, "application/json", strings.NewReader(`{"name": "gonb", "path": "some.ipynb"}`))
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
	if err := server.process.Kill(); err != nil {
		t.Fatal(err)
	}
	wantNoLeftovers(t, folder)
	if !eventually(3*time.Minute, func() bool {
		left, _ := filepath.Glob(filepath.Join(temporary, "robustloss-kernel-*"))
		return len(left) == 0
	}) {
		t.Error("the temporary folder of the kernel is still there")
	}
}

// TestLab_HidesGopls looks for the folders that a kernel of make lab searches for programs.
func TestLab_HidesGopls(t *testing.T) {
	t.Parallel()
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
