package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
)

// hasXLA tells whether there is a wheel of the XLA plugin for this system.
func hasXLA() bool {
	return runtime.GOOS == "linux" && (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64")
}

// stepsFor returns the steps that a command line asks for.
func (p *project) stepsFor(args []string) ([]step, error) {
	usual := []step{p.prerequisites(), p.python(), p.tools(), p.starter(), p.packages(), p.kernel()}
	if hasXLA() {
		usual = append(usual, p.plugin())
	}
	switch {
	case len(args) == 0:
		return usual, nil
	case len(args) == 1 && args[0] == "cuda":
		if runtime.GOOS != "linux" {
			return nil, fmt.Errorf("the CUDA plugin exists for Linux only, this is %s", runtime.GOOS)
		}
		return append(usual, p.cuda()), nil
	case len(args) == 1 && args[0] == "lint":
		return []step{p.lint()}, nil
	case len(args) == 1 && args[0] == "data":
		return []step{p.datasets()}, nil
	case len(args) == 1 && args[0] == "kernel":
		return []step{p.tools(), p.starter(), p.userKernel()}, nil
	}
	return nil, fmt.Errorf("unknown arguments %q: give none, or cuda, data, kernel or lint", args)
}

// prerequisites checks for what the user has to install.
func (p *project) prerequisites() step {
	return step{
		name:   "prerequisites",
		what:   "looking for Python and a C compiler",
		inputs: []string{"internal/setup/prerequisites.go"},
		run: func(ctx context.Context) error {
			if err := checkCompiler(); err != nil {
				return err
			}
			_, err := findPython(ctx)
			return err
		},
	}
}

// requirements pins the Python packages.
const requirements = "notebooks/requirements.txt"

// python makes the Python environment, from nothing where it is not as it should be.
func (p *project) python() step {
	return step{
		name:     "python",
		what:     "installing JupyterLab and what belongs to it into .venv (276 MB; one or two minutes)",
		inputs:   []string{requirements, "internal/setup/python.go"},
		products: []string{".venv/bin/python", ".venv/bin/jupyter"},
		needs:    []string{"prerequisites"},
		run:      p.makeEnvironment,
	}
}

// tools builds the kernel and what it needs, from exact versions.
func (p *project) tools() step {
	return step{
		name:     "tools",
		what:     "building the GoNB kernel and goimports (one minute)",
		inputs:   []string{"internal/tools/go.mod", "internal/tools/go.sum"},
		settings: []string{runtime.Version(), runtime.GOARCH},
		products: []string{".tools/bin/gonb", ".tools/bin/goimports"},
		needs:    []string{"prerequisites"},
		run: func(ctx context.Context) error {
			return p.installTools(ctx, p.path("internal", "tools"))
		},
	}
}

// lint builds golangci-lint. It has a module of its own: its dependencies are many, and few need it.
func (p *project) lint() step {
	return step{
		name:     "lint",
		what:     "building golangci-lint (a few minutes)",
		inputs:   []string{"internal/tools/lint/go.mod", "internal/tools/lint/go.sum"},
		settings: []string{runtime.Version(), runtime.GOARCH},
		products: []string{".tools/bin/golangci-lint"},
		run: func(ctx context.Context) error {
			return p.installTools(ctx, p.path("internal", "tools", "lint"))
		},
	}
}

// kernelDir is where JupyterLab of the environment finds the kernel.
const kernelDir = ".venv/share/jupyter/kernels/gonb"

// kernelProgram starts GoNB and sees to its end.
const kernelProgram = ".tools/bin/robustloss-kernel"

// starter builds the program that starts the kernel.
func (p *project) starter() step {
	return step{
		name:     "starter",
		what:     "building the program that starts the kernel",
		inputs:   []string{"internal/kernel/main.go", "internal/kernel/clone.go", "internal/kernel/build.go"},
		settings: []string{runtime.Version(), runtime.GOARCH},
		products: []string{kernelProgram},
		needs:    []string{"prerequisites", "tools"},
		run: func(ctx context.Context) error {
			env := []string{"GOFLAGS=-buildvcs=false", "GOWORK=off", "GOOS=", "GOARCH="}
			return p.command(ctx, p.root, env, "go", "build", "-o", p.path(kernelProgram), "./internal/kernel")
		},
	}
}

// packages compiles what the notebooks import, beside pip, so that their first cells need not, several at the same time.
func (p *project) packages() step {
	return step{
		name:     "packages",
		what:     "compiling the packages that notebooks import (one minute)",
		inputs:   []string{"go.mod", "go.sum"},
		settings: []string{runtime.Version(), runtime.GOARCH},
		needs:    []string{"tools", "starter"},
		run: func(ctx context.Context) error {
			env := []string{"GOFLAGS=-buildvcs=false", "GOWORK=off"}
			if experiment := p.spec().Env["GOEXPERIMENT"]; experiment != "" {
				env = append(env, "GOEXPERIMENT="+experiment)
			}
			return p.command(ctx, p.root, env, "go", append([]string{"build"}, imported...)...)
		},
	}
}

// imported are the packages of this project that notebooks import, with all that these import.
var imported = []string{
	"./notebooks/show", "./notebooks/live", "./notebooks/lesson", "./notebooks/photo",
	"./experiments/vae", "./experiments/depth", "./experiments/registration", "./experiments/clustering",
}

// kernel registers GoNB in the environment.
func (p *project) kernel() step {
	return step{
		name:     "kernel",
		what:     "registering the kernel in the environment",
		inputs:   []string{requirements, "internal/setup/kernel.go", "internal/setup/python.go"}, // a new environment has no kernel
		products: []string{kernelDir + "/kernel.json", labSettings},
		needs:    []string{"python"},
		run: func(context.Context) error {
			return p.registerKernel()
		},
	}
}

// Where the backend package looks for plugins.
const (
	pluginDir  = ".venv/lib/pjrt"
	cpuPlugin  = pluginDir + "/pjrt_c_api_cpu_plugin.so"
	cudaPlugin = pluginDir + "/pjrt_c_api_cuda_plugin.so"
)

// plugin links the XLA plugin for the CPU to where the backend package looks for it.
func (p *project) plugin() step {
	return step{
		name:     "plugin",
		what:     "linking the XLA plugin",
		inputs:   []string{requirements, "internal/setup/plugin.go", "internal/setup/python.go"},
		products: []string{cpuPlugin},
		needs:    []string{"python"},
		run: func(context.Context) error {
			return p.linkPlugin(filepath.Join("xla_plugins", "xla_cpu_pjrt", "xla_cpu_pjrt.so"), cpuPlugin)
		},
	}
}

// cuda installs the XLA plugin for CUDA with NVIDIA's libraries, and links it.
func (p *project) cuda() step {
	const pins = "notebooks/requirements-cuda.txt"
	return step{
		name:     "cuda",
		what:     "installing the CUDA plugin and NVIDIA's libraries into .venv (4 GB; some minutes)",
		inputs:   []string{requirements, pins, "internal/setup/plugin.go", "internal/setup/python.go"},
		products: []string{cudaPlugin},
		needs:    []string{"python", "plugin"},
		run: func(ctx context.Context) error {
			if err := p.pip(ctx, pins); err != nil {
				return err
			}
			return p.linkPlugin(filepath.Join("jax_plugins", "xla_cuda13", "xla_cuda_plugin.so"), cudaPlugin)
		},
	}
}
