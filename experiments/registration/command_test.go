package registration

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// execute runs one command line of the experiment, with its runs below dir.
func execute(dir string, args ...string) (code int, stdout, stderr string) {
	var grammar struct {
		cli.Flags
		Registration Command `cmd:""`
	}
	var out, errors bytes.Buffer
	if args[0] == "table" || args[0] == "figures" {
		args = append(args, "--runs", dir)
	}
	args = append([]string{"registration", "--quiet"}, args...)
	code = cli.Main(cli.Program{Name: "experiments"}, &grammar, &grammar.Flags, args, &out, &errors)
	return code, out.String(), errors.String()
}

func TestTable_IsMadeByOneCommandAndKept(t *testing.T) {
	dir, kept := t.TempDir(), filepath.Join(t.TempDir(), "results")
	code, first, stderr := execute(dir, "table", "--preset", "tiny", "--keep", kept)
	if code != cli.CodeOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{"| FGR: scale-annealed, α = −2 |", "(0.518)", "Maximum over 2 seeds", "Median over 2 seeds", "Share over 2 seeds"} {
		if !strings.Contains(first, want) {
			t.Errorf("the tables have no %q:\n%s", want, first)
		}
	}
	if _, again, _ := execute(dir, "table", "--preset", "tiny"); again != first {
		t.Error("the second time, with all runs finished, the tables differ")
	}
	if _, from, _ := execute(dir, "table", "--from", kept); from != first {
		t.Error("the tables of the kept results differ")
	}
	results, err := run.ReadResults(kept)
	if err != nil || len(results) != len(noises)+len(outliers) {
		t.Fatalf("%d results kept (%v)", len(results), err)
	}
	// Made anew from the same seed, the numbers are the same to the last bit.
	items, err := results[0].Items()
	if err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := execute(dir, "table", "--preset", "tiny", "--restart"); code != cli.CodeOK {
		t.Fatal(stderr)
	}
	anew, err := run.ReadResults(dir)
	if err != nil {
		t.Fatal(err)
	}
	other, err := anew[0].Items()
	if err != nil {
		t.Fatal(err)
	}
	for key, v := range items[1].Values {
		if other[1].Values[key] != v {
			t.Errorf("%s: %v the first time, %v the second", key, v, other[1].Values[key])
		}
	}
}

func TestPairsAndAlign_UseTheDataSetsLayout(t *testing.T) {
	pairs, runs := t.TempDir(), t.TempDir()
	if code, _, stderr := execute(runs, "pairs", pairs, "--count", "1", "--points", "1200", "--keep", "0.95", "--seed", "3"); code != cli.CodeOK {
		t.Fatal(stderr)
	}
	folder := filepath.Join(pairs, "pairwise_no_noise_00")
	log := filepath.Join(runs, "pose.log")
	code, matrix, stderr := execute(runs, "align", filepath.Join(folder, "Depth_0000.ply"), filepath.Join(folder, "Depth_0001.ply"),
		"--normal-radius", "0.07", "--feature-radius", "0.2", "--method", "shape", "--log", log)
	if code != cli.CodeOK || strings.Count(matrix, "\n") != 4 {
		t.Fatalf("exit code %d, %q: %s", code, matrix, stderr)
	}
	found, err := pointcloud.ReadLog(log)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := pointcloud.ReadPair(folder)
	if err != nil {
		t.Fatal(err)
	}
	if e := PoseError(found[0].Pose, pair.Truth, pair.Source.Points); e > .02 {
		t.Errorf("pose error %g", e)
	}
	folders, err := pairFolders(pairs)
	if err != nil || len(folders) != 3 || len(folders[.005]) != 1 {
		t.Errorf("folders %v (%v)", folders, err)
	}
	c := pairsConfig{Kind: "pairs", Source: "mine", Pairs: 1, Features: FeatureOptions{NormalRadius: .07, FeatureRadius: .2}}
	result, err := runPairs(t.Context(), c, folders[0], job{Dir: filepath.Join(runs, "read"), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if items, err := result.Items(); err != nil || items[0].Values["pose shape"] > .02 {
		t.Errorf("items %v (%v)", items, err)
	}
	// Other pairs in the same folder are other data: their configuration says so.
	data := func() string {
		t.Helper()
		code, config, stderr := execute(runs, "table", "--data", pairs, "--only", "pairs-noise-0", "--print-config")
		_, after, found := strings.Cut(config, `"data": "`)
		if code != cli.CodeOK || !found {
			t.Fatalf("exit code %d: %s%s", code, config, stderr)
		}
		return after[:16]
	}
	before := data()
	if again := data(); again != before {
		t.Errorf("the same files have the checksums %s and %s", before, again)
	}
	if err := os.Remove(filepath.Join(folder, "gt.log")); err != nil {
		t.Fatal(err)
	}
	if changed := data(); changed == before {
		t.Error("without a file the checksum is the same")
	}
}

func TestAlign_FindsSparseCloudsAndRefusesWrongPoses(t *testing.T) {
	dir := t.TempDir()
	pair := apart(t, "bumpy sphere", 1200, 0)
	target, source, log := filepath.Join(dir, "a.ply"), filepath.Join(dir, "b.ply"), filepath.Join(dir, "pose.log")
	for path, cloud := range map[string]*pointcloud.Cloud{target: pair.Target, source: pair.Source} {
		if err := pointcloud.WritePLY(path, cloud, pointcloud.ASCII); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, stderr := execute(dir, "align", target, source, "--log", log); code != cli.CodeOK || strings.Contains(stderr, "warning") {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	found, err := pointcloud.ReadLog(log)
	if err != nil {
		t.Fatal(err)
	}
	if e := PoseError(found[0].Pose, pair.Truth, pair.Source.Points); e > .06 {
		t.Errorf("pose error %g", e)
	}
	small := []string{"align", target, source, "--normal-radius", ".035", "--feature-radius", ".09"}
	code, matrix, stderr := execute(dir, small...)
	if code != cli.CodeFailed || matrix != "" || !strings.Contains(stderr, "warning: only ") || !strings.Contains(stderr, "--anyway prints the pose all the same") {
		t.Errorf("exit code %d, %q: %s", code, matrix, stderr)
	}
	if code, matrix, stderr = execute(dir, append(small, "--anyway")...); code != cli.CodeOK || strings.Count(matrix, "\n") != 4 || !strings.Contains(stderr, "warning: b.ply: registration: the pose brings only") {
		t.Errorf("exit code %d, %q: %s", code, matrix, stderr)
	}
}

func TestFigures_ArePNGFiles(t *testing.T) {
	out := t.TempDir()
	code, stdout, stderr := execute(t.TempDir(), "figures", "--points", "1500", "--out", out)
	if code != cli.CodeOK {
		t.Fatal(stderr)
	}
	for _, path := range strings.Fields(stdout) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(f); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		_ = f.Close()
	}
	if strings.Count(stdout, ".png") != 2 {
		t.Errorf("printed %q", stdout)
	}
}

func TestCommands_SayWhatIsWrong(t *testing.T) {
	empty := t.TempDir()
	line := filepath.Join(empty, "line.ply")
	if err := os.WriteFile(line, []byte("ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\nend_header\n0 0 0\n1 1 1\n2 2 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	unnamed := t.TempDir()
	if err := os.WriteFile(filepath.Join(unnamed, "Depth_0000.ply"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"no folder below it holds a Depth_0000.ply":                  {"table", "--data", empty},
		"the folder's name says no noise level":                      {"table", "--data", unnamed},
		"--seed: must not be negative":                               {"table", "--seed=-1"},
		"there is no result.json below":                              {"table", "--from", empty},
		`unknown method "best": want one of`:                         {"align", line, line, "--method", "best"},
		"cloud 0 has 3 points: want at least 10":                     {"align", line, line},
		"--normal-radius -1 and --feature-radius 0: want":            {"align", line, line, "--normal-radius=-1"},
		"9 points per view: want at least 10":                        {"pairs", empty, "--points", "9"},
		"--count: must be 1 or more, it is -2":                       {"pairs", empty, "--count=-2"},
		"--seed: must not be negative, it is -1":                     {"pairs", empty, "--seed=-1"},
		"--points: must be 1 or more, it is -5":                      {"figures", "--points=-5"},
		"must be one of \"tiny\",\"quick\",\"medium\",\"paper\" but": {"table", "--preset", "huge"},
		"unknown preset \"medium\": want tiny, quick or paper":       {"table", "--preset", "medium"},
	} {
		code, _, stderr := execute(t.TempDir(), args...)
		if code == cli.CodeOK || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %q, want …%s…", args, code, stderr, want)
		}
	}
}
