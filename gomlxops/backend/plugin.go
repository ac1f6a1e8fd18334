package backend

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gomlx/compute"
)

// platforms are the kinds of plugin, the preferred one first.
var platforms = []string{"cuda", "cpu"}

// systemFolders are where GoMLX's installer puts plugins for all users. Tests replace it.
var systemFolders = []string{"/usr/local/lib/go-xla"}

// candidatesFor returns the plugins that the word in a configuration may mean: "" any, a platform, or a path.
func candidatesFor(word string) ([]plugin, error) {
	if strings.ContainsRune(word, filepath.Separator) || strings.HasSuffix(word, ".so") {
		return []plugin{{path: word}}, nil
	}
	wanted := platforms
	if word != "" {
		wanted = []string{word}
	}
	var found []plugin
	seen := map[string]bool{}
	for _, platform := range wanted {
		for _, pattern := range patterns(platform) {
			paths, err := filepath.Glob(pattern)
			if err != nil {
				continue // a folder's name that is no pattern holds nothing that can be found
			}
			for _, path := range paths {
				if file := realPath(path); !seen[file] {
					seen[file] = true
					found = append(found, plugin{path})
				}
			}
		}
	}
	if len(found) == 0 {
		if word == "" {
			return nil, fmt.Errorf("%w: no PJRT plugin is installed", ErrNoXLA)
		}
		return nil, fmt.Errorf("%w: no PJRT plugin for %q is installed (looked for pjrt_c_api_%s*plugin.so in PJRT_PLUGIN_LIBRARY_PATH, in the Python environment, and in ~/.local/lib/go-xla)",
			ErrNoXLA, word, word)
	}
	return found, nil
}

// patterns returns the patterns of the files that may be a plugin for the platform, the preferred ones first.
func patterns(platform string) []string {
	linked := "pjrt_c_api_" + platform + "*plugin.so"
	var all []string
	for _, folder := range filepath.SplitList(os.Getenv("PJRT_PLUGIN_LIBRARY_PATH")) {
		all = append(all, filepath.Join(escape(folder), linked))
	}
	for _, environment := range pythonEnvironments() {
		environment = escape(environment)
		all = append(all,
			filepath.Join(environment, "lib", "pjrt", linked),
			filepath.Join(environment, "lib", "python3*", "site-packages", "xla_plugins", "xla_"+platform+"*", "xla_"+platform+"*.so"))
	}
	installed := systemFolders
	if home, err := os.UserHomeDir(); err == nil {
		installed = append([]string{filepath.Join(home, ".local", "lib", "go-xla")}, installed...)
	}
	for _, folder := range installed {
		all = append(all, filepath.Join(escape(folder), linked))
	}
	return all
}

// pythonEnvironments returns the roots of the Python environments that may hold plugins.
func pythonEnvironments() []string {
	var roots []string
	if active := os.Getenv("VIRTUAL_ENV"); active != "" {
		roots = append(roots, active)
	}
	if module, ok := moduleRoot(); ok {
		roots = append(roots, filepath.Join(module, ".venv"))
	}
	return roots
}

// moduleRoot returns the nearest folder with a go.mod, from the working folder upwards.
func moduleRoot() (string, bool) {
	dir, err := os.Getwd()
	if err != nil {
		return "", false
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false
		}
		dir = parent
	}
}

// realPath follows links, as far as they lead somewhere.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// escape makes a folder's name safe for use in a pattern of [filepath.Glob].
func escape(folder string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
}

// plugin is a file that should hold a PJRT plugin.
type plugin struct {
	path string
}

// open opens XLA with the plugin.
func (p plugin) open(options string) (compute.Backend, error) {
	path, err := filepath.EvalSymlinks(p.path) // a CUDA plugin finds its libraries relative to its own place
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot find the PJRT plugin %s: %w", p.path, err)
	}
	if err := checkLibrary(path); err != nil {
		return nil, fmt.Errorf("%s is not a usable PJRT plugin: %w; install it again", path, err)
	}
	if strings.Contains(path, ",") {
		return nil, fmt.Errorf("the path of the PJRT plugin %s has a comma in it, which go-xla cannot take: move or link it elsewhere", path)
	}
	prepareCUDA(path)
	config := xlaNames[0] + ":" + path
	if options != "" {
		config += "," + options
	}
	return construct(config)
}

// checkLibrary reports what is wrong with a shared library before it is loaded: loading one that was cut off would end
// the process.
func checkLibrary(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a file")
	}
	if runtime.GOOS != "linux" {
		return nil
	}
	library, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("it is not a whole shared library: %w", err)
	}
	return library.Close()
}

const (
	xlaFlags       = "XLA_FLAGS"
	cudaDataFlag   = "--xla_gpu_cuda_data_dir="
	cudaCheckFlag  = "GOPJRT_CUDA_CHECKS"
	cudaCheckIsOff = "0"
)

// prepareCUDA tells XLA where the Python packages put CUDA's libraries, if plugin is one of theirs:
//
//	site-packages/xla_plugins/xla_cuda13/xla_cuda_plugin.so
//	site-packages/nvidia/<package>/nvvm/libdevice
//
// The plugin itself knows its way to them; go-xla does not, and would warn at length that they are missing. Settings of
// the user are left alone.
func prepareCUDA(plugin string) {
	if !strings.Contains(filepath.Base(plugin), "cuda") {
		return
	}
	packages := filepath.Dir(filepath.Dir(filepath.Dir(plugin)))
	found, err := filepath.Glob(filepath.Join(escape(packages), "nvidia", "*", "nvvm", "libdevice"))
	if err != nil || len(found) == 0 {
		return
	}
	if os.Getenv(cudaCheckFlag) == "" {
		_ = os.Setenv(cudaCheckFlag, cudaCheckIsOff)
	}
	if flags := os.Getenv(xlaFlags); !strings.Contains(flags, cudaDataFlag) {
		data := filepath.Dir(filepath.Dir(found[0]))
		_ = os.Setenv(xlaFlags, strings.TrimSpace(flags+" "+cudaDataFlag+data))
	}
}
