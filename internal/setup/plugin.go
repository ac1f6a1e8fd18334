package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// linkPlugin links a plugin, given by its path among the installed packages, to the name under which XLA looks for it.
// The link is relative.
func (p *project) linkPlugin(inPackages, name string) error {
	packages, err := p.sitePackages()
	if err != nil {
		return err
	}
	library := filepath.Join(packages, inPackages)
	if _, err := os.Stat(library); err != nil {
		return fmt.Errorf("the package of the plugin does not hold it: %w", err)
	}
	target, err := filepath.Rel(filepath.Dir(p.path(name)), library)
	if err != nil {
		return err
	}
	return link(target, p.path(name))
}
