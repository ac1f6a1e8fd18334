package clustering

import (
	"bytes"
	"fmt"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/internal/testkit/clothes"
)

// execute runs one command line of the experiment, with its runs below dir.
func execute(dir string, args ...string) (code int, stdout, stderr string) {
	var grammar struct {
		cli.Flags
		Clustering Command `cmd:""`
	}
	var out, errors bytes.Buffer
	if args[0] != "cluster" {
		args = append(args, "--runs", dir)
	}
	args = append([]string{"clustering", "--quiet"}, args...)
	code = cli.Main(cli.Program{Name: "experiments"}, &grammar, &grammar.Flags, args, &out, &errors)
	return code, out.String(), errors.String()
}

func TestTable_IsMadeByOneCommandAndKept(t *testing.T) {
	dir, kept := t.TempDir(), filepath.Join(t.TempDir(), "results")
	code, first, stderr := execute(dir, "table", "--preset", "tiny", "--keep", kept)
	if code != cli.CodeOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{"| method | digits | gaussian | t3 | curved | lines |", "| RCC: α = −2 | 0.", "| gRCC*: the best α | 0.", "MNIST .893 → .901"} {
		if !strings.Contains(first, want) {
			t.Errorf("the table has no %q:\n%s", want, first)
		}
	}
	if _, again, _ := execute(dir, "table", "--preset", "tiny"); again != first {
		t.Error("the second time, with all runs finished, the table differs")
	}
	if _, from, _ := execute(dir, "table", "--from", kept); from != first {
		t.Error("the table of the kept results differs")
	}
	results, err := run.ReadResults(kept)
	if err != nil || len(results) != 5 {
		t.Fatalf("%d results kept (%v)", len(results), err)
	}
	if code, clusters, stderr := execute(dir, "table", "--from", kept, "--value", "clusters"); code != cli.CodeOK || !strings.Contains(clusters, "Number of clusters") {
		t.Errorf("clusters: %s%s", clusters, stderr)
	}
}

func TestNewTable_TunesOverTheSweepOnly(t *testing.T) {
	item := func(key string, ami float64) run.Result {
		return run.Result{Values: run.Values{"ami " + key: ami}, Manifest: run.Manifest{Config: []byte(`{"table":"x"}`)}}
	}
	best, err := tuned([]run.Result{item("kmeans", .99), item("fitted", .98), item("0", .5), item("0", .7), item("-2", .65), item("-8", .6)})
	if err != nil || best["x"] != "-2" {
		t.Errorf("the best shape is %q, want −2 (%v)", best["x"], err)
	}
}

func TestCluster_ReadsTheUsersFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.csv")
	var text strings.Builder
	for i := range 40 {
		text.WriteString([]string{"1", "5"}[i%2] + "." + strings.Repeat("0", i%3) + "1,2." + strings.Repeat("3", i%5) + "," + []string{"a", "b"}[i%2] + "\n")
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := execute(t.TempDir(), "cluster", "--data", path, "--metric", "euclidean", "--method", "kmeans")
	if code != cli.CodeOK || !strings.Contains(stdout, "40 rows in 2 clusters") || !strings.Contains(stdout, "AMI 1.0000") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if code, stdout, stderr = execute(t.TempDir(), "cluster", "--data", path, "--metric", "euclidean"); code != cli.CodeOK || !strings.Contains(stdout, "over 40 rows") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	code, stdout, stderr = execute(t.TempDir(), "table", "--data", path, "--metric", "euclidean", "--only", "kmeans,0")
	if code != cli.CodeOK || !strings.Contains(stdout, "| method | mine.csv |") || !strings.Contains(stdout, "| k-means, told the number of clusters | 1.000 |") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

// writeGroups writes rows around three far places, 90 rows each, in two columns, and their group.
func writeGroups(t *testing.T, path string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	var text strings.Builder
	for i := range 270 {
		_, _ = fmt.Fprintf(&text, "%.6f,%.6f,%c\n", 40*float64(i%3)+rng.NormFloat64(), 40*float64(i*2%3)+rng.NormFloat64(), 'a'+i%3)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The neighbours of a file's rows were cosine ones, so that far groups in the same direction fell apart in dozens.
func TestCluster_FindsFarGroupsOrSaysWhatWould(t *testing.T) {
	path := filepath.Join(t.TempDir(), "groups.csv")
	writeGroups(t, path)
	code, stdout, stderr := execute(t.TempDir(), "cluster", "--data", path)
	if code != cli.CodeOK || !strings.Contains(stdout, "270 rows in 3 clusters\nAMI 1.0000") || stderr != "" {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	code, _, stderr = execute(t.TempDir(), "cluster", "--data", path, "--metric", "cosine")
	if code != cli.CodeOK || !strings.Contains(stderr, "warning: ") || !strings.Contains(stderr, "groups may be cut in pieces, if these rows are not outliers; --metric euclidean finds 3 clusters, 0 of them so small") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// A file that has changed, or is read in another way, is another table: its runs are not those of before.
func TestTable_TellsFilesApartByWhatIsRead(t *testing.T) {
	runs, path := t.TempDir(), filepath.Join(t.TempDir(), "groups.csv")
	writeGroups(t, path)
	table := []string{"table", "--data", path, "--only", "kmeans"}
	if code, _, stderr := execute(runs, table...); code != cli.CodeOK {
		t.Fatal(stderr)
	}
	code, _, stderr := execute(runs, append(table, "--header", "yes")...)
	if code == cli.CodeOK || !strings.Contains(stderr, "data") {
		t.Errorf("with one row less, exit code %d: %s", code, stderr)
	}
	if code, _, stderr := execute(runs, table...); code != cli.CodeOK {
		t.Errorf("the same file again: %s", stderr)
	}
}

func TestTable_OfFashion(t *testing.T) {
	t.Chdir(t.TempDir())
	args := []string{"table", "--fashion", "test", "--components", "5", "--only=-2"}
	if code, _, stderr := execute("runs", args...); code == cli.CodeOK || !strings.Contains(stderr, "make data fetches Fashion-MNIST") {
		t.Errorf("without the data: exit code %d: %s", code, stderr)
	}
	clothes.Write(t, fashionDir, "t10k", 200)
	code, stdout, stderr := execute("runs", append(args, "--keep", "kept")...)
	if code != cli.CodeOK || !strings.Contains(stdout, "| method | fashion-test |") {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	results, err := run.ReadResults("kept")
	if err != nil || len(results) != 1 {
		t.Fatalf("%d results (%v)", len(results), err)
	}
	items, err := results[0].Items()
	if err != nil || len(items) != 1 || items[0].Values["clusters -2"] != 10 || items[0].Values["ami -2"] < .99 {
		t.Errorf("%+v (%v)", items, err)
	}
	if _, ok := processorSeconds(); ok && !(items[0].Values["processor-seconds -2"] > 0) {
		t.Errorf("the processor time is %g s", items[0].Values["processor-seconds -2"])
	}
	if code, stdout, stderr := execute("", "cluster", "--fashion", "test", "--rows", "100"); code != cli.CodeOK || !strings.Contains(stdout, "100 rows in 10 clusters") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	for _, command := range []string{"cluster", "table"} {
		if code, _, stderr := execute("runs", command, "--fashion", "test", "--data", "x.csv"); code == cli.CodeOK || !strings.Contains(stderr, "both given") {
			t.Errorf("%s with two tables: exit code %d: %s", command, code, stderr)
		}
	}
}

func TestFigures_ArePNGFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("clusters the digits eleven times")
	}
	out := t.TempDir()
	code, stdout, stderr := execute(t.TempDir(), "figures", "--rows", "300", "--out", out)
	if code != cli.CodeOK || strings.Count(stdout, ".png") != 2 {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
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
}

func TestCommands_SayWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	few := write("few.csv", "1,2,a\n3,4,b\n5,6,a\n")
	bare := write("bare.csv", "1,2\n3,4\n5,7\n")
	broken := write("broken.csv", "1,2,a\n3,NaN,b\n")
	for want, args := range map[string][]string{
		"k = 10 neighbours among 3 rows: want 1 ≤ k < rows":   {"cluster", "--data", few},
		"broken.csv:2: field 2: the value is not finite: NaN": {"table", "--data", broken},
		"no such file":                                {"cluster", "--data", filepath.Join(dir, "missing.csv")},
		`unknown method "best": want one of`:          {"cluster", "--method", "best"},
		`--only 7 names no row`:                       {"table", "--only", "7"},
		"has no labels to compare with":               {"table", "--data", bare, "--label", "none"},
		"k-means must be told the number of clusters": {"cluster", "--data", bare, "--label", "none", "--method", "kmeans", "--metric", "euclidean"},
		"--seed: must not be negative":                {"table", "--seed=-1"},
		"there is no result.json below":               {"table", "--from", t.TempDir()},
	} {
		code, _, stderr := execute(t.TempDir(), args...)
		if code == cli.CodeOK || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %q, want …%s…", args, code, stderr, want)
		}
	}
}
