package main

import (
	"bytes"
	"encoding/json"
	"os"
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
	}
	return kernelSpec{
		Argv: []string{
			p.path(".tools", "bin", "gonb"), "--kernel", "{connection_file}",
			"--raw_error", "--logtostderr=false", "--stderrthreshold=FATAL", "--log_file=" + os.DevNull,
		},
		DisplayName:   "Go (gonb)",
		Language:      "go",
		InterruptMode: "message",
		Env:           env,
	}
}

// escape protects a text from the substitution of ${…} in a kernel's environment.
func escape(text string) string { return strings.ReplaceAll(text, "$", "$$") }

// registerKernel writes the kernel's description where only this clone's JupyterLab finds it.
func (p *project) registerKernel() error {
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(p.spec()); err != nil {
		return err
	}
	if err := writeFile(p.path(labSettings), []byte(quietLab)); err != nil {
		return err
	}
	return writeFile(p.path(kernelDir, "kernel.json"), content.Bytes())
}

// labSettings is where JupyterLab of the environment finds the settings that its user has not made.
const labSettings = ".venv/share/jupyter/lab/settings/overrides.json"

// quietLab keeps JupyterLab from asking the network for news and updates.
const quietLab = `{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}
`
