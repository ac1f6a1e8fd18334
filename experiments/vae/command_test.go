package vae_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/synth"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/experiments/vae"
	"github.com/robustloss/gomlx-robustloss/internal/testkit/clothes"
)

// program runs a command line of a program with this experiment alone and returns its exit code.
func program(args []string, stdout, stderr io.Writer) int {
	var grammar struct {
		cli.Flags
		Vae vae.Command `cmd:"" name:"vae"`
	}
	return cli.Main(cli.Program{Name: "experiments"}, &grammar, &grammar.Flags, args, stdout, stderr)
}

// command runs a command line on the pure-Go backend, checks its exit code and returns what it printed.
func command(t *testing.T, code int, runs string, args ...string) (stdout, stderr string) {
	t.Helper()
	if args[0] != "faces" {
		args = append(slices.Clone(args), "--runs", runs, "--backend", "go")
	}
	args = append([]string{"vae"}, args...)
	var out, err bytes.Buffer
	if got := program(args, &out, &err); got != code {
		t.Fatalf("%v: exit code %d, want %d\n%s%s", args, got, code, out.String(), err.String())
	}
	return out.String(), err.String()
}

func TestTrainEvalAndFiguresAgree(t *testing.T) {
	runs := t.TempDir()
	cell := []string{"--preset", "tiny", "--steps", "4", "--only", "t,dct", "--seed", "2"}
	trained, progress := command(t, cli.CodeOK, runs, append([]string{"train"}, cell...)...)
	if !strings.Contains(progress, "4/4") || !strings.Contains(progress, "elbo") {
		t.Errorf("progress:\n%s", progress)
	}
	lines := strings.Split(strings.TrimSpace(trained), "\n")
	dir := lines[len(lines)-1]
	if want := filepath.Join(runs, "vae", "tiny-4-steps", "dct-t", "seed-2"); dir != want {
		t.Errorf("run in %s, want %s", dir, want)
	}
	again, _ := command(t, cli.CodeOK, runs, append([]string{"train"}, cell...)...) // it is finished: only printed
	evaluated, _ := command(t, cli.CodeOK, runs, append([]string{"eval", "--importance-samples", "4"}, cell...)...)
	if again != trained || strings.TrimSpace(evaluated) != lines[0] {
		t.Errorf("trained: %sagain: %sevaluated: %s", trained, again, evaluated)
	}
	drawn, _ := command(t, cli.CodeOK, runs, append([]string{"figures"}, cell...)...)
	if strings.Count(drawn, ".png") != 5 {
		t.Errorf("drawn:\n%s", drawn)
	}
	for _, path := range strings.Fields(drawn) {
		if data, err := os.ReadFile(path); err != nil || !bytes.HasPrefix(data, []byte("\x89PNG")) {
			t.Errorf("%s: %v", path, err)
		}
	}
	// The recorded command makes this very run.
	result, err := run.ReadResult(filepath.Join(dir, "result.json"))
	if want := "go run ./experiments vae train --preset tiny --only t,dct --seed 2 --backend go --steps 4"; err != nil || result.Command != want {
		t.Errorf("recorded %q (%v), want %q", result.Command, err, want)
	}
	listed, _ := command(t, cli.CodeOK, runs, append([]string{"train", "--dry-run"}, cell...)...)
	if want := dir + ": finished\n    " + result.Command + "\n"; listed != want {
		t.Errorf("--dry-run prints %q, want %q", listed, want)
	}
}

func TestTableTrainsOnlyWhatIsMissing(t *testing.T) {
	runs := t.TempDir()
	args := []string{"table", "--preset", "tiny", "--steps", "2", "--only", "normal", "--format", "json"}
	first, _ := command(t, cli.CodeOK, runs, append(args, "--seed", "1")...)
	both, progress := command(t, cli.CodeOK, runs, append(args, "--seed", "1,2")...)
	if strings.Contains(progress, "seed 1 ") || strings.Count(progress, "seed 2  2/2 ") != 3 || strings.Count(progress, "seed 2  first step ") != 3 {
		t.Errorf("trained again:\n%s", progress)
	}
	n := func(table string) (n []int) {
		var decoded struct{ Cells []struct{ N int } }
		if err := json.Unmarshal([]byte(table), &decoded); err != nil {
			t.Fatal(err)
		}
		for _, c := range decoded.Cells {
			n = append(n, c.N)
		}
		return n
	}
	if a, b := n(first), n(both); len(a) != 3 || a[0] != 1 || len(b) != 3 || b[2] != 2 {
		t.Errorf("seeds a cell: %v, then %v", a, b)
	}
	keep := t.TempDir()
	from, _ := command(t, cli.CodeOK, runs, "table", "--preset", "tiny", "--from", filepath.Join(runs, "vae", "tiny-2-steps"), "--keep", keep, "--format", "csv")
	if !strings.Contains(from, "normal,wavelet,") {
		t.Errorf("table:\n%s", from)
	}
	kept, err := filepath.Glob(filepath.Join(keep, "*", "*", "result.json"))
	if err != nil || len(kept) != 6 {
		t.Errorf("kept %v, %v", kept, err)
	}
}

func TestCommandsSayWhatIsWrong(t *testing.T) {
	runs := t.TempDir()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"eval", "--preset", "tiny"}, "train it first"},
		{[]string{"figures", "--preset", "tiny", "--only", "t,dct"}, "train it first: go run ./experiments vae train --preset tiny --only t,dct"},
		{[]string{"table", "--preset", "tiny", "--only", "gaussian"}, "--only gaussian names no row or column: there are normal, "},
		{[]string{"table", "--preset", "tiny", "--seed", "2,1", "--seed", "2"}, "--seed names 2 twice"},
		{[]string{"train", "--preset", "tiny", "--data", runs}, "holds no CelebA"},
	} {
		if _, stderr := command(t, cli.CodeFailed, runs, c.args...); !strings.Contains(stderr, c.want) {
			t.Errorf("vae %v: %q does not say %q", c.args, stderr, c.want)
		}
	}
	for want, args := range map[string][]string{
		"--steps: must be 1 or more, it is -3":     {"train", "--preset", "tiny", "--steps=-3"},
		"--steps: must be 1 or more, it is 0":      {"eval", "--steps=0"},
		"--seed: must not be negative, it is -1":   {"figures", "--seed=-1"},
		"--stride: must be 1 or more, it is 0":     {"linear", "--stride", "0"},
		"--preset must be one of":                  {"train", "--preset", "huge"},
		"--from and --kept can't be used together": {"table", "--from", runs, "--kept"},
	} {
		if _, stderr := command(t, cli.CodeUsage, runs, args...); !strings.Contains(stderr, want) {
			t.Errorf("vae %v: %q does not say %q", args, stderr, want)
		}
	}
}

// With --data, all images of the folder are used, and the runs are kept apart from those on synthetic faces.
func TestDataNamesAFolderInCelebAsLayout(t *testing.T) {
	runs, root := t.TempDir(), t.TempDir()
	if err := synth.WriteFaces(t.Context(), root, synth.FacesOptions{Train: 20, Validation: 6, Seed: 4}, nil); err != nil {
		t.Fatal(err)
	}
	out, _ := command(t, cli.CodeOK, runs, "train", "--preset", "tiny", "--only", "general,wavelet", "--steps", "2", "--data", root)
	if !strings.Contains(out, filepath.Join("vae", "tiny-celeba-2-steps")) {
		t.Errorf("output:\n%s", out)
	}
	// Another folder is another run.
	other := t.TempDir()
	if err := synth.WriteFaces(t.Context(), other, synth.FacesOptions{Train: 19, Validation: 7, Seed: 4}, nil); err != nil {
		t.Fatal(err)
	}
	_, stderr := command(t, cli.CodeFailed, runs, "train", "--preset", "tiny", "--only", "general,wavelet", "--steps", "2", "--data", other)
	if !strings.Contains(stderr, "images.train is 20 there and 19 here") || !strings.Contains(stderr, "images.files") {
		t.Errorf("another folder: %s", stderr)
	}
	var c vae.Config
	c, err := vae.NewConfig("tiny", "normal", "pixel")
	if err != nil {
		t.Fatal(err)
	}
	c.Images.Source, c.Images.FaceSeed, c.Images.Train, c.Images.Validation = "celeba", 0, 0, 3
	data, err := vae.OpenData(t.Context(), c.Images, root, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = data.Close() }()
	if data.Train.Len() != 20 || data.Validation.Len() != 3 || data.Train.Side() != 16 {
		t.Errorf("%d and %d images of side %d, want 20 and 3 of side 16", data.Train.Len(), data.Validation.Len(), data.Train.Side())
	}
}

// Grey images, from a folder in Fashion-MNIST's format: trained, drawn and tabulated as faces are, apart from them.
func TestFashionMNISTIsTrainedAndDrawn(t *testing.T) {
	runs, root := t.TempDir(), t.TempDir()
	clothes.Write(t, root, "train", 48)
	clothes.Write(t, root, "t10k", 16)
	cell := []string{"--preset", "tiny", "--steps", "3", "--only", "general,wavelet", "--fashion", "--data", root}
	trained, _ := command(t, cli.CodeOK, runs, append([]string{"train"}, cell...)...)
	dir := filepath.Join(runs, "vae", "tiny-fashion-3-steps", "wavelet-general", "seed-1")
	if !strings.Contains(trained, dir) {
		t.Fatalf("output:\n%s", trained)
	}
	drawn, _ := command(t, cli.CodeOK, runs, append([]string{"figures"}, cell...)...)
	if strings.Count(drawn, ".png") != 5 {
		t.Errorf("drawn:\n%s", drawn)
	}
	table, _ := command(t, cli.CodeOK, runs, "table", "--from", filepath.Join(runs, "vae", "tiny-fashion-3-steps"))
	if !strings.Contains(table, "| Likelihood | Pixels | DCT | Wavelets |") || !strings.Contains(table, "Fashion-MNIST (the first 48 training images, the first 16 test images") ||
		!strings.Contains(table, "1024·log 256 = 5678 nats") || strings.Contains(table, "8,662") {
		t.Errorf("table:\n%s", table)
	}
	shapes, _ := command(t, cli.CodeOK, runs, "table", "--from", filepath.Join(runs, "vae", "tiny-fashion-3-steps"), "--value", "shape", "--format", "csv")
	if !strings.Contains(shapes, "general,wavelet,") {
		t.Errorf("shapes:\n%s", shapes)
	}
	// Images of another kind have a table of their own.
	if _, err := run.Keep(filepath.Join("results", "quick", "wavelet-general"), filepath.Join(runs, "vae", "faces")); err != nil {
		t.Fatal(err)
	}
	if _, stderr := command(t, cli.CodeFailed, runs, "table", "--from", filepath.Join(runs, "vae")); !strings.Contains(stderr, "they belong in different tables") {
		t.Errorf("two kinds of images in a table: %s", stderr)
	}
}

func TestLinearPrintsATable(t *testing.T) {
	out, _ := command(t, cli.CodeOK, t.TempDir(), "linear", "--preset", "tiny", "--train", "40", "--validation", "10", "--stride", "50")
	if !strings.Contains(out, "| Student's t | ") || !strings.Contains(out, "40 training and 10 validation images") {
		t.Errorf("output:\n%s", out)
	}
}
