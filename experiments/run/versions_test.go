package run

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

func TestRevisionIsAskedOfGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	root := t.TempDir()
	folder := filepath.Join(root, "experiments", "run")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) string {
		t.Helper()
		command := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@b", "-C", root}, args...)...)
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := gitRevision(folder); got != "" {
		t.Errorf("without a repository: %q", got)
	}
	git("init", "-q")
	write("go.mod", "module example.com/other\n\ngo 1.26\n")
	git("add", ".")
	git("commit", "-q", "-m", "one")
	if got := gitRevision(folder); got != "" {
		t.Errorf("in the repository of another project: %q", got)
	}
	write("go.mod", "module "+modulePath+"\n\ngo 1.26\n")
	git("commit", "-q", "-a", "-m", "two")
	head := git("rev-parse", "HEAD")
	if got := gitRevision(folder); got != head {
		t.Errorf("%q, want %q", got, head)
	}
	write("new.go", "package main\n")
	if got := gitRevision(folder); got != head+"+dirty" {
		t.Errorf("with a new file: %q, want %q", got, head+"+dirty")
	}
	if got := gitRevision(filepath.Join(root, "gone")); got != "" {
		t.Errorf("in a folder that is not there: %q", got)
	}
}

func TestStampedRevisionIsThatOfThisModule(t *testing.T) {
	info := &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}}
	info.Main.Path = "example.com/user"
	if got := builtRevision(info); got != "" {
		t.Errorf("the revision of another module: %q", got)
	}
	info.Main.Path = modulePath
	if got := builtRevision(info); got != "abc+dirty" {
		t.Errorf("%q", got)
	}
}

func TestProgramsThatAreJustBuiltAreKnown(t *testing.T) {
	for program, want := range map[string]bool{
		"/home/user/.cache/go-build/ab/abcdef-d/experiments":       true,
		filepath.Join(os.TempDir(), "go-build1", "exe", "program"): true,
		filepath.Join(os.TempDir(), "gonb_1", "gonb_1"):            true,
		"/usr/local/bin/experiments":                               false,
	} {
		if got := builtJustNow(program); got != want {
			t.Errorf("%s: %v", program, got)
		}
	}
}

// This test's own program is one of them, so where the module lies in its repository, its revision is known.
func TestVersionsHoldTheRevision(t *testing.T) {
	if err := exec.Command("git", "rev-parse", "HEAD").Run(); err != nil {
		t.Skipf("git knows no revision here: %v", err)
	}
	if got := Versions()["revision"]; !regexp.MustCompile(`^[0-9a-f]{40}(\+dirty)?$`).MatchString(got) {
		t.Errorf("revision %q", got)
	}
}
