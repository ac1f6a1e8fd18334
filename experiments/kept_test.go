package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	results "github.com/robustloss/gomlx-robustloss/experiments/run"
)

// words splits a command line as a shell does.
func words(t *testing.T, line string) []string {
	t.Helper()
	out, err := exec.Command("sh", "-c", "for word in "+line+`; do printf '%s\0' "$word"; done`).Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// Each kept result records the command that makes it, and it alone: parsed again, the command plans one run, with the same
// configuration, the same seed, and this command.
func TestKeptCommandsMakeTheirRuns(t *testing.T) {
	checked := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() != "result.json" {
			return err
		}
		result, err := results.ReadResult(path)
		if err != nil {
			return err
		}
		args := words(t, result.Command)
		if len(args) < 4 || !slices.Equal(args[:3], []string{"go", "run", "./experiments"}) {
			t.Errorf("%s: the command is %q", path, result.Command)
			return nil
		}
		var out, problems bytes.Buffer
		if code := execute(append(args[3:], "--print-config"), &out, &problems); code != cli.CodeOK {
			t.Errorf("%s: %s: %s", path, result.Command, problems.String())
			return nil
		}
		var planned struct {
			cli.Planned
			Config json.RawMessage `json:"config"`
		}
		decoder := json.NewDecoder(&out)
		if err := decoder.Decode(&planned); err != nil || decoder.More() {
			t.Errorf("%s: %s plans more or less than one run (%v)", path, result.Command, err)
		}
		if planned.Experiment != result.Experiment || planned.Seed != result.Seed || planned.Command != result.Command {
			t.Errorf("%s: %s\nplans %s, seed %d, by %s", path, result.Command, planned.Experiment, planned.Seed, planned.Command)
		}
		have, want := object(t, planned.Config), object(t, result.Config)
		dropIdleGroups(want)
		if !reflect.DeepEqual(have, want) {
			t.Errorf("%s: %s\nplans %s,\nwant %s", path, result.Command, planned.Config, result.Config)
		}
		checked++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 95 {
		t.Errorf("%d kept results checked, want 95 or more", checked)
	}
}

func object(t *testing.T, text []byte) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// dropIdleGroups drops what no flag gives and no number depends on: some of depth's studies name a learning rate for the
// variables below the scope "/loss", where only an adaptive loss has any.
func dropIdleGroups(config map[string]any) {
	adam, _ := config["adam"].(map[string]any)
	loss, _ := config["loss"].(map[string]any)
	if loss["kind"] != "adaptive" {
		delete(adam, "groups")
	}
}

// The commands of other runs come back too: with another folder, another length, a value of zero.
func TestRecordedCommandsComeBack(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "it's a folder")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	split := filepath.Join(folder, "split.txt")
	if err := os.WriteFile(split, []byte("2011_09_26/2011_09_26_drive_0001_sync 0000000069 l\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	faces := filepath.Join(folder, "faces")
	run(t, cli.CodeOK, "vae", "faces", faces, "--train", "2", "--validation", "1")
	for _, args := range [][]string{
		{"vae", "train", "--only", "t,pixel", "--data", faces, "--steps", "7", "--seed", "3"},
		{"vae", "train", "--only", "t,pixel", "--fashion", "--seed", "3"},
		{"depth", "train", "--only", "l1", "--flip", "0", "--data-seed", "0", "--seed", "2", "--preset", "tiny"},
		{"depth", "train", "--only", "l1", "--data", folder, "--train-split", split, "--test-split", split},
		{"registration", "table", "--only", "problems-0.5-structured", "--seed", "0"},
		{"clustering", "table", "--only=lines,-2,-inf"},
		{"clustering", "table", "--fashion", "train", "--rows", "2000", "--components", "50", "--only=-2"},
	} {
		stdout, _ := run(t, cli.CodeOK, append(args, "--print-config")...)
		again, _ := run(t, cli.CodeOK, append(words(t, object(t, []byte(stdout))["command"].(string))[3:], "--print-config")...)
		if again != stdout {
			t.Errorf("%q plans\n%s,\nits record\n%s", args, stdout, again)
		}
	}
}
