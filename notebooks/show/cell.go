package show

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/janpfeifer/gonb/gonbui/protocol"
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

// PresetVariable is the environment variable that chooses the size of the notebooks' experiments.
const PresetVariable = "ROBUSTLOSS_PRESET"

// Preset returns the chosen size: "tiny" (seconds, for tests), "quick" (the default) or "paper". Any other value ends
// the cell with a message.
func Preset() string {
	switch preset := os.Getenv(PresetVariable); preset {
	case "":
		return "quick"
	case "tiny", "quick", "paper":
		return preset
	default:
		fail(fmt.Sprintf("%s is %q: it must be tiny, quick or paper", PresetVariable, preset))
		return "quick"
	}
}

// Pick returns the value that belongs to the chosen preset.
func Pick[T any](tiny, quick, paper T) T {
	switch Preset() {
	case "tiny":
		return tiny
	case "paper":
		return paper
	default:
		return quick
	}
}

// Keep stores a value under a name for the cells below: variables do not outlive their cell, kept values do, until the
// kernel stops. The value may be anything that [encoding/gob] takes; infinities and NaN survive.
func Keep[T any](name string, value T) {
	if err := keep(name, value); err != nil {
		fail(fmt.Sprintf("cannot keep %q: %v", name, err))
	}
}

// Kept returns the value that a cell above kept under the name. The type must be the one that was kept.
func Kept[T any](name string) T {
	value, err := kept[T](name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fail(fmt.Sprintf("nothing is kept under %q: run the cell above that keeps it", name))
	case err != nil:
		fail(fmt.Sprintf("cannot read what is kept under %q: %v", name, err))
	}
	return value
}

// keep writes to a temporary file first, so that an interrupted cell leaves the old value whole.
func keep(name string, value any) error {
	path := keepPath(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "writing-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // gone already when all went well
	if err := gob.NewEncoder(file).Encode(value); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func kept[T any](name string) (value T, err error) {
	file, err := os.Open(keepPath(name))
	if err != nil {
		return value, err
	}
	defer file.Close() //nolint:errcheck // only read
	err = gob.NewDecoder(file).Decode(&value)
	return value, err
}

// keepPath is below the kernel's own temporary directory, which goes when the kernel goes.
func keepPath(name string) string {
	dir := os.Getenv(protocol.GONB_TMP_DIR_ENV)
	if dir == "" {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "kept", name+".gob")
}
