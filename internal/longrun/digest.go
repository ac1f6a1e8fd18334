package longrun

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Sources are the extensions of the Go files, the kept results, and the versions of all that they depend on.
var Sources = []string{".go", ".mod", ".sum", ".json"}

// Digest identifies the content of the clone's files with some extensions. It leaves out folders whose names begin with a point,
// and those of the clone's own that are named.
func Digest(root string, extensions []string, without ...string) (string, error) {
	var paths []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || slices.Contains(without, name) && filepath.Dir(path) == root) {
			return filepath.SkipDir
		}
		if slices.Contains(extensions, filepath.Ext(path)) {
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %x\n", strings.TrimPrefix(path, root), sha256.Sum256(content))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
