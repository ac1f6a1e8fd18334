package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func names(steps []step) string {
	var out []string
	for _, s := range steps {
		out = append(out, s.name)
	}
	return strings.Join(out, " ")
}

func TestStepsFor(t *testing.T) {
	p := newProject("/a clone")
	usual := "prerequisites python tools starter packages kernel"
	if hasXLA() {
		usual += " plugin"
	}
	want := map[string]string{"": usual, "lint": "lint", "data": "data", "kernel": "tools starter user-kernel"}
	if runtime.GOOS == "linux" {
		want["cuda"] = usual + " cuda"
	}
	for arg, steps := range want {
		got, err := p.stepsFor(strings.Fields(arg))
		if err != nil || names(got) != steps {
			t.Errorf("steps for %q are %q, %v, want %q", arg, names(got), err, steps)
		}
	}
	if _, err := p.stepsFor([]string{"everything"}); err == nil || !strings.Contains(err.Error(), "everything") {
		t.Errorf("unknown arguments: %v", err)
	}
}

// Every input of every step is a file of the project.
func TestSteps_InputsExist(t *testing.T) {
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	p := newProject(root)
	for _, s := range []step{p.prerequisites(), p.python(), p.tools(), p.starter(), p.packages(), p.kernel(), p.plugin(), p.cuda(), p.lint(), p.datasets(), p.userKernel()} {
		if _, err := p.digest(s); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

// Every package is pinned with hashes, and no registry is named: pip takes the user's.
func TestRequirements_ArePinned(t *testing.T) {
	for _, name := range []string{"requirements.txt", "requirements-cuda.txt"} {
		content, err := os.ReadFile(filepath.Join("..", "..", "notebooks", name))
		if err != nil {
			t.Fatal(err)
		}
		pinned := regexp.MustCompile(`^[A-Za-z0-9._-]+==[^ ;]+( ; .*)? \\$`)
		hash := regexp.MustCompile(`^    --hash=sha256:[0-9a-f]{64}( \\)?$`)
		for i, line := range strings.Split(strings.TrimSpace(string(content)), "\n") {
			if !strings.HasPrefix(line, "#") && !pinned.MatchString(line) && !hash.MatchString(line) {
				t.Errorf("%s:%d: %q is neither a pinned package nor a hash", name, i+1, line)
			}
		}
	}
}

func TestSpec_HoldsForThisClone(t *testing.T) {
	root := filepath.Join(t.TempDir(), "a $clone")
	p := newProject(root)
	if err := p.registerKernel(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, kernelDir, "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got kernelSpec
	if err := json.Unmarshal(content, &got); err != nil {
		t.Fatal(err)
	}
	program := []string{filepath.Join(root, kernelProgram), "{connection_file}", filepath.Join(root, ".tools", "bin", "gonb"), "--kernel", "{connection_file}"}
	if !slices.Equal(got.Argv[:len(program)], program) {
		t.Errorf("the command is %q", got.Argv)
	}
	// Jupyter replaces ${PATH}, and $$ by $.
	want := strings.ReplaceAll(filepath.Join(root, ".tools", "bin"), "$", "$$") + string(os.PathListSeparator) + "${PATH}"
	if got.Env["PATH"] != want || got.Env["GOMLX_NO_AUTO_INSTALL"] != "1" {
		t.Errorf("the environment is %q", got.Env)
	}
	if bytes.Contains(content, []byte(`\u0026`)) {
		t.Error("the file is escaped for HTML")
	}
}

func TestUserKernel_StandsBesideTheOthers(t *testing.T) {
	data := t.TempDir()
	t.Setenv("JUPYTER_DATA_DIR", data)
	p := newProject(t.TempDir())
	var said bytes.Buffer
	p.out = &said
	if err := p.userKernel().run(t.Context()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(data, "kernels", "robustloss-gonb", "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got kernelSpec
	if err := json.Unmarshal(content, &got); err != nil {
		t.Fatal(err)
	}
	if got.DisplayName != "Go (robustloss)" || got.Argv[0] != p.path(kernelProgram) || got.Argv[2] != p.path(".tools", "bin", "gonb") {
		t.Errorf("the kernel is %+v", got)
	}
	if !strings.Contains(said.String(), "robustloss-gonb") {
		t.Errorf("it says %q", said.String())
	}
}

func TestLinkPlugin_IsRelativeAndReplaces(t *testing.T) {
	root := filepath.Join(t.TempDir(), "a [clone]")
	p := newProject(root)
	inPackages := filepath.Join("xla_plugins", "xla_cpu_pjrt", "xla_cpu_pjrt.so")
	if err := p.linkPlugin(inPackages, cpuPlugin); err == nil {
		t.Error("a plugin without an environment is linked")
	}
	put(t, p, filepath.Join(".venv/lib/python3.11/site-packages", inPackages), "library")
	for range 2 {
		if err := p.linkPlugin(inPackages, cpuPlugin); err != nil {
			t.Fatal(err)
		}
	}
	if content, err := os.ReadFile(p.path(cpuPlugin)); err != nil || string(content) != "library" {
		t.Errorf("the link leads to %q, %v", content, err)
	}
	if target, err := os.Readlink(p.path(cpuPlugin)); err != nil || filepath.IsAbs(target) {
		t.Errorf("the link is %q, %v", target, err)
	}
	if err := p.linkPlugin("other.so", cpuPlugin); err == nil || !strings.Contains(err.Error(), "does not hold it") {
		t.Errorf("a missing plugin: %v", err)
	}
}

func TestLastLines(t *testing.T) {
	if got := lastLines("1\n2\n3\n4\n", 2); got != "3\n4" {
		t.Errorf("lastLines = %q", got)
	}
	if got := lastLines("1", 5); got != "1" {
		t.Errorf("lastLines = %q", got)
	}
}

// The program that starts the kernel is built from this clone's sources, and runs what it is given.
func TestStarter_Builds(t *testing.T) {
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	p := newProject(root)
	program := filepath.Join(t.TempDir(), "kernel")
	if err := p.command(t.Context(), root, nil, "go", "build", "-o", program, "./internal/kernel"); err != nil {
		t.Fatal(err)
	}
	if err := p.command(t.Context(), root, nil, program, "connection", "true"); err != nil {
		t.Error(err)
	}
	if err := p.command(t.Context(), root, nil, program, "connection", "/nowhere/at/all"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a program that is not there: %v", err)
	}
}

// What is compiled while pip is at work is all of this project and of GoMLX that lessons and solutions import.
func TestPackages_AreWhatNotebooksImport(t *testing.T) {
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps"}, imported...)...)
	list.Dir = root
	said, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	compiled := strings.Fields(string(said))
	paths, err := filepath.Glob(filepath.Join(root, "notebooks", "*.ipynb"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("there are no notebooks (%v)", err)
	}
	solutions, err := filepath.Glob(filepath.Join(root, "notebooks", "solutions", "*.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile(`\\"(github\.com/[\w./-]+)\\"`)
	for _, path := range append(paths, solutions...) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range quoted.FindAllStringSubmatch(string(content), -1) {
			if !slices.Contains(compiled, found[1]) {
				t.Errorf("%s imports %s, which is not compiled before", filepath.Base(path), found[1])
			}
		}
	}
}
