package run

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// modulesOfInterest are the modules whose versions can change a run's numbers.
var modulesOfInterest = []string{
	"github.com/gomlx/gomlx",
	"github.com/gomlx/compute",
	"github.com/gomlx/go-xla",
	"gonum.org/v1/gonum",
}

// Versions returns what this program was built from and runs on: Go, the platform, the processor's name where the system
// tells it, the revision of this module where it is known, and the modules whose versions can change a run's numbers.
func Versions() map[string]string { return maps.Clone(versions()) }

var versions = sync.OnceValue(func() map[string]string {
	versions := map[string]string{
		"go":       runtime.Version(),
		"platform": runtime.GOOS + "/" + runtime.GOARCH,
	}
	if name := processor(); name != "" {
		versions["processor"] = name
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return versions
	}
	if revision := builtRevision(info); revision != "" {
		versions["revision"] = revision
	} else if program, err := os.Executable(); err == nil && builtJustNow(program) {
		if _, file, _, ok := runtime.Caller(0); ok {
			if revision := gitRevision(filepath.Dir(file)); revision != "" {
				versions["revision"] = revision
			}
		}
	}
	for _, setting := range info.Settings {
		if setting.Key == "GOEXPERIMENT" {
			versions["goexperiment"] = setting.Value
		}
	}
	for _, dep := range info.Deps {
		for _, path := range modulesOfInterest {
			if dep.Path == path {
				versions[path] = dep.Version
			}
		}
	}
	return versions
})

// dirty is added to a revision where files differ from it.
const dirty = "+dirty"

// builtRevision is the revision that go build stamped, if it did, of this module: not of another one that uses it.
func builtRevision(info *debug.BuildInfo) (revision string) {
	if info.Main.Path != modulePath {
		return ""
	}
	modified := ""
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			revision = setting.Value
		case "vcs.modified":
			if setting.Value == "true" {
				modified = dirty
			}
		}
	}
	if revision == "" {
		return ""
	}
	return revision + modified
}

const modulePath = "github.com/robustloss/gomlx-robustloss"

// builtJustNow reports whether a program is one that go run, go test or a notebook has just built from the sources as they
// are: those lie in Go's build cache or among temporary files, and are not stamped. The sources of a program that lies
// elsewhere may have changed since.
func builtJustNow(program string) bool {
	if strings.Contains(filepath.ToSlash(program), "/go-build") {
		return true
	}
	relative, err := filepath.Rel(os.TempDir(), program)
	return err == nil && filepath.IsLocal(relative)
}

// gitRevision asks git for the revision of the module that a folder of sources belongs to. It is "" where the folder is not
// there, the module is not the root of a repository (a copy in the folder of another project), or there is no git.
func gitRevision(dir string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	git := func(args ...string) (string, bool) {
		command := exec.CommandContext(ctx, "git", args...)
		command.Dir = dir
		command.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0")
		out, err := command.Output()
		return strings.TrimSpace(string(out)), err == nil
	}
	root, ok := git("rev-parse", "--show-toplevel")
	if !ok {
		return ""
	}
	if text, err := os.ReadFile(filepath.Join(root, "go.mod")); err != nil || !strings.HasPrefix(string(text), "module "+modulePath+"\n") {
		return ""
	}
	revision, ok := git("rev-parse", "HEAD")
	if !ok {
		return ""
	}
	if changes, ok := git("status", "--porcelain"); !ok || changes != "" {
		revision += dirty
	}
	return revision
}

// processor returns the processor's name and how many cores it has for this program, "" where the system does not tell.
func processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(key) == "model name" {
			return fmt.Sprintf("%s, %d cores", strings.TrimSpace(value), runtime.NumCPU())
		}
	}
	return ""
}
