package backend

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
