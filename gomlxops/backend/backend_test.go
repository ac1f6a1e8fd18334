package backend

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// goBackendName is what the pure-Go backend calls itself.
const goBackendName = "Go Backend"

// bareMachine is a machine on which nothing is installed and nothing is asked for. It returns the working folder, which
// is the root of a module, and what is written to stderr.
func bareMachine(t *testing.T) (module string, said *bytes.Buffer) {
	t.Helper()
	for _, name := range []string{compute.ConfigEnvVar, "PJRT_PLUGIN_LIBRARY_PATH", "VIRTUAL_ENV"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	module = t.TempDir()
	t.Chdir(module)
	write(t, filepath.Join(module, "go.mod"), "module example.com/m\n")
	said = &bytes.Buffer{}
	oldStderr, oldFolders := stderr, systemFolders
	stderr, systemFolders = said, nil
	t.Cleanup(func() { stderr, systemFolders = oldStderr, oldFolders })
	return module, said
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// installedPlugin returns the CPU plugin of this project's set-up.
func installedPlugin(t *testing.T) string {
	t.Helper()
	found, err := candidatesFor("cpu")
	if err != nil {
		if os.Getenv("ROBUSTLOSS_REQUIRE_XLA") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return realPath(found[0].path)
}

// checkComputes checks that 1 + 2 = 3 on the backend.
func checkComputes(t *testing.T, b compute.Backend) {
	t.Helper()
	sum, err := graph.CallOnce(b, graph.Add, float32(1), float32(2))
	if err != nil {
		t.Fatal(err)
	}
	if sum.Value() != float32(3) {
		t.Errorf("1 + 2 = %v on %s", sum.Value(), b.Name())
	}
}

func TestNew_FallsBackToPureGoWithOneLine(t *testing.T) {
	_, said := bareMachine(t)
	b, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if b.Name() != goBackendName {
		t.Errorf("the backend is %s", b.Name())
	}
	checkComputes(t, b)
	text := said.String()
	if strings.Count(text, "\n") != 1 || !strings.Contains(text, "make setup") || !strings.Contains(text, "XLA is not available") {
		t.Errorf("stderr holds %q: want one line that says why and how to get XLA", text)
	}
}

func TestNew_FallsBackWhereThePluginIsBroken(t *testing.T) {
	module, said := bareMachine(t)
	write(t, filepath.Join(module, ".venv", "lib", "pjrt", "pjrt_c_api_cpu_plugin.so"), "not a library")
	b, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if b.Name() != goBackendName {
		t.Errorf("the backend is %s", b.Name())
	}
	if text := said.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "not a usable PJRT plugin") {
		t.Errorf("stderr holds %q", text)
	}
}

func TestNew_SilentWhereGoWasAskedFor(t *testing.T) {
	_, said := bareMachine(t)
	t.Setenv(compute.ConfigEnvVar, "go")
	b, err := New()
	if err != nil {
		t.Fatal(err)
	}
	checkComputes(t, b)
	if b.Name() != goBackendName || said.Len() > 0 {
		t.Errorf("backend %s, stderr %q", b.Name(), said)
	}
}

func TestNew_ErrorsNameWhatWasAskedFor(t *testing.T) {
	module, _ := bareMachine(t)
	garbage := filepath.Join(module, "garbage.so")
	write(t, garbage, strings.Repeat("x", 100))
	for config, wants := range map[string][]string{
		"gpu":                 {`no backend called "gpu"`, "xla:cuda"},
		"xla":                 {"no PJRT plugin is installed"},
		"xla:cpu":             {`for "cpu"`, "pjrt_c_api_cpu"},
		"xla:/no/such/file":   {"/no/such/file", "no such file"},
		"xla:" + garbage:      {garbage, "not a whole shared library", "install it again"},
		"xla:" + module + "/": {module, "not a file"},
	} {
		t.Setenv(compute.ConfigEnvVar, config)
		_, err := New()
		if err == nil {
			t.Errorf("%s: no error", config)
			continue
		}
		for _, want := range append(wants, "GOMLX_BACKEND="+config) {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error %q does not say %q", config, err, want)
			}
		}
	}
}

func TestNew_PluginByPathNameAndPlace(t *testing.T) {
	path := installedPlugin(t)
	module, said := bareMachine(t)
	open := func(how string) {
		t.Helper()
		b, err := New()
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		defer b.Finalize()
		if b.Name() != xlaNames[0] {
			t.Fatalf("%s: the backend is %s; stderr %q", how, b.Name(), said)
		}
		checkComputes(t, b)
	}
	t.Setenv(compute.ConfigEnvVar, "xla:"+path)
	open("path")

	link := func(target string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(target), 0o755), os.Symlink(path, target)); err != nil {
			t.Fatal(err)
		}
	}
	link(filepath.Join(module, "a [1] b", "pjrt_c_api_cpu_plugin.so"))
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", filepath.Join(module, "a [1] b"))
	t.Setenv(compute.ConfigEnvVar, "xla:cpu")
	open("PJRT_PLUGIN_LIBRARY_PATH")

	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", "")
	t.Setenv(compute.ConfigEnvVar, "")
	link(filepath.Join(module, ".venv", "lib", "python3.11", "site-packages", "xla_plugins", "xla_cpu_pjrt", "xla_cpu_pjrt.so"))
	open("the module's .venv")
	if said.Len() > 0 {
		t.Errorf("stderr holds %q", said)
	}
}

func TestCheckLibrary_CutOff(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("shared libraries are checked on Linux only")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := checkLibrary(program); err != nil {
		t.Errorf("a whole file is called broken: %v", err)
	}
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(t.TempDir(), "half.so")
	write(t, half, string(data[:len(data)/2]))
	if err := checkLibrary(half); err == nil || !strings.Contains(err.Error(), "not a whole") {
		t.Errorf("half a file: %v", err)
	}
}

func TestPatterns_CUDABeforeCPU(t *testing.T) {
	module, _ := bareMachine(t)
	dir := filepath.Join(module, ".venv", "lib", "pjrt")
	for _, platform := range []string{"cpu", "cuda"} {
		write(t, filepath.Join(dir, "pjrt_c_api_"+platform+"_plugin.so"), "")
	}
	found, err := candidatesFor("")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || !strings.Contains(found[0].path, "cuda") || !strings.Contains(found[1].path, "cpu") {
		t.Errorf("found %v", found)
	}
}

// A program that is built without cgo has the pure-Go backend, and says why.
func TestNew_WithoutCgo(t *testing.T) {
	if testing.Short() {
		t.Skip("builds GoMLX without cgo: about a minute with an empty build cache")
	}
	t.Setenv("CGO_ENABLED", "0")
	t.Setenv(compute.ConfigEnvVar, "")
	var stdout, stderr bytes.Buffer
	command := exec.Command("go", "run", "./testdata/newbackend")
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	if got := strings.TrimSpace(stdout.String()); got != goBackendName {
		t.Errorf("the backend is %q", got)
	}
	if !strings.Contains(stderr.String(), "built without it (it needs cgo") {
		t.Errorf("stderr holds %q", &stderr)
	}
}

func TestPrepareCUDA(t *testing.T) {
	packages := t.TempDir()
	plugin := filepath.Join(packages, "xla_plugins", "xla_cuda13", "xla_cuda_plugin.so")
	data := filepath.Join(packages, "nvidia", "cu13")
	set := func(flags string) {
		t.Setenv(xlaFlags, flags)
		t.Setenv(cudaCheckFlag, "")
	}
	check := func(flags, check string) {
		t.Helper()
		if got := os.Getenv(xlaFlags); got != flags {
			t.Errorf("%s is %q, want %q", xlaFlags, got, flags)
		}
		if got := os.Getenv(cudaCheckFlag); got != check {
			t.Errorf("%s is %q, want %q", cudaCheckFlag, got, check)
		}
	}
	set("")
	prepareCUDA(plugin)
	check("", "") // the libraries are not there: go-xla's warning is right

	write(t, filepath.Join(data, "nvvm", "libdevice", "libdevice.10.bc"), "")
	prepareCUDA(filepath.Join(packages, "xla_plugins", "xla_cpu_pjrt", "xla_cpu_pjrt.so"))
	check("", "")
	prepareCUDA(plugin)
	check(cudaDataFlag+data, cudaCheckIsOff)

	set("--xla_dump_to=here")
	prepareCUDA(plugin)
	check("--xla_dump_to=here "+cudaDataFlag+data, cudaCheckIsOff)

	set(cudaDataFlag + "mine")
	prepareCUDA(plugin)
	check(cudaDataFlag+"mine", cudaCheckIsOff)
}
