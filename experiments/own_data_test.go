package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// console is a block of OWN_DATA.md that shows commands and what they print.
var console = regexp.MustCompile("(?s)```console\n(.*?)```")

// The commands of OWN_DATA.md print what the page says, each in the folder that the ones before it left.
func TestOwnData_CommandsPrintWhatThePageSays(t *testing.T) {
	page, err := os.ReadFile("OWN_DATA.md")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	typed := 0
	for _, block := range console.FindAllStringSubmatch(string(page), -1) {
		for part := range strings.SplitSeq(strings.TrimPrefix(block[1], "$ "), "\n$ ") {
			line, want, _ := strings.Cut(part, "\n")
			printed := strings.ReplaceAll(typeLine(t, line), folder+string(filepath.Separator), "")
			if missing := firstMissing(printed, want); missing != "" {
				t.Errorf("$ %s\nprints\n%s\nand the page says\n%s", line, printed, missing)
			}
			typed++
		}
	}
	if typed < 30 {
		t.Errorf("%d commands were typed: the page has more", typed)
	}
}

// typeLine runs a line as it is typed in the clone's folder, and returns what it prints.
func typeLine(t *testing.T, line string) string {
	t.Helper()
	if rest, ok := strings.CutPrefix(line, programLine); ok {
		var out bytes.Buffer
		execute(strings.Fields(rest), &out, &out)
		return strings.ReplaceAll(out.String(), "\r", "\n")
	}
	out, err := exec.Command("sh", "-c", line).CombinedOutput()
	if err != nil {
		t.Errorf("$ %s: %v\n%s", line, err, out)
	}
	return string(out)
}

// programLine begins a command of the program.
const programLine = "go run ./experiments "

// firstMissing returns the first line of the page that is not printed where it should be, "" where all are. "…" stands for anything,
// a line of it for any lines.
func firstMissing(printed, page string) string {
	have := strings.Split(strings.TrimSpace(printed), "\n")
	skip := false
	for want := range strings.SplitSeq(strings.TrimSpace(page), "\n") {
		if want == "…" {
			skip = true
			continue
		}
		quoted := strings.ReplaceAll(regexp.QuoteMeta(want), "…", ".*")
		pattern := regexp.MustCompile("^" + quoted + "$")
		for skip && len(have) > 0 && !pattern.MatchString(have[0]) {
			have = have[1:]
		}
		if len(have) == 0 || !pattern.MatchString(have[0]) {
			return want
		}
		have, skip = have[1:], false
	}
	if len(have) > 0 && !skip && strings.TrimSpace(page) != "" {
		return fmt.Sprintf("nothing after it, but there is %q", have[0])
	}
	return ""
}

// The page's times are those of GROWTH.md, which has a test of its own.
func TestOwnData_TimesAreThoseOfGrowth(t *testing.T) {
	page, err := os.ReadFile("OWN_DATA.md")
	if err != nil {
		t.Fatal(err)
	}
	growth, err := os.ReadFile("GROWTH.md")
	if err != nil {
		t.Fatal(err)
	}
	last := func(pattern string) string {
		found := regexp.MustCompile(pattern).FindSubmatch(growth)
		if found == nil {
			t.Fatalf("GROWTH.md has no row %s", pattern)
		}
		return string(found[1])
	}
	for name, start := range map[string]string{"vae": "a cell of the VAE's twelve", "depth": "a row of the depth table's seven"} {
		minutes := last(`(?m)^\| ` + name + `, paper \| 1 \|.*\| (\d+) \| [\d.]+ \|$`)
		hours := last(`(?m)^\| ` + name + `, paper, at that rate \|.*\| (\d+) \|$`)
		if want := fmt.Sprintf("- %s takes %s minutes on one H100 and %s hours on two cores,", start, minutes, hours); !strings.Contains(string(page), want) {
			t.Errorf("OWN_DATA.md does not say %q", want)
		}
	}
}
