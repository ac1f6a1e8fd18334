package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// fakeReports plays .venv/bin/python internal/reports: it logs how it was called, and leaves facts in which the number
// depends on the arithmetic and the seed. A notebook named 02_bad fails.
const fakeReports = `#!/bin/sh
echo "$GOMLX_BACKEND $GOEXPERIMENT [$XLA_FLAGS] $ROBUSTLOSS_PRESET seed=$ROBUSTLOSS_SEED $*" >>calls.log
shift 3
folder=$1
shift
mkdir -p "$folder/.facts"
for name in "$@"; do
	failure=
	case $name in 02_bad) failure="cell 3 failed" ;; esac
	case $GOMLX_BACKEND in go) got=5.5 ;; *) got=5 ;; esac
	cat >"$folder/.facts/$name.json" <<END
{"failure": "$failure", "checks": [{"cell": 3, "claim": "c", "kind": "live", "form": "between", "ok": true, "got": $got, "lo": 0, "hi": "Infinity"}]}
END
done
`

// fakeClone makes a clone with three notebooks, one test package, and the fake reports.
func fakeClone(t *testing.T) string {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		t.Skip("the arithmetics of the tests are of amd64")
	}
	root := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":                 "module fake\n\ngo 1.21\n",
		"code.go":                "package fake\n",
		"code_test.go":           "package fake\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestBackend(t *testing.T) {\n\tused := map[string]string{\"go\": \"0.25\"}[os.Getenv(\"GOMLX_BACKEND\")]\n\tif used == \"\" {\n\t\tused = \"0.125\"\n\t}\n\tline := `{\"test\": \"TestBackend\", \"what\": \"sum\", \"used\": ` + used + `}` + \"\\n\"\n\tif err := os.WriteFile(os.Getenv(\"ROBUSTLOSS_CLOSENESS\")+\"/fake-1.jsonl\", []byte(line), 0o644); err != nil {\n\t\tt.Fatal(err)\n\t}\n\tif os.Getenv(\"GOMLX_BACKEND\") == \"go\" {\n\t\tt.Fatal()\n\t}\n}\n",
		"notebooks/00_a.ipynb":   "{}",
		"notebooks/01_b.ipynb":   "{}",
		pluginFile:               "",
		".venv/bin/python":       fakeReports,
		"notebooks/02_bad.ipynb": "{}",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(root)
	return root
}

// calls returns how the fake reports were called since the last time.
func calls(t *testing.T) []string {
	t.Helper()
	content, err := os.ReadFile("calls.log")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.WriteFile("calls.log", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(content), func(r rune) bool { return r == '\n' })
}

func TestRun_ComputesOnceWhatIsAsked(t *testing.T) {
	root := fakeClone(t)
	t.Setenv("XLA_FLAGS", "--mine=1")
	args := []string{"-arith", "xla,xla-avx,go", "-seeds", "standard,7", "-nb", "00,01_b", "-pkg", "none"}
	if err := run(t.Context(), args); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(root, "reports", "numerics", "tiny")
	want := []string{
		"xla:cpu simd [--mine=1] tiny seed= internal/reports --no-pages --out " + out + "/xla/seed-standard 00_a 01_b",
		"xla:cpu simd [--mine=1] tiny seed=7 internal/reports --no-pages --out " + out + "/xla/seed-7 00_a 01_b",
		"xla:cpu simd [--mine=1 --xla_cpu_max_isa=AVX] tiny seed= internal/reports --no-pages --out " + out + "/xla-avx/seed-standard 00_a 01_b",
		"go  [--mine=1] tiny seed= internal/reports --no-pages --out " + out + "/go/seed-standard 00_a 01_b",
	}
	if got := calls(t); !slices.Equal(got, want) {
		t.Errorf("it called\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if err := run(t.Context(), args); err != nil {
		t.Fatal(err)
	}
	if got := calls(t); len(got) > 0 {
		t.Errorf("it computed again: %q", got)
	}
	if err := os.WriteFile("notebooks/01_b.ipynb", []byte("{ }"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), append(args, "-keep")); err != nil || len(calls(t)) > 0 {
		t.Errorf("with -keep it computed again, or failed: %v", err)
	}
	if err := run(t.Context(), args); err != nil {
		t.Fatal(err)
	}
	if got := calls(t); len(got) != 4 || !strings.HasSuffix(got[0], " 01_b") || strings.Contains(got[0], "00_a") {
		t.Errorf("after a change of 01_b it called %q", got)
	}
	if err := os.WriteFile("code.go", []byte("package fake // changed\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), append(args, "-all")); err != nil {
		t.Fatal(err)
	}
	if got := calls(t); len(got) != 6 {
		t.Errorf("every arithmetic with every seed are %d calls, want 6", len(got))
	}
	table, err := os.ReadFile(filepath.Join(root, "reports", "numerics", "margins.csv"))
	if err != nil || !strings.Contains(string(table), "\n10,,tiny,00_a,4,live,between,c,0,+Inf,5,5.5,0.5,6,0\n") {
		t.Errorf("the table is\n%s (%v)", table, err)
	}
}

func TestRun_FailsWithANotebookOrATest(t *testing.T) {
	root := fakeClone(t)
	// Both are compiled as this test is: another GOEXPERIMENT compiles the standard library anew.
	err := run(t.Context(), []string{"-arith", "xla,go-simd", "-seeds", "standard", "-pkg", "."})
	if err == nil {
		t.Fatal("it did not fail")
	}
	for _, want := range []string{"02_bad at tiny in xla, seed standard: cell 3 failed", "02_bad at tiny in go-simd", "tests in go-simd: TestBackend"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error %q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "tests in xla") {
		t.Errorf("the test failed with XLA: %v", err)
	}
	// 1/8 and 1/4 of a tolerance were used up: the room is 3/4, the spread 1/8.
	if table, err := os.ReadFile(filepath.Join(root, "reports", "numerics", "margins.csv")); err != nil || !strings.Contains(string(table), "\n6,,tests,fake,1,live,close,TestBackend: sum,-Inf,1,0.125,0.25,0.125,2,0\n") {
		t.Errorf("the table is\n%s (%v)", table, err)
	}
	if log, err := os.ReadFile(filepath.Join(root, "reports", "numerics", "tests", "go-simd.log")); err != nil || !strings.Contains(string(log), "--- FAIL: TestBackend") {
		t.Errorf("the log of the tests is %q (%v)", log, err)
	}
}

func TestRun_StopsWhenInterrupted(t *testing.T) {
	fakeClone(t)
	slow := strings.Replace(fakeReports, "shift 3", "echo started >started; exec sleep 600; shift 3", 1)
	if err := os.WriteFile(".venv/bin/python", []byte(slow), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if _, err := os.Stat("started"); err == nil {
				cancel()
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	if err := run(ctx, []string{"-arith", "xla"}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestParse_RefusesWhatItCannotDo(t *testing.T) {
	root := fakeClone(t)
	for line, want := range map[string]string{
		"-arith xla,vax":    `there is no arithmetic "vax": there are xla, xla-avx`,
		"-seeds standard,x": `the seed "x" is neither standard nor a whole number`,
		"-preset huge":      `the preset "huge" is none of tiny, quick and paper`,
		"-nb 77":            `there is no notebook "77": there are 00_a, 01_b, 02_bad`,
		"extra":             `"extra" is no flag`,
		"-seeds none":       "there is nothing to compute",
	} {
		if _, err := parse(strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", line, err, want)
		}
	}
	if err := os.Remove(filepath.Join(root, pluginFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := parse([]string{"-arith", "xla"}); err == nil || !strings.Contains(err.Error(), "xla: XLA has no plugin for the CPU here") {
		t.Errorf("without a plugin: %v", err)
	}
	p, err := parse(nil)
	if err != nil || slices.ContainsFunc(p.arithmetics, func(a arithmetic) bool { return a.xla }) {
		t.Errorf("without a plugin it plans %v (%v)", p.arithmetics, err)
	}
}
