// Package docs checks what is written for readers: the README, the doc comments and the examples.
package docs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// block is a fenced block of the README.
type block struct{ language, text string }

func blocks(t *testing.T) []block {
	t.Helper()
	var all []block
	for _, match := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(readme(t), -1) {
		all = append(all, block{match[1], match[2]})
	}
	return all
}

// run runs a program as if it were in this module, in pure Go, and returns what it prints.
func run(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(program), 0o644); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("go", append(arguments, file)...)
	command.Dir = root
	command.Env = append(os.Environ(), "GOMLX_BACKEND=go")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, program, &stderr)
	}
	return stdout.String()
}

func TestPrograms_PrintWhatTheReadmeSays(t *testing.T) {
	all, programs := blocks(t), 0
	for i, b := range all {
		if b.language != "go" || !strings.HasPrefix(b.text, "package main") {
			continue
		}
		programs++
		if i+1 == len(all) || all[i+1].language != "text" {
			t.Fatalf("no output follows the program\n%s", b.text)
		}
		if got, want := run(t, b.text, "run"), all[i+1].text; got != want {
			t.Errorf("the program prints\n%swant\n%s", got, want)
		}
	}
	if programs != 2 {
		t.Errorf("the README has %d programs, want 2", programs)
	}
}

func TestFragments_Compile(t *testing.T) {
	fragments := 0
	for _, b := range blocks(t) {
		if b.language != "go" || strings.HasPrefix(b.text, "package main") {
			continue
		}
		fragments++
		run(t, `package main

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/robustloss/gomlx-robustloss/robustloss"
)

var _ train.ModelFn = modelFn

func main() {}

`+b.text, "vet")
	}
	if fragments != 1 {
		t.Errorf("the README has %d fragments of Go, want 1", fragments)
	}
}

func TestLinks_LeadSomewhere(t *testing.T) {
	for _, match := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(readme(t), -1) {
		if strings.Contains(match[1], "://") {
			continue
		}
		if _, err := os.Stat(filepath.Join(root, match[1])); err != nil {
			t.Errorf("the README links to %s: %v", match[1], err)
		}
	}
}

func TestMakeTargets_Exist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	targets := regexp.MustCompile("(?:`|(?m:^))make\\s+([a-z-]+)").FindAllStringSubmatch(readme(t), -1)
	if len(targets) == 0 {
		t.Fatal("the README names no target")
	}
	for _, target := range targets {
		if !regexp.MustCompile(`(?m)^` + target[1] + `:`).Match(makefile) {
			t.Errorf("the README says make %s, which the Makefile does not have", target[1])
		}
	}
}
