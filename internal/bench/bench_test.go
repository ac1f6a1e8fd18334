package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// TestMain lets the test binary be a worker, as bench's own program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-worker" {
		b, err := parse(os.Args[1:])
		if err == nil {
			err = serve(b.worker, b.job, os.Stdin, os.Stdout)
		}
		if err != nil {
			_, _ = os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// short jobs, one of each case that has a size.
func shortJobs() (jobs []job) {
	for _, c := range cases {
		if c.moved > 0 {
			jobs = append(jobs, job{c.name, 1000, "float64"})
		}
	}
	return jobs
}

// Both backends take turns on every elementwise case, agree, and are timed in every round.
func TestPrograms_TakeTurnsAndAgree(t *testing.T) {
	testkit.Backend(t, "xla")
	b := bench{rounds: 3}
	for _, j := range shortJobs() {
		m, err := b.measure(t.Context(), j, ours)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range ours {
			f := m.Forms[name]
			if len(f.Seconds) != 3 || len(f.CPU) != 3 || !(f.CPU[0] > 0) || !(m.seconds(name) > 0) || !(f.First > 0) || f.Program == "" {
				t.Errorf("%s, %s: %+v", j, name, f)
			}
		}
		if len(m.ratios(formXLA, formGo)) != 3 || m.ratios(formXLA, formTorch) != nil {
			t.Errorf("%s: ratios %v", j, m.ratios(formXLA, formGo))
		}
	}
}

// What is timed is the loss of the inputs that are described: its sums are those of package scalar.
func TestRhoAll_HasTheSumsOfTheScalarLoss(t *testing.T) {
	const n = 1000
	m, err := bench{rounds: 1}.measure(t.Context(), job{"rho-all", n, "float64"}, []string{formGo})
	if err != nil {
		t.Fatal(err)
	}
	var rho, influence, inScale float64
	for i := range n {
		k, x := scalar.Kernel{Alpha: shapeOf(i), Scale: scaleOf(i)}, residual(i)
		rho += k.Rho(x)
		influence += math.Abs(k.Influence(x))
		inScale += math.Abs(x / k.Scale * k.Influence(x))
	}
	got := m.Forms[formGo].Check
	testkit.CheckClose(t, "Σρ, Σ|∂x|, Σ|∂c|", []float64{got[0], got[1], got[3]}, []float64{rho, influence, inScale}, 1e-9, 0)
}

func TestProgramsThatComputeSomethingElse_AreAnError(t *testing.T) {
	m := &measurement{Job: job{Case: "rho"}, Forms: map[string]*form{
		formXLA: {Check: []float64{1}}, formJAX: {Check: []float64{1.001}}, formJAXOurs: {Check: []float64{1.1}}, formJAXResize: {Check: []float64{7}},
	}}
	if err := m.agree([]string{formXLA, formJAX, formJAXResize}); err != nil {
		t.Error(err)
	}
	if err := m.agree([]string{formXLA, formJAX, formJAXOurs}); err == nil || !strings.Contains(err.Error(), "jax-ours has [1.1]") {
		t.Error(err)
	}
	m.Forms[formJAX].Check = []float64{math.NaN()}
	if err := m.agree([]string{formXLA, formJAX}); err == nil {
		t.Error("NaN agrees")
	}
}

func TestQuartiles(t *testing.T) {
	low, median, high := quartiles([]float64{5, 1, 3, 2, 4})
	if low != 2 || median != 3 || high != 4 {
		t.Errorf("%g %g %g, want 2 3 4", low, median, high)
	}
	if low, median, high = quartiles([]float64{7}); low != 7 || median != 7 || high != 7 {
		t.Errorf("%g %g %g, want 7 7 7", low, median, high)
	}
	if low, _, high = quartiles([]float64{0, 1}); low != .25 || high != .75 {
		t.Errorf("%g %g, want 0.25 0.75", low, high)
	}
}

// The tables hold ratios of the turns of one round, and the bound is the fastest copy's time for the numbers that a case moves.
func TestTables(t *testing.T) {
	forms := func(xla, jax float64) map[string]*form {
		return map[string]*form{
			formXLA: {Seconds: []float64{xla, 2 * xla, xla}, CPU: []float64{3, 3, 3}, First: 1 + xla, Peak: 5e6}, formGo: {Seconds: []float64{9, 9, 9}},
			formJAX: {Seconds: []float64{jax, 2 * jax, jax}, CPU: []float64{4, 4, 4}},
		}
	}
	r := &report{Versions: map[string]string{"processor": "P", "revision": "r"}, Cores: 2}
	r.add(&measurement{Job: job{"rho-dx", 1e6, "float32"}, Forms: forms(4e-3, 16e-3)})
	r.add(&measurement{Job: job{"copy", 1e6, "float32"}, Forms: forms(2e-3, 1e-3)})
	r.add(&measurement{Job: job{Case: "image", DType: "float32"}, Forms: forms(2e-3, 1e-3)})
	if bound := r.bound(job{"rho-dx", 1e6, "float32"}); math.Abs(bound-1.5) > 1e-12 {
		t.Errorf("the bound is %g ns, want 3/2 of a nanosecond", bound)
	}
	var out strings.Builder
	if err := r.write(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| ρ and ∂x, one α | 1e6 | float32 | 1.5 | 4.0 | 0.25 (0.25–0.25) | – |", "| 2.0 | 2.0 (2.0–2.0) | – | – | – | 9000 | 4500 (3375–4500) |",
		"| rho-dx/1e+06/float32 | 1.0; 5 |", "| rho-dx/1e+06/float32 | 0.75 (0.75–0.75) | – |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
	if strings.Index(out.String(), "a copy") > strings.Index(out.String(), "∂x, one α") {
		t.Errorf("the cases are not in their order:\n%s", &out)
	}
}

// A report that is on disk goes on where it stopped, but not on another machine or revision.
func TestReport_GoesOn(t *testing.T) {
	b, err := parse([]string{"-out", filepath.Join(t.TempDir(), "deep", "bench.json"), "-bench", "^rho/", "-with", "none", "-sizes", "1e3,1e6"})
	if err != nil {
		t.Fatal(err)
	}
	if jobs := b.jobs(); len(jobs) != 4 || jobs[1].String() != "rho/1e+06/float32" {
		t.Fatalf("jobs: %v", jobs)
	}
	r, err := b.report()
	if err != nil {
		t.Fatal(err)
	}
	if want := "make bench BENCH='^rho/' SIZES=1e3,1e6 DTYPES=float32,float64 WITH=none ROUNDS=9"; r.Command != want {
		t.Errorf("the command is %q, want %q", r.Command, want)
	}
	done := job{"rho", 1000, "float32"}
	r.add(&measurement{Job: done, Forms: map[string]*form{formXLA: {}, formGo: {}}})
	if err := r.save(b.out); err != nil {
		t.Fatal(err)
	}
	if r, err = b.report(); err != nil || !r.has(done, ours) || r.has(done, []string{formXLA, formJAX}) || r.has(job{"rho", 1000, "float64"}, ours) {
		t.Errorf("%v: %+v", err, r)
	}
	r.Versions["processor"] = "another"
	if err := r.save(b.out); err != nil {
		t.Fatal(err)
	}
	if _, err := b.report(); err == nil || !strings.Contains(err.Error(), "another revision, machine") {
		t.Error(err)
	}
	b.fresh = true
	if r, err = b.report(); err != nil || len(r.Measurements) != 0 {
		t.Errorf("%v: %+v", err, r)
	}
}

// A peer stands for all its forms, a form for itself.
func TestPeersAndForms(t *testing.T) {
	c, err := caseOf("vae")
	if err != nil {
		t.Fatal(err)
	}
	for with, want := range map[string]string{
		"jax,torch": "xla go jax jax-ours jax-resize", "jax-resize": "xla go jax-resize", "torch": "xla go", "none": "xla go",
	} {
		b, err := parse([]string{"-with", with})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(b.forms(c), " "); got != want {
			t.Errorf("%s: %s, want %s", with, got, want)
		}
	}
}

func TestFlagsThatMeanNothing_AreRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"-sizes: want multiples of 100": {"-sizes", "150"}, "-dtypes: want float32 or float64": {"-dtypes", "int8"},
		"-with: want jax, torch, none": {"-with", "numpy"}, "select no case": {"-bench", "^nothing$"},
		"-bench: ": {"-bench", "("}, "is no flag": {"more"}, "-rounds must be 1": {"-rounds", "0"},
	} {
		if _, err := parse(args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}

// The peers, where they are installed, compute what this library computes: the inputs and the formulas are the same.
func TestPeers_Agree(t *testing.T) {
	b := bench{rounds: 1, selection: selection{with: []string{formJAX, formTorch}}}
	b.root = filepath.Join("..", "..")
	if _, err := os.Stat(b.python()); err != nil {
		t.Skip("there is no .venv-bench: make bench installs it")
	}
	for _, j := range []job{{"rho-all", 1000, "float64"}, {"nll", 1000, "float64"}} {
		if _, err := b.measure(t.Context(), j, []string{formGo, formJAX, formJAXOurs}); err != nil {
			t.Error(err)
		}
	}
}

// The measurements that are kept are whole, their machine and revision are known, and the page shows them.
func TestKeptMeasurements(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("results", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		r, err := readReport(path)
		if err != nil {
			t.Fatal(err)
		}
		var tables strings.Builder
		if err := r.write(&tables); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), tables.String()) {
			t.Errorf("README.md has not the tables of %s:\n%s", path, &tables)
		}
		if r.Versions["revision"] == "" || strings.Contains(r.Versions["revision"], "dirty") || r.Versions["processor"] == "" {
			t.Errorf("%s: versions %v", path, r.Versions)
		}
		for _, m := range r.Measurements {
			for name, f := range m.Forms {
				if len(f.Seconds) != r.Rounds || len(f.CPU) != r.Rounds || f.Peak <= 0 || len(f.Check) == 0 {
					text, _ := json.Marshal(f)
					t.Errorf("%s: %s, %s: %s", path, m.Job, name, text)
				}
			}
		}
	}
}
