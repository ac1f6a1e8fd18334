package run

import (
	"runtime"
	"runtime/debug"
)

// modulesOfInterest are the modules whose versions can change a run's numbers.
var modulesOfInterest = []string{
	"github.com/gomlx/gomlx",
	"github.com/gomlx/compute",
	"github.com/gomlx/go-xla",
	"gonum.org/v1/gonum",
}

// Versions returns what this program was built from: Go, the platform, its own revision where the build knows it,
// and the modules whose versions can change a run's numbers.
func Versions() map[string]string {
	versions := map[string]string{
		"go":       runtime.Version(),
		"platform": runtime.GOOS + "/" + runtime.GOARCH,
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
