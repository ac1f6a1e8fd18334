package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// elsewhere are messages of the README that other programs say.
var elsewhere = []string{"No such kernel named gonb", "undefined: …", "THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "failed to run", "github.com/robustloss/", "no space left on device", "float16", "bfloat16", "setup: …"}

// The README's messages are searched for by those who see them: each is in the code, word for word.
func TestMessages_AreThoseOfTheCode(t *testing.T) {
	var code strings.Builder
	for _, top := range []string{"robustloss", "gomlxops", "data", "experiments", "internal", "notebooks"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !slices.Contains([]string{".go", ".py"}, filepath.Ext(path)) || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			// A message that is written over two lines is one.
			code.WriteString(regexp.MustCompile(`" \+\s*"`).ReplaceAllString(string(text), ""))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, section, found := strings.Cut(readme(t), "## What can go wrong")
	section, _, _ = strings.Cut(section, "\n## ")
	if !found {
		t.Fatal("the README does not say what can go wrong")
	}
	said := strings.ReplaceAll(code.String(), `\"`, `"`)
	rows := regexp.MustCompile(`(?m)^\| (.*?) \| .* \|$`).FindAllStringSubmatch(section, -1)
	if len(rows) < 10 {
		t.Fatalf("there are %d rows", len(rows))
	}
	for _, row := range rows {
		for _, message := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			for _, part := range regexp.MustCompile(`…|: |"`).Split(message[1], -1) {
				part = strings.Trim(part, " ;,()")
				if len(part) < 8 || strings.Contains(strings.Join(elsewhere, "\n"), part) {
					continue
				}
				if !strings.Contains(said, part) {
					t.Errorf("nothing says %q, of the message %q", part, message[1])
				}
			}
		}
	}
}
