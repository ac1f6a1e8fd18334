//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestWithClone_NamesTheCloneOfTheNotebook(t *testing.T) {
	root := t.TempDir()
	for folder, mod := range map[string]string{
		"clone": module + "\n\ngo 1.26\n", "a,b": module + "\n", "clone/other": "module example.org/other // not " + module + "\n",
		"clone/notebooks": "", "plain": "",
	} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		if mod == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(root, folder, "go.mod"), []byte(mod), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"gonb", "--go_work={clone}", "--kernel", "{connection_file}"}
	without := []string{"gonb", "--kernel", "{connection_file}"}
	clone := filepath.Join(root, "clone")
	for folder, want := range map[string][]string{
		"clone": {"gonb", "--go_work=" + clone, "--kernel", "{connection_file}"}, "clone/notebooks": {"gonb", "--go_work=" + clone, "--kernel", "{connection_file}"},
		"clone/other": without, "a,b": without, "plain": without,
	} {
		if got := withClone(args, filepath.Join(root, folder)); !slices.Equal(got, want) {
			t.Errorf("in %s the arguments are %q, want %q", folder, got, want)
		}
	}
}

// The module's name is written here once more: it is that of go.mod.
func TestModule_IsThisProject(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := cloneOf(here), filepath.Dir(filepath.Dir(here)); got != want {
		t.Errorf("the clone of this test is %q, want %q", got, want)
	}
}
