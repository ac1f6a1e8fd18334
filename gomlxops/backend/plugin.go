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
