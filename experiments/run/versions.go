package run

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// modulesOfInterest are the modules whose versions can change a run's numbers.
var modulesOfInterest = []string{
	"github.com/gomlx/gomlx",
	"github.com/gomlx/compute",
	"github.com/gomlx/go-xla",
	"gonum.org/v1/gonum",
}

// Versions returns what this program was built from and runs on: Go, the platform, the processor's name where the system
// tells it, the program's own revision where the build knows it, and the modules whose versions can change a run's numbers.
func Versions() map[string]string {
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
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			versions["revision"] = setting.Value
		case "vcs.modified":
			versions["modified"] = setting.Value
		case "GOEXPERIMENT":
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
