package show

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
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

// SeedVariable is the environment variable that replaces the seed of every notebook, to see what depends on it.
const SeedVariable = "ROBUSTLOSS_SEED"

// Seed returns the seed of the notebook's random numbers: the standard one, or that of [SeedVariable] where it is set.
// A notebook declares it once, in its second cell, and draws everything from it:
//
//	var seed = show.Seed(1)
func Seed(standard uint64) uint64 {
	text := os.Getenv(SeedVariable)
	if text == "" {
		return standard
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		fail(fmt.Sprintf("%s is %q: it must be a whole number, 0 or greater", SeedVariable, text))
		return standard
	}
	return seed
}
