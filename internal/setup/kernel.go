package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// kernelSpec is Jupyter's description of a kernel.
type kernelSpec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env"`
}

// spec describes the GoNB kernel of this clone. Errors are raw text, which a headless run can read; logs go nowhere.
// The environment makes cells compile as the tests do, so that both share one build cache.
func (p *project) spec() kernelSpec {
	env := map[string]string{
		"PATH":                     escape(p.path(".tools", "bin")) + string(os.PathListSeparator) + "${PATH}",
		"GOFLAGS":                  "-buildvcs=false -ldflags=-w", // without DWARF a cell links in half the time
		"GOWORK":                   "",                            // each notebook makes a workspace of its own
		"GOMLX_NO_AUTO_INSTALL":    "1",
		"PJRT_PLUGIN_LIBRARY_PATH": escape(p.path(pluginDir)),
	}
	if runtime.GOARCH == "amd64" {
		env["GOEXPERIMENT"] = "simd"
		env["GODEBUG"] = "asyncpreemptoff=1" // or math.Exp is slow on some processors: see the Makefile
	}
	return kernelSpec{
		Argv: []string{
			p.path(kernelProgram), "{connection_file}", p.path(".tools", "bin", "gonb"), "--kernel", "{connection_file}",
			"--raw_error", "--logtostderr=false", "--stderrthreshold=FATAL", "--log_file=" + os.DevNull,
			"--go_work={clone}", // what the program that starts the kernel puts there
		},
		DisplayName:   "Go (gonb)",
		Language:      "go",
		InterruptMode: "message",
		Env:           env,
	}
}

// escape protects a text from the substitution of ${…} in a kernel's environment.
func escape(text string) string { return strings.ReplaceAll(text, "$", "$$") }

// encodeSpec writes a description as Jupyter reads it.
func encodeSpec(spec kernelSpec) ([]byte, error) {
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(spec); err != nil {
		return nil, err
	}
	return content.Bytes(), nil
}

// registerKernel writes the kernel's description where only this clone's JupyterLab finds it.
func (p *project) registerKernel() error {
	content, err := encodeSpec(p.spec())
	if err != nil {
		return err
	}
	if err := writeFile(p.path(labSettings), []byte(quietLab)); err != nil {
		return err
	}
	return writeFile(p.path(kernelDir, "kernel.json"), content)
}

// userKernelName tells the kernel of this project from a GoNB that the user may have.
const userKernelName = "robustloss-gonb"

// userKernel registers the kernel of this clone in the Jupyter, or the VS Code, that the user has, beside the kernels
// that are there. Nothing else of that installation is touched.
func (p *project) userKernel() step {
	path := filepath.Join(jupyterData(), "kernels", userKernelName, "kernel.json")
	product, _ := filepath.Rel(p.root, path) // a clone and a home folder that have no common root are on Windows
	return step{
		name:     "user-kernel",
		what:     "registering the kernel " + userKernelName + " with your Jupyter",
		inputs:   []string{"internal/setup/kernel.go"},
		settings: []string{jupyterData()},
		products: []string{product},
		needs:    []string{"tools", "starter"},
		run: func(context.Context) error {
			if jupyterData() == "" {
				return errors.New("your Jupyter's data folder is not known: name it in JUPYTER_DATA_DIR")
			}
			spec := p.spec()
			spec.DisplayName = "Go (robustloss)"
			content, err := encodeSpec(spec)
			if err != nil {
				return err
			}
			if err := writeFile(path, content); err != nil {
				return err
			}
			p.tell("wrote %s; choose “%s” as the kernel of the notebooks", path, spec.DisplayName)
			return nil
		},
	}
}

// jupyterData returns the folder in which Jupyter looks for what its user added, "" where there is no home folder.
func jupyterData() string {
	if folder := os.Getenv("JUPYTER_DATA_DIR"); folder != "" {
		return folder
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Jupyter")
	}
	if folder := os.Getenv("XDG_DATA_HOME"); folder != "" {
		return filepath.Join(folder, "jupyter")
	}
	return filepath.Join(home, ".local", "share", "jupyter")
}

// labSettings is where JupyterLab of the environment finds the settings that its user has not made.
const labSettings = ".venv/share/jupyter/lab/settings/overrides.json"

// quietLab keeps JupyterLab from asking the network for news and updates.
const quietLab = `{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}
`
