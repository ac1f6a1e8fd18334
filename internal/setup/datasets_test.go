package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFashion_OtherFilesAreRefused(t *testing.T) {
	p := newProject(t.TempDir())
	from := t.TempDir()
	err := p.takeFashion(from)
	if err == nil || !strings.Contains(err.Error(), "t10k-images-idx3-ubyte.gz") {
		t.Errorf("without the files: %v", err)
	}
	if err := os.MkdirAll(p.path(fashionDir), 0o755); err != nil {
		t.Fatal(err)
	}
	for name := range fashionFiles {
		for _, dir := range []string{from, p.path(fashionDir)} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("something else"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = p.takeFashion(from)
	if err == nil || !strings.Contains(err.Error(), "is not the file that is wanted") {
		t.Errorf("other files: %v", err)
	}
	if err := p.fetchFashion(t.Context()); err == nil || !strings.Contains(err.Error(), p.path(fashionDir)) {
		t.Errorf("other files, put there by hand: %v", err)
	}
	if len(p.datasets().products) != 4 {
		t.Errorf("products %v", p.datasets().products)
	}
}
