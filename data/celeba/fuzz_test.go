package celeba

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

func FuzzPartition(f *testing.F) {
	f.Add("000001.jpg 0\n000002.jpg 2\n")
	f.Add("\ufeffimage_id,partition\r\n000001.jpg,1\r\n")
	f.Add("../000001.jpg 0\r.. 1")
	f.Fuzz(func(t *testing.T, data string) {
		names, err := decodePartition(input.New(strings.NewReader(data), "fuzz"))
		if err != nil && (!strings.Contains(err.Error(), "fuzz") || strings.ContainsFunc(err.Error(), unicode.IsControl)) {
			t.Errorf("not one line that names the file: %q", err)
		}
		for _, split := range names {
			for _, name := range split {
				if path := filepath.Join("/images", name); filepath.Dir(path) != "/images" || filepath.Base(path) != name {
					t.Errorf("the name %q leads to %q", name, path)
				}
			}
		}
	})
}
