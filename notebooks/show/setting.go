package show

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Backend is what [Setting] wants to know of a compute backend; every backend of GoMLX is one.
type Backend interface {
	Name() string
	Description() string
}

// Setting shows with what the notebook computes: the versions of Go and GoMLX, the backend, the preset and the seed. It
// belongs into the first cell that the reader sees, for every number below depends on it. A nil backend stands for plain
// Go.
func Setting(backend Backend, seed uint64) {
	facts := []string{runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH}
	if version := versionOf("github.com/gomlx/gomlx"); version != "" {
		facts = append(facts, "GoMLX "+version)
	}
	if backend != nil {
		facts = append(facts, "backend "+nameOf(backend))
	}
	facts = append(facts, "preset "+Preset(), fmt.Sprintf("seed %d", seed))
	Markdown("%s", strings.Join(facts, " · "))
}

// nameOf names a backend with the kind of its device: the description itself holds the path of the plugin.
func nameOf(backend Backend) string {
	switch description := strings.ToLower(backend.Description()); {
	case strings.Contains(description, "cuda"):
		return backend.Name() + " on CUDA"
	case strings.Contains(description, "cpu"), backend.Name() == "go":
		return backend.Name() + " on the CPU"
	}
	return backend.Name()
}

// versionOf returns the version of a module that this program was built with, "" where it holds none of it.
func versionOf(module string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, dep := range info.Deps {
		if dep.Path == module {
			return dep.Version
		}
	}
	return ""
}
