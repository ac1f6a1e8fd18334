//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// clone makes a clone of two packages, a and b, whose tests note in a file that they ran, and moves there.
func clone(t *testing.T, testOfB string) {
	t.Helper()
	t.Chdir(t.TempDir())
	const note = "package p\n\nimport (\n\t\"os\"\n\t\"os/signal\"\n\t\"syscall\"\n\t\"testing\"\n\t\"time\"\n)\n\nvar _, _, _ = time.Second, signal.Ignore, syscall.Flock\n\nfunc note(t *testing.T, what string) {\n\tf, err := os.OpenFile(\"../ran\", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)\n\tif err != nil {\n\t\tt.Fatal(err)\n\t}\n\tdefer f.Close()\n\tf.WriteString(what + \"\\n\")\n}\n\n"
	write(t, "go.mod", "module fake\n\ngo 1.26\n")
	write(t, "a/a_test.go", note+"func TestOne(t *testing.T) { note(t, \"a\") }\n\nfunc FuzzBytes(f *testing.F) {\n\tf.Add([]byte{1})\n\tf.Fuzz(func(t *testing.T, b []byte) {})\n}\n")
	write(t, "b/b_test.go", note+testOfB)
	write(t, "c/c.go", "package c // which has no tests\n")
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// ran returns what ran since it was asked last.
func ran(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("ran")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	_ = os.Remove("ran")
	lines := strings.Fields(string(content))
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// What a package told that failed is not told of the next one.
func TestFollow_KeepsTheFiguresOfAPackageApart(t *testing.T) {
	open, told := map[string]unit{"fake/a": {name: "a"}, "fake/b": {name: "b"}}, ""
	output := "--- FAIL: TestOne (0.00s)\n    a_test.go:9: 7 of a\nFAIL\nFAIL\tfake/a\t1.5s\n    b_test.go:9: 8 of b\nok  \tfake/b\t2.5s\n"
	err := follow(strings.NewReader(output), io.Discard, open, func(name string, r result) error {
		told += name + ": " + r.Figures
		return nil
	})
	if _, failed := open["fake/a"]; err != nil || told != "b: 8 of b" || !failed {
		t.Errorf("it keeps %q, and of a that it failed: %v (%v)", told, failed, err)
	}
}

func TestRun_GoesOnWithWhatHasNotPassed(t *testing.T) {
	clone(t, "func TestTwo(t *testing.T) {\n\tnote(t, \"b\")\n\tt.Fatal(\"no\")\n}\n")
	order := []string{"-part", "order", "-match", "order/"}
	err := run(t.Context(), append(order, "-match", "order/a"))
	if got := ran(t); err != nil || got != "aaaaa" {
		t.Fatalf("of package a ran %q, want five times: %v", got, err)
	}
	err = run(t.Context(), append(order, "-match", "/b"))
	if got := ran(t); err == nil || !strings.Contains(err.Error(), "1 of 1 failed: order/b; ") || got != "bbbbb" {
		t.Errorf("package b ran as %q, with the error %v", got, err)
	}
	if log, err := os.ReadFile("reports/stress/order-b.log"); err != nil || !strings.Contains(string(log), "--- FAIL: TestTwo") {
		t.Errorf("the log is %q (%v)", log, err)
	}
	write(t, "b/b_test.go", "package p\n\nimport \"testing\"\n\nfunc TestTwo(t *testing.T) {}\n")
	for _, keep := range []string{"-keep", "-keep=false"} {
		err = run(t.Context(), []string{"-part", "order", "-match", "order/a", keep})
		if got, want := ran(t), map[string]string{"-keep": "", "-keep=false": "aaaaa"}[keep]; err != nil || got != want {
			t.Errorf("after a change, with %s, package a ran as %q, want %q: %v", keep, got, want, err)
		}
	}
	err = run(t.Context(), []string{"-part", "order,fuzz", "-fuzztime", "10x", "-match", "/"})
	if err == nil || !strings.Contains(err.Error(), "failed: order/every-notebook; ") || ran(t) != "" {
		t.Errorf("what is not there passed, or package a ran again: %v", err)
	}
	kept := readRecord("reports/stress/passed.json").passed
	if r := kept["fuzz/a/FuzzBytes"]; !regexp.MustCompile(`^[1-9]\d* executions$`).MatchString(r.Figures) {
		t.Errorf("of the fuzz target is kept %+v", r)
	}
	if _, passed := kept["order/b"]; !passed || len(kept) != 3 {
		t.Errorf("passed have %v", kept)
	}
}

// When the time of a fuzz target is over, go test may call that a failure; what the target found is one.
func TestFollow_KnowsWhenAFuzzTargetFoundNothing(t *testing.T) {
	const begin, end = "fuzz: elapsed: 2m0s, execs: 203441 (0/sec), new interesting: 104 (total: 116)\n--- FAIL: FuzzBytes (120.13s)\n", "FAIL\nexit status 1\nFAIL\tfake/a\t120.135s\n"
	for report, want := range map[string]bool{
		"    context deadline exceeded\n": true,
		"    --- FAIL: FuzzBytes (0.00s)\n        a_test.go:9: context deadline exceeded\n    \n    Failing input written to testdata/fuzz/FuzzBytes/4a\n": false,
		"    a_test.go:9: no\n    context deadline exceeded\n": false,
	} {
		open, figures := map[string]unit{"fake/a": {name: "fuzz/a/FuzzBytes"}}, ""
		err := follow(strings.NewReader(begin+report+end), io.Discard, open, func(name string, r result) error {
			figures = fmt.Sprintf("%s %.0f s %s", name, r.Seconds, r.Figures)
			return nil
		})
		if passed := len(open) == 0; err != nil || passed != want || (figures == "fuzz/a/FuzzBytes 120 s 203441 executions") != want {
			t.Errorf("with %q it passed: %v, want %v; its figures are %q: %v", report, passed, want, figures, err)
		}
	}
}

func TestRun_InterruptedLeavesNoTestBehindAndNothingPassed(t *testing.T) {
	for part, test := range map[string]string{
		"order": "func TestTwo(t *testing.T) {\n\tnote(t, \"b\")\n\ttime.Sleep(time.Hour)\n}\n",
		"fuzz":  "func FuzzTwo(f *testing.F) {\n\tf.Fuzz(func(t *testing.T, b []byte) { note(t, \"b\") })\n}\n", // which go test says then to have passed
	} {
		clone(t, test)
		ctx, cancel := context.WithCancel(t.Context())
		go cancelWhenRan(cancel)
		if err := run(ctx, []string{"-part", part, "-match", part + "/b", "-fuzztime", "1h"}); !errors.Is(err, context.Canceled) {
			t.Errorf("in the part %s the error is %v", part, err)
		}
		if kept := readRecord("reports/stress/passed.json").passed; len(kept) > 0 {
			t.Errorf("of the part %s passed have %v", part, kept)
		}
	}
}

// Some tests answer to an interruption themselves. This one ignores it, and holds a lock for as long as it lives.
func TestRun_InterruptedKillsATestThatGoesOn(t *testing.T) {
	clone(t, "func TestTwo(t *testing.T) {\n\tsignal.Ignore(os.Interrupt)\n\tf, err := os.Create(\"../lock\")\n\tif err == nil {\n\t\terr = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)\n\t}\n\tif err != nil {\n\t\tt.Fatal(err)\n\t}\n\tnote(t, \"b\")\n\ttime.Sleep(time.Hour)\n}\n")
	defer func(old time.Duration) { patience = old }(patience)
	patience = time.Second
	ctx, cancel := context.WithCancel(t.Context())
	go cancelWhenRan(cancel)
	if err := run(ctx, []string{"-part", "order", "-match", "order/b"}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	lock, err := os.Open("lock")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	for range 600 {
		if err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("a minute after the end the test lives: %v", err)
}

// cancelWhenRan cancels when a test has noted that it runs.
func cancelWhenRan(cancel func()) {
	for {
		if _, err := os.Stat("ran"); err == nil {
			cancel()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestParse_RefusesWhatItCannotDo(t *testing.T) {
	clone(t, "func TestTwo(t *testing.T) {}\n")
	for line, want := range map[string]string{
		"-part kills,huge":            `there is no part "huge": there are kills, signals, disk`,
		"-part order -match nonesuch": `nothing in order has "nonesuch" in its name`,
		"now":                         `"now" is no flag`,
	} {
		if err := run(t.Context(), strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", line, err, want)
		}
	}
}

// A pattern that matches no test would pass without having run one.
func TestUnits_NameTestsThatAreThere(t *testing.T) {
	var code bytes.Buffer
	for _, pattern := range []string{"*_test.go", "../reports/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(content)
		}
	}
	p, err := parse([]string{"-part", "kills,signals,disk,processes,memory"})
	if err != nil {
		t.Fatal(err)
	}
	all, err := p.units(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	patterns := []string{executions}
	for _, u := range all {
		test, _, _ := strings.Cut(strings.TrimPrefix(u.flags[len(u.flags)-1], "-run="), "/")
		patterns = append(patterns, strings.TrimSuffix(test, "$"))
	}
	if len(patterns) != 16 {
		t.Errorf("there are %d patterns: %v", len(patterns), patterns)
	}
	for _, pattern := range patterns {
		if !strings.Contains(code.String(), "\nfunc "+strings.TrimPrefix(pattern, "^")) {
			t.Errorf("no test is called %s", pattern)
		}
	}
}
